"""Noisy Clifford circuits by dense density matrices, from Qiskit's linear algebra and stim's gate table."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import stim
from qiskit.quantum_info import DensityMatrix, Kraus, Operator, Pauli


def _pauli(label: str) -> np.ndarray:
    return Pauli(label[::-1]).to_matrix()


def _channel(instruction: stim.CircuitInstruction) -> Kraus:
    args = instruction.gate_args_copy()
    name = instruction.name
    if name in ("X_ERROR", "Y_ERROR", "Z_ERROR"):
        probabilities = {name[0]: args[0]}
    elif name == "DEPOLARIZE1":
        probabilities = dict.fromkeys("XYZ", args[0] / 3)
    elif name == "DEPOLARIZE2":
        probabilities = dict.fromkeys(("".join(p) for p in product("IXYZ", repeat=2)), args[0] / 15)
        del probabilities["II"]
    else:
        probabilities = dict(zip("XYZ", args, strict=True))
    identity = "I" * len(next(iter(probabilities)))
    probabilities[identity] = 1 - sum(probabilities.values())
    return Kraus([np.sqrt(p) * _pauli(label) for label, p in probabilities.items()])


def _density_matrix(circuit: stim.Circuit) -> DensityMatrix:
    """Return the state at the end of a circuit without measurements, on |0...0>."""
    state = DensityMatrix.from_label("0" * circuit.num_qubits)
    for instruction in circuit.flattened():
        data = stim.gate_data(instruction.name)
        step = Operator(data.unitary_matrix) if data.is_unitary else _channel(instruction)
        for group in _groups(instruction):
            state = state.evolve(step, qargs=group)
    return state


def _groups(instruction: stim.CircuitInstruction) -> list[list[int]]:
    qubits = [t.value for t in instruction.targets_copy()]
    size = 2 if stim.gate_data(instruction.name).is_two_qubit_gate else 1
    return [qubits[i : i + size] for i in range(0, len(qubits), size)]


@pytest.fixture(scope="session")
def density_matrix() -> Callable[[stim.Circuit], DensityMatrix]:
    return _density_matrix
