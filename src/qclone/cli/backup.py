"""Put a cloud aside, whole, as it is at one moment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._output import counted, emit, json_option

RANK = 280


@click.command("backup")
@click.argument("to", type=click.Path(path_type=Path))
@cloud_option
@json_option
def command(to: Path, directory: Path, as_json: bool) -> None:
    """Copy the cloud, as it is at one moment, into the new directory TO; it may be in use.

    Ledger, fabric, keyring and keys: whoever has the copy is the client. Put it back with qclone restore.
    """
    from qclone.store import backup

    made = backup(directory, to)
    text = f"{counted(len(made.files), 'file')} of {directory} are in {to}, as they were at {made.made_at}."
    emit(as_json, {"backup": str(to), **asdict(made)}, "\n".join([text, *made.notes]), quiet="")
