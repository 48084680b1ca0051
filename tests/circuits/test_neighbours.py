"""Exchange with neighbours: what is written loads there with the same state, and what they write can be put.

The packages are not among qclone's own: docs/dependencies.md says how to run these tests.
"""

import json
from contextlib import redirect_stdout
from io import StringIO
from urllib.parse import unquote

import numpy as np
import pytest
import stim
from qiskit import QuantumCircuit, QuantumRegister
from qiskit.quantum_info import Operator, Statevector

from qclone.circuits import (
    compare,
    crumble_link,
    from_circuit,
    from_text,
    quirk_link,
    round_trip,
    stages,
    to_text,
)
from qclone.circuits._words import WORDS
from qclone.errors import UnsupportedCircuitError
from qclone.scheme import Canonical


def every_word(seed=1):
    """A circuit that says every plain word, on three qubits."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(3)
    for word in WORDS.values():
        places = rng.permutation(3)[: word.num_qubits]
        circuit.append(word.kind(*rng.uniform(-3, 3, word.num_params)), places.tolist())
        circuit.ry(0.3, 0)
    circuit.barrier()
    return circuit


def registers_named_like_words():
    """Registers whose names are words of one language or another."""
    words = ["qubit", "bit", "angle", "float", "input", "gate", "swap", "let", "angle2", "phaseshift"]
    circuit = QuantumCircuit(*(QuantumRegister(1, word) for word in words))
    circuit.h(0)
    for qubit in range(1, len(words)):
        circuit.cry(0.3 * qubit, qubit - 1, qubit)
    return circuit


def scheme_circuit():
    return round_trip(Canonical(2), "S1", state=np.array([0.6, 0.8j]))


CIRCUITS = pytest.mark.parametrize("make", [every_word, scheme_circuit, registers_named_like_words])


def fidelity(a, b):
    return abs(np.vdot(a, b)) ** 2


def reversed_bits(state):
    """Qubit 0 as the highest bit of the index, as most neighbours have it, or back."""
    k = int(np.log2(len(state)))
    return np.asarray(state).reshape((2,) * k).transpose().reshape(-1)


@CIRCUITS
def test_openqasm_2_in_qiskit(make):
    from qiskit import qasm2

    circuit = make()
    # By default the gates of its library are those of the paper that defined the language, without swaps.
    back = qasm2.loads(to_text(circuit, "qasm2"))
    assert fidelity(Statevector(back), Statevector(circuit)) > 1 - 1e-9
    assert fidelity(from_text(to_text(circuit, "qasm2")).state_vector, Statevector(circuit)) > 1 - 1e-9


@CIRCUITS
def test_openqasm_3_in_qiskit(make):
    qasm3 = pytest.importorskip("qiskit.qasm3")
    pytest.importorskip("qiskit_qasm3_import")
    circuit = make()
    assert Operator(qasm3.loads(to_text(circuit))).equiv(Operator(circuit))


@CIRCUITS
def test_cirq(make):
    cirq = pytest.importorskip("cirq")
    from cirq.contrib.qasm_import import circuit_from_qasm

    circuit = make()
    theirs = circuit_from_qasm(to_text(circuit, "cirq"))
    names = [line.split()[1].rstrip(";") for line in to_text(circuit, "cirq").splitlines() if "qreg" in line]
    order = [
        cirq.NamedQubit(f"{n.split('[')[0]}_{i}") for n in names for i in range(int(n.split("[")[1][:-1]))
    ]
    state = theirs.final_state_vector(qubit_order=order, dtype=np.complex128)
    assert fidelity(reversed_bits(state), Statevector(circuit)) > 1 - 1e-9


def test_from_cirq():
    cirq = pytest.importorskip("cirq")
    qubits = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(
        cirq.H(qubits[0]),
        cirq.ISWAP(qubits[0], qubits[1]) ** 0.5,
        cirq.CCX(*qubits),
        cirq.PhasedXPowGate(phase_exponent=0.2, exponent=0.3)(qubits[2]),
        cirq.X(qubits[1]) ** -0.5,
        cirq.FSimGate(0.3, 0.2)(qubits[1], qubits[2]),
    )
    state = circuit.final_state_vector(dtype=np.complex128)
    assert fidelity(reversed_bits(from_text(circuit.to_qasm()).state_vector), state) > 1 - 1e-6


@CIRCUITS
def test_pytket(make):
    pytest.importorskip("pytket")
    from pytket.qasm import circuit_from_qasm_str

    circuit = make()
    theirs = circuit_from_qasm_str(to_text(circuit, "pytket"))
    # Its qubits are in the order of their names.
    order = [q.reg_name + str(q.index[0]) for q in theirs.qubits]
    written = from_text(to_text(circuit, "pytket"))
    declared = [
        name.split("[")[0] + str(i)
        for name in (line.split()[1] for line in to_text(circuit, "pytket").splitlines() if "qreg" in line)
        for i in range(int(name.split("[")[1][:-2]))
    ]
    ours = np.asarray(written.state_vector).reshape((2,) * written.num_qubits).transpose()
    ours = ours.transpose([declared.index(name) for name in order]).reshape(-1)
    assert fidelity(theirs.get_statevector(), ours) > 1 - 1e-9
    assert fidelity(written.state_vector, Statevector(circuit)) > 1 - 1e-9


@pytest.mark.parametrize("header", ["qelib1", "hqslib1"])
def test_from_pytket(header):
    pytket = pytest.importorskip("pytket")
    from pytket.passes import AutoRebase
    from pytket.qasm import circuit_to_qasm_str

    circuit = (
        pytket.Circuit(3).H(0).CX(0, 1).Ry(0.3, 2).CRz(0.2, 0, 2).CCX(0, 1, 2).SWAP(0, 2).ZZPhase(0.4, 0, 1)
    )
    if header == "hqslib1":
        AutoRebase({pytket.OpType.PhasedX, pytket.OpType.Rz, pytket.OpType.ZZPhase}).apply(circuit)
    register = from_text(circuit_to_qasm_str(circuit, header=header))
    assert fidelity(reversed_bits(register.state_vector), circuit.get_statevector()) > 1 - 1e-9


@CIRCUITS
def test_braket(make):
    pytest.importorskip("braket.default_simulator")
    from braket.default_simulator import StateVectorSimulator
    from braket.ir.openqasm import Program

    circuit = make()
    text = to_text(circuit, "braket") + "#pragma braket result state_vector\n"
    result = StateVectorSimulator().run_openqasm(Program(source=text), shots=0)
    state = np.asarray(result.resultTypes[0].value)
    assert fidelity(reversed_bits(state), Statevector(circuit)) > 1 - 1e-9


def test_from_braket():
    braket = pytest.importorskip("braket.circuits")
    from braket.circuits.serialization import IRType

    circuit = braket.Circuit().h(0).cnot(0, 1).v(1).vi(2).ecr(0, 2).iswap(1, 2).xx(0, 1, 0.3).yy(1, 2, 0.2)
    circuit.zz(0, 2, 0.4).xy(0, 1, 0.7).pswap(0, 2, 0.5).gpi(0, 0.3).gpi2(1, 0.2).ms(0, 1, 0.1, 0.2, 0.3)
    circuit.prx(2, 0.4, 0.6).cphaseshift00(0, 1, 0.3).cphaseshift01(1, 2, 0.2).cphaseshift10(0, 2, 0.1)
    circuit.ccnot(0, 1, 2).cv(0, 1).phaseshift(0, 0.3).si(1).ti(2).i(0)
    source = circuit.to_ir(IRType.OPENQASM).source
    expected = circuit.to_unitary()[:, 0]
    assert fidelity(reversed_bits(from_text(source).state_vector), expected) > 1 - 1e-9


@CIRCUITS
def test_pennylane(make):
    qml = pytest.importorskip("pennylane")
    circuit = make()
    text = to_text(from_circuit(circuit).circuit, "pennylane")
    size = circuit.num_qubits
    load = qml.from_qasm3(text)

    @qml.qnode(qml.device("default.qubit", wires=[f"q[{i}]" for i in range(size)]))
    def state():
        load()
        return qml.state()

    assert fidelity(reversed_bits(state()), Statevector(circuit)) > 1 - 1e-9


def test_from_pennylane():
    qml = pytest.importorskip("pennylane")

    @qml.qnode(qml.device("default.qubit", wires=3))
    def state():
        qml.Hadamard(0)
        qml.IsingXX(0.3, wires=[0, 1])
        qml.Toffoli([0, 1, 2])
        qml.Rot(0.1, 0.2, 0.3, wires=2)
        qml.CRY(0.4, wires=[2, 0])
        return qml.state()

    register = from_text(qml.to_openqasm(state, measure_all=False)())
    assert fidelity(reversed_bits(register.state_vector), state()) > 1 - 1e-9


def test_from_cuda_q():
    """As `cudaq.translate(kernel, format="openqasm2")` writes a kernel."""
    text = """// Code generated by NVIDIA's nvq++ compiler
