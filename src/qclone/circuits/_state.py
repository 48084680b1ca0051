"""The state that a circuit prepares, as amplitudes."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import StatePreparation
from qiskit.quantum_info import Statevector


def state_vector(circuit: QuantumCircuit) -> Statevector:
    """Return what a circuit makes of |0...0>, in Qiskit's order (index bit i is qubit i).

    Amplitudes that a `StatePreparation` begins with are taken as they are, where Qiskit first finds
    exponentially many gates that prepare them.

    >>> circuit = QuantumCircuit(1)
    >>> _ = circuit.prepare_state([0.6, 0.8]), circuit.x(0)
    >>> state_vector(circuit).data.real.tolist()
    [0.8, 0.6]
    """
    if not circuit.data or not _begins_with_amplitudes(circuit):
        return Statevector(circuit)
    amplitudes = np.asarray(circuit.data[0].operation.params, dtype=np.complex128)
    rest = circuit.copy_empty_like()
    for instruction in circuit.data[1:]:
        rest.append(instruction)
    return (
        Statevector(amplitudes)
        if not rest.data and not rest.global_phase
        else Statevector(amplitudes).evolve(rest)
    )


def _begins_with_amplitudes(circuit: QuantumCircuit) -> bool:
    first = circuit.data[0]
    return (
        isinstance(first.operation, StatePreparation)
        # Its inverse has the same parameters and another name.
        and first.operation.name == "state_preparation"
        and len(first.operation.params) == 2**circuit.num_qubits
        and list(first.qubits) == circuit.qubits
    )
