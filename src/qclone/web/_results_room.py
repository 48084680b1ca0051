"""The fourth room: results of experiments and sweeps as figures, beside what was published."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from qclone.errors import InvalidInputError
from qclone.experiments import Folder, Result, figures, published_figures
from qclone.web._questions import JSON, Question, Said
from qclone.web._rooms import Rooms
from qclone.web._shell import quoted

PUBLISHED = "published"
MAX_ROWS = 20_000


def shelf(rooms: Rooms, body: Any) -> JSON:
    """Return the folders that can be looked at: the published tables, and those the page was given."""
    given = [
        {
            "id": str(i),
            "title": folder.name or str(folder),
            "command": _command(folder),
            "kind": _kind(folder),
        }
        for i, folder in enumerate(rooms.results)
    ]
    tables = {"id": PUBLISHED, "title": "Published, arXiv:2602.10695", "command": "", "kind": "experiments"}
    return {"folders": [*given, tables]}


def folder(rooms: Rooms, body: Any) -> JSON:
    """Return everything in a folder: figures, rows, where each comes from, and all of it as CSV."""
    wanted = Said(body).text("folder")
    if wanted == PUBLISHED:
        return published()
    if not wanted.isascii() or not wanted.isdecimal() or int(wanted[:9]) >= len(rooms.results):
        raise InvalidInputError(
            "The page was not given this folder.", "Start it with: qclone web --results DIR"
        )
    path = rooms.results[int(wanted)]
    if not path.is_dir():  # who reads a folder of results makes it, otherwise
        raise InvalidInputError(f"The folder {path} is there no longer.", "Put it back, and look again.")
    return _sweep(path) if _kind(path) == "sweep" else _experiments(path)


def _command(path: Path) -> str:
    """What shows the same in a terminal, or has made it."""
    where = quoted(str(path))
    return f"qclone sweep SPEC.toml --out {where}" if _kind(path) == "sweep" else f"qclone report {where}"


def _kind(path: Path) -> str:
    return "sweep" if any(path.glob("part-*.parquet")) else "experiments"


def _experiments(path: Path) -> JSON:
    kept = Folder(path)
    results = kept.results()
    return {
        "kind": "experiments",
        "figures": figures(results),
        "columns": [],
        "rows": [],
        "csv": _csv(result.to_row() for result in results),
        "provenance": {result.key: _provenance(result) for result in results},
        "unused": kept.unused(),
        "total": len(results),
    }


@cache
def published() -> JSON:
    """Return the published tables, as figures."""
    found = published_figures()
    rows = [
        {"experiment": kind.name, **point.parameters, "published": point.published.value,
         "error": point.published.error, "table": point.published.table}
        for kind, _, points in found for point in points if point.published
    ]  # fmt: skip
    return {
        "kind": "experiments",
        "figures": [figure for _, figure, _ in found],
        "columns": [],
        "rows": [],
        "csv": _csv(rows),
        "provenance": {},
        "unused": [],
        "total": len(rows),
    }


def _provenance(result: Result) -> JSON:
    return {"key": result.key, "experiment": result.experiment, **dict(result.provenance)}


def _sweep(path: Path) -> JSON:
    from qclone.sweep import Results

    table = Results(path).table()
    rows = table.slice(0, MAX_ROWS).to_pylist()
    flat = [{name: _plain(value) for name, value in row.items()} for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    return {
        "kind": "sweep",
        "figures": [],
        "columns": [
            {"name": name, "number": all(isinstance(row.get(name), int | float | None) for row in flat)}
            for name in columns
        ],
        "rows": [[row.get(name) for name in columns] for row in flat],
        "csv": _csv(rows),
        "provenance": {},
        "unused": [],
        "total": table.num_rows,
    }


def _plain(value: Any) -> Any:
    """Return a value that JSON and a cell of a table can hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, int | float | str | bool | None) else str(value)


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    listed = [{k: v for k, v in row.items() if k != "matrices"} for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(name for row in listed for name in row)), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


QUESTIONS: dict[str, Question] = {"results/shelf": shelf, "results/folder": folder}
