"""The canonical scheme against its definition, dense algebra and Qiskit."""

import functools
import itertools

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import Operator
from scipy.linalg import expm

from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import SYNTHESES, Canonical

I2 = np.eye(2)
X = np.array([[0, 1], [1, 0]])
Z = np.diag([1, -1])
Y = 1j * X @ Z


def tensor(*factors: np.ndarray) -> np.ndarray:
    """Kronecker product with the first factor most significant: the order of wires."""
    return functools.reduce(np.kron, factors)


def equal_up_to_phase(a: np.ndarray, b: np.ndarray) -> bool:
    return np.isclose(abs(np.trace(a.conj().T @ b)), len(a), atol=1e-9)


def apply(matrix: np.ndarray, qubits: list[int], columns: np.ndarray) -> np.ndarray:
    """Act on some axes of an array whose first axes are qubits, the first target least significant."""
    tensor_form = matrix.reshape((2,) * (2 * len(qubits)))
    axes = qubits[::-1]
    moved = np.tensordot(tensor_form, columns, axes=(range(len(axes), 2 * len(axes)), axes))
    return np.moveaxis(moved, range(len(axes)), axes)


def dense(circuit: stim.Circuit, num_qubits: int) -> np.ndarray:
    """Multiply the gates' own matrices, from stim's gate table."""
    columns = np.eye(2**num_qubits, dtype=complex).reshape((2,) * num_qubits + (-1,))
    paulis = {"X": X, "Y": Y, "Z": Z}
    for gate in circuit:
        for group in gate.target_groups():
            if gate.name in ("SPP", "SPP_DAG"):
                image = columns
                for target in group:
                    image = apply(paulis[target.pauli_type], [target.value], image)
                sign = -1 if gate.name == "SPP" else 1
                columns = (columns + sign * 1j * image) / np.sqrt(2)
            else:
                matrix = stim.gate_data(gate.name).unitary_matrix
                columns = apply(matrix, [target.value for target in group], columns)
    return columns.reshape(2**num_qubits, -1)


@functools.cache
def paper_encrypt(n: int) -> np.ndarray:
    """exp(-i pi/4 X_A X_S1..X_Sn) exp(-i pi/4 Z_A Z_S1..Z_Sn) (x) 1_N, arXiv:2602.10695 eq. (1)."""
    unaffected = np.eye(2**n)
    xs, zs = tensor(*[X] * (n + 1), unaffected), tensor(*[Z] * (n + 1), unaffected)
    return expm(-1j * np.pi / 4 * xs) @ expm(-1j * np.pi / 4 * zs)


@functools.cache
def paper_decrypt(n: int, j: int) -> np.ndarray:
    """sum_mu alpha_mu |phi_mu><phi_mu|_{SjNj} (x)_{i != j} (sigma_mu^T)_{Ni}, arXiv:2602.10695 eq. (3)."""
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    total = np.zeros((2 ** (2 * n + 1),) * 2, complex)
    for sigma, alpha in zip((I2, X, Y, Z), (1, 1j, -(1j ** (n + 1)), 1j), strict=True):
        state = tensor(sigma, I2) @ bell
        projector = np.outer(state, state.conj()).reshape(2, 2, 2, 2)
        # A general operator on S_j (x) N_j is a sum of products |a><c| (x) |b><d|.
        for a, b, c, d in itertools.product(range(2), repeat=4):
            factors = [I2] * (n + 1) + [sigma.T] * n
            factors[j], factors[n + j] = np.outer(I2[a], I2[c]), np.outer(I2[b], I2[d])
            total += alpha * projector[a, b, c, d] * tensor(*factors)
    return total


@pytest.mark.parametrize("synthesis", SYNTHESES)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_equals_the_paper_by_dense_operator(n, synthesis):
    scheme = Canonical(n, synthesis)
    assert equal_up_to_phase(dense(scheme.encrypt(), 2 * n + 1), paper_encrypt(n))
    for j in range(1, n + 1):
        assert equal_up_to_phase(dense(scheme.decrypt(f"S{j}"), 2 * n + 1), paper_decrypt(n, j))


