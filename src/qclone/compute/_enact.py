"""What a program on a padded and noisy clone does to the input: exact, in the space of the k qubits alone.

The state of a clone is X^p Z^q (whatever the steps so far have made of |psi>) with a definite pad once the
key has been read, and noise that is drawn is a pad as well. diag(1, e^{it}) X^p = X^p diag(1, e^{(-1)^p i t})
up to a phase, so each slot becomes one rotation of the input, its sign and the client's correction included,
and the pad is carried along. Nothing ever costs more than the circuit has gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import stim

from qclone.compute._program import Pad, Program
from qclone.compute._server_part import ServerPart, parse
from qclone.compute._steps import CCZ, Reading, Rotation
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


@dataclass(frozen=True)
class Noise:
    """What was drawn, as Paulis on top of what would be there without.

    Parameters
    ----------
    before : on the clone's wires when the server began, after F^-1.
    after : on the clone's wires in the end; what was there before has been carried along.
    tails : on the tails in the end, likewise.
    key : on the bits of the pad as the client reads them.
    """

    before: Pad
    after: Pad
    tails: Pad
    key: Pad


@dataclass(frozen=True)
class Enacted:
    """What came out.

    Parameters
    ----------
    circuit : acts on |psi>: the program as it really ran, then what the client's corrections have left.
    pad : what the client thinks the clone's pad is, and corrects.
    """

    circuit: QuantumCircuit
    pad: Pad


def enact(part: ServerPart, program: Program, pad: Pad, noise: Noise, random: np.random.Generator) -> Enacted:
    """Let the client finish a program that a server has run.

    Parameters
    ----------
    part : what the server did.
    program : what the client thinks it did; all parameters bound.
    pad : of the clone, as it would be without noise: uniformly random, whatever the input is.
    random : draws the outcomes of the tails, each uniform by itself.

    Raises
    ------
    InvalidInputError : program and part do not belong together.
    """
    from qiskit.circuit import QuantumCircuit

    from qclone.circuits import to_qiskit

    k = program.num_qubits
    circuit = QuantumCircuit(k)
    steps = iter(parse(part))
    # `real` is the physical pad up to the last slot, `clean` the same without any noise.
    real, clean = noise.before * pad, pad
    drawn = noise.tails

    def gates(clifford: stim.Circuit) -> None:
        nonlocal real, clean
        real, clean = real.after(clifford), clean.after(clifford)

    def flip(wire: int) -> None:
        nonlocal real, clean
        z = stim.PauliString(k)
        z[wire] = "Z"
        real, clean = real * z, clean * z

    def measure(reading: Reading) -> tuple[int, ...]:
        step = next(steps, None)
        while isinstance(step, stim.Circuit):
            gates(step)
            circuit.compose(to_qiskit(step, k), inplace=True)
            step = next(steps, None)
        if step is None or len(step.wires) != len(reading.tails):
            raise InvalidInputError(
                "The server ran another program than this.", "Name the program that it was asked to run."
            )
        wires = step.wires
        p = [real[w] in (1, 2) for w in wires]
        # A tail is a copy of the clean wire, flipped by what is on it in the end.
        q = [(clean[w] in (1, 2)) ^ (drawn[t] in (1, 2)) for w, t in zip(wires, reading.tails, strict=True)]
        read = [drawn[t] in (2, 3) for t in reading.tails]
        outcomes = random.integers(0, 2, size=len(wires)).astype(bool).tolist()
        if isinstance(step, Rotation):
            server, client = float(step.angle), -reading.angles[0]
            angle = (-server if p[0] else server) + (-client if q[0] else client)
            circuit.p(angle, wires[0])
            flips = [outcomes[0]]
        else:
            left = _ccz(circuit, step, p, q, reading)
            flips = [m ^ extra for m, extra in zip(outcomes, left, strict=True)]
        for wire, z in zip(wires, flips, strict=True):
            if z:
                flip(wire)
        return tuple(int(m ^ e) for m, e in zip(outcomes, read, strict=True))

    known = program.finish(pad_only(pad * noise.key), measure)
    for step in steps:
        if not isinstance(step, stim.Circuit):
            raise InvalidInputError(
                "The server ran another program than this.", "Name the program that it was asked to run."
            )
        gates(step)
        circuit.compose(to_qiskit(step, k), inplace=True)
    left = pad_only(clean * noise.after * known)
    for wire in left.pauli_indices():
        getattr(circuit, "ixyz"[left[wire]])(wire)
    return Enacted(circuit, known)


def pad_only(pauli: Pad) -> Pad:
    """Return the Pauli without its sign or phase."""
    return stim.PauliString(list(pauli))


def _ccz(circuit: QuantumCircuit, step: CCZ, p: list[bool], q: list[bool], reading: Reading) -> list[bool]:
    """Append CCZ with what pad and corrections make of it; return which wires get a Z besides.

    The phase (-1)^f with f = v1 v2 v3 + sum over the client's pairs of u_i u_j, v = x + p, u = x + q, is
    expanded in x.
    """
    from qiskit.circuit.library import CCZGate

    circuit.append(CCZGate(), step.wires)
    left = [p[1] & p[2], p[0] & p[2], p[0] & p[1]]
    for i, j, other in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        corrected = (i, j) in reading.pairs
        if p[other] ^ corrected:
            circuit.cz(step.wires[i], step.wires[j])
        if corrected:
            left[i] ^= q[j]
            left[j] ^= q[i]
    return left
