"""qclone demo: the whole idea in one minute, on a real register."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._output import emit, json_option
from qclone.errors import KeyConsumedError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.store import Cloud

REGISTER, ANOTHER = "wstate_n3.qasm", "qft_n4.qasm"


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
        yield (
            f"{REGISTER} prepares the entangled state of three qubits that physicists call W. Measured, it gives\n"
            f"{_outcomes(Statevector(psi).probabilities())}\n"
            "No one can copy an unknown quantum state. But one can clone it if every clone is encrypted."
        )

        stored = cloud.client.put(psi, REGISTER)
        facts |= {"id": stored.object_id, "clones": dict(stored.clones)}
        yield _title("Five servers, five encrypted clones")
        yield "".join(f"  {server:<10} holds clone {label}\n" for label, server in stored.clones.items()) + (
            f"The key, {stored.num_clones} noise qubits for each qubit, stays at home. The object's id is"
            f" {stored.object_id[:8]}."
        )

        server = stored.servers[0]
        seen = cloud.fabric.view(stored.object_id, server)
        entropy = float(-np.sum((p := np.linalg.eigvalsh(seen).clip(1e-300)) * np.log2(p)))
        distance = float(np.abs(np.linalg.eigvalsh(seen - np.eye(8) / 8)).sum() / 2)
        facts["one_server_sees"] = {
            "server": server,
            "entropy_bits": entropy,
            "distance_from_maximally_mixed": distance,
        }
        yield _title(f"What {server} sees")
        yield (
            f"Its three qubits, exactly: entropy {entropy:.6g} bits of 3, trace distance {distance:.1g} from pure"
            " noise. Measured, they give\n"
            f"{_outcomes(np.diag(seen).real)}\n"
            "and likewise in every other basis, whatever register was put in: nothing."
        )

        survivor = stored.servers[2]
        lost = [name for name in stored.servers if name != survivor]
        cloud.lose(*lost)
        facts |= {"lost": lost, "survivor": survivor}
        yield _title("Disaster")
        yield f"{', '.join(lost)} burn down. Every qubit on them is gone; {survivor} is left."

        back = cloud.client.get(stored.object_id)
        fidelity = cloud.client.fidelity(stored.object_id, back.circuit)
        facts |= {"server": back.manifest.key.server, "fidelity": fidelity}
        yield _title(f"Recovered from {back.manifest.key.server}")
        yield (
            "Its clone and the key together give back the register. Measured, it would give\n"
            f"{_outcomes(Statevector(back.circuit).probabilities())}\n"
            f"Fidelity with what was put in: 1 to within {abs(1 - fidelity):.0e} (the simulation may look; no one else"
            " can)."
        )

        yield _title("Once, and only once")
        yield "Decryption used the key up. Asking again:"
        try:
            cloud.client.get(stored.object_id)
        except KeyConsumedError as error:
            facts["second_recovery"] = {"code": error.code, "message": error.message}
            yield f"  $ qclone get {stored.object_id[:8]}\n  qclone: {error.message}"

        cloud.heal(*lost)
        another = cloud.client.put(_shipped(ANOTHER), ANOTHER)
        facts["left_to_play_with"] = another.object_id
        yield _title("Your turn")
        yield (
            f"The servers are replaced, and a second register ({ANOTHER}, {another.qubits} qubits) is stored in"
            f" {directory}. Try:\n"
            f"  export QCLONE_CLOUD={directory}\n"
            "  qclone ls\n"
            "  qclone server lose server-1 server-2\n"
            f"  qclone check {another.object_id[:8]}\n"
            f"  qclone get {another.object_id[:8]} --verify -o recovered.qasm\n"
            f"  qclone get {another.object_id[:8]}\n"
        )


def _cloud(directory: Path, stack: ExitStack) -> Cloud:
    """Open the cloud that an earlier demo has left, with its servers replaced, or make one."""
    from qclone.store import Cloud

    if not (directory / "ledger.db").exists():
        cloud = Cloud.create(directory, servers=5)
    else:
        cloud = Cloud(directory)
        cloud.heal(*cloud.fabric.sites())
    stack.callback(cloud.close)
    return cloud


def _shipped(name: str) -> QuantumCircuit:
    from qclone.circuits import read_register

    with resources.as_file(resources.files("qclone.circuits") / "registers" / name) as path:
        return read_register(path).circuit


def _title(text: str) -> str:
    return click.style(f"\n{text}", bold=True)


def _outcomes(probabilities: Any) -> str:
    """Draw the outcomes of measuring every qubit, most frequent ones only if the rest never happens."""
    width = len(probabilities).bit_length() - 1
    rows = [
        f"  {outcome:0{width}b}  {100 * p:5.1f} %  {'#' * round(40 * p)}"
        for outcome, p in enumerate(probabilities)
        if p > 1e-9
    ]
    return "\n".join(rows)
