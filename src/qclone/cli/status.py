"""Show it live."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._output import emit, json_option
from qclone.cli._table import table

RANK = 260


@click.command("status")
@cloud_option
@json_option
def command(directory: Path, as_json: bool) -> int:
    """Show every part of a running cloud. Exit status 1 if one does not serve."""
    from qclone.service import status, supervisor_of

    parts, supervisor = status(directory), supervisor_of(directory)
    rows = [[p.name, "serving" if p.serving else "not serving", p.pid or "-", p.url] for p in parts]
    if supervisor is not None:
        rows.append(["supervisor", "watching", supervisor, ""])
    document = {"parts": [asdict(part) for part in parts], "supervisor": supervisor}
    emit(as_json, document, table(["PART", "STATE", "PID", "ADDRESS"], rows))
    return 0 if all(part.serving for part in parts) else 1
