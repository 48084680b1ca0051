"""The registers that clients put, none of them Clifford, and how much of one there is in what came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Operation
from qiskit.quantum_info import Statevector

from qclone.circuits import from_circuit, rehearse

SMALL, LARGE = (1, 1, 1, 2), (24, 60, 200)
"""Qubits. Large ones fall into many blocks, and their lists of wires are long."""
LARGE_RATE = 0.03
MAX_TOGETHER = 10
"""Qubits that gates connect whose amplitudes are compared."""

Gate = tuple[str, tuple[float, ...], tuple[int, ...]]
_OPERATIONS: dict[tuple[str, tuple[float, ...]], Operation] = {}


@dataclass(frozen=True)
class Stored:
    """A register that clients put.

    Parameters
    ----------
    circuit : prepares it. core : the same, as the store keeps it: reading it is tried elsewhere.
    """

    circuit: QuantumCircuit
    core: bytes


@cache
def stored(number: int) -> Stored:
    """Return one of the registers."""
    qubits = (*SMALL, *LARGE)[number]
    circuit = QuantumCircuit(qubits)
    for qubit in range(qubits):
        circuit.ry(0.3 + number + qubit, qubit)
        circuit.rz(1.1 + number, qubit)
    for qubit in range(1, qubits, 2):
        circuit.cx(qubit - 1, qubit)
    return Stored(circuit, rehearse(from_circuit(circuit).circuit))


def some_register(random: Random, several: bool) -> int:
    """Return the number of a register: a large one now and then; of `several` qubits if that matters."""
    if random.random() < LARGE_RATE:
        return len(SMALL) + random.randrange(len(LARGE))
    return len(SMALL) - 1 if several and random.random() < 0.5 else random.randrange(len(SMALL))


def fidelity(expected: QuantumCircuit, back: QuantumCircuit) -> float | None:
    """Return |<a|b>|^2 of what two circuits prepare; None for a mixture, or too many qubits connected.

    Qubits that no gate connects are compared on their own.
    """
    a, b = _gates(expected), _gates(back)
    if any(name == "reset" for name, _, _ in b):
        return None
    found = 1.0
    for qubits in _together(expected.num_qubits, [*a, *b]):
        if len(qubits) > MAX_TOGETHER:
            return None
        one, other = (_on(gates, qubits) for gates in (a, b))
        if one != other:
            overlap = np.vdot(_amplitudes(len(qubits), one), _amplitudes(len(qubits), other))
            found *= float(abs(overlap)) ** 2
    return found


def _gates(circuit: QuantumCircuit) -> list[Gate]:
    number = {bit: i for i, bit in enumerate(circuit.qubits)}
    return [_gate(one, number) for one in circuit.data]


def _gate(one: CircuitInstruction, number: dict[object, int]) -> Gate:
    name, params = one.operation.name, tuple(map(float, one.operation.params))
    _OPERATIONS.setdefault((name, params), one.operation)
    return name, params, tuple(number[q] for q in one.qubits)


def _together(num_qubits: int, gates: list[Gate]) -> Iterator[tuple[int, ...]]:
    """Return the sets of qubits that gates connect."""
    root = list(range(num_qubits))

    def find(qubit: int) -> int:
        while root[qubit] != qubit:
            root[qubit] = qubit = root[root[qubit]]
        return qubit

    for _, _, qubits in gates:
        for other in qubits[1:]:
            root[find(other)] = find(qubits[0])
    sets: dict[int, list[int]] = {}
    for qubit in range(num_qubits):
        sets.setdefault(find(qubit), []).append(qubit)
    yield from map(tuple, sets.values())


def _on(gates: list[Gate], qubits: tuple[int, ...]) -> tuple[Gate, ...]:
    place = {qubit: i for i, qubit in enumerate(qubits)}
    return tuple(
        (name, params, tuple(place[q] for q in on)) for name, params, on in gates if on and on[0] in place
    )


@lru_cache(maxsize=4096)
def _amplitudes(num_qubits: int, gates: tuple[Gate, ...]) -> NDArray[np.complex128]:
    circuit = QuantumCircuit(num_qubits)
    for name, params, qubits in gates:
        circuit.append(_OPERATIONS[name, params], qubits)
    amplitudes: NDArray[np.complex128] = Statevector(circuit).data
    return amplitudes
