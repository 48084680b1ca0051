"""The Clifford frame against state vectors, and exact fidelities against all Pauli errors one by one."""

import itertools

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import (
    Clifford,
    Operator,
    Statevector,
    partial_trace,
    random_statevector,
    state_fidelity,
)

from qclone.scheme import Canonical, Parallel
from qclone.simulate import entanglement_fidelity
from qclone.store._frame import Frame
from qclone.store._measured import carry_out
from qclone.store._order import Order

CLIFFORD_GATES = ["H", "S", "SQRT_X", "C_XYZ", "CX", "CZ", "ISWAP", "SQRT_ZZ"]


def on_state(circuit: stim.Circuit, state: Statevector) -> Statevector:
    """Apply a stim circuit to a state with Qiskit, gate by gate; both are little-endian."""
    for gate in circuit:
        matrix = Operator(stim.gate_data(gate.name).unitary_matrix)
        for targets in gate.target_groups():
            state = state.evolve(matrix, [t.value for t in targets])
    return state


def started(num_wires: int, inputs: tuple[int, ...], psi: Statevector) -> Statevector:
    circuit = QuantumCircuit(num_wires)
    circuit.initialize(psi, inputs)
    return Statevector(circuit)


@st.composite
def histories(draw):
    """Random Clifford gates on the two inputs only, then a round trip of a register of two qubits."""
    scheme = Parallel(Canonical(2), 2)
    first, second = scheme.indices(scheme.inputs)
    circuit = stim.Circuit()
    for name in draw(st.lists(st.sampled_from(CLIFFORD_GATES), max_size=8)):
        swap = draw(st.booleans())
        pair = (second, first) if swap else (first, second)
        circuit.append(name, pair if stim.gate_data(name).is_two_qubit_gate else pair[:1])
    clone = draw(st.sampled_from(scheme.clones))
    circuit += scheme.prepare() + scheme.encrypt() + scheme.decrypt(clone)
    return scheme, clone, circuit


@settings(max_examples=10)
@given(case=histories(), seed=st.integers(0, 1000))
def test_recovered_is_what_a_state_vector_shows(case, seed):
    scheme, clone, history = case
    inputs, outputs = scheme.indices(scheme.inputs), scheme.indices(scheme.clone(clone).outputs)
    psi = random_statevector(4, seed=seed)
    expected = on_state(history, started(scheme.num_qubits, inputs, psi))
    others = [w for w in range(scheme.num_qubits) if w not in outputs]
    reduced = partial_trace(expected, others)
    # Tracing keeps the order of wires; outputs come qubit by qubit.
    assert list(outputs) == sorted(outputs)
    drawn = carry_out(history, scheme.num_qubits, inputs, Order("", outputs), np.random.default_rng(seed))
    assert drawn.fidelity is not None
    image = on_state(stim.Circuit(drawn.frame), psi)
    # stim's matrices are single precision; a wrong Clifford misses by far more.
    assert state_fidelity(reduced, image) == pytest.approx(1, abs=1e-5)


def noisy_round_trip(n: int, copies: int, clone: str, rates: list[float], middle: str = "") -> tuple:
    scheme = Parallel(Canonical(n), copies)
    noise = "\n".join(
        f"{pauli}_ERROR({p}) {wire}"
        for wire in range(scheme.num_qubits)
        for pauli, p in zip("XYZ", rates, strict=True)
    )
    before, after = scheme.prepare() + scheme.encrypt(), scheme.decrypt(clone)
    history = before + stim.Circuit(noise) + stim.Circuit(middle) + after
    frame = Frame(history, scheme.num_qubits, scheme.indices(scheme.inputs))
    return scheme, frame, after, scheme.indices(scheme.clone(clone).outputs)


@pytest.mark.parametrize("clone", ["S1", "S2", "A"])
def test_entanglement_fidelity_by_enumeration(clone):
    rates = [0.03, 0.05, 0.11]
    scheme, frame, decrypt, outputs = noisy_round_trip(2, 1, clone, rates)
    weight = dict.fromkeys("IXYZ", 0.0)
    for hits in itertools.product((False, True), repeat=3):
        product, p = stim.PauliString("I"), 1.0
        for pauli, rate, hit in zip("XYZ", rates, hits, strict=True):
            p *= rate if hit else 1 - rate
            product *= stim.PauliString(pauli if hit else "I")
        weight["IXYZ"[product[0]]] += p
    total = 0.0
    for errors in itertools.product("IXYZ", repeat=scheme.num_qubits):
        if stim.PauliString("".join(errors)).after(decrypt)[outputs[0]] == 0:
            total += np.prod([weight[e] for e in errors])
    assert frame.entanglement_fidelity(outputs) == pytest.approx(total, abs=1e-12)


@given(n=st.sampled_from([2, 3, 4]), rates=st.lists(st.floats(0, 0.2), min_size=3, max_size=3))
def test_entanglement_fidelity_agrees_with_the_twin_engine(n, rates):
    _, one, _, outputs = noisy_round_trip(n, 1, "S1", rates)
    reference = one.num_wires
    circuit = stim.Circuit(f"H {reference}\nCX {reference} 0") + one.history
    single = entanglement_fidelity(circuit, reference, outputs[0])
    assert one.entanglement_fidelity(outputs) == pytest.approx(single, abs=1e-12)
    _, three, _, outputs = noisy_round_trip(n, 3, "S1", rates)
    assert three.entanglement_fidelity(outputs) == pytest.approx(single**3, abs=1e-12)


def test_correlated_outputs_are_taken_jointly():
    # One depolarised qubit spread by CX over both inputs before encryption: not a product of two channels.
    history = stim.Circuit("X_ERROR(0.2) 0\nCX 0 1")
    frame = Frame(history, 2, (0, 1))
    assert frame.entanglement_fidelity((0, 1)) == pytest.approx(0.8, abs=1e-12)


def test_sampled_noise_has_the_exact_rate():
    scheme, frame, _, outputs = noisy_round_trip(2, 1, "S1", [0.03, 0.05, 0.11])
    random, shots = np.random.default_rng(1), 4000
    drawn = [
        carry_out(frame.history, scheme.num_qubits, frame.inputs, Order("", outputs), random)
        for _ in range(shots)
    ]
    exact = frame.entanglement_fidelity(outputs)
    assert [one.fidelity for one in drawn] == pytest.approx([exact] * shots, abs=1e-12)
    unharmed = sum(not one.frame for one in drawn)
    assert abs(unharmed / shots - exact) < 5 * np.sqrt(exact * (1 - exact) / shots)


def test_a_frame_that_is_not_the_identity_is_delivered_as_it_is():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.s(1)
    got = Clifford(QuantumCircuit(2))
    history = stim.Circuit("H 0\nCX 0 1\nS 1")
    drawn = carry_out(history, 2, (0, 1), Order("", (0, 1)), np.random.default_rng())
    for gate in stim.Circuit(drawn.frame):
        for targets in gate.target_groups():
            small = QuantumCircuit(2)
            getattr(small, gate.name.lower())(*(t.value for t in targets))
            got = got.compose(Clifford(small))
    assert got == Clifford(circuit)
