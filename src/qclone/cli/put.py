"""Encrypt a register and hand its clones to the servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._loudness import is_verbose
from qclone.cli._numbers import COUNT
from qclone.cli._object import require_name
from qclone.cli._output import counted, emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse
from qclone.cli._scheme import read_spec, scheme_option
from qclone.cli.examples import PREFIX

RANK = 40

if TYPE_CHECKING:
    from qclone.circuits import Register
    from qclone.store import Cloud, Manifest, Source


@click.command("put")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--name", metavar="NAME", help="Call it so, in place of the file's name.")
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
    files: tuple[str, ...],
    name: str | None,
    num_clones: int | None,
    iterate: int,
    spec: Path | None,
    source: Source,
    directory: Path,
    as_json: bool,
) -> None:
    """Store the register that the circuit in FILE prepares; of several files, one object each.

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
    if name is not None:
        if len(files) > 1:
            raise click.UsageError("--name is for one file.")
        require_name(name)
    documents = []
    with opened(directory) as cloud:
        # All are read first: a file that is none leaves nothing half done.
        with progress_bar("Reading"):
            registers = [_register(file) for file in files]
        for register in registers:
            with progress_bar("Storing"):
                manifest = cloud.client.put(
                    register.circuit,
                    register.source if name is None else name,
                    num_clones=num_clones,
                    iterate=iterate,
                    base=base,
                    source=source,
                    content=register.content,
                )
            notices = [*register.notices, *_notices(cloud, manifest)]
            documents.append(_document(manifest, notices))
            if not as_json:  # what is stored is said although the next one may fail
                said = [_stored(manifest), *(_where(manifest) if is_verbose() else []), *notices]
                emit(False, {}, "\n".join(said), quiet=manifest.object_id)
    if as_json:
        emit(True, documents[0] if len(files) == 1 else {"objects": documents}, "")


def _notices(cloud: Cloud, manifest: Manifest) -> list[str]:
    from qclone.store import notices_of

    return [*_lost(cloud, manifest), *notices_of(manifest), *_uncorrected(cloud, manifest)]


def _document(manifest: Manifest, notices: list[str]) -> dict[str, Any]:
    return {
        "id": manifest.object_id,
        "name": manifest.name,
        "qubits": manifest.qubits,
        "num_clones": manifest.num_clones,
        "clones": dict(manifest.clones),
        "servers": list(manifest.servers),
        "notices": notices,
    }


def _stored(manifest: Manifest) -> str:
    from qclone.store import CLIENT

    qubits, clones = counted(manifest.qubits, "qubit"), counted(len(manifest.clones), "clone")
    servers = [holder for holder in manifest.servers if holder != CLIENT]
    where = f"{clones} on {counted(len(servers), 'server')}"
    where += " and with the client" if CLIENT in manifest.servers else ""
    return f"Stored {manifest.name} as {manifest.object_id}: {qubits}, {where}."


def _where(manifest: Manifest) -> list[str]:
    return [f"  {label}: {holder}" for label, holder in manifest.clones.items()]


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
