"""What a server sees, against Qiskit's partial trace of the whole state."""

import numpy as np
import pytest
import stim
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Operator, Pauli, Statevector, partial_trace, random_statevector

from qclone.errors import InvalidInputError
from qclone.scheme import Canonical
from qclone.store import Memory
from qclone.store._frame import Frame
from qclone.store._view import reduced_state


def evolved(frame: Frame, psi: Statevector) -> DensityMatrix:
    circuit = QuantumCircuit(frame.num_wires)
    circuit.initialize(psi, frame.inputs)
    state = DensityMatrix(circuit)
    for gate in frame.history:
        for targets in gate.target_groups():
            wires = [t.value for t in targets]
            if gate.name.endswith("_ERROR"):
                (p,) = gate.gate_args_copy()
                flipped = state.evolve(Pauli(gate.name[0]), wires)
                state = DensityMatrix((1 - p) * state.data + p * flipped.data)
            else:
                state = state.evolve(Operator(stim.gate_data(gate.name).unitary_matrix), wires)
    return state


@pytest.mark.parametrize("wires", [(1,), (0, 2), (1, 3), (2, 1, 3), (0, 1, 4)])
@pytest.mark.parametrize("n", [1, 2])
def test_reduced_states_with_noise(n, wires):
    if max(wires) > 2 * n:
        wires = (1, 0)
    scheme = Canonical(n)
    decay = stim.Circuit(Memory(1, 0.8).decay(list(range(scheme.num_qubits)), 0.2))
    frame = Frame(scheme.prepare() + scheme.encrypt() + decay, scheme.num_qubits, (0,))
    psi = random_statevector(2, seed=5)
    traced = [w for w in range(scheme.num_qubits) if w not in wires]
    expected = partial_trace(evolved(frame, psi), traced).data
    order = sorted(wires)
    got = reduced_state(frame, psi, order)
    assert np.allclose(got, expected, atol=1e-6)
    # The order of wires is the order of bits: asking the other way round permutes them.
    swapped = reduced_state(frame, psi, order[::-1])
    assert np.allclose(DensityMatrix(swapped).reverse_qargs().data, got, atol=1e-12)


def test_one_server_sees_nothing_whatever_was_stored(make_cloud, register):
    cloud = make_cloud(5)
    for seed in range(3):
        stored = cloud.client.put(register(3, seed), num_clones=2)
        for server in stored.servers:
            assert np.abs(cloud.fabric.view(stored.object_id, server) - np.eye(8) / 8).max() < 1e-15


def test_a_single_clone_is_not_encrypted(make_cloud, register):
    cloud = make_cloud(2)
    views = []
    for seed in range(2):
        stored = cloud.client.put(register(1, seed), num_clones=1)
        y = Statevector(register(1, seed)).expectation_value(Pauli("Y")).real
        views.append(cloud.fabric.view(stored.object_id, "server-1"))
        assert abs(np.trace(views[-1] @ Pauli("Y").to_matrix()).real) == pytest.approx(abs(y), abs=1e-12)
    assert not np.allclose(*views)


def test_large_views_are_refused():
    with pytest.raises(InvalidInputError, match="7 qubits is out of reach"):
        reduced_state(Frame(stim.Circuit(), 7, (0,)), Statevector([1, 0]), range(7))
