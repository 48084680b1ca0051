"""Write the report of a folder of results."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._output import counted, emit, json_option

RANK = 190

SHOWN = 5


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write (default: the folder itself).")
@json_option
def command(*, folder: Path, out: Path | None, as_json: bool) -> None:
    """Write report.html from results that `qclone experiment --out` kept: one file, to open anywhere.

    Its figures are those of qclone web: point at a value to read it, save each as SVG or CSV.
    """
    from qclone.experiments import Folder, deviation, figures, write_report

    page = write_report(folder, out)
    results, unused = Folder(folder).results(), Folder(folder).unused()
    found, shown_figures = deviation(results), [figure["name"] for figure in figures(results)]
    document = {"report": str(page), "figures": shown_figures, "deviation": found, "unused": unused}
    text = [f"Wrote {page} with {counted(len(shown_figures), 'figure')}."]
    if unused:
        shown = ", ".join(unused[:SHOWN]) + (f" and {len(unused) - SHOWN} more" * (len(unused) > SHOWN))
        text.append(
            f"Left out {shown}: cut short, or not results. The same qclone experiment makes them again."
        )
    emit(as_json, document, "\n".join(text), quiet="")
