"""Estimates from counts against Qiskit's density matrices and binomial statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import (
    DensityMatrix,
    SparsePauliOp,
    Statevector,
    random_density_matrix,
    state_fidelity,
)

from qclone.errors import InvalidInputError
from qclone.estimate import (
    Estimate,
    average,
    bell_fidelity,
    chsh,
    coherence,
    correlation_matrix,
    exact,
    parity,
    parity_fidelity,
    population,
)

SHOTS = 200_000
BASIS = {"X": [("h", 0)], "Y": [("sdg", 0), ("h", 0)], "Z": []}


def measured(state: DensityMatrix, circuit: QuantumCircuit, seed: int) -> dict[str, int]:
    """Counts of a state measured after a circuit."""
    rotated = state.evolve(circuit)
    rotated.seed(seed)
    return rotated.sample_counts(SHOTS)


def in_bases(bases: str) -> QuantumCircuit:
    circuit = QuantumCircuit(len(bases))
    for qubit, basis in enumerate(bases):
        for gate, _ in BASIS[basis]:
            getattr(circuit, gate)(qubit)
    return circuit


def close(estimate: Estimate, expected: float) -> bool:
    return abs(estimate.value - expected) < 5 * estimate.error


@pytest.mark.parametrize("seed", range(3))
def test_bell_fidelity_is_the_state_fidelity(seed):
    state = random_density_matrix(4, seed=seed)
    xx, yy, zz = (parity(measured(state, in_bases(p + p), seed)) for p in "XYZ")
    bell = Statevector([1, 0, 0, 1]) / np.sqrt(2)
    assert close(bell_fidelity(xx, yy, zz), state_fidelity(state, bell))


@pytest.mark.parametrize("num_qubits", [1, 2, 3, 4])
def test_parity_oscillations_give_the_ghz_fidelity(num_qubits):
    ghz = np.zeros(2**num_qubits)
    ghz[[0, -1]] = 2**-0.5
    noise = random_density_matrix(2**num_qubits, seed=num_qubits)
    state = 0.7 * DensityMatrix(ghz) + 0.3 * noise
    oscillation = []
    for k in range(1, num_qubits + 1):
        turned = QuantumCircuit(num_qubits)
        # cos(t) X + sin(t) Y is Z after rz(-t), h.
        turned.rz(-k * np.pi / num_qubits, range(num_qubits))
        turned.h(range(num_qubits))
        oscillation.append(parity(measured(state, turned, k)))
    ends = population(measured(state, QuantumCircuit(num_qubits), 0), ["0" * num_qubits, "1" * num_qubits])
    assert close(parity_fidelity(ends, coherence(oscillation)), state_fidelity(state, Statevector(ghz)))


def test_chsh_of_a_random_state():
    state = random_density_matrix(4, seed=5)
    settings = []
    for a, angle in (("Z", np.pi / 4), ("Z", -np.pi / 4), ("X", np.pi / 4), ("X", -np.pi / 4)):
        turned = in_bases(a + "Z")
        turned.ry(-angle, 1)
        settings.append(parity(measured(state, turned, 1)))
    zz, xx = (state.expectation_value(SparsePauliOp(p)).real for p in ("ZZ", "XX"))
    assert close(chsh(*settings), np.sqrt(2) * (zz + xx))


def test_correlation_matrix_of_a_random_state():
    state = random_density_matrix(4, seed=6)
    parities = {a + b: parity(measured(state, in_bases(a + b), 2)) for a in "XYZ" for b in "XYZ"}
    values, errors = correlation_matrix(parities)
    expected = [[state.expectation_value(SparsePauliOp(b + a)).real for b in "XYZ"] for a in "XYZ"]
    assert np.all(np.abs(values - expected) < 5 * errors)


def test_bits_are_counted_from_the_right():
    counts = {"001": 3, "100": 1}
    assert parity(counts, [0]).value == -0.5
    assert parity(counts, [2]).value == 0.5
    assert parity(counts, [1]).value == 1
    assert parity(counts, [0, 2]).value == -1


@given(st.floats(-1, 1), st.integers(1, 10**6))
def test_an_exact_value_has_the_error_of_counts(value, shots):
    odd = round((1 - value) / 2 * shots)
    seen = parity({"0": shots - odd, "1": odd} if 0 < odd < shots else {str(int(odd > 0)): shots})
    assert seen.error == pytest.approx(exact(seen.value, shots).error, rel=1e-9)
    assert seen.error > 0


def test_errors_add_in_quadrature():
    samples = np.random.default_rng(1).normal([0.5, 0.2], [0.03, 0.04], size=(400_000, 2))
    both = Estimate(0.5, 0.03) - 2 * Estimate(0.2, 0.04)
    assert both.error == pytest.approx(np.std(samples @ [1, -2]), rel=0.01)
    assert average([Estimate(1, 0.1)] * 4).error == pytest.approx(0.05)


@pytest.mark.parametrize("counts", [{}, {"0": 0}, {"0": 1, "00": 1}])
def test_what_is_no_counts_is_refused(counts):
    with pytest.raises(InvalidInputError, match="no counts"):
        parity(counts)


def test_bits_that_were_not_measured_are_refused():
    with pytest.raises(InvalidInputError, match="not all measured"):
        parity({"00": 1}, [2])
    with pytest.raises(InvalidInputError, match="no estimate"):
        Estimate(float("nan"), 0.1)
    with pytest.raises(InvalidInputError, match="at least one setting"):
        coherence([])
    with pytest.raises(InvalidInputError, match="no shots"):
        exact(0.5, 0)
