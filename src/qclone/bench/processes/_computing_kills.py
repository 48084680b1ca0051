"""SIGKILL between the calls of a client that has servers compute, narrows, commits, releases and recovers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit

from qclone.bench.computing import infidelity, random_program, random_register
from qclone.bench.processes._rounds import CLIENT, SUPERVISOR, Notes, kill_in_rounds
from qclone.compute import Program
from qclone.errors import KeyConsumedError, QcloneError
from qclone.store import Cloud, KeyState, Manifest

SERVERS = 4
KEPT, OTHER = "server-2", "server-1"
WAYS = ("get", "narrow, get", "commit, get", "narrow, commit, get", "release", "commit, release")
QUBITS, SLOTS = 2, 3
RIGHT = 1e-12
PARTS = ("fabric", "ledger", KEPT, OTHER, SUPERVISOR)
OFTEN = 15
"""A part takes seconds to come back, a client none: it is killed so many times as often as each part."""


@dataclass(frozen=True)
class ComputingKills:
    """What came of the kills.

    Parameters
    ----------
    rounds : in each, one process was killed while a client was at work.
    victims : who was killed -> how often.
    struck : the call that a client was in when it was killed -> how often; "put" is before the first.
    registers : that were put. handed_over : to a client at work. recovered : afterwards, as C psi.
    refused : openings of registers that had been opened before.
    violations : sentences: a second clone that opened, a register that is lost, or is not C psi.
    """

    rounds: int
    victims: Mapping[str, int]
    struck: Mapping[str, int]
    registers: int
    handed_over: int
    recovered: int
    refused: int
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
    notes = Notes(directory, a_life=6)
    witness = _Witness(notes)
    killed = kill_in_rounds(
        directory,
        SERVERS,
        [CLIENT] * OFTEN + [*PARTS] if service else [CLIENT],
        rounds,
        seed,
        notes=notes,
        life=partial(_life, notes),
        look=witness.look,
        progress=progress,
    )
    return ComputingKills(
        rounds,
        killed,
        dict(witness.struck),
        witness.registers,
        sum(1 for times in witness.handed.values() if times),
        witness.recovered,
        witness.refused,
        tuple(witness.violations),
    )


def _register(seed: int) -> QuantumCircuit:
    return random_register(np.random.default_rng(seed), QUBITS)


def _program(seed: int) -> Program:
    random = np.random.default_rng(seed)
    return Program.of(random_program(random, QUBITS, SLOTS), late=bool(random.integers(2)))


class _Witness:
    """Settles every object that is new since it last looked: it comes out once, as C psi or not at all."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._last, self._doing = "", "put"
        self._acknowledged = set[str]()
        self.struck, self.handed = Counter[str](), Counter[str]()
        self.registers = self.recovered = self.refused = 0
        self.violations = list[str]()

    def look(self, cloud: Cloud, victim: str, when: str) -> None:
        """Settle what is new, and try to open one that was settled before."""
        self._read_notes()
        if victim == CLIENT:
            self.struck[self._doing] += 1
        new = cloud.ledger.manifests(after=self._last)
        if self._last:
            self._refused(cloud, self._last, f"{when}: {self._last} ")
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
        self._refused(cloud, object_id, told)

    def _refused(self, cloud: Cloud, object_id: str, told: str) -> None:
        for server in (OTHER, KEPT):
            try:
                cloud.client.get(object_id, server)
            except QcloneError:
                self.refused += 1
            else:
                self.violations.append(told + f"was opened again, from {server}")

    def _read_notes(self) -> None:
        self._doing = "put"
        for what, object_id in self._notes.read():
            if what == "put":
                self._acknowledged.add(object_id)
            elif what in ("got", "wrong"):
                self.handed[object_id] += 1
                if self.handed[object_id] > 1 or what == "wrong":
                    self.violations.append(
                        f"{object_id} was handed over {what}, {self.handed[object_id]} times"
                    )
            self._doing = "put" if what == "over" else what


def _life(notes: Notes, cloud: Cloud, number: int) -> None:
    """Put a register, have a server compute, and take one of the ways to what came out."""
    client, register, program = cloud.client, _register(number), _program(number)
    with suppress(QcloneError):
        object_id = client.put(register, str(number)).object_id
        notes.write("put", object_id)

        def deliver(circuit: QuantumCircuit) -> None:
            good = infidelity(register, program, circuit) <= RIGHT
            notes.write("got" if good else "wrong", object_id)

        notes.write("run", object_id)
        client.run(object_id, program, KEPT)
        for step in WAYS[int(np.random.default_rng([number]).integers(len(WAYS)))].split(", "):
            notes.write(step, object_id)
            if step == "narrow":
                client.narrow(object_id, [KEPT, "server-4"])
            elif step == "commit":
                client.commit(object_id, KEPT)
            elif step == "release":
                client.release(object_id, KEPT, deliver=deliver)
            else:
                client.get(object_id, KEPT, deliver=deliver)
        notes.write("over", object_id)