@pytest.mark.parametrize("n", [2, 4])
def test_source_decrypts_by_the_inverse_with_noise_for_signals(n):
    swap_roles = [0, *range(n + 1, 2 * n + 1), *range(1, n + 1)]
    on_noise = Operator(paper_encrypt(n).conj().T).reverse_qargs()
    expected = Operator(np.eye(2 ** (2 * n + 1))).compose(on_noise, qargs=swap_roles).reverse_qargs()
    assert equal_up_to_phase(dense(Canonical(n).decrypt("A"), 2 * n + 1), expected.data)


@given(n=st.integers(1, 200), data=st.data())
def test_every_synthesis_is_the_definition_by_tableau(n, data):
    clone = data.draw(st.sampled_from(Canonical(n).clones))
    definition = Canonical(n, "definition")
    size = stim.Circuit(f"I {2 * n}")
    for synthesis in SYNTHESES:
        scheme = Canonical(n, synthesis)
        assert (size + scheme.encrypt()).to_tableau() == (size + definition.encrypt()).to_tableau()
        assert (size + scheme.decrypt(clone)).to_tableau() == (size + definition.decrypt(clone)).to_tableau()


@given(n=st.integers(1, 1000), data=st.data())
def test_round_trip_moves_the_logical_paulis_to_the_clone(n, data):
    scheme = Canonical(n)
    clone = data.draw(st.sampled_from(scheme.clones))
    simulator = stim.TableauSimulator()
    reference, output = scheme.num_qubits, scheme.index(clone)
    simulator.h(reference)
    simulator.cx(reference, 0)
    simulator.do(scheme.prepare())
    simulator.do(scheme.encrypt())
    if n >= 2:
        for pauli in "XYZ":
            lone = stim.PauliString(reference + 1)
            lone[scheme.index("S1")] = pauli
            assert simulator.peek_observable_expectation(lone) == 0
    simulator.do(scheme.decrypt(clone))
    for pauli, sign in (("X", 1), ("Y", -1), ("Z", 1)):
        pair = stim.PauliString(reference + 1)
        pair[reference], pair[output] = pauli, pauli
        assert simulator.peek_observable_expectation(pair) == sign


@given(n=st.integers(1, 64), data=st.data())
def test_decrypt_touches_the_clone_and_its_key_only(n, data):
    scheme = Canonical(n)
    clone = scheme.clone(data.draw(st.sampled_from(scheme.clones)))
    touched = {t.value for gate in scheme.decrypt(clone.label) for t in gate.targets_copy()}
    assert touched <= set(scheme.indices(clone.wires + clone.key))


@given(n=st.integers(3, 500))
def test_two_qubit_gate_counts(n):
    def two_qubit_gates(circuit: stim.Circuit) -> int:
        return sum(len(g.target_groups()) for g in circuit if stim.gate_data(g.name).is_two_qubit_gate)

    assert two_qubit_gates(Canonical(n, "ladder").encrypt()) == 4 * n
    assert two_qubit_gates(Canonical(n, "ladder").decrypt("S1")) == 2 * n + 1
    assert two_qubit_gates(Canonical(n, "pair_tree").encrypt()) == 3 * (n + 1) - 5 - n % 2


def test_even_n_makes_the_source_a_clone():
    assert Canonical(4).clones == ("S1", "S2", "S3", "S4", "A")
    assert Canonical(3).clones == ("S1", "S2", "S3")


@pytest.mark.parametrize("n", [0, -1, 10**9])
def test_refuses_impossible_numbers_of_clones(n):
    with pytest.raises(InvalidInputError, match="number of clones"):
        Canonical(n)


def test_refuses_unknown_names():
    with pytest.raises(InvalidInputError, match="no synthesis 'magic'"):
        Canonical(2, "magic")
    with pytest.raises(UnknownWireError, match="no clone 'S3'"):
        Canonical(2).decrypt("S3")
    with pytest.raises(UnknownWireError, match="no wire 'B'"):
        Canonical(2).index("B")
