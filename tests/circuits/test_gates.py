"""The gates against the paper's operators and Qiskit's own rules; whole round trips on states."""

import functools
import io
import itertools

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, generate_preset_pass_manager, qasm3, qpy
from qiskit.circuit.exceptions import CircuitError
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import (
    DensityMatrix,
    Operator,
    Statevector,
    partial_trace,
    random_statevector,
    state_fidelity,
)
from qiskit.transpiler import CouplingMap
from scipy.linalg import expm

from qclone.circuits import (
    DecryptGate,
    EncryptGate,
    PrepareGate,
    read_register,
    roles,
    round_trip,
    stages,
    to_stim,
)
from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import SYNTHESES, Canonical, Iterated, Parallel

PAULIS = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Z": np.diag([1, -1])}
PAULIS["Y"] = 1j * PAULIS["X"] @ PAULIS["Z"]


def tensor(*factors: np.ndarray) -> np.ndarray:
    """Kronecker product with the first factor on qubit 0: the least significant, as in Qiskit."""
    return functools.reduce(lambda product, factor: np.kron(factor, product), factors)


def paper_encrypt(n: int) -> np.ndarray:
    """exp(-i pi/4 X..X) exp(-i pi/4 Z..Z), arXiv:2602.10695 eq. (1)."""
    zs, xs = (tensor(*[PAULIS[p]] * (n + 1)) for p in "ZX")
    return expm(-1j * np.pi / 4 * xs) @ expm(-1j * np.pi / 4 * zs)


def paper_decrypt(n: int, j: int) -> np.ndarray:
    """sum_mu alpha_mu |phi_mu><phi_mu|_{SjNj} (x)_{i != j} (sigma_mu^T)_{Ni} on S_j, N_1 .. N_n, eq. (3)."""
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    total = np.zeros((2 ** (n + 1),) * 2, complex)
    for mu, alpha in zip("IXYZ", (1, 1j, -(1j ** (n + 1)), 1j), strict=True):
        state = tensor(PAULIS[mu], PAULIS["I"]) @ bell
        projector = np.outer(state, state.conj()).reshape(2, 2, 2, 2)
        for b, a, d, c in itertools.product(range(2), repeat=4):
            factors = [np.outer(PAULIS["I"][a], PAULIS["I"][c]), *[PAULIS[mu].T] * n]
            factors[j] = np.outer(PAULIS["I"][b], PAULIS["I"][d])
            total += alpha * projector[b, a, d, c] * tensor(*factors)
    return total


@pytest.mark.parametrize("synthesis", SYNTHESES)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_gates_are_the_papers_operators_with_their_phase(n, synthesis):
    scheme = Canonical(n, synthesis)
    assert np.allclose(Operator(EncryptGate(scheme)).data, paper_encrypt(n))
    for j in range(1, n + 1):
        assert np.allclose(Operator(DecryptGate(scheme, f"S{j}")).data, paper_decrypt(n, j))
    if n % 2 == 0:
        assert np.allclose(Operator(DecryptGate(scheme, "A")).data, paper_encrypt(n).conj().T)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_prepare_makes_bell_pairs(n):
    gate = PrepareGate(n)
    circuit = QuantumCircuit(2 * n)
    circuit.append(gate, range(2 * n))
    state = Statevector(circuit)
    for i in range(n):
        pair = partial_trace(state, [q for q in range(2 * n) if q not in (i, n + i)])
        assert np.isclose(state_fidelity(pair, Statevector([1, 0, 0, 1]) / np.sqrt(2)), 1)


def gates_of(n: int) -> list:
    return [PrepareGate(n), EncryptGate(n), *(DecryptGate(n, clone) for clone in Canonical(n).clones)]


@pytest.mark.parametrize("gate", gates_of(2), ids=lambda g: g.label)
def test_gates_behave_like_qiskits_own(gate):
    matrix = Operator(gate).data
    assert np.allclose(gate.to_matrix(), matrix)
    assert np.allclose(Operator(gate.inverse()).data, matrix.conj().T)
    assert gate.inverse().inverse() == gate
    assert np.allclose(Operator(gate.repeat(2)).data, matrix @ matrix)
    controlled = Operator(gate.control(1)).data
    half = np.kron(matrix, np.diag([0, 1])) + np.kron(np.eye(len(matrix)), np.diag([1, 0]))
    assert np.allclose(controlled, half)
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, range(gate.num_qubits))
    assert gate.label.lower() in str(circuit.draw("text")).lower()
    assert Operator(circuit.decompose()).equiv(circuit)
    assert gate == type(gate)(*([2, gate.clone] if isinstance(gate, DecryptGate) else [2]))


def test_a_gate_is_its_scheme_and_clone():
    assert DecryptGate(2, "S1") != DecryptGate(2, "S2")
    assert EncryptGate(2) != EncryptGate(3)
    with pytest.raises(UnknownWireError):
        DecryptGate(3, "A")
    with pytest.raises(InvalidInputError):
        EncryptGate(0)


def test_large_gates_refuse_a_matrix_but_not_a_definition():
    gate = EncryptGate(40)
    assert gate.definition.num_qubits == 41
    with pytest.raises(CircuitError, match="not worth having"):
        gate.to_matrix()


def with_gates(scheme, *clones: str) -> QuantumCircuit:
    circuit = QuantumCircuit(scheme.num_qubits)
    for gate in (PrepareGate(scheme), EncryptGate(scheme), *(DecryptGate(scheme, c) for c in clones)):
        circuit.append(gate, gate.qubits_in(circuit))
    return circuit


