"""Show one object: where its clones are, the state of its key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import emit, json_option
from qclone.cli._table import table

RANK = 110

if TYPE_CHECKING:
    from qclone.store import Uses


@click.command("show")
@click.argument("object_id", metavar="ID")
@cloud_option
@json_option
def command(object_id: str, directory: Path, as_json: bool) -> None:
    """Show the object ID: its scheme, its key, and where each clone is now."""
    with opened(directory) as cloud:
        manifest = cloud.ledger.find(object_named(cloud.ledger, object_id))
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
        "runs": [
            {
                "server": run.server,
                "clone": run.clone,
                "clifford_instructions": run.gates,
                "tails": run.tails,
                "late": run.late,
                "at": run.at,
                "done": run.done,
            }
            for run in manifest.uses.runs
        ],
        "kept": None if manifest.uses.kept is None else list(manifest.uses.kept),
        "committed": manifest.committed_to,
    }
    used = (
        ""
        if key.server is None
        else f", to {key.server}, at {key.at}"
        if manifest.committed_to
        else f", with the clone from {key.server}, at {key.at}"
    )
    facts = [
        ("object", manifest.object_id),
        ("name", manifest.name),
        ("qubits", manifest.qubits),
        ("scheme", holdings.scheme),
        ("stored", manifest.created_at),
        ("key", f"{'committed' if manifest.committed_to else key.state}{used}"),
    ]
    text = "\n".join(f"{name:<8}{value}" for name, value in facts)
    text += "\n\n" + table(["CLONE", "SERVER", "STATE"], [list(clone.values()) for clone in clones])
    if manifest.uses.kept is not None:
        text += f"\n\nThe key was narrowed: only {', '.join(manifest.uses.kept)} can be decrypted."
    if manifest.uses.runs:
        text += "\n\n" + table(["RAN ON", "CLIFFORD", "TAILS", "LATE", "ASKED", "DONE"], _runs(manifest.uses))
    emit(as_json, document, text)


def _runs(uses: Uses) -> list[list[object]]:
    return [
        [run.server, run.gates, run.tails, run.late, run.at, "yes" if run.done else "no"] for run in uses.runs
    ]
