"""Encrypt a register and hand its clones to the servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._numbers import COUNT
from qclone.cli._output import counted, emit, json_option
from qclone.cli._refuse import refuse
from qclone.cli._scheme import read_spec, scheme_option
from qclone.cli.examples import PREFIX

RANK = 40

if TYPE_CHECKING:
    from qclone.circuits import Register
    from qclone.store import Cloud, Manifest, Source


@click.command("put")
@click.argument("file", type=click.Path())
@click.option(
    "--clones",
    "num_clones",
    type=COUNT,
    metavar="N",
    help="Default: the next even number, one a server at least.",
)
@click.option(
    "--iterate",
    default=0,
    type=click.IntRange(0, 20),
    metavar="L",
    help="Clone every clone again, L times: (N+1)^(L+1) clones for even N.",
)
@scheme_option
@click.option(
    "--source",
    type=click.Choice(["discard", "client", "server"]),
    default="discard",
    show_default=True,
    help="Where A goes. At a server it is one more clone, and all servers together can undo the encryption.",
)
@cloud_option
@json_option
def command(
    *,
    file: str,
    num_clones: int | None,
    iterate: int,
    spec: Path | None,
    source: Source,
    directory: Path,
    as_json: bool,
) -> None:
    """Store the register that the circuit in FILE prepares.

    FILE is OpenQASM 2 or 3, QPY, a NumPy file of amplitudes, - for standard input, or a register that
    ships: example:wstate_n3.
    By default no servers learn anything, even all together. With --scheme every qubit is cloned by another
    scheme.
    """
    base = None
    refuse(("num_clones", "iterate"), "beside --scheme, which says it", unless=spec is None)
    if spec is not None:
        from qclone.scheme import from_spec
        from qclone.store import STORABLE

        base = from_spec(read_spec(spec), STORABLE)
    with opened(directory) as cloud:
        register = _register(file)
        manifest = cloud.client.put(
            register.circuit,
            register.source,
            num_clones=num_clones,
            iterate=iterate,
            base=base,
            source=source,
            content=register.content,
        )
        lost, uncorrected = _lost(cloud, manifest), _uncorrected(cloud, manifest)
    from qclone.store import notices_of

    notices = [*register.notices, *lost, *notices_of(manifest), *uncorrected]
    document = {
        "id": manifest.object_id,
        "name": manifest.name,
        "qubits": manifest.qubits,
        "num_clones": manifest.num_clones,
        "clones": dict(manifest.clones),
        "servers": list(manifest.servers),
        "notices": notices,
    }
    qubits, clones = counted(manifest.qubits, "qubit"), counted(len(manifest.clones), "clone")
    where = f"{clones} on {counted(len(manifest.servers), 'server')}"
    stored = f"Stored {manifest.name} as {manifest.object_id}: {qubits}, {where}."
    emit(as_json, document, "\n".join([stored, *notices]))


def _register(file: str) -> Register:
    from qclone.circuits import example, read_register

    return example(file.removeprefix(PREFIX)) if file.startswith(PREFIX) else read_register(file)


def _lost(cloud: Cloud, manifest: Manifest) -> list[str]:
    """Say which clones did not arrive whole, if links lose qubits at all."""
    if not cloud.fabric.links().loss:
        return []
    holdings = cloud.client.holdings(manifest)
    lost = [label for label in manifest.clones if holdings.clone_state(label) == "lost"]
    clones = counted(len(manifest.clones), "clone")
    return [f"Not arrived whole: {', '.join(lost)}, of {clones}."] if lost else []


def _uncorrected(cloud: Cloud, manifest: Manifest) -> list[str]:
    """Say what throwing the source away costs, if anything in this cloud is noisy."""
    from qclone.scheme import Parallel, from_spec

    origin = from_spec(manifest.scheme, kind=Parallel).base.source
    noiseless = not any(cloud.fabric.memory().channel(1.0)) and cloud.fabric.links().fidelity == 1
    if noiseless or origin is None or origin in manifest.clones:
        return []
    return [
        "This cloud is noisy, and without the source errors are noticed but hardly corrected: "
        "--source client keeps it, and the servers still learn nothing."
    ]
