"""Exact data against dense density matrices and against counts."""

from collections import Counter

import numpy as np
import pytest
import stim
from qiskit import QuantumCircuit
from qiskit.circuit.library import RZGate
from qiskit.quantum_info import DensityMatrix, Operator, Pauli, partial_trace

from qclone.device import NoiseRules, heavy_hex, line
from qclone.estimate import coherence, parity_fidelity
from qclone.experiments import (
    Chsh,
    Direction,
    ParallelGhz,
    ParityOscillation,
    Sensitivity,
    Setup,
    in_directions,
    run,
)
from qclone.experiments._exact import Exact
from qclone.simulate import TwinSampler, noisy, route

NOISY = line(3, two_qubit_error=0.03, one_qubit_error=0.01, readout_error=0.04, t1_s=40e-6, t2_s=30e-6)
GATES = {"DEPOLARIZE1": 1, "DEPOLARIZE2": 2}


def evolved(circuit: stim.Circuit, num_qubits: int, state: DensityMatrix | None = None) -> DensityMatrix:
    """The state at the end of a noisy circuit, dense, gate by gate; measurements are left out."""
    state = DensityMatrix.from_label("0" * num_qubits) if state is None else state
    for instruction in circuit.flattened():
        name = instruction.name
        for group in instruction.target_groups():
            qubits = [t.value for t in group]
            if name in GATES:
                state = mixed(state, qubits, instruction.gate_args_copy()[0])
            elif name.endswith("_ERROR"):
                p = instruction.gate_args_copy()[0]
                state = (1 - p) * state + p * state.evolve(Pauli(name[0]), qubits)
            elif name not in ("M", "TICK"):
                matrix = stim.gate_data(name).unitary_matrix
                state = state.evolve(Operator(matrix), qubits)
    return state


def mixed(state: DensityMatrix, qubits: list[int], p: float) -> DensityMatrix:
    """One of the 4^k - 1 Paulis with probability p."""
    labels = [a + b for a in "IXYZ" for b in ("IXYZ" if len(qubits) == 2 else [""])][1:]
    struck = sum((state.evolve(Pauli(label), qubits) for label in labels), 0 * state)
    return (1 - p) * state + (p / len(labels)) * struck


def ghz(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, num_qubits)
    circuit.h(0)
    for q in range(num_qubits - 1):
        circuit.cx(q, q + 1)
    circuit.barrier()
    circuit.measure(range(num_qubits), range(num_qubits))
    return circuit


def bits(state: DensityMatrix, flips: float) -> np.ndarray:
    """Probabilities of read bits."""
    probabilities = state.probabilities().reshape((2,) * state.num_qubits)
    wrong = np.array([[1 - flips, flips], [flips, 1 - flips]])
    for axis in range(state.num_qubits):
        probabilities = np.moveaxis(np.tensordot(wrong, probabilities, axes=(1, axis)), 0, axis)
    return probabilities.ravel()


@pytest.mark.parametrize("num_qubits", [2, 3])
def test_parity_oscillations_setting_by_setting(num_qubits):
    """Each M_k is simulated densely, its non-Clifford rotation and its readout errors included."""
    placed = route(ghz(num_qubits), NOISY, 1, initial_layout=list(range(num_qubits)))
    measurement = ParityOscillation(num_qubits)
    rules = NoiseRules()
    flip = NOISY.qubit(0).readout_error
    before = evolved(noisy(placed, NOISY, rules), 3)
    pulse = 1.5 * NOISY.qubit(0).gate_error
    even = np.array([bin(i).count("1") % 2 == 0 for i in range(2**num_qubits)])
    others = list(range(num_qubits, 3))
    before = partial_trace(before, others) if others else before
    ends = bits(before, flip)[[0, -1]].sum()
    oscillation = []
    for k in range(1, num_qubits + 1):
        state = before
        for q in range(num_qubits):
            turn = QuantumCircuit(1)
            Direction(np.pi / 2, k * np.pi / num_qubits).rotate(turn, 0)
            state = mixed(state.evolve(turn, [q]), [q], pulse)
        read = bits(state, flip)
        oscillation.append(read[even].sum() - read[~even].sum())
    chi = sum((-1) ** k * m for k, m in enumerate(oscillation, start=1)) / num_qubits
    found = measurement.analyse(Exact(placed, measurement.settings(), NOISY, rules, 10_000))
    assert found.estimate.value == pytest.approx((ends + chi) / 2, abs=1e-9)


