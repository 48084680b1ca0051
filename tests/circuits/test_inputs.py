"""Inputs that once failed, each with its right state by dense algebra that knows no gate by its name."""

from functools import reduce
from pathlib import Path
from random import Random

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import AnnotatedOperation, ControlModifier, Gate
from qiskit.circuit import library as gates
from qiskit.quantum_info import DensityMatrix, Operator, SparsePauliOp, Statevector, random_clifford
from scipy.linalg import expm

from qclone.circuits import (
    compare,
    from_bytes,
    from_circuit,
    from_text,
    read_register,
    rehearse,
    to_stim,
    to_text,
)
from qclone.errors import UnsupportedCircuitError

INPUTS = Path(__file__).parents[1] / "data" / "inputs"
H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
X = np.array([[0, 1], [1, 0]])
T = np.diag([1, np.exp(0.25j * np.pi)])
CX = np.eye(4)[[0, 3, 2, 1]]  # control is qubit 0, the lowest bit
BELL = np.array([1, 0, 0, 1]) / np.sqrt(2)


def ry(a):
    return np.array([[np.cos(a / 2), -np.sin(a / 2)], [np.sin(a / 2), np.cos(a / 2)]])


def u(theta, phi, lam):
    """U of OpenQASM 3, by its specification."""
    e = np.exp
    return 0.5 * np.array(
        [
            [1 + e(1j * theta), -1j * e(1j * lam) * (1 - e(1j * theta))],
            [1j * e(1j * phi) * (1 - e(1j * theta)), e(1j * (phi + lam)) * (1 + e(1j * theta))],
        ]
    )


def on(a, b=None):
    """a on qubit 0, b on qubit 1."""
    return np.kron(np.eye(2) if b is None else b, a)


def controlled(matrix):
    whole = np.eye(4, dtype=complex)
    whole[np.ix_([1, 3], [1, 3])] = matrix
    return whole


def prepared(*matrices):
    return reduce(lambda state, matrix: matrix @ state, matrices, np.eye(len(matrices[0]))[0])


SWAPPED = np.eye(4)[[0, 2, 1, 3]]
RIGHT = {
    "01_nested_100": prepared(T, H),
    "03_own_swap": prepared(on(ry(0.7)), on(H), CX, on(np.eye(2), ry(0.4))),
    "04_gate_named_switch": prepared(on(T @ H), CX, SWAPPED @ CX @ SWAPPED),
    "07_controlled_U": prepared(on(H), controlled(u(0.9, 0.2, 0.3))),
    "10_no_version": BELL,
    "11_reset_first": BELL,
    "14_own_cu": np.array([1, 1, 1, np.exp(0.375j * np.pi)]) / 2,
    "15_register_p": BELL,
    "17_box": BELL,
    "17_const": np.full(8, 8**-0.5),
    "17_def": H[0],
    "17_for": np.eye(8)[0],
    "17_sin": ry(np.sin(np.pi / 3))[:, 0],
    "24_doubling_12": prepared(np.linalg.matrix_power(H @ T, 2048)),
    "27_own_rz_controlled": prepared(on(H, H), controlled(np.diag([1, np.exp(0.9j)]))),
}


def fidelity(a, b):
    return abs(np.vdot(a, b)) ** 2


@pytest.mark.parametrize("name", RIGHT)
def test_a_file_is_what_it_says(name):
    register = read_register(INPUTS / f"{name}.qasm")
    assert fidelity(register.state_vector, RIGHT[name]) > 1 - 1e-9
    text = to_text(register.circuit)
    assert fidelity(from_text(text).state_vector, RIGHT[name]) > 1 - 1e-9
    # The reading that verifies gets there on its own, from the file and from what comes back.
    if len(register.circuit.data) < 1000:
        assert compare(register.content, text.encode()) > 1 - 1e-9
    assert from_bytes(rehearse(register.circuit)).circuit == register.circuit


def test_the_second_reading_sees_another_state():
    wrong = b"OPENQASM 3.0; qubit[2] q; U(0.7, 0, 0) q[0];"
    found = compare((INPUTS / "03_own_swap.qasm").read_bytes(), wrong)
    right = RIGHT["03_own_swap"]
    assert found == pytest.approx(fidelity(right, np.kron([1, 0], ry(0.7)[:, 0])), abs=1e-12)
    assert found < 0.9
    assert "read by Qiskit's parser" in found.how


@pytest.mark.parametrize("text", ["h q[0];", "t q[0];\nh q[0];", "rz(0.3) q[0];\nh q[0];"])
def test_large_files_are_compared_by_stabilisers_or_call_by_call(text):
    chain = "".join(f"cx q[{i}],q[{i + 1}];\n" for i in range(39))
    head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[40];\n'
    register = from_text(f"{head}{text}\n{chain}")
    found = compare(register.content, to_text(register.circuit).encode())
    assert found == 1
    assert ("stabilisers" if text[0] == "h" else "call by call") in found.how
    if text[0] == "h":
        assert compare(register.content, f"{head}{text}\nz q[3];\n{chain}".encode()) == 1
        assert compare(register.content, f"{head}x q[3];\n{text}\n{chain}".encode()) == 0


