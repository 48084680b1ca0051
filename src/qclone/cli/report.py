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
    """Write report.html and figures/*.png from results that `qclone experiment --out` kept."""
    from qclone.experiments import Folder, deviation, write_report

    page = write_report(folder, out)
    found, unused = deviation(Folder(folder).results()), Folder(folder).unused()
    figures = sorted(str(p) for p in (page.parent / "figures").glob("*.png"))
    document = {"report": str(page), "figures": figures, "deviation": found, "unused": unused}
    text = [f"Wrote {page} and {counted(len(figures), 'figure')}."]
    if unused:
        shown = ", ".join(unused[:SHOWN]) + (f" and {len(unused) - SHOWN} more" * (len(unused) > SHOWN))
        text.append(
            f"Left out {shown}: cut short, or not results. The same qclone experiment makes them again."
        )
    emit(as_json, document, "\n".join(text))