@pytest.mark.parametrize("rules", [NoiseRules(), NoiseRules.only("two_qubit"), NoiseRules.only("one_qubit")])
def test_chsh_setting_by_setting(rules):
    """Each setting is simulated densely, the two pulses of a direction between the axes included."""
    placed = route(ghz(2), NOISY, 1, initial_layout=[0, 1])
    settings = Chsh().settings()
    data = Exact(placed, settings, NOISY, rules, 10_000)
    flip = NOISY.qubit(0).readout_error if rules.readout else 0.0
    even = np.array([1, -1, -1, 1])
    for name, directions in settings.items():
        turned = in_directions(placed, dict(enumerate(directions)))
        # The twin puts its noise on Clifford circuits: S stands for each rz of the rotations meanwhile.
        angles = {q: [] for q in (0, 1)}
        clifford = placed.copy_empty_like()
        for instruction in turned.data:
            operation = instruction.operation
            if operation.name == "rz" and "barrier" in clifford.count_ops():
                angles[clifford.find_bit(instruction.qubits[0]).index].append(operation.params[0])
                operation = RZGate(np.pi / 2)
            clifford.append(operation, instruction.qubits, instruction.clbits)
        state = DensityMatrix.from_label("000")
        count = Counter(
            t.value for i in noisy(clifford, NOISY, rules) if i.name == "S" for t in i.targets_copy()
        )
        for line_ in str(noisy(clifford, NOISY, rules)).splitlines():
            for instruction in stim.Circuit(line_):
                for group in instruction.target_groups():
                    (q, *more) = [t.value for t in group]
                    if instruction.name == "S":
                        count[q] -= 1
                        if count[q] < len(angles[q]):
                            state = state.evolve(RZGate(angles[q][-1 - count[q]]), [q])
                            continue
                    one = stim.Circuit()
                    one.append(instruction.name, [q, *more], instruction.gate_args_copy())
                    state = evolved(one, 3, state)
        expected = float(even @ bits(partial_trace(state, [2]), flip))
        assert data.parities(name, [(0, 1)])[0].value == pytest.approx(expected, abs=1e-9)


def test_rotations_turn_the_direction_into_z():
    for theta, phi in [(0.3, 1.1), (np.pi / 2, 0.4), (0, 0), (-np.pi / 4, 0), (np.pi, 0.2)]:
        direction = Direction(theta, phi)
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        turned = in_directions(circuit, {0: direction}).remove_final_measurements(inplace=False)
        unitary = Operator(turned).data
        observable = unitary.conj().T @ np.diag([1, -1]) @ unitary
        expected = sum(w * Pauli(p).to_matrix() for p, w in direction.components().items())
        np.testing.assert_allclose(observable, expected, atol=1e-12)


def test_exact_and_sampled_agree_on_the_twin():
    device = heavy_hex(3)
    rows = [*Sensitivity(clones=(2,)).rows(), *ParallelGhz(sizes=(2,)).rows()]
    exact = run(rows, Setup(device, shots=20_000))
    sampled = run(rows, Setup(device, shots=20_000), sampler=TwinSampler(device, seed=3))
    for a, b in zip(exact, sampled, strict=True):
        assert abs(a.estimate.value - b.estimate.value) < 5 * b.estimate.error
        # Our error bar for shots that were not taken is the one of shots that were.
        assert a.estimate.error == pytest.approx(b.estimate.error, rel=0.1)


def test_ghz_fidelity_of_a_dense_state_without_readout():
    rules = NoiseRules().without("readout").without("one_qubit")
    placed = route(ghz(3), NOISY, 1, initial_layout=[0, 1, 2])
    state = evolved(noisy(placed, NOISY, rules), 3)
    target = np.zeros(8)
    target[[0, -1]] = 2**-0.5
    measurement = ParityOscillation(3)
    found = measurement.analyse(Exact(placed, measurement.settings(), NOISY, rules, 10_000))
    assert found.estimate.value == pytest.approx(np.real(target @ state.data @ target), abs=1e-9)


def test_oscillation_of_one_qubit_is_its_x():
    from qclone.estimate import Estimate

    assert parity_fidelity(Estimate(1), coherence([Estimate(-0.8)])).value == pytest.approx(0.9)
