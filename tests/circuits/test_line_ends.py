"""Where lines, comments, pragmas and annotations end: as the language's own lexer has it."""

import openqasm3
import pytest
from openqasm3 import ast
from qiskit import qasm2

from qclone.circuits import compare, from_text
from qclone.errors import UnsupportedCircuitError

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n'


def flips(text):
    """The qubits that `x` is applied to, by the parser of the language and nothing else."""
    done = [n for n in openqasm3.parse(text).statements if isinstance(n, ast.QuantumGate)]
    return [int(gate.qubits[0].indices[0][0].value) for gate in done if gate.name.name == "x"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "lines",
    [
        ["x q[0]; // x q[1];", "x q[2];"],
        ["// a comment", "x q[0];", "/* x q[1];", "*/ x q[2];"],
        ["x q[0]; @note x; x q[1];", "x q[2];"],
        ["x q[0]; @note x; // x q[1];", "int n = 1;", "x q[2];"],
        ["x q[0]; pragma a; x q[1];", "int n = 1;", "x q[2];"],
        ["x q[0]; #pragma a; x q[1];", "x q[2];"],
        ["box { @note } x q[1];", "x q[0]; x q[0]; }", "x q[0]; x q[2];"],
        ["@note /*", "x q[0]; /* x q[1]; */", "x q[2];"],
    ],
)
def test_what_a_line_holds(lines, end):
    text = (HEAD + "\n".join([*lines, ""])).replace("\n", end)
    assert flips(text) == [0, 2]
    state = from_text(text).state_vector
    assert abs(state[0b101]) == 1
    assert compare(text.encode(), (HEAD + "x q[0]; x q[2];").encode()) == pytest.approx(1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_openqasm_2(end):
    text = 'OPENQASM 2.0; // x\ninclude "qelib1.inc";\nqreg q[3]; // x q[1];\nx q[0];\n// x\nx q[2];\n'
    # Qiskit's parser is given line feeds, as Python's own reading of text files makes them.
    (first, second) = qasm2.loads(text).data
    assert [first.qubits[0]._index, second.qubits[0]._index] == [0, 2]
    assert abs(from_text(text.replace("\n", end)).state_vector[0b101]) == 1


def test_a_comment_that_readers_end_at_two_places():
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\n// one\rx q[0];\n'
    with pytest.raises(UnsupportedCircuitError, match="line 4: a carriage return stands in a comment"):
        from_text(text)
    assert from_text(text.replace("\rx", "\r// x")).state_vector[0] == 1
