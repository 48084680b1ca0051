"""Whether a qubit of a circuit is provably |0> or |1>, so that a reset discards nothing."""

from __future__ import annotations

import stim
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.circuits._to_stim import to_stim
from qclone.errors import UnsupportedCircuitError

# What has touched the qubit, at most: by stabilisers, and by a state vector where they do not do.
_MAX_CONE = 20_000
_MAX_VECTOR_QUBITS = 10
_MAX_VECTOR_GATES = 2_000
_CERTAIN = 1e-12


def known_bit(circuit: QuantumCircuit, qubit: int) -> int | None:
    """Return the outcome that measuring a qubit has with certainty; None if it has none, or none is found.

    >>> circuit = QuantumCircuit(2)
    >>> _ = circuit.h(0), circuit.cx(0, 1), circuit.cx(0, 1), circuit.x(1)
    >>> known_bit(circuit, 0), known_bit(circuit, 1)
    (None, 1)
    """
    cone = _cone(circuit, qubit)
    if cone is None:
        return None
    try:
        simulator = stim.TableauSimulator()
        simulator.do(to_stim(cone))
        sign = simulator.peek_z(0)
        return None if sign == 0 else int(sign < 0)
    except UnsupportedCircuitError:
        if cone.num_qubits > _MAX_VECTOR_QUBITS or len(cone.data) > _MAX_VECTOR_GATES:
            return None
    one = float(Statevector(cone).probabilities([0])[1])
    return 0 if one < _CERTAIN else 1 if one > 1 - _CERTAIN else None


def _cone(circuit: QuantumCircuit, qubit: int) -> QuantumCircuit | None:
    """Return the gates that can have acted on a qubit, which is number 0 of the result."""
    inside = {circuit.qubits[qubit]: 0}
    chosen = []
    for instruction in reversed(circuit.data):
        if not inside.keys().isdisjoint(instruction.qubits):
            for other in instruction.qubits:
                inside.setdefault(other, len(inside))
            chosen.append(instruction)
            if len(chosen) > _MAX_CONE:
                return None
    cone = QuantumCircuit(len(inside))
    for instruction in reversed(chosen):
        cone._append(instruction.replace(qubits=[cone.qubits[inside[q]] for q in instruction.qubits]))
    return cone