def test_wide_registers_whose_bits_are_dropped():
    chain = "".join(f"cx q[{i}],q[{i + 1}];" for i in range(999))
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[1000]; creg c[1000]; h q[0]; {chain} measure q -> c;'
    register = from_text(text)
    assert register.num_qubits == 1000
    assert register.notices == ("Left out the final measurement of 1000 qubits.",)
    assert compare(register.content, to_text(register.circuit).encode()) == 1


def test_an_index_of_twenty_digits_and_a_qubit_used_twice():
    with pytest.raises(UnsupportedCircuitError, match="line 4: index 99999999999999999999 is out-of-range"):
        read_register(INPUTS / "26_big_index.qasm")
    with pytest.raises(UnsupportedCircuitError, match="'cx' acts on one qubit twice"):
        read_register(INPUTS / "28_damaged.qpy")


def own(name):
    """A gate of one's own under the name of Qiskit's: diag(1, exp(0.9 i))."""
    inside = QuantumCircuit(1, name=name)
    inside.p(0.9, 0)
    gate = Gate(name, 1, [])
    gate.definition = inside
    return gate


@pytest.mark.parametrize(("name", "annotated"), [("rz", True), ("h", True), ("h", False), ("z", False)])
def test_a_controlled_gate_of_ones_own_in_python(name, annotated):
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    operation = AnnotatedOperation(own(name), ControlModifier(1)) if annotated else own(name).control(1)
    circuit.append(operation, [0, 1])
    assert fidelity(from_circuit(circuit).state_vector, RIGHT["27_own_rz_controlled"]) > 1 - 1e-9


def test_an_evolution_has_one_meaning_which_is_said():
    circuit = QuantumCircuit(2)
    circuit.ry(0.4, 0)
    circuit.h(1)
    evolution = gates.PauliEvolutionGate(SparsePauliOp(["XX", "ZI"], [0.9, 0.7]), time=1.0)
    circuit.append(evolution, [0, 1])
    register = from_circuit(circuit)
    assert register.notices == (
        "An evolution of terms that do not commute is stored as its product formula (LieTrotter, 1 step), "
        "not as the exact exponential.",
    )
    xx, zi = (Operator.from_label(p).data for p in ("XX", "ZI"))
    product = expm(-0.7j * zi) @ expm(-0.9j * xx) @ on(ry(0.4), H)[:, 0]
    assert fidelity(register.state_vector, product) > 1 - 1e-9
    assert fidelity(from_text(to_text(register.circuit)).state_vector, product) > 1 - 1e-9
    commuting = QuantumCircuit(2)
    commuting.append(gates.PauliEvolutionGate(SparsePauliOp(["XX", "ZZ"], [0.9, 0.7])), [0, 1])
    assert not from_circuit(commuting).notices


LIBRARY = [
    gates.AndGate(3),
    gates.OrGate(3),
    gates.BitwiseXorGate(3, 5),
    gates.InnerProductGate(2),
    gates.ModularAdderGate(2),
    gates.HalfAdderGate(2),
    gates.FullAdderGate(1),
    gates.MultiplierGate(1),
    gates.IntegerComparatorGate(2, 2),
    gates.PhaseOracleGate("a & b"),
    gates.LinearPauliRotationsGate(2, 0.3, 0.2),
    gates.PolynomialPauliRotationsGate(2, [0.1, 0.2, 0.3]),
    gates.ExactReciprocalGate(2, 0.5),
    gates.GraphStateGate([[0, 1], [1, 0]]),
    gates.QFTGate(3),
    gates.C4XGate(),
    gates.MCXGate(5, ctrl_state=9),
    gates.MCPhaseGate(0.3, 3),
    gates.RC3XGate(),
    gates.XXPlusYYGate(0.3, 0.2),
    gates.iSwapGate().control(2, ctrl_state=1),
    gates.UGate(0.1, 0.2, 0.3).control(3, annotated=True),
]


@pytest.mark.parametrize("gate", LIBRARY, ids=lambda gate: type(gate).__name__)
def test_library_gates_come_back(gate):
    circuit = QuantumCircuit(gate.num_qubits)
    for i in range(gate.num_qubits):
        circuit.ry(0.3 + 0.2 * i, i)
    circuit.append(gate, range(gate.num_qubits))
    register = from_circuit(circuit)
    stored = rehearse(register.circuit)
    assert fidelity(from_bytes(stored).state_vector, Statevector(circuit).data) > 1 - 1e-9
    assert fidelity(from_text(to_text(register.circuit)).state_vector, Statevector(circuit).data) > 1 - 1e-9


