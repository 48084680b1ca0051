"""Beyond the paper: programs on an encrypted clone, decrypted by gates, by measurement; and teleportation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import stim
from qiskit import QuantumCircuit

from qclone.access import key_measurement
from qclone.circuits import to_qiskit
from qclone.compute import Program, Reading, Rotation, pad_of
from qclone.estimate import Estimate
from qclone.experiments._body import measure
from qclone.experiments._direction import PAULI, Direction
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._measurement import Analysis, Data, Measurement, Settings
from qclone.scheme import Canonical, Parallel, Synthesis

METHODS = ("unitary", "measured", "teleported")
PROGRAMS = ("clifford", "slots")
_S = np.pi / 2

Bits = tuple[int, ...]


def program(k: int, kind: str) -> Program:
    """Return H and S on every qubit and a chain of CX; ``slots`` has a late slot in the place of each S.

    A slot is a T or any other rotation: its angle is a virtual Z before its tail is measured, which neither
    takes time nor makes errors. At the angle pi/2 its circuit is Clifford, so what the twin says is exact.
    """
    before, after = stim.Circuit(), stim.Circuit()
    before.append("H", range(k))
    if k > 1:
        after.append("CX", [q for pair in zip(range(k - 1), range(1, k), strict=True) for q in pair])
    if kind == "clifford":
        before.append("S", range(k))
        return Program(k, (before + after,))
    slots = tuple(Rotation(q, _S, late=True) for q in range(k))
    return Program(k, (before, *slots, *([after] if len(after) else [])))


@dataclass(frozen=True)
class ChoiFidelity(Measurement):
    """Fidelity with the state that a Clifford program makes of k Bell pairs: the mean of its 4^k stabilisers.

    Bits 0 .. k - 1 are the references, k .. 2 k - 1 the program's outputs. What is measured besides says how
    to correct them, and that is done on paper: each stabiliser takes the parity of some of these bits.

    Parameters
    ----------
    terms : for each stabiliser but the identity: its signed letters on the 2 k bits, and which other bits to
        multiply by.
    extra : letters that the other bits are measured in.
    """

    terms: tuple[tuple[str, Bits], ...]
    extra: str

    def settings(self) -> Settings:
        others = tuple(PAULI[letter] for letter in self.extra)
        return {
            operator[1:]: (*(PAULI.get(letter, Direction.Z) for letter in operator[1:]), *others)
            for operator, _ in self.terms
        }

    def analyse(self, data: Data) -> Analysis:
        total = Estimate(1.0)
        for operator, which in self.terms:
            bits = (*(bit for bit, letter in enumerate(operator[1:]) if letter != "_"), *which)
            total = total + (-1 if operator[0] == "-" else 1) * data.parities(operator[1:], [bits])[0]
        return Analysis("fidelity", (1 / (1 + len(self.terms))) * total)


def choi(clifford: stim.Circuit, k: int, pad: Callable[[Bits], stim.PauliString], extra: str) -> ChoiFidelity:
    """Return the measurement of a program whose outputs carry a pad that is affine in the other bits."""
    count = len(extra)
    zero = pad((0,) * count)
    flips = [pad(tuple(int(i == j) for j in range(count))) * zero for i in range(count)]
    terms = []
    for letters in product("_XYZ", repeat=k):
        if set(letters) == {"_"}:
            continue
        reference = stim.PauliString("".join(letters))
        image = reference.after(clifford) if len(clifford) else reference
        sign = image.sign.real * (-1) ** letters.count("Y") * (1 if image.commutes(_plain(zero)) else -1)
        operator = ("-" if sign < 0 else "+") + "".join(letters) + "".join("_XYZ"[p] for p in image)
        which = tuple(2 * k + i for i, f in enumerate(flips) if not image.commutes(_plain(f)))
        terms.append((operator, which))
    return ChoiFidelity(tuple(terms), extra)


def _plain(pauli: stim.PauliString) -> stim.PauliString:
    return stim.PauliString(list(pauli))


def _finish(ran: Program, pad: stim.PauliString, tails: Sequence[int]) -> stim.PauliString:
    """The pad in the end; tails are read in Y, 0 being |0> + i|1>, whatever the pad is."""

    def read(reading: Reading) -> tuple[int, ...]:
        (tail,), (beta,) = reading.tails, reading.angles
        return (tails[tail] ^ (beta < 0),)

    return ran.finish(pad, read)


def _body(scheme: Parallel, ran: Program, method: str) -> tuple[QuantumCircuit, ChoiFidelity]:
    k = ran.num_qubits
    clifford = stim.Circuit()
    for step in ran.steps:
        if isinstance(step, stim.Circuit):
            clifford += step
        else:
            clifford.append("S", [step.wires[0]])
    if method == "teleported":
        return _teleported(k, ran, clifford)
    size = scheme.num_qubits
    part = ran.server(scheme, "S1")
    circuit = QuantumCircuit(size + ran.num_tails + k)
    references = list(range(size + ran.num_tails, circuit.num_qubits))
    for reference, wire in zip(references, scheme.indices(scheme.inputs), strict=True):
        circuit.h(reference)
        circuit.cx(reference, wire)
    served = stim.Circuit(part.public) + stim.Circuit(part.text)
    _append(circuit, scheme.prepare() + scheme.encrypt() + served)
    outputs = list(part.wires)
    if method == "unitary":
        outputs = list(scheme.indices(scheme.clone("S1").outputs))
        placed = stim.Circuit()
        for gate in clifford:
            placed.append(gate.name, [outputs[t.value] for t in gate.targets_copy()])
        _append(circuit, served.inverse() + scheme.decrypt("S1") + placed)
        return _read(
            circuit, [*references, *outputs], choi(clifford, k, lambda bits: stim.PauliString(k), "")
        )
    key = key_measurement(scheme, "S1")
    _append(circuit, key.circuit)

    def pad(bits: Bits) -> stim.PauliString:
        read, tails = bits[: len(key.measured)], bits[len(key.measured) :]
        return _finish(ran, pad_of(*key.pad(read)), tails)

    measurement = choi(clifford, k, pad, "Z" * len(key.measured) + "Y" * ran.num_tails)
    return _read(circuit, [*references, *outputs, *key.measured, *part.tails], measurement)


def _teleported(k: int, ran: Program, clifford: stim.Circuit) -> tuple[QuantumCircuit, ChoiFidelity]:
    """The client keeps psi and half of a Bell pair a qubit; the server computes on the other half."""
    reference, source, near, far = (range(i * k, (i + 1) * k) for i in range(4))
    tails = range(4 * k, 4 * k + ran.num_tails)
    circuit = QuantumCircuit(4 * k + ran.num_tails)
    circuit.h([*reference, *near])
    circuit.cx([*reference, *near], [*source, *far])
    tail = iter(tails)
    for step in ran.steps:
        if isinstance(step, stim.Circuit):
            circuit.compose(to_qiskit(step, k), far, inplace=True)
        else:
            circuit.cx(far[step.wires[0]], next(tail))
    circuit.cx(source, near)
    circuit.h(source)

    def pad(bits: Bits) -> stim.PauliString:
        return _finish(ran, pad_of(bits[k : 2 * k], bits[:k]), bits[2 * k :])

    measurement = choi(clifford, k, pad, "Z" * (2 * k) + "Y" * ran.num_tails)
    return _read(circuit, [*reference, *far, *source, *near, *tails], measurement)


def _append(circuit: QuantumCircuit, stage: stim.Circuit) -> None:
    circuit.compose(to_qiskit(stage, stage.num_qubits), range(stage.num_qubits), inplace=True)


def _read(
    circuit: QuantumCircuit, qubits: Sequence[int], measurement: ChoiFidelity
) -> tuple[QuantumCircuit, ChoiFidelity]:
    whole = QuantumCircuit(circuit.num_qubits, len(qubits))
    whole.compose(circuit, range(circuit.num_qubits), inplace=True)
    measure(whole, qubits, range(len(qubits)))
    return whole, measurement


def _circuit(scheme: Parallel, k: int, kind: str, method: str) -> QuantumCircuit:
    return _body(scheme, program(k, kind), method)[0]


@dataclass(frozen=True)
class Computing(Experiment):
    """Programs of k qubits on clone S1: unitary and measured decryption, and gate teleportation.

    Parameters
    ----------
    sizes : numbers of qubits k.
    clones : numbers of signal qubits n.
    synthesis : how the scheme's unitaries are built.
    """

    sizes: tuple[int, ...] = (1, 2, 3)
    clones: tuple[int, ...] = (2,)
    synthesis: Synthesis = "ladder"
    name = "computing"
    title = "Computing on an encrypted clone"
    about = "programs on an encrypted clone, decrypted by gates and by measurement"
    rank = 9
    drawings = (
        Drawing(
            "computing",
            "A program on a clone: decrypted by gates, by measuring the key; and gate teleportation.",
            x=("k",),
            by=("program", "method"),
        ),
    )

    def rows(self) -> list[Row]:
        return [
            self._row(n, k, kind, method)
            for n in self.clones
            for k in self.sizes
            for kind in PROGRAMS
            for method in METHODS
            if (kind, method) != ("slots", "unitary")  # a tail takes a pad that is known
        ]

    def _row(self, n: int, k: int, kind: str, method: str) -> Row:
        scheme = Parallel(Canonical(n, self.synthesis), k)
        return Row(
            experiment=self.name,
            parameters={"n": n, "k": k, "program": kind, "method": method},
            scheme=scheme,
            clone="S1",
            body=partial(_circuit, scheme, k, kind, method),
            measurement=_body(scheme, program(k, kind), method)[1],
            bounds=fidelity_bounds(None, 2 * k),
        )
