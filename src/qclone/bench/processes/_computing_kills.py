"""SIGKILL between the calls of a client that has servers compute, narrows, commits, releases and recovers."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qclone.bench.computing import infidelity, random_program, random_register
from qclone.bench.processes._kills import (
    CLIENT,
    SUPERVISOR,
    notes_of,
    pid_of,
    serves_without,
    wait_until,
    working_client,
)
from qclone.compute import Program
from qclone.errors import KeyConsumedError, QcloneError
from qclone.service import RemoteCloud, down, supervisor_of, up
from qclone.store import Cloud, KeyState, Manifest

SERVERS = 4
KEPT, OTHER = "server-2", "server-1"
LONGEST_WAIT_S = 0.6
WAYS = ("get", "narrow, get", "commit, get", "narrow, commit, get", "release", "commit, release")
QUBITS, SLOTS = 2, 3
RIGHT = 1e-12


@dataclass(frozen=True)
class ComputingKills:
    """What came of the kills.

    Parameters
    ----------
    rounds : in each, one process was killed while a client was at work.
    victims : who was killed -> how often.
    registers : that were put. handed_over : to a client at work. recovered : afterwards, as C psi.
    violations : sentences: a second clone that opened, a register that is lost, or is not C psi.
    """

    rounds: int
    victims: Mapping[str, int]
    registers: int
    handed_over: int
    recovered: int
    violations: tuple[str, ...]


def run_computing_kills(
    directory: Path,
    rounds: int = 1000,
    seed: int = 0,
    *,
    service: bool,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ComputingKills:
    """Make a cloud in a directory and kill one process a round; then look with the same keyring.

    Parameters
    ----------
    service : a cloud of processes, any of which may be killed; otherwise an embedded one, whose only process
        is the client.
    seed : of who is killed when; what the processes are doing then is up to the machine.
    """
    random = Random(seed)
    victims = [CLIENT]
    if service:
        up(directory, SERVERS)
        # A part takes seconds to come back, a client none.
        victims = [CLIENT] * 15 + ["fabric", "ledger", KEPT, OTHER, SUPERVISOR]
    else:
        Cloud.create(directory, servers=SERVERS).close()
    opened = RemoteCloud if service else Cloud
    witness, killed = _Witness(directory, opened), Counter[str]()
    try:
        for number in range(rounds):
            victim = random.choice(victims)
            with working_client(partial(_work, directory, opened, number)) as client:
                time.sleep(random.uniform(0, LONGEST_WAIT_S))
                pid = pid_of(directory, victim, client)
                os.kill(pid, signal.SIGKILL)
                if victim == SUPERVISOR:
                    wait_until(lambda: supervisor_of(directory) is None)
                    up(directory)
                if service:
                    wait_until(partial(serves_without, directory, pid))
            killed[victim] += 1
            witness.look(f"round {number}, {victim} killed")
            progress(number + 1, rounds)
    finally:
        if service:
            down(directory)
    return ComputingKills(
        rounds,
        dict(killed),
        witness.registers,
        sum(1 for times in witness.handed.values() if times),
        witness.recovered,
        tuple(witness.violations),
    )


def _register(seed: int) -> QuantumCircuit:
    return random_register(np.random.default_rng(seed), QUBITS)


def _program(seed: int) -> Program:
    random = np.random.default_rng(seed)
    return Program.of(random_program(random, QUBITS, SLOTS), late=bool(seed % 2))


class _Witness:
    """Settles every object that is new since it last looked: it comes out once, as C psi or not at all."""

    def __init__(self, directory: Path, opened: type[Cloud]) -> None:
        self._directory, self._opened = directory, opened
        self._notes = notes_of(directory)
        self._last, self._read = "", 0
        self._acknowledged = set[str]()
        self.handed = Counter[str]()
        self.registers = self.recovered = 0
        self.violations = list[str]()

    def look(self, when: str) -> None:
        """Open the cloud as the next client does."""
        self._read_notes()
        with closing(self._opened(self._directory)) as cloud:
            new = cloud.ledger.manifests(after=self._last)
            for manifest in new:
                self._settle(cloud, manifest, f"{when}: {manifest.object_id} ({manifest.name}) ")
            self.registers += len(new)
            self._last = new[-1].object_id if new else self._last
            left = self._acknowledged - {manifest.object_id for manifest in new}
            self.violations += [f"{when}: {name} was acknowledged and is not there" for name in left]
            self._acknowledged.clear()

    def _settle(self, cloud: Cloud, manifest: Manifest, told: str) -> None:
        client, object_id, seed = cloud.client, manifest.object_id, int(manifest.name)
        asked = manifest.uses.run_at(KEPT)
        if asked is not None and not asked.done and manifest.key.state is KeyState.SEALED:
            client.run(object_id, _program(seed), KEPT)
        program = _program(seed) if asked is not None else Program(QUBITS, ())
        sealed = manifest.key.state is KeyState.SEALED
        try:
            back = client.get(object_id, KEPT)
        except KeyConsumedError:
            if sealed or not self.handed[object_id]:
                self.violations.append(told + "is consumed, and nobody was given it")
        except QcloneError as error:
            self.violations.append(told + f"cannot be recovered: {error.message}")
        else:
            self.recovered += 1
            found = infidelity(_register(seed), program, back.circuit)
            if found > RIGHT:
                self.violations.append(told + f"came back with infidelity {found:.1e}")
        for server in (OTHER, KEPT):
            with suppress(QcloneError):
                client.get(object_id, server)
                self.violations.append(told + f"was opened again, from {server}")

    def _read_notes(self) -> None:
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        for line in lines[self._read :]:
            what, object_id = line.split()
            if what == "put":
                self._acknowledged.add(object_id)
            else:
                self.handed[object_id] += 1
                if self.handed[object_id] > 1 or what == "wrong":
                    self.violations.append(
                        f"{object_id} was handed over {what}, {self.handed[object_id]} times"
                    )
        self._read = len(lines)


def _work(directory: Path, opened: type[Cloud], number: int, started: Any, stopping: Any) -> None:
    with open(notes_of(directory), "a", buffering=1) as file, closing(opened(directory)) as cloud:
        started.set()
        seed = 1000 * number
        while not stopping.is_set():
            with suppress(QcloneError):
                _one_life(cloud, seed, lambda line: file.write(f"{line}\n"))
            seed += 1


def _one_life(cloud: Cloud, seed: int, note: Callable[[str], object]) -> None:
    client, register, program = cloud.client, _register(seed), _program(seed)
    object_id = client.put(register, str(seed)).object_id
    note(f"put {object_id}")

    def deliver(circuit: QuantumCircuit) -> None:
        good = infidelity(register, program, circuit) <= RIGHT
        note(f"{'got' if good else 'wrong'} {object_id}")

    client.run(object_id, program, KEPT)
    for step in WAYS[seed % len(WAYS)].split(", "):
        if step == "narrow":
            client.narrow(object_id, [KEPT, "server-4"])
        elif step == "commit":
            client.commit(object_id, KEPT)
        elif step == "release":
            client.release(object_id, KEPT, deliver=deliver)
        else:
            client.get(object_id, KEPT, deliver=deliver)
