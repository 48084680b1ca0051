"""Many alternatives, one kept: random programs on all servers, the others destroyed or measured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qiskit.quantum_info import random_clifford

from qclone.bench.computing._programs import infidelity, random_program, random_register
from qclone.compute import Program
from qclone.store import Cloud, Party

SIZES = range(2, 8)
"""Numbers of clones."""
MOST_QUBITS, MOST_SLOTS = 4, 6
RIGHT = 1e-12
"""Infidelity up to which a result is C psi: rounding of a few hundred gates."""
_IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Alternatives:
    """What came of random programs, one a server, of which one was kept.

    Parameters
    ----------
    programs : that were kept. wrong : that did not come back as C psi to 1e-12.
    worst_infidelity : of all.
    """

    programs: int
    wrong: int
    worst_infidelity: float


def run_alternatives(
    count: int,
    clifford: bool,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Alternatives:
    """Put registers of up to 4 qubits on 2 to 7 servers that all compute, and keep one result of each.

    Of the other servers half the time some look at what they have; then all of them are lost. Kept is by
    `get`, by `commit` and `get`, or by `release`, in turn.

    Parameters
    ----------
    clifford : uniformly random Clifford programs, or ones with up to six T, Rz and CCZ.
    """
    random = np.random.default_rng([seed, clifford])
    found: list[float] = []
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        clouds = {n: Cloud.create(Path(folder) / str(n), servers=n) for n in SIZES}
        for number in range(count):
            n = SIZES[number % len(SIZES)]
            found.append(_kept(clouds[n], n, clifford, number % 3, random))
            progress(number + 1, count)
        for cloud in clouds.values():
            cloud.close()
    return Alternatives(count, sum(one > RIGHT for one in found), max(found, default=0.0))


def _kept(cloud: Cloud, n: int, clifford: bool, how: int, random: np.random.Generator) -> float:
    qubits = 1 + int(random.integers(MOST_QUBITS))
    put = random_register(random, qubits)
    object_id = (stored := cloud.client.put(put, num_clones=n)).object_id
    ran = {}
    for server in stored.servers:
        if clifford:
            circuit = random_clifford(qubits, seed=int(random.integers(2**31))).to_circuit()
        else:
            circuit = random_program(random, qubits, int(random.integers(MOST_SLOTS + 1)), gates=14)
        ran[server] = Program.of(circuit, late=bool(random.integers(2)))
        cloud.client.run(object_id, ran[server], server)
    kept = str(random.choice(stored.servers))
    others = [server for server in stored.servers if server != kept]
    if n % 2 == 0 and random.random() < 0.5:  # odd n shows Y to all servers together
        _look(cloud, object_id, others, ran, random)
    cloud.lose(*others)
    if how == 1:
        cloud.client.commit(object_id, kept)
    recover = cloud.client.release if how == 2 else cloud.client.get
    back = recover(object_id, kept)
    cloud.heal(*others)
    return infidelity(put, ran[kept], back.circuit)


def _look(
    cloud: Cloud,
    object_id: str,
    others: list[str],
    ran: dict[str, Program],
    random: np.random.Generator,
) -> None:
    """A server measures its own clone, where that can be followed: its program has no tails."""
    for server in others:
        if ran[server].is_clifford:
            wires = cloud.fabric.whereabouts(object_id)[server][: 1 + int(random.integers(2))]
            cloud.fabric.measure(Party(server), object_id, wires)
