"""Keep the clones of some servers only, and a smaller key."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import emit, json_option

RANK = 70


@click.command("narrow")
@click.argument("object_id", metavar="ID")
@click.option("--keep", "servers", multiple=True, required=True, metavar="SERVER", help="Repeat for more.")
@cloud_option
@json_option
def command(object_id: str, servers: tuple[str, ...], directory: Path, as_json: bool) -> None:
    """Give up the clones of all other servers, as far as that makes the key smaller.

    Noise qubits are measured two by two, and each that is measured ages no more. What is given up does not
    come back.

    Exit status: 10 no such object, 11 its key was consumed, 12 a clone to keep was given up before.
    """
    with opened(directory) as cloud:
        manifest = cloud.client.narrow(object_named(cloud.ledger, object_id), servers)
        holdings = cloud.client.holdings(manifest)
    kept = [label for label in manifest.clones if manifest.uses.keeps(label)]
    holders = list(dict.fromkeys(manifest.clones[label] for label in kept))
    noise = [w for w in holdings.at_client if holdings.scheme.wires[w].role == "noise"]
    document = {
        "id": manifest.object_id,
        "kept": {label: manifest.clones[label] for label in kept},
        "key_qubits": len(noise),
    }
    who, key = ", ".join(holders), f"its key is {len(noise)} qubits now"
    emit(as_json, document, f"{manifest.object_id} can be recovered from {who}; {key}.", quiet="")
