"""Turn the key into two bits a qubit, for one server's clone."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import emit, json_option

RANK = 80


@click.command("commit")
@click.argument("object_id", metavar="ID")
@click.option("--to", "server", required=True, metavar="SERVER", help="Whose clone it will be.")
@cloud_option
@json_option
def command(object_id: str, server: str, directory: Path, as_json: bool) -> None:
    """Measure the key of the object ID: it is bits now, which do not age and fit SERVER's clone only.

    That consumes the key. Recover what the server has with qclone get, or send the server the bits with
    qclone release.

    Exit status: 10 no such object, 11 its key was consumed or committed before, 12 the server is not up, or
    its clone or a part of the key is lost.
    """
    with opened(directory) as cloud:
        manifest = cloud.client.commit(object_named(cloud.ledger, object_id), server)
    bits = 2 * manifest.qubits
    document = {"id": manifest.object_id, "server": server, "bits": bits, "at": manifest.key.at}
    text = (
        f"The key of {manifest.object_id} is {bits} bits now, for the clone of {server} alone.\n"
        f"Recover what it has with: qclone get {manifest.object_id}"
    )
    emit(as_json, document, text, quiet="")
