"""Store a register, lose all servers but one, recover it."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._cloud import opened
from qclone.cli._output import emit, fold, json_option, short_id
from qclone.errors import InvalidInputError, KeyConsumedError

RANK = 10

if TYPE_CHECKING:
    from qclone.store import Cloud

REGISTER, ANOTHER = "wstate_n3", "qft_n4"
SERVERS = 5
MARK = "made-by-demo"
"""A file in every cloud that the demo has made: it touches no other."""


@click.command("demo")
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
    _refuse_foreign(directory)
    started = time.perf_counter()
    facts: dict[str, Any] = {"cloud": str(directory)}
    for paragraph in _story(directory, facts):
        if not as_json:
            click.echo(paragraph)
    facts["seconds"] = round(time.perf_counter() - started, 3)
    emit(as_json, facts, f"All of this took {facts['seconds']:.1f} s.")


def _story(directory: Path, facts: dict[str, Any]) -> Iterator[str]:
    from qclone.store import Cloud

    # What burns down is a cloud that no one else has seen.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        cloud = Cloud.create(Path(folder) / "cloud", SERVERS)
        try:
            yield from _once(cloud, facts)
        finally:
            cloud.close()
    yield from _your_turn(directory, facts)


def _once(cloud: Cloud, facts: dict[str, Any]) -> Iterator[str]:
    import numpy as np
    from qiskit.quantum_info import Statevector

    from qclone.circuits import example
    from qclone.store import check

    psi = example(REGISTER).circuit
    yield _title("A register to keep")
    yield fold(
        f"{REGISTER} prepares three entangled qubits, a state that physicists call W. Measured, it gives"
    )
    yield _outcomes(Statevector(psi).probabilities())
    yield fold("No one can copy an unknown quantum state. But one can clone it, if every clone is encrypted.")

    stored = cloud.client.put(psi, f"{REGISTER}.qasm")
    report = check(cloud.client.holdings(stored))
    facts |= {"id": stored.object_id, "clones": dict(stored.clones)}
    yield _title("Five servers, six encrypted clones")
    for server in stored.servers:
        held = [label for label, holder in stored.clones.items() if holder == server]
        yield f"  {server:<10} holds {' and '.join(held)}"
    yield fold(
        f"The key, {stored.num_clones} noise qubits for each qubit, stays at home. The object's id is "
        f"{short_id(stored.object_id)}."
    )

    server = stored.servers[1]
    seen = cloud.fabric.view(stored.object_id, server)
    levels = np.linalg.eigvalsh(seen)
    entropy = -float(np.sum(levels * np.log2(levels)))
    distance = float(np.abs(levels - 1 / len(levels)).sum() / 2)
    facts |= {
        "one_server_sees": {
            "server": server,
            "entropy_bits": entropy,
            "distance_from_maximally_mixed": distance,
        },
        "all_servers_together_learn": report.servers_together.verdict,
    }
    yield _title(f"What {server} sees")
    yield fold(
        f"Its three qubits, exactly: entropy {entropy:.6g} bits of 3, trace distance {distance:.0e} from "
        "pure noise. Measured, they give"
    )
    yield _outcomes(np.diag(seen).real)
    yield fold(
        "and likewise in every other basis, whatever register was put in. All five servers together, with "
        f"all six clones, learn: {report.servers_together.verdict}."
    )

    survivor = stored.servers[2]
    lost = [name for name in stored.servers if name != survivor]
    cloud.lose(*lost)
    facts |= {"lost": lost, "survivor": survivor}
    yield _title("Disaster")
    yield fold(f"{', '.join(lost)} burn down. Every qubit on them is gone; only {survivor} is left.")

    back = cloud.client.get(stored.object_id)
    fidelity = cloud.client.fidelity(stored.object_id, back.circuit)
    facts |= {"server": back.manifest.key.server, "fidelity": fidelity}
    yield _title(f"Recovered from {back.manifest.key.server}")
    yield fold("One clone of it and the key together give the register back. Measured, it would give")
    yield _outcomes(Statevector(back.circuit).probabilities())
    yield fold(
        f"Fidelity with what was put in: 1 to within {abs(1 - fidelity):.0e}, a diagnostic that only a "
        "simulation can make."
    )

    yield _title("Once, and only once")
    yield fold("Decryption used the key up. Asking again:")
    try:
        cloud.client.get(stored.object_id)
    except KeyConsumedError as error:
        facts["second_recovery"] = {"code": error.code, "message": error.message}
        yield f"  $ qclone get {short_id(stored.object_id)}"
        yield fold(f"  qclone: {error.message}")


def _your_turn(directory: Path, facts: dict[str, Any]) -> Iterator[str]:
    """Leave a cloud to play with; one that an earlier demo has left keeps what is in it."""
    from qclone.circuits import example
    from qclone.store import Cloud

    if not (directory / MARK).exists():
        Cloud.create(directory, SERVERS).close()
        (directory / MARK).touch()
    with opened(directory) as cloud:
        cloud.heal(*cloud.fabric.sites())
        another = cloud.client.put(example(ANOTHER).circuit, f"{ANOTHER}.qasm")
    facts["left_to_play_with"] = another.object_id
    yield _title("Your turn")
    yield fold(f"Another register, {ANOTHER}, is stored on five other servers, in {directory}. Try:")
    short = short_id(another.object_id)
    yield "\n".join(
        f"  {line}"
        for line in (
            *_path_to_qclone(),
            f"export QCLONE_CLOUD={shlex.quote(str(directory))}",
            "qclone ls",
            "qclone server lose server-1 server-2",
            f"qclone check {short}",
            f"qclone get {short} --verify -o recovered.qasm",
            f"qclone get {short}",
        )
    )
    yield _title("See it")
    yield fold("The same cloud in a browser, where servers are lost by a click:")
    yield "\n".join(f"  {line}" for line in (*_packages_of_the_page(), "qclone web"))


def _refuse_foreign(directory: Path) -> None:
    """Raise before anything is told or done if the directory is not this demo's to use."""
    if (directory / MARK).exists() or not directory.exists():
        return
    if not directory.is_dir() or any(directory.iterdir()):
        raise InvalidInputError(
            f"{directory} is not of a demo's making, so the demo leaves it alone.",
            "Give it a directory of its own: qclone demo --cloud DIR",
        )


def _path_to_qclone() -> list[str]:
    """What to type first where the shell does not find `qclone`, as after `make demo`."""
    return [] if shutil.which("qclone") else [f'export PATH="{Path(sys.executable).parent}:$PATH"']


def _packages_of_the_page() -> list[str]:
    """What to type first where the packages that serve the page are not installed."""
    with suppress(ImportError):
        if find_spec("uvicorn"):
            return []
    return ["pip install 'qclone[service]'"]


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
