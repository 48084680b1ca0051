"""Plain gates as a Qiskit circuit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Gate

from qclone.circuits._body import Plain
from qclone.circuits._words import PHASE, WORDS, Params


def assembled(num_qubits: int, gates: Iterable[Plain]) -> QuantumCircuit:
    """Return the circuit of plain gates on qubits 0, 1, ...; phases become its global phase.

    >>> dict(assembled(2, [("h", (), (0,)), ("cx", (), (0, 1))]).count_ops())
    {'h': 1, 'cx': 1}
    """
    circuit = QuantumCircuit(num_qubits)
    bits = circuit.qubits
    phase = 0.0
    for word, params, qubits in gates:
        if word == PHASE:
            phase += params[0]
        else:
            # Checked where they were read; checking again takes ten times as long.
            circuit._append(CircuitInstruction(gate_of(word, params), [bits[q] for q in qubits]))
    circuit.global_phase = phase
    return circuit


@lru_cache(maxsize=4096)
def gate_of(word: str, params: Params) -> Gate:
    """Return a plain gate of Qiskit; the same one again, for nobody changes it."""
    return WORDS[word].kind(*params)
