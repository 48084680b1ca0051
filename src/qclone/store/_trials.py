"""Test registers: put among a real one, alike for every server, and known to come out as nothing else.

A server cannot tell which register is real: all are noise to it, are put together in random order, run the
same skeleton with all angles late, and are fetched before any is read. The owner knows what comes out of a
test: a product of Pauli eigenstates goes in, and its late angles are multiples of pi/2.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qclone.compute import CCZ, Program, Rotation
from qclone.durable import replace_file
from qclone.errors import InvalidInputError, NoSuchObjectError, NotRecoverableError
from qclone.scheme import Parallel, from_spec
from qclone.store._computations import digest_of_part
from qclone.store._protocols import CLIENT

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.store._client import Client

EIGENSTATES = "XxYyZz"
"""Small letters for -1."""
SEEN_CLIFFORD, SEEN_TAILS = 2 / 3, 1 / 3
"""Of a Pauli that does anything to a test register, at least so much is seen; see `Verdict`."""


@dataclass(frozen=True)
class Trial:
    """One register of a set.

    Parameters
    ----------
    object_id : its id, written down before it is put; empty before that.
    state : the eigenstate that each qubit was prepared in; empty for the real register.
    passed : whether it came out as it must; None if it has not been read.
    """

    object_id: str
    state: str
    passed: bool | None = None


@dataclass(frozen=True)
class Verdict:
    """What the tests say of a server.

    The real register is one of r in random places. A deviation that is a Pauli on t registers is seen on each
    test with probability s at least, so the real one is harmed and all tests pass with at most
    max over t of (t/r)(1 - s)^(t - 1): 1/r for s = 2/3, 4/(3r) for s = 1/3.

    s = 2/3: an error on the clone is, carried back to the input, a Pauli of weight w, and misses a random
    product of eigenstates with 3^-w. s = 1/3: X on a tail flips its outcome for half of the test angles, and
    a flip is a Z on the clone.

    For a Clifford program (n even) the pads, which no server knows, make any deviation a random Pauli, so the
    bound is proved for all. With tails it is proved for Paulis and mixtures of them only: deviations that are
    coherent between tails are not covered.

    Parameters
    ----------
    registers : r, the real one included. failed : tests that came out otherwise.
    bound : on the probability that no test fails and the real register was harmed.
    proved_for_all : whether that holds for every deviation, or for Paulis only.
    """

    registers: int
    failed: int
    bound: float
    proved_for_all: bool


class Trials:
    """A real register among test registers; the record of which is which is a file of mode 0600.

    Parameters
    ----------
    record : where it is.
    """

    def __init__(self, record: Path, random: np.random.Generator | None = None) -> None:
        self._record = record
        self._random = random or np.random.default_rng()

    def put(
        self, client: Client, circuit: QuantumCircuit, tests: int, name: str = "", content: bytes = b""
    ) -> str:
        """Put a register among so many tests, in random order; returns its id.

        Which is which is on disk before any is put, and each id before its register: the same again after a
        failure goes on.

        Parameters
        ----------
        content : the file that the circuit was read from.

        Raises
        ------
        InvalidInputError : there is a record already, of another register or of a finished put; or no tests.
            Otherwise as `Client.put`.
        """
        if tests < 1:
            raise InvalidInputError("There must be a test register at least.", "Ask for more: --tests 9")
        of = _digest(circuit, content)
        if not self._record.exists():
            trials = [Trial("", self._eigenstates(circuit.num_qubits)) for _ in range(tests)]
            trials.insert(int(self._random.integers(tests + 1)), Trial("", ""))
            self._write(trials, of)
        trials, begun_with = self._read(), self._document().get("register")
        if (begun_with, len(trials)) != (of, tests + 1) or all(_is_in(client, t) for t in trials):
            raise InvalidInputError(f"{self._record.name} is there already.", "Name another file.")
        for i, trial in enumerate(trials):
            if _is_in(client, trial):
                continue

            def note(object_id: str, i: int = i) -> None:
                trials[i] = replace(trials[i], object_id=object_id)
                self._write(trials, of)

            prepared, source = (_prepared(trial.state), b"") if trial.state else (circuit, content)
            client.put(prepared, name, content=source, begun=note)
        return self.real

    @property
    def real(self) -> str:
        """The id of the register that is no test."""
        return next(trial.object_id for trial in self._read() if not trial.state)

    def run(self, client: Client, program: Program, server: str) -> Program:
        """Have a server run a program on all registers, every angle late; returns it as it was run.

        CCZ are seven rotations here, since their own gate cannot be left out. The same again after a failure
        goes on.
        """
        program = _all_late(program)
        trials = self._complete(client)
        for trial in trials:  # all of them first: registers that differ tell which is real
            manifest = client.ledger.find(trial.object_id)
            asked = manifest.uses.run_at(server)
            if asked is None:
                continue
            part = program.server(from_spec(manifest.scheme, kind=Parallel), asked.clone, asked.first_tail)
            if digest_of_part(part) != asked.program:
                raise InvalidInputError(
                    f"{server} has run another program on registers of {self._record.name}.",
                    "A server runs one program on a clone: take another server.",
                )
        for i in self._random.permutation(len(trials)).tolist():
            trial = trials[i]
            asked = client.ledger.find(trial.object_id).uses.run_at(server)
            if asked is not None and asked.done:
                continue
            kept = client.keyring.programs.find(trial.object_id, server)
            fresh = self._with_test_angles(program) if trial.state else program
            client.run(trial.object_id, kept or fresh, server)
        return program

    def read(self, client: Client, server: str) -> Verdict:
        """Fetch all registers from a server, then decrypt the tests and compare; the real one stays sealed.

        Raises
        ------
        NotRecoverableError : the server did not give all of them back. InvalidInputError : it ran nothing.
        """
        trials = self._complete(client)
        if unread := [trial for trial in trials if trial.passed is None]:
            self._fetch(client, unread, server)
        for i, trial in enumerate(trials):
            if not trial.state:
                continue
            if trial.passed is not None:
                with suppress(NoSuchObjectError):  # who read it died before it was safe
                    client.acknowledge(trial.object_id)
                continue
            program = client.program(trial.object_id, server)
            assert program is not None
            expected = _prepared(trial.state).compose(program.circuit)
            client.get(trial.object_id, server, deliver=self._judge(trials, i, expected))
        program = client.program(self.real, server, dict.fromkeys(self._parameters(client, server), 0.0))
        clifford = program is None or program.is_clifford
        seen = SEEN_CLIFFORD if clifford else SEEN_TAILS
        r = len(trials)
        bound = max(t / r * (1 - seen) ** (t - 1) for t in range(1, r + 1))
        manifest = client.ledger.find(self.real)
        failed = sum(trial.passed is False for trial in trials)
        return Verdict(r, failed, bound, clifford and manifest.num_clones % 2 == 0)

    def _complete(self, client: Client) -> list[Trial]:
        trials = self._read()
        if not all(_is_in(client, trial) for trial in trials):
            raise InvalidInputError(
                f"Not all registers of {self._record.name} are in this cloud.",
                "Put them first: repeat the qclone trial put that wrote it.",
            )
        return trials

    def _parameters(self, client: Client, server: str) -> Sequence[str]:
        kept = client.keyring.programs.find(self.real, server)
        return () if kept is None else kept.parameters

    def _fetch(self, client: Client, trials: Sequence[Trial], server: str) -> None:
        """All of them, before one is read: whoever is asked for one does not know yet which is real."""
        for i in self._random.permutation(len(trials)).tolist():
            if client.keyring.spool.entry(trials[i].object_id) is not None:
                continue  # it was being read when somebody died: all had been fetched
            holdings = client.holdings(client.ledger.find(trials[i].object_id))
            run = holdings.manifest.uses.run_at(server)
            if run is None or not run.done:
                raise InvalidInputError(
                    f"{server} has not run the program on all registers.", "Have it run first."
                )
            wires = {*holdings.scheme.indices(holdings.scheme.clone(run.clone).wires), *run.tail_wires}
            if missing := sorted(wires - holdings.at_client):
                client.servers[server].surrender(trials[i].object_id, missing)
            if wires - set(client.fabric.whereabouts(trials[i].object_id).get(CLIENT, ())):
                raise NotRecoverableError(
                    f"{server} did not give back all of {trials[i].object_id}.",
                    "Recover from another server.",
                )

    def _judge(
        self, trials: list[Trial], i: int, expected: QuantumCircuit
    ) -> Callable[[QuantumCircuit], None]:
        """Measure the stabilisers of what must come out, and write the verdict down before it is safe."""
        from qiskit.quantum_info import DensityMatrix, Statevector, state_fidelity

        def deliver(circuit: QuantumCircuit) -> None:
            same = state_fidelity(Statevector(expected), DensityMatrix.from_instruction(circuit))
            trials[i] = replace(trials[i], passed=bool(self._random.random() < same + 1e-9))
            self._write(trials)

        return deliver

    def _eigenstates(self, qubits: int) -> str:
        return "".join(self._random.choice(list(EIGENSTATES), qubits))

    def _with_test_angles(self, program: Program) -> Program:
        return replace(
            program,
            steps=tuple(
                replace(step, angle=int(self._random.integers(4)) * math.pi / 2)
                if isinstance(step, Rotation)
                else step
                for step in program.steps
            ),
        )

    def _read(self) -> list[Trial]:
        try:
            return [Trial(**trial) for trial in self._document()["registers"]]
        except (TypeError, KeyError):
            raise self._no_record() from None

    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self._record.read_text())
        except FileNotFoundError:
            raise InvalidInputError(
                f"There is no record {self._record.name}.", "Put a register among tests first."
            ) from None
        except ValueError:
            raise self._no_record() from None
        if not isinstance(document, dict):
            raise self._no_record()
        return document

    def _no_record(self) -> InvalidInputError:
        return InvalidInputError(
            f"{self._record.name} is no record of test registers.", "Name the one that was written."
        )

    def _write(self, trials: Sequence[Trial], of: str | None = None) -> None:
        of = self._document().get("register") if of is None else of
        document = {"register": of, "registers": [asdict(trial) for trial in trials]}
        replace_file(self._record, json.dumps(document).encode(), mode=0o600)


def _digest(circuit: QuantumCircuit, content: bytes) -> str:
    said = [(i.operation.name, i.operation.params, *map(circuit.find_bit, i.qubits)) for i in circuit.data]
    return hashlib.sha256(content or repr(said).encode()).hexdigest()


def _is_in(client: Client, trial: Trial) -> bool:
    if not trial.object_id:
        return False
    try:
        client.ledger.find(trial.object_id)
    except NoSuchObjectError:
        return False
    return True


def _prepared(state: str) -> QuantumCircuit:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(len(state))
    for qubit, letter in enumerate(state):
        if letter.islower():
            circuit.x(qubit)
        if letter in "XxYy":
            circuit.h(qubit)
        if letter in "Yy":
            circuit.s(qubit)
    return circuit


def _all_late(program: Program) -> Program:
    if any(isinstance(step, CCZ) for step in program.steps):
        program = Program.of(program.circuit.decompose("ccz").decompose("ccx"))
    steps = (replace(step, late=True) if isinstance(step, Rotation) else step for step in program.steps)
    return replace(program, steps=tuple(steps))
