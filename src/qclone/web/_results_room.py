"""The fourth room: results of experiments and sweeps as figures, beside what was published."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from qclone.errors import InvalidInputError
from qclone.experiments import Bounds, Experiment, Folder, Published, Result, by_rank
from qclone.web._questions import JSON, Question, Said
from qclone.web._rooms import Rooms

PUBLISHED = "published"
MAX_ROWS = 20_000
_DERIVED = ("clones",)
"""Parameters that follow from the others: no axis."""
_LABELS = {"n": "clones n", "l": "iterations l", "r": "qubits r of the register"}
_QUANTITIES = {"fidelity": "fidelity", "chsh": "CHSH parameter S"}


def shelf(rooms: Rooms, body: Any) -> JSON:
    """Return the folders that can be looked at: the published tables, and those the page was given."""
    given = [
        {"id": str(i), "title": folder.name or str(folder), "path": str(folder), "kind": _kind(folder)}
        for i, folder in enumerate(rooms.results)
    ]
    tables = {"id": PUBLISHED, "title": "Published, arXiv:2602.10695", "path": "", "kind": "experiments"}
    return {"folders": [*given, tables]}


def folder(rooms: Rooms, body: Any) -> JSON:
    """Return everything in a folder: figures, rows, where each comes from, and all of it as CSV."""
    wanted = Said(body).text("folder")
    if wanted == PUBLISHED:
        return published()
    if not wanted.isdecimal() or int(wanted) >= len(rooms.results):
        raise InvalidInputError(
            "The page was not given this folder.", "Start it with: qclone web --results DIR"
        )
    path = rooms.results[int(wanted)]
    return _sweep(path) if _kind(path) == "sweep" else _experiments(path)


def _kind(path: Path) -> str:
    return "sweep" if any(path.glob("part-*.parquet")) else "experiments"


def _experiments(path: Path) -> JSON:
    kept = Folder(path)
    results = kept.results()
    return {
        "kind": "experiments",
        "figures": _figures(results),
        "columns": [],
        "rows": [],
        "csv": _csv(result.to_row() for result in results),
        "provenance": {result.key: _provenance(result) for result in results},
        "unused": kept.unused(),
    }


@cache
def published() -> JSON:
    """Return the published tables, as figures."""
    figures, rows = [], []
    for kind in by_rank():
        for drawing in kind.drawings:
            listed = [row for row in kind().rows() if row.published is not None]
            points = [_Point(row.parameters, row.bounds, row.published, None) for row in listed]
            # What a drawing wants is told by the parameters alone.
            points = [point for point in points if drawing.wanted(point)]  # type: ignore[arg-type]
            if len({point.published for point in points}) > 1:
                figures.append(_figure(kind, drawing.name, drawing.caption, points))
                rows += [
                    {"experiment": kind.name, **point.parameters, "published": point.published.value,
                     "error": point.published.error, "table": point.published.table}
                    for point in points
                    if point.published
                ]  # fmt: skip
    return {
        "kind": "experiments",
        "figures": figures,
        "columns": [],
        "rows": [],
        "csv": _csv(rows),
        "provenance": {},
        "unused": [],
    }


class _Point(NamedTuple):
    """One row of an experiment: what was published, and what was found if it was run."""

    parameters: Mapping[str, Any]
    bounds: Bounds
    published: Published | None
    result: Result | None


def _figures(results: Sequence[Result]) -> list[JSON]:
    figures = []
    for kind in by_rank():
        for drawing in kind.drawings:
            chosen = [r for r in results if r.experiment == kind.name and drawing.wanted(r)]
            if chosen:
                points = [_Point(r.parameters, r.bounds, r.published, r) for r in chosen]
                figures.append(_figure(kind, drawing.name, drawing.caption, points))
    return figures


def _figure(kind: type[Experiment], name: str, caption: str, points: Sequence[_Point]) -> JSON:
    """Return a figure as data: the parameter that takes most values is the axis, others tell series apart."""
    axis = _axis(points)
    others = [p for p in points[0].parameters if p not in (axis, *_DERIVED)]
    others = [p for p in others if len({str(point.parameters.get(p)) for point in points}) > 1]
    values = list(dict.fromkeys(point.parameters[axis] for point in points))
    words = any(isinstance(value, str) and not _is_number(value) for value in values)
    place = {value: float(i) if words else float(value) for i, value in enumerate(values)}
    series: dict[str, list[_Point]] = {}
    for point in points:
        told = ", ".join(_told(p, point.parameters[p]) for p in others)
        series.setdefault(told, []).append(point)
    drawn: list[JSON] = []
    for told, members in series.items():
        ordered = sorted(members, key=lambda point: place[point.parameters[axis]])
        ours = [_ours(point, place[point.parameters[axis]]) for point in ordered if point.result]
        theirs = [_theirs(point, place[point.parameters[axis]]) for point in ordered if point.published]
        if ours:
            drawn.append({"name": told or "this run", "role": "ours", "of": told, "points": ours})
        if theirs:
            name_of = f"{told}, published" if told else "published"
            drawn.append({"name": name_of, "role": "published", "of": told, "points": theirs})
    first = points[0]
    quantity = (
        first.result.quantity if first.result else ("chsh" if first.bounds.threshold > 1 else "fidelity")
    )
    return {
        "name": name,
        "title": kind.title,
        "caption": caption,
        "x": {
            "label": _LABELS.get(axis, axis),
            "categories": [f"{axis} = {value}" for value in values] if words else None,
        },
        "y": {"label": _QUANTITIES.get(quantity, quantity)},
        "lines": _lines(points, place, axis),
        "series": drawn,
    }


def _axis(points: Sequence[_Point]) -> str:
    names = [p for p in points[0].parameters if p not in _DERIVED]
    return max(names, key=lambda p: len({str(point.parameters.get(p)) for point in points}))


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _told(name: str, value: Any) -> str:
    return value if isinstance(value, str) and len(name) > 1 else f"{name} = {value}"


def _ours(point: _Point, x: float) -> JSON:
    result = point.result
    assert result is not None
    low, high = result.spread or (None, None)
    return {
        "x": x,
        "y": result.estimate.value,
        "error": result.estimate.error,
        "low": low,
        "high": high,
        "layers": result.layers,
        "gates": result.gates,
        "key": result.key,
        "told": ", ".join(_told(*pair) for pair in point.parameters.items()),
    }


def _theirs(point: _Point, x: float) -> JSON:
    known = point.published
    assert known is not None
    return {
        "x": x,
        "y": known.value,
        "error": known.error,
        "low": None,
        "high": None,
        "layers": known.layers,
        "gates": known.gates,
        "key": None,
        "told": f"{', '.join(_told(*pair) for pair in point.parameters.items())}; table {known.table}",
    }


def _lines(points: Sequence[_Point], place: Mapping[Any, float], axis: str) -> list[JSON]:
    """Return what the values stand beside: the threshold, the noise floor, the best approximate cloner."""
    ends = [min(place.values()), max(place.values())]
    bounds = points[0].bounds
    chsh = bounds.threshold > 1
    lines: list[JSON] = [
        {
            "name": "local hidden variables" if chsh else "entanglement is proved above",
            "points": [[x, bounds.threshold] for x in ends],
        }
    ]
    if not chsh:
        floors = sorted({(place[point.parameters[axis]], point.bounds.floor) for point in points})
        lines.append({"name": "noise alone", "points": [list(one) for one in floors]})
    cloner = sorted(
        {
            (place[point.parameters[axis]], point.bounds.approximate_cloning)
            for point in points
            if point.bounds.approximate_cloning is not None
        }
    )
    if cloner and len({x for x, _ in cloner}) == len(cloner):
        lines.append({"name": "best approximate cloner", "points": [list(one) for one in cloner]})
    return lines


def _provenance(result: Result) -> JSON:
    return {"key": result.key, "experiment": result.experiment, **dict(result.provenance)}


def _sweep(path: Path) -> JSON:
    from qclone.sweep import Results

    rows = Results(path).table().slice(0, MAX_ROWS).to_pylist()
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
        "csv": _csv(flat),
        "provenance": {},
        "unused": [],
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
