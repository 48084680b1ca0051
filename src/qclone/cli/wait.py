"""Let the cloud's clock run: memories age."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._duration import duration, duration_text
from qclone.cli._output import emit, json_option

RANK = 140


@click.command("wait")
@click.argument("seconds", metavar="DURATION", type=duration)
@cloud_option
@json_option
def command(seconds: float, directory: Path, as_json: bool) -> None:
    """Let the cloud's clock run for DURATION, such as 100us, 2ms or 1s. Stored qubits age by T1 and T2."""
    with opened(directory) as cloud:
        now = cloud.fabric.advance(seconds)
    emit(as_json, {"now_s": now}, f"The cloud's clock shows {duration_text(now)}.", quiet="")
