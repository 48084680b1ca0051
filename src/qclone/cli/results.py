"""Write results of experiments and sweeps as CSV, Parquet or JSON, or draw a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from qclone.cli._figure_file import FigureFile
from qclone.cli._output import counted, emit, is_on_a_terminal, json_option
from qclone.cli._refuse import refuse
from qclone.cli._rows import FORMATS, as_bytes, as_document, column_names, in_columns, such_as
from qclone.cli._table import table
from qclone.errors import InvalidInputError

RANK = 195

Rows = Sequence[Mapping[str, Any]]
_NONE = "Make some with: qclone experiment NAME --out DIR, or qclone sweep SPEC"
_SHOWN = ("n", "l", "r", "method", "quantity", "value", "error", "infidelity", "fidelity", "published")


@click.command("results")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--format",
    "wanted",
    type=click.Choice(FORMATS),
    help="How to write them (default: as the name of --out ends; without --out, a table to read).",
)
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file.")
@click.option("--columns", metavar="NAME,...", help="Only these columns, in this order.")
@click.option("--where", metavar="NAME=VALUE", multiple=True, help="Only rows with this value; repeatable.")
@click.option("--plot", type=FigureFile(), help="Draw a sweep into this file (png, svg or pdf).")
@click.option("--x", metavar="NAME", help="--plot: along the axis (default: what varies most).")
@click.option("--y", metavar="NAME", help="--plot: what is drawn (default: what was computed).")
@json_option
def command(
    *,
    folder: Path,
    wanted: str | None,
    out: Path | None,
    columns: str | None,
    where: tuple[str, ...],
    plot: Path | None,
    x: str | None,
    y: str | None,
    as_json: bool,
) -> None:
    """Say what a folder of results holds: one that `qclone experiment --out` or `qclone sweep` has filled.

    One row a result. In Python the same rows are a DataFrame:
    qclone.experiments.read_results(DIR).to_pandas() and qclone.sweep.Results(DIR).to_pandas().

    Exit status: 1 a package is missing, 2 no results, or no such column.
    """
    refuse(("x", "y"), "without --plot", unless=plot is not None)
    if as_json and out is None and wanted not in (None, "json"):
        raise click.UsageError(f"--json prints JSON, and --format {wanted} something else.")
    wanted = _format(wanted, out)
    kind, rows = rows_of(folder)
    rows = such_as(rows, where)
    document: dict[str, Any] = {"folder": str(folder), "kind": kind, "rows": len(rows)}
    said = []
    if plot is not None:
        document["plot"] = str(plot)
        said.append(_drawn(kind, rows, plot, x, y))
    if columns is not None:
        rows = in_columns(rows, columns)
    if out is not None:
        from qclone.durable import write_out

        assert wanted is not None
        write_out(out, as_bytes(rows, wanted))
        document |= {"out": str(out), "format": wanted}
        said.append(
            f"Wrote {counted(len(rows), 'row')} of {counted(len(column_names(rows)), 'column')}: {out}"
        )
    if said:
        emit(as_json, document, "\n".join(said), quiet="")
    elif as_json or wanted == "json":
        emit(True, document | as_document(rows), "")
    elif wanted is not None:
        _print(as_bytes(rows, wanted), binary=wanted == "parquet")
    else:
        emit(False, document, lambda: _table(rows, shown=columns is None), folded=False)


def rows_of(folder: Path) -> tuple[str, Rows]:
    """Return the kind of a folder, experiments or sweep, and its rows. Raises InvalidInputError for none."""
    if any(folder.glob("part-*.parquet")):
        from qclone.sweep import Results

        return "sweep", Results(folder).table().to_pylist()
    from qclone.experiments import read_results

    try:
        return "experiments", read_results(folder).to_records()
    except InvalidInputError:
        raise InvalidInputError(f"The folder {folder} holds no results.", _NONE) from None


def _format(wanted: str | None, out: Path | None) -> str | None:
    """Return the format that was asked for: by name, by what the file ends in, or both if they agree."""
    if out is None:
        return wanted
    ending = out.suffix.removeprefix(".").lower()
    if ending not in FORMATS and wanted is None:
        raise click.UsageError(f"{out} names no format: end it in .{', .'.join(FORMATS)}, or say --format.")
    if ending in FORMATS and wanted not in (None, ending):
        raise click.UsageError(f"{out} would hold {wanted}: leave out --format, or end its name otherwise.")
    return wanted or ending


def _drawn(kind: str, rows: Rows, path: Path, x: str | None, y: str | None) -> str:
    if kind != "sweep":
        raise InvalidInputError(
            "These are results of experiments, which have figures of their own.",
            "Draw them with: qclone report DIR",
        )
    from qclone.sweep import draw_sweep

    axes = draw_sweep(rows, path, x, y)
    lines = f", a line for each {' and '.join(axes.lines)}" if axes.lines else ""
    return f"Drew {axes.y} against {axes.x}{lines}: {path}"


def _print(content: bytes, *, binary: bool) -> None:
    if not binary:
        click.echo(content.decode(), nl=False)
    elif is_on_a_terminal():
        raise InvalidInputError("Parquet is nothing to read on a terminal.", "Write it into a file with -o.")
    else:
        click.echo(content, nl=False)


def _table(rows: Rows, *, shown: bool) -> str:
    """Return the rows for reading: of all columns, those that vary and those that say what was found."""
    names = column_names(rows)
    if shown:
        names = [
            name
            for name in names
            if name in _SHOWN or (len({str(row.get(name)) for row in rows}) > 1 and name not in _LONG)
        ] or names
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    return table([name.upper() for name in names], cells)


_LONG = ("key", "statistics", "strong_id", "sampled", "seconds")


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value
