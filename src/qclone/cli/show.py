"""qclone show: one object."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import emit, json_option
from qclone.cli._table import table


@click.command("show", short_help="Show one object: where its clones are, the state of its key.")
@click.argument("object_id", metavar="ID")
@cloud_option
@json_option
def command(object_id: str, directory: Path, as_json: bool) -> None:
    """Show the object ID: its scheme, its key, and where each clone is now."""
    with opened(directory) as cloud:
        manifest = cloud.ledger.find(object_id)
        holdings = cloud.client.holdings(manifest)
        clones = [
            {"clone": label, "server": holder, "state": holdings.clone_state(label)}
            for label, holder in manifest.clones.items()
        ]
    key = manifest.key
    document = {
        "id": manifest.object_id,
        "name": manifest.name,
        "qubits": manifest.qubits,
        "num_clones": manifest.num_clones,
        "scheme": dict(manifest.scheme),
        "created_at": manifest.created_at,
        "key": {"state": key.state.value, "server": key.server, "at": key.at},
        "clones": clones,
    }
    used = "" if key.server is None else f", with the clone from {key.server}, at {key.at}"
    facts = [
        ("object", manifest.object_id),
        ("name", manifest.name),
        ("qubits", manifest.qubits),
        ("scheme", holdings.scheme),
        ("stored", manifest.created_at),
        ("key", f"{key.state}{used}"),
    ]
    text = "\n".join(f"{name:<8}{value}" for name, value in facts)
    text += "\n\n" + table(["CLONE", "SERVER", "STATE"], [list(clone.values()) for clone in clones])
    emit(as_json, document, text)
