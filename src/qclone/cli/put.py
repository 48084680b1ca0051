"""qclone put: encrypt a register and hand out its clones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import counted, emit, json_option
from qclone.cli._scheme import read_spec, scheme_option

if TYPE_CHECKING:
    from qclone.store import Cloud, Manifest


@click.command("put", short_help="Encrypt a register and hand its clones to the servers.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--clones", "num_clones", type=int, metavar="N", help="Default: one a server, an even number.")
@click.option(
    "--iterate",
    default=0,
    type=click.IntRange(0, 20),
    metavar="L",
    help="Clone every clone again, L times: (N+1)^(L+1) clones for even N.",
)
@scheme_option
@click.option("--keep-source", is_flag=True, help="Keep A if it finds no server of its own.")
@cloud_option
@json_option
def command(
    *,
    file: Path,
    num_clones: int | None,
    iterate: int,
    spec: Path | None,
    keep_source: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Store the register that the circuit in FILE prepares.

    FILE is OpenQASM 2 or 3, QPY, or a NumPy file of amplitudes. For even N the source wire A is a clone
    like the others and goes to a server of its own, if there is one. With --scheme every qubit is cloned by
    another scheme.
    """
    base = None
    if spec is not None:
        if num_clones is not None or iterate:
            raise click.UsageError(
                "--scheme says how many clones there are: leave out --clones and --iterate."
            )
        from qclone.scheme import from_spec

        base = from_spec(read_spec(spec))
    with opened(directory) as cloud:
        from qclone.circuits import read_register

        register = read_register(file)
        manifest = cloud.client.put(
            register.circuit,
            file.name,
            num_clones=num_clones,
            iterate=iterate,
            base=base,
            keep_source=keep_source,
        )
        lost = _lost(cloud, manifest)
    from qclone.store import leak_notices

    notices = [*register.notices, *lost, *leak_notices(manifest)]
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


def _lost(cloud: Cloud, manifest: Manifest) -> list[str]:
    """Say which clones did not arrive whole, if links lose qubits at all."""
    if not cloud.fabric.links().loss:
        return []
    holdings = cloud.client.holdings(manifest)
    lost = [label for label in manifest.clones if holdings.clone_state(label) == "lost"]
    clones = counted(len(manifest.clones), "clone")
    return [f"Not arrived whole: {', '.join(lost)}, of {clones}."] if lost else []
