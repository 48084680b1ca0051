"""Clouds and registers for the tests of the store."""

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qclone.store import Cloud


@pytest.fixture
def make_cloud(tmp_path_factory):
    """Return a function that makes a cloud in a fresh directory; all are closed at the end."""
    made = []

    def make(servers=5, memory=None):
        cloud = Cloud.create(tmp_path_factory.mktemp("clouds") / "cloud", servers, memory)
        made.append(cloud)
        return cloud

    yield make
    for cloud in made:
        cloud.close()


@pytest.fixture
def register():
    """Return a function that makes an entangled register which no Clifford circuit prepares."""

    def make(qubits, seed=0):
        angles = np.random.default_rng(seed).uniform(0.1, 3, (2, qubits))
        circuit = QuantumCircuit(qubits)
        for qubit in range(qubits):
            circuit.ry(angles[0, qubit], qubit)
        for qubit in range(qubits - 1):
            circuit.cx(qubit, qubit + 1)
        for qubit in range(qubits):
            circuit.rx(angles[1, qubit], qubit)
        return circuit

    return make
