"""SIGKILL of any process of a cloud at random instants: what was promised before must hold afterwards."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from qiskit import QuantumCircuit

from qclone.errors import KeyConsumedError, QcloneError
from qclone.service import RemoteCloud, down, status, supervisor_of, up
from qclone.store import KeyState, check

SERVERS = 3
LONGEST_WAIT_S = 0.4
"""A put or a get takes some tens of milliseconds, so the kill may strike any step of one."""
CLIENT, SUPERVISOR = "client", "supervisor"
TENANT = "default"


@dataclass(frozen=True)
class Kills:
    """What came of the kills.

    Parameters
    ----------
    rounds : in each, one process was killed while a client was putting and getting.
    victims : who was killed -> how often.
    acknowledged : puts that returned. recovered : registers handed over.
    interrupted : keys whose consumption was recorded and whose register was never handed over.
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
    random, cloud = Random(seed), _Witness(directory)
    up(directory, SERVERS)
    victims = ["fabric", "ledger", *(f"server-{i}" for i in range(1, SERVERS + 1)), CLIENT, SUPERVISOR]
    killed: Counter[str] = Counter()
    try:
        for number in range(rounds):
            victim = random.choice(victims)
            with working_client(partial(_work, directory, notes_of(directory), number)) as client:
                time.sleep(random.uniform(0, LONGEST_WAIT_S))
                pid = pid_of(directory, victim, client)
                os.kill(pid, signal.SIGKILL)
                if victim == SUPERVISOR:
                    wait_until(lambda: supervisor_of(directory) is None)
                    up(directory)
                wait_until(partial(serves_without, directory, pid))
            killed[victim] += 1
            cloud.look(f"round {number}, {victim} killed")
            progress(number + 1, rounds)
    finally:
        down(directory)
    return Kills(rounds, dict(killed), len(cloud.acknowledged), len(cloud.delivered), *cloud.findings())


class _Witness:
    """What a user could hold against the cloud: puts that it acknowledged, registers that it handed over."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._notes = notes_of(directory)
        self._read = 0
        self._interrupted: set[str] = set()
        self._violations: list[str] = []
        self.acknowledged: set[str] = set()
        self.delivered: Counter[str] = Counter()

    def findings(self) -> tuple[int, tuple[str, ...]]:
        return len(self._interrupted), tuple(self._violations)

    def look(self, when: str) -> None:
        """Open the cloud as the next client does, compare it with the notes, and recover what is sealed."""
        self._read_notes()
        with closing(RemoteCloud(self._directory)) as cloud:
            objects = {manifest.object_id: manifest for manifest in cloud.ledger.manifests()}
            self._expect(not cloud.ledger.unfinished(), f"{when}: an unfinished put is left")
            self._expect(
                self.acknowledged <= objects.keys(), f"{when}: an acknowledged put is not in the ledger"
            )
            registers = _registers(self._directory)
            self._expect(registers.keys() == objects.keys(), f"{when}: ledger and fabric know other objects")
            for object_id, manifest in objects.items():
                state = manifest.key.state
                told = f"{when}: {object_id} is {state}, "
                released = registers.get(object_id, False)
                if state is KeyState.SEALED:
                    recoverable = check(cloud.client.holdings(manifest)).recoverable
                    self._expect(not released and recoverable, told + "and cannot be recovered")
                    self._recover(cloud, object_id, told)
                elif state is KeyState.CONSUMED:
                    self._expect(released, told + "and the fabric still has the register")
                    self._expect(bool(self.delivered[object_id]), told + "and no one was given the register")
                elif not self.delivered[object_id]:
                    self._interrupted.add(object_id)
            for object_id, times in self.delivered.items():
                self._expect(times == 1, f"{when}: {object_id} was handed over {times} times")
            with suppress(KeyConsumedError):
                if self.delivered:
                    cloud.client.get(next(reversed(self.delivered)))
                    self._violations.append(f"{when}: a register was recovered again")

    def _recover(self, cloud: RemoteCloud, object_id: str, told: str) -> None:
        back = cloud.client.get(object_id)
        self.delivered[object_id] += 1
        fidelity = cloud.client.fidelity(object_id, back.circuit)
        self._expect(abs(1 - fidelity) < 1e-9, told + f"and came back with fidelity {fidelity:.9f}")

    def _read_notes(self) -> None:
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        for line in lines[self._read :]:
            what, object_id = line.split()
            if what == "put":
                self.acknowledged.add(object_id)
            else:
                self.delivered[object_id] += 1
        self._read = len(lines)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._violations.append(otherwise)


def notes_of(directory: Path) -> Path:
    """Where the client of a cloud writes down what it was promised."""
    return directory.with_name(f"{directory.name}-notes")


@contextmanager
def working_client(work: Callable[[Any, Any], None]) -> Iterator[Any]:
    """A process that works until the block ends, by two events: it has started, it is to stop."""
    context = get_context("fork")
    started, stopping = context.Event(), context.Event()
    client = context.Process(target=work, args=(started, stopping))
    client.start()
    wait_until(started.is_set)
    try:
        yield client
    finally:
        stopping.set()
        client.join(120)
        if client.is_alive():
            client.kill()
            raise AssertionError("the client hangs")


def _work(directory: Path, notes: Path, seed: int, started: Any, stopping: Any) -> None:
    random = Random(seed)
    with open(notes, "a", buffering=1) as file:

        def note(what: str, object_id: str) -> None:
            file.write(f"{what} {object_id}\n")  # one write of one line: there or not, whatever is killed

        def note_got(object_id: str, _: QuantumCircuit) -> None:
            note("got", object_id)

        with closing(RemoteCloud(directory)) as cloud:
            started.set()
            while not stopping.is_set():
                circuit = QuantumCircuit(2)
                circuit.ry(random.uniform(0, 3), 0)
                circuit.cx(0, 1)
                with suppress(QcloneError):
                    object_id = cloud.client.put(circuit).object_id
                    note("put", object_id)
                    if random.random() < 0.5:
                        cloud.client.get(object_id, deliver=partial(note_got, object_id))


def pid_of(directory: Path, victim: str, client: Any) -> int:
    """Who is to be killed."""
    if victim == CLIENT:
        return int(client.pid)
    if victim == SUPERVISOR:
        return supervisor_of(directory) or 0
    return next(part.pid or 0 for part in status(directory) if part.name == victim)


def serves_without(directory: Path, pid: int) -> bool:
    """Whether all parts answer, and none is the process that was killed."""
    return all(part.serving and part.pid not in (pid, None) for part in status(directory))


def _registers(directory: Path) -> dict[str, bool]:
    """Object -> whether its register has left the fabric; read from the fabric's own file."""
    with closing(sqlite3.connect(f"file:{directory / 'fabric.db'}?mode=ro", uri=True)) as sql:
        rows = sql.execute("SELECT id, released FROM registers").fetchall()
    return {register.removeprefix(f"{TENANT}:"): bool(released) for register, released in rows}


def wait_until(until: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for something that must come; raises AssertionError if it does not."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "the cloud does not come back"
        time.sleep(0.01)
