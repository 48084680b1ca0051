"""Send a server two bits a qubit: it has the result in the clear."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import emit, json_option
from qclone.cli._programs import set_option
from qclone.errors import KeyConsumedError

if TYPE_CHECKING:
    from qclone.store import Client

RANK = 90


@click.command("release")
@click.argument("object_id", metavar="ID")
@click.option("--to", "server", metavar="SERVER", help="Default: to whom the key was committed.")
@set_option
@cloud_option
@json_option
def command(
    object_id: str, server: str | None, values: dict[str, float], directory: Path, as_json: bool
) -> None:
    """Send SERVER the bits of the pad of its clone of the object ID, after committing the key to it.

    No qubit travels but those that a program sends back. The server has the result of its program in the
    clear then, and it could undo the program: whoever gets C psi and knows C has psi.

    Exit status: 10 no such object, 11 its key was consumed or committed to another, 12 not recoverable.
    """
    with opened(directory) as cloud:
        object_id = object_named(cloud.ledger, object_id)
        _require_not_too_late(cloud.client, object_id, values)
        released = cloud.client.release(object_id, server, values=values)
    manifest = released.manifest
    document = {
        "id": manifest.object_id,
        "server": manifest.key.server,
        "bits": 2 * manifest.qubits,
        "entanglement_fidelity": released.entanglement_fidelity,
    }
    lines = [
        f"{manifest.key.server} was sent {2 * manifest.qubits} bits: it has the result of "
        f"{manifest.object_id} in the clear, and could undo what it has run on it."
    ]
    if released.entanglement_fidelity is not None:
        lines.append(f"Entanglement fidelity, exact: {released.entanglement_fidelity:.12g}")
    emit(as_json, document, "\n".join(lines), quiet="")


def _require_not_too_late(client: Client, object_id: str, values: dict[str, float]) -> None:
    """Raise KeyConsumedError if an interrupted release goes on which has other angles than these."""
    entry = client.keyring.spool.entry(client.ledger.find(object_id).object_id)
    if entry is None or entry.done or not entry.order.at or entry.order.finish is None or not values:
        return
    asked = client.program(entry.object_id, entry.server, values)
    if asked is None or asked.text != entry.order.finish.program:
        raise KeyConsumedError(
            f"The release of {entry.object_id} to {entry.server} has begun, with other angles.",
            "It goes on with those: repeat it without --set.",
        )
