"""Programs in files against what OpenQASM's specification says, written down here as matrices."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator

from qclone.circuits import read_program
from qclone.errors import InvalidInputError, UnsupportedCircuitError

PI = np.pi


def program(tmp_path, text, name="program.qasm"):
    (tmp_path / name).write_text(text)
    return read_program(tmp_path / name)


def same_up_to_phase(circuit, matrix):
    return abs(abs(np.vdot(Operator(circuit).data, matrix)) - len(matrix)) < 1e-9


def controlled(u):
    """Qubit 0 controls qubit 1, in Qiskit's order: index bit i is qubit i."""
    whole = np.eye(4, dtype=complex)
    whole[np.ix_([1, 3], [1, 3])] = u
    return whole


def test_the_files_own_gates_win(tmp_path):
    """A gate of a library's name is what the file defines, under a control too: here T, not SX or Z."""
    t = np.diag([1, np.exp(0.25j * PI)])
    two = 'OPENQASM 2.0; include "qelib1.inc"; gate sx a { u1(pi/4) a; } qreg q[1]; sx q[0];'
    assert same_up_to_phase(program(tmp_path, two), t)
    three = "OPENQASM 3.0; gate z a { U(0, 0, pi/4) a; } qubit[2] q; ctrl @ z q[0], q[1];"
    assert same_up_to_phase(program(tmp_path, three), controlled(t))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [("", "It should hold a program to run."), ("OPENQASM 3.0;", "Declare at least one and act")],
)
def test_an_empty_program_is_told_what_a_program_is(tmp_path, text, remedy):
    with pytest.raises(UnsupportedCircuitError) as refused:
        program(tmp_path, text)
    assert refused.value.remedy.startswith(remedy)


def test_u_has_its_phase_under_a_control(tmp_path):
    """U(pi, 0, pi) is exp(i pi/2) times Qiskit's, which is X."""
    text = "OPENQASM 3.0; qubit[2] q; ctrl @ U(pi, 0, pi) q[0], q[1];"
    assert same_up_to_phase(program(tmp_path, text), controlled(1j * np.array([[0, 1], [1, 0]])))


def test_no_qubit_is_known_to_be_zero(tmp_path):
    """A reset that does nothing to a register discards what a program is given."""
    for text in (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; reset q[0]; h q[0];',
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; reset q[0]; h q[0];',
    ):
        with pytest.raises(UnsupportedCircuitError, match="is not unitary: line 1"):
            program(tmp_path, text)
    prepares = QuantumCircuit(1)
    prepares.prepare_state([0.6, 0.8], 0)
    with (tmp_path / "prepares.qpy").open("wb") as file:
        qpy.dump(prepares, file)
    with pytest.raises(UnsupportedCircuitError, match="it prepares a state"):
        read_program(tmp_path / "prepares.qpy")


def test_inputs_are_free_parameters(tmp_path):
    text = (
        'OPENQASM 3.0; include "stdgates.inc"; input float[64] theta; qubit[2] q; h q[0]; rz(2 * theta) q[1];'
    )
    circuit = program(tmp_path, text)
    (theta,) = circuit.parameters
    bound = QuantumCircuit(2)
    bound.h(0)
    bound.rz(0.6, 1)
    assert same_up_to_phase(circuit.assign_parameters({theta: 0.3}), Operator(bound).data)


def test_an_importer_that_reads_otherwise_is_not_believed(tmp_path):
    """It takes the file's own z for Z under a control, and U without its phase."""
    own = "gate z(a) q { U(0, 0, a) q; }"
    for gate in ("ctrl @ z(theta) q[0], q[1];", "ctrl @ U(theta, 0, 0) q[0], q[1];"):
        text = f"OPENQASM 3.0; input float[64] theta; {own} qubit[2] q; {gate}"
        with pytest.raises(UnsupportedCircuitError, match="free parameters, and Qiskit's importer"):
            program(tmp_path, text)


def test_qpy_keeps_parameters(tmp_path):
    circuit = QuantumCircuit(1)
    circuit.rz(Parameter("theta"), 0)
    with (tmp_path / "free.qpy").open("wb") as file:
        qpy.dump(circuit, file)
    assert [p.name for p in read_program(tmp_path / "free.qpy").parameters] == ["theta"]


@pytest.mark.parametrize(
    "text", ["", "no circuit", "OPENQASM 3.0; qubit q; h h h;", "OPENQASM 2.0; qreg q[2]; cx q[0] q[1];"]
)
def test_what_is_none_is_one_sentence(tmp_path, text):
    with pytest.raises(UnsupportedCircuitError) as raised:
        program(tmp_path, text)
    assert "NoneType" not in raised.value.message
    with pytest.raises(InvalidInputError, match="There is no file"):
        read_program(tmp_path / "missing.qasm")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rz(f(theta)) q[0];", "line 5: 'rz(f(theta)) q[0];' cannot be read"),
        ("while (theta > 0) { rz(theta) q[0]; }", "line 5: 'while (theta > 0)"),
        ("input int n; rx(theta) q[0];", "line 5: 'input int n;"),
    ],
)
def test_what_the_importer_cannot_read_is_said_in_the_words_of_the_file(tmp_path, line, said):
    path = tmp_path / "program.qasm"
    path.write_text(
        f'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float theta;\nqubit[1] q;\n{line}\nrz(theta) q[0];\n'
    )
    with pytest.raises(UnsupportedCircuitError) as error:
        read_program(path)
    assert said in error.value.message and "Qiskit" not in error.value.message
