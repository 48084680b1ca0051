"""stim <-> Qiskit; coverage is read off stim's own gate table and Qiskit's own list of standard gates."""

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford, Operator, Pauli, SparsePauliOp, random_clifford
from scipy.linalg import expm

from qclone.circuits import to_qiskit, to_stim
from qclone.errors import UnsupportedCircuitError

GATES = stim.gate_data()
UNITARY = [name for name, gate in GATES.items() if gate.is_unitary and not gate.takes_pauli_targets]
IGNORED = {"TICK", "QUBIT_COORDS", "SHIFT_COORDS", "DETECTOR", "OBSERVABLE_INCLUDE", "REPEAT", "M", "R"}
REFUSED = set(GATES) - set(UNITARY) - IGNORED - {"SPP", "SPP_DAG"}


def targets_of(gate: stim.GateData) -> str:
    if gate.takes_pauli_targets:
        return "X0*Y1"
    return "0 1" if gate.is_two_qubit_gate else "0"


@pytest.mark.parametrize("name", UNITARY)
def test_every_unitary_gate_is_converted_to_its_matrix(name):
    circuit = stim.Circuit(f"{name} {targets_of(GATES[name])}")
    assert np.allclose(Operator(to_qiskit(circuit)).data, GATES[name].unitary_matrix, atol=1e-6)


@pytest.mark.parametrize("name", UNITARY)
def test_every_unitary_gate_comes_back(name):
    circuit = stim.Circuit(f"{name} {targets_of(GATES[name])}")
    back = to_stim(to_qiskit(circuit))
    assert back.to_tableau() == circuit.to_tableau()
    # One gate, however it is written: CX for XCZ.
    assert sum(len(g.target_groups()) for g in back) == 1


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_everything_else_in_the_table_is_refused_by_name_and_position(name):
    low = GATES[name].num_parens_arguments_range[0]
    arguments = f"({', '.join(['0.01'] * low)})" if low else ""
    circuit = stim.Circuit(f"H 0\n{'E(0.1) X0' if name == 'ELSE_CORRELATED_ERROR' else 'S 0'}")
    circuit.append_from_stim_program_text(
        f"{name}{arguments} {'0' if name == 'MPAD' else targets_of(GATES[name])}"
    )
    refused = "E" if name == "ELSE_CORRELATED_ERROR" else name
    with pytest.raises(UnsupportedCircuitError, match=rf"Instruction [23], '{refused}'"):
        to_qiskit(circuit)


def test_measurement_reset_ticks_repeats_and_annotations():
    converted = to_qiskit(stim.Circuit("REPEAT 3 {\n H 0\n TICK\n}\nR 1\nM !0 1\nDETECTOR rec[-1]"))
    assert converted.count_ops() == {"h": 3, "barrier": 3, "x": 2, "measure": 2, "reset": 1}
    back = to_stim(converted)
    assert back == stim.Circuit("H 0\nTICK\nH 0\nTICK\nH 0\nTICK\nR 1\nX 0\nM 0\nX 0\nM 1")


@given(
    letters=st.text("XYZ", min_size=1, max_size=4),
    signs=st.tuples(*[st.sampled_from([1, -1])] * 2),
    seed=st.integers(0),
)
def test_spp_is_the_exponential(letters, signs, seed):
    inverted, dagger = signs
    wires = np.random.default_rng(seed).permutation(5)[: len(letters)]
    product = "*".join(f"{p}{w}" for p, w in zip(letters, wires, strict=True))
    circuit = stim.Circuit(f"{'SPP' if dagger == 1 else 'SPP_DAG'} {'' if inverted == 1 else '!'}{product}")
    label = ["I"] * 5
    for p, w in zip(letters, wires, strict=True):
        label[4 - w] = p
    pauli = inverted * Pauli("".join(label)).to_matrix()
    # SPP P leaves P = +1 alone and multiplies P = -1 by i.
    expected = np.exp(1j * dagger * np.pi / 4) * expm(-1j * dagger * np.pi / 4 * pauli)
    assert np.allclose(Operator(to_qiskit(circuit, 5)).data, expected)


def test_spp_of_a_product_that_cancels_is_a_phase():
    assert np.allclose(Operator(to_qiskit(stim.Circuit("SPP X0*X0"), 1)).data, np.eye(2))
    assert np.allclose(Operator(to_qiskit(stim.Circuit("SPP !X0*X0"), 1)).data, 1j * np.eye(2))


