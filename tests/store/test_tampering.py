"""Whatever a server does to its wires, what comes out is what dense algebra says, and no exception."""

from collections import Counter

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import (
    DensityMatrix,
    Operator,
    Statevector,
    partial_trace,
    random_statevector,
    state_fidelity,
)

from qclone.access import Correction, bell_checks, depolarizing
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Parallel
from qclone.store import Cloud, Feedback, Memory, Order, Party, _measured
from qclone.store._measured import carry_out

ONE_QUBIT = ["H", "S", "X", "Y", "Z", "SQRT_X", "SQRT_Y", "C_XYZ", "C_ZYX", "S_DAG"]
GATES = [*ONE_QUBIT, "CX", "CZ", "ISWAP", "SQRT_ZZ"]


def on_state(circuit, state):
    """Apply gates with Qiskit; both are little-endian."""
    for gate in circuit:
        matrix = Operator(stim.gate_data(gate.name).unitary_matrix)
        for targets in gate.target_groups():
            state = state.evolve(matrix, [t.value for t in targets])
    return state


def on_mixture(circuit, state):
    """The same with resets, on a density matrix."""
    for gate in circuit:
        for targets in gate.target_groups():
            wires = [t.value for t in targets]
            if gate.name == "R":
                state = state.reset(wires)
            else:
                state = state.evolve(Operator(stim.gate_data(gate.name).unitary_matrix), wires)
    return state


def encrypted(num_wires, inputs, psi, circuit):
    """The state of all wires: |psi> on the inputs, |0> elsewhere, then gates."""
    amplitudes = np.zeros(2**num_wires, dtype=complex)
    for i, amplitude in enumerate(psi.data):
        amplitudes[sum((i >> bit & 1) << wire for bit, wire in enumerate(inputs))] = amplitude
    return on_state(circuit, Statevector(amplitudes))


def mean_of(draws, psi):
    """The average of what deliveries prepare."""
    frames = Counter(draws)
    total = sum(frames.values())
    return sum(
        count / total * on_mixture(stim.Circuit(frame), DensityMatrix(psi)).data
        for frame, count in frames.items()
    )


@settings(max_examples=8, deadline=None)
@given(
    gates=st.lists(st.tuples(st.sampled_from(GATES), st.permutations(range(5))), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    outputs=st.sampled_from([(1,), (0,), (3,)]),
)
def test_any_clifford_on_any_wires_comes_out_as_dense_algebra_says(gates, seed, outputs):
    """Without checks: the mean of the deliveries is the reduced state, whatever it is entangled with."""
    scheme = Canonical(2)
    history = scheme.prepare() + scheme.encrypt()
    for name, wires in gates:
        history.append(name, wires[: 2 if stim.gate_data(name).is_two_qubit_gate else 1])
    decrypt = scheme.decrypt("S1")
    psi = random_statevector(2, seed=seed)
    whole = encrypted(5, (0,), psi, history + decrypt)
    expected = partial_trace(whole, [w for w in range(5) if w not in outputs]).data
    random, shots = np.random.default_rng(seed), 150
    drawn = [carry_out(history, 5, (0,), Order(str(decrypt), outputs), random) for _ in range(shots)]
    mean = mean_of([one.frame for one in drawn], psi)
    # Each draw is one of at most four Paulis: five standard deviations of a mean.
    assert np.abs(mean - expected).max() < 5 * 0.5 / np.sqrt(shots)
    (fidelity,) = {round(one.fidelity, 12) for one in drawn}
    assert fidelity == pytest.approx(entanglement_fidelity(history + decrypt, outputs), abs=1e-6)


def entanglement_fidelity(circuit, outputs):
    """Of the channel from wire 0 to the output, with a reference: wire 5 of six."""
    start = np.zeros(64, dtype=complex)
    start[0] = start[0b100001] = np.sqrt(0.5)
    whole = on_state(circuit, Statevector(start))
    joint = partial_trace(whole, [w for w in range(5) if w not in outputs]).data
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    return float((bell @ joint @ bell).real)


@pytest.mark.parametrize("gate", [*ONE_QUBIT, "CX", "CZ", "ISWAP"])
def test_with_checks_an_operation_on_one_clone_costs_nothing(gate):
    """Dense simulation with the product's own table: project on what was drawn, and look at the output."""
    scheme = Canonical(2)
    checks = bell_checks(scheme, "S1")
    correction = Correction(checks, depolarizing(1e-6))
    outputs, measured = scheme.indices(checks.outputs), scheme.indices(checks.measured)
    history = scheme.prepare() + scheme.encrypt()
    # A second qubit of the register, encrypted alike, at the same server: two-qubit gates join their blocks.
    history += shifted(history, 5)
    history.append(gate, [1, 6] if stim.gate_data(gate).is_two_qubit_gate else [1])
    circuit = checks.circuit + shifted(checks.circuit, 5)
    feedback = Feedback(
        (measured, tuple(w + 5 for w in measured)),
        (outputs, tuple(w + 5 for w in outputs)),
        tuple(correction.table.tolist()),
    )
    both = [(*wires, *(w + 5 for w in wires)) for wires in (outputs, measured)]
    order = Order(str(circuit), *both, (feedback,))
    psi = random_statevector(4, seed=3)
    dense = encrypted(10, (0, 5), psi, history + circuit)
    patterns = set()
    for seed in range(4):
        drawn = carry_out(history, 10, (0, 5), order, np.random.default_rng(seed))
        assert (drawn.frame, drawn.fidelity) == ("", 1)
        patterns.add(drawn.outcomes)
        # The same outcomes have the same probability in the dense state, and leave psi there.
        state = dense
        for wire, bit in zip(order.measured, drawn.outcomes, strict=True):
            projector = np.diag([1 - bit, bit]).astype(complex)
            state = Statevector(state.evolve(Operator(projector), [wire]))
            norm = np.linalg.norm(state.data)
            assert norm**2 > 0.2
            state = Statevector(state.data / norm)
        x, z = order.undo(np.array(drawn.outcomes, dtype=bool))
        for i, wire in enumerate(order.outputs):
            for pauli, there in (("X", x[i]), ("Z", z[i])):
                if there:
                    state = on_state(stim.Circuit(f"{pauli} {wire}"), state)
        got = partial_trace(state, [w for w in range(10) if w not in order.outputs])
        assert state_fidelity(got, psi) == pytest.approx(1, abs=1e-5)
    if gate in ("H", "S", "SQRT_X", "CX"):
        assert len(patterns) > 1  # physics draws


def shifted(circuit, by):
    moved = stim.Circuit()
    for gate in circuit:
        targets = [
            stim.target_combiner() if t.is_combiner else
            stim.target_pauli(t.value + by, t.pauli_type) if t.pauli_type != "I" else t.value + by
            for t in gate.targets_copy()
        ]  # fmt: skip
        moved.append(gate.name, targets)
    return moved


@pytest.mark.parametrize("gate", ["H {0}", "S {0}", "X {0}", "CX {0} {1}", "SQRT_X {0} {1}"])
@pytest.mark.parametrize("correct", [False, True])
def test_a_server_that_tampers_costs_that_clone_and_never_the_call(make_cloud, register, gate, correct):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(2), source="client")
    clone = cloud.fabric.whereabouts(stored.object_id)["server-1"]
    cloud.fabric.run(Party("server-1"), stored.object_id, gate.format(*clone))
    back = cloud.client.get(stored.object_id, "server-1", correct=correct)
    if correct:
        assert back.entanglement_fidelity == 1
        assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)
    else:
        assert back.entanglement_fidelity < 0.6
    other = cloud.client.put(register(2))
    clone = cloud.fabric.whereabouts(other.object_id)["server-1"]
    cloud.fabric.run(Party("server-1"), other.object_id, gate.format(*clone))
    assert cloud.client.get(other.object_id, "server-2").entanglement_fidelity == 1


