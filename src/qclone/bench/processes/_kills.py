"""SIGKILL of any process of a cloud at random instants: what was promised before must hold afterwards."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.bench.processes._rounds import CLIENT, SUPERVISOR, Notes, kill_in_rounds
from qclone.errors import KeyConsumedError, QcloneError
from qclone.store import Cloud, KeyState, Manifest, check

SERVERS = 3
TENANT = "default"


@dataclass(frozen=True)
class Kills:
    """What came of the kills.

    Parameters
    ----------
    rounds : in each, one process was killed while a client was putting and getting.
    victims : who was killed -> how often.
    acknowledged : puts that returned. recovered : registers handed over.
    interrupted : of those, how many by a later `get`, for a kill came between consumption and delivery.
    violations : sentences, each of which says what was promised and did not hold.
    """

    rounds: int
    victims: Mapping[str, int]
    acknowledged: int
    recovered: int
    interrupted: int
    violations: tuple[str, ...]


def run_kills(
    directory: Path,
    rounds: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Kills:
    """Start a cloud in a directory, kill its processes one a round, and check the whole cloud each time.

    Parameters
    ----------
    seed : of who is killed when; what the processes are doing then is up to the machine.
    """
    notes = Notes(directory, a_life=2)
    witness = _Witness(directory, notes)
    servers = [f"server-{i}" for i in range(1, SERVERS + 1)]
    killed = kill_in_rounds(
        directory,
        SERVERS,
        ["fabric", "ledger", *servers, CLIENT, SUPERVISOR],
        rounds,
        seed,
        notes=notes,
        life=partial(_life, notes),
        look=witness.look,
        progress=progress,
    )
    return Kills(rounds, killed, len(witness.acknowledged), len(witness.delivered), *witness.findings())


class _Witness:
    """What a user could hold against the cloud: puts that it acknowledged, registers that it handed over."""

    def __init__(self, directory: Path, notes: Notes) -> None:
        self._directory = directory
        self._notes = notes
        self._interrupted: set[str] = set()
        self._violations: list[str] = []
        self.acknowledged: set[str] = set()
        self.delivered: Counter[str] = Counter()

    def findings(self) -> tuple[int, tuple[str, ...]]:
        return len(self._interrupted), tuple(self._violations)

    def look(self, cloud: Cloud, victim: str, when: str) -> None:
        """Compare the cloud with the notes, as the next client does, and recover what was not handed over."""
        self._read_notes()
        objects = {manifest.object_id: manifest for manifest in cloud.ledger.manifests()}
        self._expect(not cloud.ledger.unfinished(), f"{when}: an unfinished put is left")
        self._expect(self.acknowledged <= objects.keys(), f"{when}: an acknowledged put is not in the ledger")
        registers = _registers(self._directory)
        self._expect(registers.keys() == objects.keys(), f"{when}: ledger and fabric know other objects")
        for object_id, manifest in objects.items():
            state = manifest.key.state
            told = f"{when}: {object_id} is {state}, "
            released = registers.get(object_id, False)
            if state is KeyState.SEALED:
                recoverable = check(cloud.client.holdings(manifest)).recoverable
                self._expect(not released and recoverable, told + "and cannot be recovered")
                self._recover(cloud, manifest, told)
            elif state is KeyState.CONSUMED:
                self._expect(released, told + "and the fabric still has the register")
                self._expect(bool(self.delivered[object_id]), told + "and no one was given the register")
            elif not self.delivered[object_id]:
                self._interrupted.add(object_id)
                self._recover(cloud, manifest, told)
        for object_id, times in self.delivered.items():
            self._expect(times == 1, f"{when}: {object_id} was handed over {times} times")
        with suppress(KeyConsumedError):
            # Who was killed while it was handed over is handed it again: that is no second recovery.
            over = [one for one in self.delivered if _is_over(cloud, one)]
            if over:
                cloud.client.get(over[-1])
                self._violations.append(f"{when}: a register was recovered again")

    def _recover(self, cloud: Cloud, manifest: Manifest, told: str) -> None:
        back = cloud.client.get(manifest.object_id)
        self.delivered[manifest.object_id] += 1
        put = _register(int(manifest.name))
        fidelity = abs(np.vdot(Statevector(put).data, Statevector(back.circuit).data)) ** 2
        self._expect(abs(1 - fidelity) < 1e-9, told + f"and came back with fidelity {fidelity:.9f}")

    def _read_notes(self) -> None:
        for what, object_id in self._notes.read():
            if what == "put":
                self.acknowledged.add(object_id)
            else:
                self.delivered[object_id] += 1

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._violations.append(otherwise)


def _register(number: int) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(Random(number).uniform(0, 3), 0)
    circuit.cx(0, 1)
    return circuit


def _life(notes: Notes, cloud: Cloud, number: int) -> None:
    with suppress(QcloneError):
        object_id = cloud.client.put(_register(number), str(number)).object_id
        notes.write("put", object_id)
        if Random(str(number)).random() < 0.5:
            cloud.client.get(object_id, deliver=lambda _: notes.write("got", object_id))


def _is_over(cloud: Cloud, object_id: str) -> bool:
    return cloud.ledger.find(object_id).key.state is KeyState.CONSUMED


def _registers(directory: Path) -> dict[str, bool]:
    """Object -> whether its register has left the fabric; read from the fabric's own file."""
    with closing(sqlite3.connect(f"file:{directory / 'fabric.db'}?mode=ro", uri=True)) as sql:
        rows = sql.execute("SELECT id, released FROM registers").fetchall()
    return {register.removeprefix(f"{TENANT}:"): bool(released) for register, released in rows}