def test_a_product_that_is_not_hermitian_is_refused():
    with pytest.raises(UnsupportedCircuitError, match="product that is not Hermitian") as refused:
        to_qiskit(stim.Circuit("SPP X0*Z0"))
    assert refused.value.remedy.endswith("such as Y0 for X0*Z0.")


@pytest.mark.parametrize("name", get_standard_gate_name_mapping())
def test_every_standard_gate_of_qiskit_at_every_clifford_angle(name):
    gate = get_standard_gate_name_mapping()[name]
    if not gate.name or name in ("delay", "measure", "reset"):
        circuit = QuantumCircuit(1, 1)
        circuit.append(gate if name != "delay" else type(gate)(10), [0], [0] * gate.num_clbits)
        assert str(to_stim(circuit)) == {"delay": "I 0", "measure": "M 0", "reset": "R 0"}[name]
        return
    for quarter in range(-4, 5):
        circuit = QuantumCircuit(gate.num_qubits)
        circuit.append(
            type(gate)(*[quarter * np.pi / 2] * len(gate.params)) if gate.params else gate, circuit.qubits
        )
        try:
            expected = Clifford.from_operator(Operator(circuit))
        except QiskitError as error:
            assert "Non-Clifford" in str(error)
            with pytest.raises(
                UnsupportedCircuitError, match=f"Instruction 1, {circuit.data[0].operation.name!r}"
            ):
                to_stim(circuit)
        else:
            if gate.num_qubits:
                size = stim.Circuit(f"I {gate.num_qubits - 1}")
                unitary = (size + to_stim(circuit)).to_tableau().to_unitary_matrix(endian="little")
                assert Clifford.from_operator(Operator(unitary)) == expected


@given(seed=st.integers(0, 2**32 - 1), num_qubits=st.integers(1, 6))
def test_random_cliffords_of_qiskit(seed, num_qubits):
    clifford = random_clifford(num_qubits, seed=seed)
    converted = stim.Circuit(f"I {num_qubits - 1}") + to_stim(clifford.to_circuit())
    _, _, _, _, x_signs, z_signs = converted.to_tableau().to_numpy()
    x2x, x2z, z2x, z2z, *_ = converted.to_tableau().to_numpy()
    assert np.array_equal(clifford.destab_x, x2x)
    assert np.array_equal(clifford.destab_z, x2z)
    assert np.array_equal(clifford.stab_x, z2x)
    assert np.array_equal(clifford.stab_z, z2z)
    assert np.array_equal(clifford.destab_phase, x_signs)
    assert np.array_equal(clifford.stab_phase, z_signs)


def test_gates_of_any_making():
    circuit = QuantumCircuit(3)
    circuit.append(UnitaryGate(Operator(random_clifford(3, seed=7)).data), [2, 0, 1])
    circuit.append(PauliEvolutionGate(SparsePauliOp("XYZ"), time=np.pi / 4), [0, 1, 2])
    inner = QuantumCircuit(2, name="inner")
    inner.ecr(0, 1)
    inner.rzz(np.pi / 2, 0, 1)
    circuit.append(inner.to_gate(), [2, 1])
    unitary = to_stim(circuit).to_tableau().to_unitary_matrix(endian="little")
    assert Operator(circuit).equiv(Operator(unitary), atol=1e-5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda c: c.t(0), "Instruction 2, 't', is not a Clifford gate"),
        (lambda c: c.rz(np.pi / 2 + 1e-5, 0), "Instruction 2, 'rz', is not a Clifford gate"),
        (lambda c: c.ccx(0, 1, 2), "Instruction 2, 'ccx', is not a Clifford gate"),
        (lambda c: c.rx(Parameter("a"), 0), "Instruction 2, 'rx', has a free parameter"),
        (
            lambda c: c.if_test((c.clbits[0], 1), QuantumCircuit(1), [0], []),
            "'if_else', depends on classical bits",
        ),
    ],
)
def test_refuses_what_is_not_clifford(build, message):
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    build(circuit)
    with pytest.raises(UnsupportedCircuitError, match=message):
        to_stim(circuit)


def test_refuses_gates_controlled_by_outcomes():
    with pytest.raises(UnsupportedCircuitError, match="Instruction 2, 'CX', is controlled by an outcome"):
        to_qiskit(stim.Circuit("M 0\nCX rec[-1] 1"))


def test_a_hundred_thousand_gates():
    circuit = stim.Circuit("CX " + " ".join(f"{i} {i + 1}" for i in range(2000)) + "\nTICK\nH 0") * 50
    assert to_stim(to_qiskit(circuit)) == circuit.flattened()
