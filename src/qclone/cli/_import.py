"""qclone experiment import: counts of exported circuits that were measured elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._output import emit, json_option
from qclone.cli.experiment import table_of, text_of


@click.command()
@click.argument("counts", type=click.Path(path_type=Path))
@click.option(
    "--exported",
    type=click.Path(path_type=Path),
    help="The folder of --export (default: the folder of the counts).",
)
@click.option("--out", type=click.Path(path_type=Path), help="Keep results here, for qclone report.")
@json_option
def command(*, counts: Path, exported: Path | None, out: Path | None, as_json: bool) -> None:
    """Analyse counts of circuits that `qclone experiment NAME --export DIR` wrote.

    COUNTS is JSON: name of the circuit -> bit string (last character bit 0) -> shots. A row is analysed
    when all of its settings were measured.
    """
    from qclone.experiments import import_counts

    results = import_counts(counts, exported, out)
    emit(as_json, {"experiment": "import", **table_of(results)}, lambda: text_of(results))
