"""qclone experiment import: counts of exported circuits that were measured elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from qclone.cli._output import emit, json_option
from qclone.cli.experiment import table_of, text_of

# More names of circuits than these are counted, not told.
_NAMED = 4


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
    when all of its settings were measured; what others lack is said.
    """
    from qclone.experiments import import_counts

    results = import_counts(counts, exported, out)
    left = [f"Left out: {row} lacks {_some(names)}." for row, names in results.lacking.items()]
    emit(
        as_json,
        {"experiment": "import", **table_of(results), "lacking": results.lacking},
        lambda: "\n".join([text_of(results), *left]),
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