OPENQASM 2.0;

include "qelib1.inc";

gate ry_of(param0) q0 {
  ry(param0) q0;
}

qreg var0[2];
ry_of(5.900000e-01) var0[0];
cx var0[0], var0[1];
creg var3[2];
measure var0 -> var3;
"""
    register = from_text(text)
    assert np.allclose(register.state_vector, [np.cos(0.295), 0, 0, np.sin(0.295)])
    assert compare(register.content, to_text(register.circuit).encode()) > 1 - 1e-9


def whole():
    built = stages(Canonical(2), "S1")
    return built["prepare"] + built["encrypt"] + built["decrypt"]


def test_crumble_reads_what_stim_writes():
    link = crumble_link(whole())
    content = link.partition("#circuit=")[2]
    again = stim.Circuit(content.replace(";", "\n").replace("_", " "))
    assert again.to_tableau() == whole().to_tableau()
    assert " " not in link
    assert "\n" not in link


def test_quirk_has_the_same_columns():
    content = unquote(quirk_link(whole()).partition("#circuit=")[2])
    one = {"X": "x", "Y": "y", "Z": "z", "H": "h", "Z^½": "s", "Z^-½": "sdg", "X^½": "sx", "X^-½": "sxdg"}
    circuit = QuantumCircuit(5)
    for column in json.loads(content)["cols"]:
        places = [i for i, gate in enumerate(column) if gate != 1]
        gates = [column[i] for i in places]
        if "•" in gates:
            control = places[gates.index("•")]
            (target,) = [i for i in places if i != control]
            getattr(circuit, f"c{column[target].lower()}")(control, target)
        elif gates == ["Swap", "Swap"]:
            circuit.swap(*places)
        else:
            getattr(circuit, one[gates[0]])(places[0])
    expected = whole().to_tableau().to_unitary_matrix(endian="little")
    assert Operator(circuit).equiv(Operator(expected.astype(complex)), atol=1e-5)


def test_quirk_refuses_what_it_has_not():
    with pytest.raises(UnsupportedCircuitError, match="17 qubits"):
        quirk_link(stim.Circuit("H 16"))
    with pytest.raises(UnsupportedCircuitError, match="no gate 'R'"):
        quirk_link(stim.Circuit("R 0"))


def measured(form):
    """As `qclone circuit --measure` writes it."""
    from qclone.cli import main

    with redirect_stdout(StringIO()) as printed:
        main(["circuit", "--clones", "2", "--reference", "--measure", "--format", form, "-q"])
    return printed.getvalue()


def in_cirq(text):
    cirq = pytest.importorskip("cirq")
    from cirq.contrib.qasm_import import circuit_from_qasm

    found = cirq.Simulator(seed=1).run(circuit_from_qasm(text), repetitions=100).measurements
    return np.hstack([found[key] for key in sorted(found)])


def in_pytket(text):
    pytest.importorskip("pytket")
    from pytket import OpType
    from pytket.qasm import circuit_from_qasm_str

    circuit = circuit_from_qasm_str(text)
    assert [str(bit) for bit in circuit.bits] == ["outcome[0]", "outcome[1]"]
    assert circuit.n_gates_of_type(OpType.Measure) == 2


def in_braket(text):
    pytest.importorskip("braket.default_simulator")
    from braket.default_simulator import StateVectorSimulator
    from braket.ir.openqasm import Program

    found = StateVectorSimulator().run_openqasm(Program(source=text), shots=100)
    return np.array(found.measurements, int)


def in_pennylane(text):
    qml = pytest.importorskip("pennylane")
    load = qml.from_qasm3(text)
    tape = qml.tape.make_qscript(load)()
    assert sum(op.name == "MidMeasureMP" for op in tape.operations) == 2


@pytest.mark.parametrize(
    "form, read",
    {"cirq": in_cirq, "pytket": in_pytket, "braket": in_braket, "pennylane": in_pennylane}.items(),
)
def test_measurements_come_along(form, read):
    """R and the decrypted clone agree in every shot, where the neighbour runs it without more."""
    bits = read(measured(form))
    if bits is not None:
        assert bits.shape == (100, 2) and (bits[:, 0] == bits[:, 1]).all() and 0 < bits.sum() < 200


def test_pennylane_measures_whole_registers():
    circuit = QuantumCircuit(2, 2)
    circuit.measure(0, 0)
    with pytest.raises(UnsupportedCircuitError, match="only whole ones"):
        to_text(circuit, "pennylane")
