"""Registers: the contract, GHZ states, sizes."""

import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector, state_fidelity

from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import SYNTHESES, Canonical, Parallel, Role, check_scheme, place


@given(n=st.integers(1, 5), copies=st.integers(1, 6), synthesis=st.sampled_from(SYNTHESES))
def test_keeps_the_contract(n, copies, synthesis):
    check_scheme(Parallel(Canonical(n, synthesis), copies))


def test_nests():
    nested = Parallel(Parallel(Canonical(2), 2), 3)
    check_scheme(nested)
    assert nested.inputs[:3] == ("q0.q0.A", "q0.q1.A", "q1.q0.A")


def test_labels_roles_and_key():
    register = Parallel(Canonical(2), 2)
    assert [w.label for w in register.wires if w.role is Role.NOISE] == ["q0.N1", "q0.N2", "q1.N1", "q1.N2"]
    clone = register.clone("A")
    assert clone.wires == clone.outputs == ("q0.A", "q1.A")
    assert clone.key == ("q0.N1", "q0.N2", "q1.N1", "q1.N2")
    with pytest.raises(UnknownWireError, match="no clone 'S3'"):
        register.decrypt("S3")
    with pytest.raises(InvalidInputError, match="at least one qubit"):
        Parallel(Canonical(2), 0)
    with pytest.raises(InvalidInputError, match="wires"):
        Parallel(Canonical(2), 10**12)


@pytest.mark.parametrize("clone", ["S1", "S2", "A"])
def test_clones_of_a_ghz_state_are_entangled(clone):
    r, scheme = 6, Parallel(Canonical(2), 6)
    first, *others = scheme.indices(scheme.inputs)
    simulator = stim.TableauSimulator()
    simulator.h(first)
    for other in others:
        simulator.cx(first, other)
    simulator.do(scheme.prepare() + scheme.encrypt())
    held = scheme.indices(scheme.clone(clone).wires)
    parity = stim.PauliString(dict.fromkeys(held, "X"))
    assert simulator.peek_observable_expectation(parity) == 0
    simulator.do(scheme.decrypt(clone))
    outputs = scheme.indices(scheme.clone(clone).outputs)
    assert simulator.peek_observable_expectation(stim.PauliString(dict.fromkeys(outputs, "X"))) == 1
    for i in range(r - 1):
        assert (
            simulator.peek_observable_expectation(stim.PauliString({outputs[i]: "Z", outputs[i + 1]: "Z"}))
            == 1
        )


def test_non_clifford_register_by_state_vector():
    """An entangled two-qubit state that is no stabiliser state comes back, by Qiskit's own gates."""
    scheme = Parallel(Canonical(2, "ladder"), 2)
    user = QuantumCircuit(2)
    user.ry(0.7, 0)
    user.cx(0, 1)
    user.t(1)
    user.rx(1.1, 1)
    circuit = QuantumCircuit(scheme.num_qubits)
    circuit.compose(user, scheme.indices(scheme.inputs), inplace=True)
    for gate in scheme.prepare() + scheme.encrypt() + scheme.decrypt("S2"):
        for group in gate.target_groups():
            getattr(circuit, gate.name.lower())(*(t.value for t in group))
    outputs = scheme.indices(scheme.clone("S2").outputs)
    rest = [q for q in range(scheme.num_qubits) if q not in outputs]
    # Reorder so that the outputs are the two lowest qubits, then project the rest out exactly.
    state = Statevector(circuit)
    reduced = (
        state.data.reshape((2,) * scheme.num_qubits)
        .transpose([scheme.num_qubits - 1 - q for q in [*rest[::-1], *outputs[::-1]]])
        .reshape(-1, 4)
    )
    density = reduced.T @ reduced.conj()
    assert state_fidelity(Statevector(user), density) == pytest.approx(1, abs=1e-12)


@given(st.data())
def test_place_is_each_copy_by_itself(data):
    wires, copies = data.draw(st.integers(2, 5)), data.draw(st.integers(1, 4))
    base = Canonical(2, data.draw(st.sampled_from(SYNTHESES))).encrypt()
    wires = max(wires, base.num_qubits)
    rows = data.draw(st.permutations(range(wires * copies)))
    rows = [rows[c * wires : (c + 1) * wires] for c in range(copies)]
    placed = stim.Circuit(f"I {wires * copies - 1}") + place(base, rows)
    one_by_one = stim.Circuit(f"I {wires * copies - 1}")
    for row in rows:
        for gate in base:
            one_by_one.append(
                gate.name,
                [
                    t
                    if t.is_combiner
                    else (
                        stim.target_pauli(row[t.value], t.pauli_type) if t.pauli_type != "I" else row[t.value]
                    )
                    for t in gate.targets_copy()
                ],
            )
    assert placed.to_tableau() == one_by_one.to_tableau()


@pytest.mark.parametrize("stage", [lambda s: s.prepare(), lambda s: s.encrypt(), lambda s: s.decrypt("S1")])
def test_registers_are_wide_not_long(stage):
    """All copies share each instruction, so text is built in bulk: 230,000 wires, a few hundred lines."""
    one, register = Canonical(5_000), Parallel(Canonical(5_000), 23)
    assert len(stage(register)) == len(stage(one)) < 200
    assert register.num_qubits == len(register.wires) == 23 * one.num_qubits
