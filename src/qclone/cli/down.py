"""Stop it."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._output import emit, json_option

RANK = 250


@click.command("down")
@cloud_option
@json_option
def command(directory: Path, as_json: bool) -> None:
    """Stop the processes of a cloud, each after the requests under way. What is stored stays stored."""
    from qclone.service import down

    down(directory)
    text = f"The cloud in {directory} is stopped; qclone up starts it again."
    emit(as_json, {"cloud": str(directory)}, text, quiet="")
