"""Check whether a cloud is whole and its books agree."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._output import emit, json_option
from qclone.errors import LossError

RANK = 300


@click.command("fsck")
@click.option("--repair", is_flag=True, help="Let the ledger say what was opened without it.")
@cloud_option
@json_option
def command(repair: bool, directory: Path, as_json: bool) -> int:
    """Check the files of a cloud, and whether ledger, fabric and keyring tell the same.

    It says what is wrong and what to do. The cloud may be in use: what is being put or recovered just now
    may show up, and does not the next time.

    Exit status: 1 something is wrong, 13 a file is empty that held secrets or records.
    """
    from qclone.store import Severity, fsck

    found = fsck(directory, repair)
    is_whole = all(finding.severity is Severity.NOTE for finding in found)
    lines = [
        line
        for finding in found
        for line in (f"{finding.severity}: {finding.where}: {finding.message}", f"  {finding.remedy}")
        if line.strip()
    ]
    if is_whole:
        lines.append(f"The cloud in {directory} is whole.")
    document = {"cloud": str(directory), "whole": is_whole, "findings": [asdict(f) for f in found]}
    emit(as_json, document, "\n".join(lines), quiet="" if is_whole else None)
    if any(finding.severity is Severity.LOSS for finding in found):
        return LossError.exit_code
    return 0 if is_whole else 1