def test_exact_is_said_only_of_what_happened(make_cloud, register):
    """Nothing happened: exactly 1, with checks and without. A server's X: 0 without checks."""
    cloud = make_cloud(4)
    for correct in (False, True):
        stored = cloud.client.put(register(2), source="client")
        assert cloud.client.get(stored.object_id, correct=correct).entanglement_fidelity == 1
    stored = cloud.client.put(register(1))
    (clone,) = cloud.fabric.whereabouts(stored.object_id)["server-1"]
    cloud.fabric.run(Party("server-1"), stored.object_id, f"X {clone}")
    back = cloud.client.get(stored.object_id, "server-1")
    assert back.entanglement_fidelity == 0


def test_a_server_that_measures_its_clone(make_cloud, register):
    """Its outcomes are fair coins; checks undo what looking did, and the fidelity is said exactly."""
    outcomes = Counter()
    cloud = make_cloud(3)
    for seed in range(12):
        stored = cloud.client.put(register(2, seed), source="client")
        clone = cloud.fabric.whereabouts(stored.object_id)["server-1"]
        seen = cloud.fabric.measure(Party("server-1"), stored.object_id, clone)
        assert cloud.fabric.measure(Party("server-1"), stored.object_id, clone) == seen
        outcomes.update(seen)
        back = cloud.client.get(stored.object_id, "server-1", correct=True)
        assert back.entanglement_fidelity == 1
        assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)
    assert 7 < outcomes[0] < 41  # of 48 fair coins, five standard deviations


@pytest.mark.parametrize(("qubits", "clones"), [(10_000, 2), (1000, 20)])
def test_large_registers_with_noise_come_out_in_seconds(qubits, clones):
    """Work is counted, not timed: equal blocks are looked at once."""
    scheme = Parallel(Canonical(clones), qubits)
    memory = Memory(1.0, 0.7)
    history = scheme.prepare() + scheme.encrypt()
    history += stim.Circuit(memory.decay(list(range(scheme.num_qubits)), 1e-6))
    outputs = scheme.indices(scheme.clone("S1").outputs)
    looked_at = []

    class Counting(_measured._Kind):
        def __init__(self, *what):
            looked_at.append(1)
            super().__init__(*what)

    original, _measured._Kind = _measured._Kind, Counting
    try:
        order = Order(str(scheme.decrypt("S1")), outputs)
        drawn = carry_out(
            history, scheme.num_qubits, scheme.indices(scheme.inputs), order, np.random.default_rng(1)
        )
    finally:
        _measured._Kind = original
    assert len(looked_at) == 1
    p = sum(memory.channel(1e-6))
    assert drawn.fidelity == pytest.approx((1 - (clones + 1) * p) ** qubits, rel=1e-4)


def test_what_is_too_much_is_refused_before_the_key_is_used(tmp_path, register, monkeypatch):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    stored = cloud.client.put(register(2))
    monkeypatch.setattr(_measured, "MAX_WORK", 1)
    with pytest.raises(InvalidInputError, match="too much work at once"):
        cloud.client.get(stored.object_id)
    assert cloud.ledger.find(stored.object_id).key.state == "sealed"
    monkeypatch.undo()
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1
    cloud.close()
