"""Whether a qubit of a circuit is provably |0> or |1>, so that a reset discards nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import stim
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction
from qiskit.quantum_info import Statevector

from qclone.circuits._to_stim import to_stim
from qclone.errors import UnsupportedCircuitError

# What has touched the qubit, at most: by stabilisers, and by a state vector where they do not do.
_MAX_CONE = 20_000
_MAX_VECTOR_QUBITS = 10
_MAX_VECTOR_GATES = 2_000
_CERTAIN = 1e-12
_NOWHERE: Mapping[int, int] = MappingProxyType({})


def known_bit(circuit: QuantumCircuit, qubit: int, zero_at: Mapping[int, int] = _NOWHERE) -> int | None:
    """Return the outcome that measuring a qubit has with certainty; None if it has none, or none is found.

    Parameters
    ----------
    zero_at : for qubits that are known to have been |0> once, after how many instructions they were.

    Example
    -------
    >>> circuit = QuantumCircuit(2)
    >>> _ = circuit.h(0), circuit.cx(0, 1), circuit.cx(0, 1), circuit.x(1)
    >>> known_bit(circuit, 0), known_bit(circuit, 1)
    (None, 1)
    """
    cone = _cone(circuit, qubit, zero_at)
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


def _cone(circuit: QuantumCircuit, qubit: int, zero_at: Mapping[int, int]) -> QuantumCircuit | None:
    """Return the gates that can have acted on a qubit, which is number 0 of the result.

    A qubit's wire begins where it was last known to be |0>; before that it is another wire.
    """
    since = {circuit.qubits[q]: place for q, place in zero_at.items()}
    bit = circuit.qubits[qubit]
    inside = {bit: (0, since.get(bit, 0))}
    wires, earliest = 1, since.get(bit, 0)
    chosen: list[tuple[CircuitInstruction, list[int]]] = []
    data = circuit.data
    for place in range(len(data) - 1, -1, -1):
        if place < earliest:
            break
        instruction = data[place]
        if not any(q in inside and inside[q][1] <= place for q in instruction.qubits):
            continue
        for other in instruction.qubits:
            if other not in inside or inside[other][1] > place:
                begins = since.get(other, 0)
                begins = begins if begins <= place else 0
                inside[other] = wires, begins
                wires, earliest = wires + 1, min(earliest, begins)
        chosen.append((instruction, [inside[q][0] for q in instruction.qubits]))
        if len(chosen) > _MAX_CONE:
            return None
    cone = QuantumCircuit(wires)
    for instruction, places in reversed(chosen):
        cone._append(instruction.replace(qubits=[cone.qubits[w] for w in places]))
    return cone
