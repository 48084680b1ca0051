"""List the stored objects."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import emit, json_option, short_id
from qclone.cli._table import table

RANK = 100


@click.command("ls")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="So many at most; by default all.")
@click.option("--after", default="", metavar="ID", help="Only those put after this object, to go on from it.")
@cloud_option
@json_option
def command(limit: int | None, after: str, directory: Path, as_json: bool) -> None:
    """List the stored objects, oldest first."""
    with opened(directory) as cloud:
        since = cloud.ledger.find(after).object_id if after else ""
        manifests = cloud.ledger.manifests(since, limit)
    objects = [
        {
            "id": m.object_id,
            "name": m.name,
            "qubits": m.qubits,
            "num_clones": m.num_clones,
            "servers": len(m.servers),
            "key": m.key.state.value,
            "created_at": m.created_at,
        }
        for m in manifests
    ]
    rows = [
        (short_id(m.object_id), m.name, m.qubits, len(m.clones), m.key.state.value, m.created_at)
        for m in manifests
    ]
    none = "Nothing is stored yet. Store a register with: qclone put FILE"
    text = table(["ID", "NAME", "QUBITS", "CLONES", "KEY", "STORED"], rows)
    emit(as_json, {"objects": objects}, text if rows else "Nothing was stored after it." if after else none)
