"""qclone demo: the whole idea in one minute, on a real register."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._output import emit, json_option, short_id
from qclone.errors import InvalidInputError, KeyConsumedError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.access import Verdict
    from qclone.store import Cloud, Manifest

REGISTER, ANOTHER = "wstate_n3.qasm", "qft_n4.qasm"
SERVERS = 5
WIDTH = 100


@click.command("demo", short_help="Store a register, lose all servers but one, recover it.")
@click.option(
    "--cloud",
    "directory",
    default="demo-cloud",
    show_default=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where to leave a cloud to play with.",
)
@json_option
def command(directory: Path, as_json: bool) -> None:
    """Store a register on five servers, lose four of them, recover it from the last; then try again."""
    started = time.perf_counter()
    facts: dict[str, Any] = {"cloud": str(directory)}
    for paragraph in _story(directory, facts):
        if not as_json:
            click.echo(paragraph)
    facts["seconds"] = round(time.perf_counter() - started, 3)
    emit(as_json, facts, f"All of this took {facts['seconds']:.1f} s.")


def _story(directory: Path, facts: dict[str, Any]) -> Iterator[str]:
    import numpy as np
    from qiskit.quantum_info import Statevector

    with ExitStack() as stack:
        cloud = _cloud(directory, stack)
        psi = _shipped(REGISTER)
        yield _title("A register to keep")
        yield _prose(
            f"{REGISTER} prepares three entangled qubits, a state that physicists call W. Measured, it gives"
        )
        yield _outcomes(Statevector(psi).probabilities())
        yield _prose(
            "No one can copy an unknown quantum state. But one can clone it, if every clone is encrypted."
        )

        stored = cloud.client.put(psi, REGISTER)
        facts |= {"id": stored.object_id, "clones": dict(stored.clones)}
        yield _title("Five servers, five encrypted clones")
        yield "\n".join(f"  {server:<10} holds clone {label}" for label, server in stored.clones.items())
        yield _prose(
            f"The key, {stored.num_clones} noise qubits for each qubit, stays at home. The object's id is "
            f"{short_id(stored.object_id)}."
        )

        server = stored.servers[0]
        seen = cloud.fabric.view(stored.object_id, server)
        levels = np.linalg.eigvalsh(seen)
        entropy = -float(np.sum(levels * np.log2(levels)))
        distance = float(np.abs(levels - 1 / len(levels)).sum() / 2)
        coalition = _best_coalition(cloud, stored)
        facts |= {
            "one_server_sees": {
                "server": server,
                "entropy_bits": entropy,
                "distance_from_maximally_mixed": distance,
            },
            "any_four_servers_learn": coalition.verdict,
        }
        yield _title(f"What {server} sees")
        yield _prose(
            f"Its three qubits, exactly: entropy {entropy:.6g} bits of 3, trace distance {distance:.0e} from "
            "pure noise. Measured, they give"
        )
        yield _outcomes(np.diag(seen).real)
        yield _prose(
            "and likewise in every other basis, whatever register was put in. Any four servers together "
            f"learn: {coalition.verdict}. (All five could undo the encryption: keep one of them honest.)"
        )

        survivor = stored.servers[2]
        lost = [name for name in stored.servers if name != survivor]
        cloud.lose(*lost)
        facts |= {"lost": lost, "survivor": survivor}
        yield _title("Disaster")
        yield _prose(f"{', '.join(lost)} burn down. Every qubit on them is gone; only {survivor} is left.")

        back = cloud.client.get(stored.object_id)
        fidelity = cloud.client.fidelity(stored.object_id, back.circuit)
        facts |= {"server": back.manifest.key.server, "fidelity": fidelity}
        yield _title(f"Recovered from {back.manifest.key.server}")
        yield _prose("Its clone and the key together give the register back. Measured, it would give")
        yield _outcomes(Statevector(back.circuit).probabilities())
        yield _prose(
            f"Fidelity with what was put in: 1 to within {abs(1 - fidelity):.0e}, a diagnostic that only a "
            "simulation can make."
        )

        yield _title("Once, and only once")
        yield _prose("Decryption used the key up. Asking again:")
        try:
            cloud.client.get(stored.object_id)
        except KeyConsumedError as error:
            facts["second_recovery"] = {"code": error.code, "message": error.message}
            yield f"  $ qclone get {short_id(stored.object_id)}\n  qclone: {error.message}"

        cloud.heal(*lost)
        another = cloud.client.put(_shipped(ANOTHER), ANOTHER)
        facts["left_to_play_with"] = another.object_id
        yield _title("Your turn")
        yield _prose(
            f"The servers are replaced, and a second register, {ANOTHER}, is stored in {directory}. Try:"
        )
        short = short_id(another.object_id)
        yield "\n".join(
            f"  {line}"
            for line in (
                *_path_to_qclone(),
                f"export QCLONE_CLOUD={directory}",
                "qclone ls",
                "qclone server lose server-1 server-2",
                f"qclone check {short}",
                f"qclone get {short} --verify -o recovered.qasm",
                f"qclone get {short}",
            )
        )


def _path_to_qclone() -> list[str]:
    """What to type first where the shell does not find `qclone`, as after `make demo`."""
    return [] if shutil.which("qclone") else [f'export PATH="{Path(sys.executable).parent}:$PATH"']


def _cloud(directory: Path, stack: ExitStack) -> Cloud:
    """Open the cloud that an earlier demo has left, with its servers replaced, or make one."""
    from qclone.store import Cloud

    if not (directory / "ledger.db").exists():
        cloud = Cloud.create(directory, SERVERS)
    else:
        cloud = Cloud(directory)
        sites = cloud.fabric.sites()
        if len(sites) != SERVERS:
            raise InvalidInputError(
                f"The cloud at {directory} has {len(sites)} servers; the demo tells of {SERVERS}.",
                "Give it a directory of its own with --cloud.",
            )
        cloud.heal(*sites)
    stack.callback(cloud.close)
    return cloud


def _shipped(name: str) -> QuantumCircuit:
    from qclone.circuits import read_register

    with resources.as_file(resources.files("qclone.circuits") / "registers" / name) as path:
        return read_register(path).circuit


def _best_coalition(cloud: Cloud, manifest: Manifest) -> Verdict:
    """Return what the best informed of all coalitions of all servers but one learns."""
    from qclone.access import classify
    from qclone.scheme import from_spec

    scheme, at = from_spec(manifest.scheme), cloud.fabric.whereabouts(manifest.object_id)
    coalitions = ([w for s in manifest.servers if s != honest for w in at[s]] for honest in manifest.servers)
    verdicts = (classify(scheme, [scheme.wires[w].label for w in wires]) for wires in coalitions)
    return max(verdicts, key=lambda verdict: verdict.bits)


def _prose(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def _title(text: str) -> str:
    return click.style(f"\n{text}", bold=True)


def _outcomes(probabilities: Any) -> str:
    """Draw how often measuring every qubit gives each outcome; those that never happen are left out."""
    width = len(probabilities).bit_length() - 1
    rows = [
        f"  {outcome:0{width}b}  {100 * p:5.1f} %  {'#' * round(40 * p)}"
        for outcome, p in enumerate(probabilities)
        if p > 1e-9
    ]
    return "\n".join(rows)
