"""Put a backup back, as a new cloud."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._output import counted, emit, json_option

RANK = 290


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path))
@cloud_option
@json_option
def command(source: Path, directory: Path, as_json: bool) -> None:
    """Put the backup in SOURCE back, as a new cloud in the directory that --cloud names.

    Nothing is replaced. Keys that this user consumed on this machine after the backup was made are
    consumed in it, too.
    """
    from qclone.store import restore

    made = restore(source, directory)
    lines = [f"The cloud of {made.made_at} is in {directory}.", *made.notes]
    if made.opened:
        lines.append(
            f"{counted(len(made.opened), 'object')} that it calls sealed had been recovered since; "
            "they are consumed now, and cannot be recovered from it."
        )
    lines.append("Keys that were consumed on another machine, or by another user, are not known here.")
    emit(as_json, {"cloud": str(directory), **asdict(made)}, "\n".join(lines), quiet="")