@pytest.mark.parametrize("form", ["qasm3", "qpy"])
def test_gates_survive_export_and_import(form):
    # Two gates of one name and size, to be told apart.
    circuit = with_gates(Canonical(2), "S1", "S2")
    if form == "qasm3":
        back = qasm3.loads(qasm3.dumps(circuit))
    else:
        stream = io.BytesIO()
        qpy.dump(circuit, stream)
        stream.seek(0)
        (back,) = qpy.load(stream)
    assert np.allclose(Operator(back).data, Operator(circuit).data)


@pytest.mark.parametrize(
    "scheme", [Canonical(3), Parallel(Canonical(2), 2), Iterated.virtual(Canonical(2), 1)]
)
def test_gates_are_the_stages_in_stim(scheme):
    clone = scheme.clones[0]
    joined = sum(stages(scheme, clone).values(), stim.Circuit())
    assert to_stim(with_gates(scheme, clone)).to_tableau() == joined.to_tableau()


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_transpiling_to_a_coupling_map_keeps_the_operator(level):
    circuit = with_gates(Canonical(2), "S2")
    manager = generate_preset_pass_manager(
        optimization_level=level,
        coupling_map=CouplingMap.from_line(6),
        basis_gates=["cz", "rz", "sx", "x"],
        seed_transpiler=7,
    )
    routed = manager.run(circuit)
    assert set(routed.count_ops()) <= {"cz", "rz", "sx", "x"}
    assert all(abs(a - b) == 1 for a, b in two_qubit_pairs(routed))
    assert Operator.from_circuit(routed).equiv(padded(circuit, 6))


def two_qubit_pairs(circuit: QuantumCircuit) -> list[tuple[int, int]]:
    found = ([circuit.find_bit(q).index for q in i.qubits] for i in circuit.data)
    return [(q[0], q[1]) for q in found if len(q) == 2]


def padded(circuit: QuantumCircuit, size: int) -> Operator:
    whole = QuantumCircuit(size)
    whole.compose(circuit, range(circuit.num_qubits), inplace=True)
    return Operator(whole)


def output_state(circuit: QuantumCircuit, wires: list[int]) -> DensityMatrix:
    others = [q for q in range(circuit.num_qubits) if q not in wires]
    return partial_trace(Statevector(circuit), others)


ROUND_TRIPS = [(n, clone) for n in range(1, 6) for clone in Canonical(n).clones]


@pytest.mark.parametrize(("n", "clone"), ROUND_TRIPS)
def test_round_trip_on_a_random_state(n, clone):
    scheme = Canonical(n)
    state = random_statevector(2, seed=10 * n + len(clone))
    circuit = round_trip(scheme, clone, state=state.data)
    recovered = output_state(circuit, [scheme.index(clone)])
    assert state_fidelity(recovered, state) > 1 - 1e-12


@pytest.mark.parametrize(("n", "clone"), ROUND_TRIPS)
def test_round_trip_with_a_reference_ends_in_a_bell_pair(n, clone):
    scheme = Canonical(n)
    circuit = round_trip(scheme, clone, reference=True)
    pair = output_state(circuit, [scheme.index(clone), roles(scheme, True)["R"]])
    assert state_fidelity(pair, Statevector([1, 0, 0, 1]) / np.sqrt(2)) > 1 - 1e-12


def test_round_trip_of_a_user_circuit_on_a_register(tmp_path):
    (tmp_path / "w.qasm").write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; u3(0.3,0.2,0.1) q[0]; cu1(0.7) q[0],q[1];'
    )
    register = read_register(tmp_path / "w.qasm")
    scheme = Parallel(Canonical(2), 2)
    for clone in scheme.clones:
        circuit = round_trip(scheme, clone, state=register)
        recovered = output_state(circuit, list(scheme.indices(scheme.clone(clone).outputs)))
        assert state_fidelity(recovered, Statevector(register.state_vector)) > 1 - 1e-12


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_before_decryption_every_clone_is_maximally_mixed(n):
    scheme = Canonical(n)
    circuit = round_trip(scheme, state=random_statevector(2, seed=n).data)
    for label in scheme.clones:
        assert np.allclose(output_state(circuit, [scheme.index(label)]).data, np.eye(2) / 2, atol=1e-12)


def test_one_clone_is_not_encrypted():
    """n = 1: logical Y sits on S1 alone."""
    state = Statevector([1, 1j]) / np.sqrt(2)
    circuit = round_trip(Canonical(1), state=state.data)
    assert not np.allclose(output_state(circuit, [1]).data, np.eye(2) / 2)


def test_stages_are_separated_by_barriers():
    circuit = round_trip(Canonical(3), "S2", reference=True)
    barriers = [i for i in circuit.data if i.operation.name == "barrier"]
    assert [len(b.qubits) for b in barriers] == [8, 8]
    assert len([i for i in round_trip(Canonical(3)).data if i.operation.name == "barrier"]) == 1


def test_refuses_states_that_do_not_fit():
    with pytest.raises(InvalidInputError, match="has 1 inputs"):
        round_trip(Canonical(2), state=np.eye(1, 4)[0])
    with pytest.raises(InvalidInputError, match="either half of a Bell pair"):
        round_trip(Canonical(2), reference=True, state=np.eye(1, 2)[0])
    with pytest.raises(InvalidInputError, match="has 5 wires"):
        EncryptGate(2).qubits_in(QFTGate(3).definition)


@given(n=st.integers(1, 60), data=st.data())
def test_the_gate_lies_on_the_wires_of_its_stage(n, data):
    scheme = Canonical(n)
    clone = scheme.clone(data.draw(st.sampled_from(scheme.clones)))
    assert set(DecryptGate(scheme, clone.label).wires) == set(clone.wires + clone.key)
    assert EncryptGate(scheme).wires == tuple(w.label for w in scheme.wires[: n + 1])