def test_cliffords_permutations_and_boxes_of_any_size_in_stim():
    clifford = random_clifford(6, seed=1)
    circuit = QuantumCircuit(7)
    with circuit.box():
        circuit.append(clifford, range(6))
    circuit.append(gates.PermutationGate([1, 2, 3, 4, 5, 6, 0]), range(7))
    circuit.append(AnnotatedOperation(clifford, ControlModifier(0)), range(6))
    plain = QuantumCircuit(7)
    plain.compose(clifford.to_circuit(), range(6), inplace=True)
    plain.append(gates.PermutationGate([1, 2, 3, 4, 5, 6, 0]), range(7))
    plain.compose(clifford.to_circuit(), range(6), inplace=True)
    expected = Operator(plain).data[:, 0]
    found = to_stim(circuit).to_tableau().to_state_vector(endian="little")
    assert fidelity(found, expected) > 1 - 1e-5  # stim's amplitudes are in single precision
    assert fidelity(from_circuit(circuit).state_vector, expected) > 1 - 1e-9


BEFORE = ["", "x q[0]; x q[0];", "x q[0];", "h q[0]; cx q[0],q[1]; cx q[0],q[1]; h q[0];"]


@pytest.mark.parametrize("before", BEFORE)
def test_a_reset_that_discards_nothing(before):
    head = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; '
    text = f"{head}{before} reset q[0]; h q[0]; cx q[0],q[1];"
    assert fidelity(from_text(text).state_vector, BELL) > 1 - 1e-9
    with pytest.raises(UnsupportedCircuitError, match="'reset' discards a state"):
        from_text(f"{head}h q[0]; cx q[0],q[1]; reset q[0];")


def test_a_controlled_u_with_more_controls():
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    circuit.append(gates.CUGate(0.1, 0.2, 0.3, 0.4).control(2, ctrl_state=1, annotated=False), range(4))
    expected = np.full(16, 0.25, dtype=complex)
    # The controls that were added are the first: 1 and 0, then the CU's own, 1.
    places = [0b0101, 0b1101]
    expected[places] = np.exp(0.4j) * np.exp(-0.05j) * u(0.1, 0.2, 0.3) @ expected[places]
    assert fidelity(from_circuit(circuit).state_vector, expected) > 1 - 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_resets_among_other_gates(seed):
    """By Qiskit's density matrices: qubits that are used, given back and used again."""
    rng = Random(seed)
    circuit = QuantumCircuit(3)
    for _ in range(4):
        there = QuantumCircuit(3)
        for _ in range(3):
            a, b = rng.sample(range(3), 2)
            there.append(
                rng.choice([gates.CXGate(), gates.SwapGate(), gates.CHGate(), gates.CZGate()]), [a, b]
            )
            there.append(rng.choice([gates.HGate(), gates.XGate(), gates.TGate()]), [a])
        circuit.compose(there, inplace=True)
        circuit.x(0) if rng.random() < 0.5 else circuit.h(2)
        circuit.compose(there.inverse(), inplace=True)
        circuit.reset(rng.randrange(2))
    rho = DensityMatrix(circuit).data
    try:
        state = from_circuit(circuit).state_vector
    except UnsupportedCircuitError as error:
        assert "'reset' discards a state" in str(error)
    else:
        assert (state.conj() @ rho @ state).real > 1 - 1e-9


def test_a_qubit_that_is_given_back_a_thousand_times_and_a_thousand_registers():
    loop = "for int i in [1:3001] { U(pi, 0, pi) q[0]; reset q[0]; }"
    text = f"OPENQASM 3.0; qubit[2] q; {loop} U(pi, 0, pi) q[1];"
    assert abs(from_text(text).state_vector[2]) == pytest.approx(1)
    many = "".join(f"qreg q{i}[1];\n" for i in range(9000))
    assert from_text(f"OPENQASM 2.0;\n{many}U(pi,0,pi) q8999[0];").num_qubits == 9000


@pytest.mark.parametrize(
    ("dtype", "norm", "readable"),
    [
        (np.complex64, 1, True),
        (np.float32, 1, True),
        (np.float16, 1, True),
        (np.complex64, 1.00003, True),
        (np.complex128, 1.000002, False),
    ],
)
def test_amplitudes_in_any_precision(dtype, norm, readable, tmp_path):
    state = np.arange(1, 9) * (norm / np.linalg.norm(np.arange(1, 9)))
    np.save(tmp_path / "state.npy", state.astype(dtype))
    if readable:
        assert fidelity(read_register(tmp_path / "state.npy").state_vector, state) / norm**2 > 1 - 1e-5
    else:
        with pytest.raises(UnsupportedCircuitError, match=r"norm 1\.000002, not 1"):
            read_register(tmp_path / "state.npy")


def test_a_newer_qpy_is_not_called_damaged():
    content = bytearray(rehearse(from_text("OPENQASM 3.0; qubit q;").circuit))
    content[6] = qpy.common.QPY_VERSION + 5
    with pytest.raises(UnsupportedCircuitError, match=f"version {content[6]}, and this Qiskit reads up to"):
        from_bytes(bytes(content))
