"""Files with hostile names and their own gates under every name of the libraries: what the file says wins."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from qiskit import qasm2
from qiskit.quantum_info import Operator
from scipy.linalg import fractional_matrix_power

from qclone.circuits import compare, from_text, rehearse, to_text
from qclone.circuits._assembled import assembled
from qclone.circuits._body import unrolled
from qclone.circuits._modifiers import controlled, inverse, power
from qclone.circuits._words import WORDS

QELIB = (Path(qasm2.LEGACY_INCLUDE_PATH[0]) / "qelib1.inc").read_text()
STDGATES = (Path(qasm2.LEGACY_INCLUDE_PATH[0]) / "stdgates.inc").read_text()
LIBRARY_2 = re.findall(r"^gate (\w+)", QELIB, re.M)
LIBRARY_3 = re.findall(r"^gate (\w+)", STDGATES, re.M)
HOSTILE = [
    "switch",
    "case",
    "im",
    "void",
    "readonly",
    "default",
    "dim",
    "q0",
    "c",
    "_",
    "__init__",
    "pass",
    "def_",
]
KEYWORDS_3 = {"switch", "case", "im", "void", "readonly", "default", "dim", "pass"}
ANGLES = st.floats(-4, 4).map(lambda a: round(a, 3))


def own_body(qubits, angle, seed):
    """A body that no library gate has: rotations and entanglers on the given qubits."""
    lines = [f"U({angle + i:.3f}, {seed % 5 / 7:.3f}, {angle / 3:.3f}) {q};" for i, q in enumerate(qubits)]
    lines += [f"CX {a}, {b};" for a, b in itertools.pairwise(qubits)]
    return " ".join(lines)


@pytest.mark.parametrize("name", LIBRARY_2)
def test_every_gate_of_the_library_can_be_defined_anew_in_openqasm_2(name):
    signature = re.search(rf"^gate {name}\s*(\([^)]*\))?\s*([\w,\s]+?)\s*\{{", QELIB, re.M)
    params, qubits = signature[1] or "", [q.strip() for q in signature[2].split(",")]
    given = f"({', '.join(['0.3'] * (params.count(',') + 1))})" if params else ""
    operands = ", ".join(f"r[{i}]" for i in range(len(qubits)))
    body = own_body(qubits, 0.4, 3)
    start = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg r[{len(qubits)}];\n'
    prepare = "".join(f"U(0.{i + 3}, 0.2, 0.1) r[{i}];\n" for i in range(len(qubits)))
    own = from_text(
        f"{start}{prepare}gate {name}{params} {', '.join(qubits)} {{ {body} }}\n{name}{given} {operands};"
    )
    same = from_text(f"{start}{prepare}gate own_one {', '.join(qubits)} {{ {body} }}\nown_one {operands};")
    assert abs(np.vdot(own.state_vector, same.state_vector)) ** 2 > 1 - 1e-12
    assert compare(own.content, to_text(own.circuit).encode()) > 1 - 1e-9


@pytest.mark.parametrize("name", LIBRARY_3)
@pytest.mark.parametrize("modifier", ["", "ctrl @ ", "negctrl @ inv @ ", "pow(0.5) @ "])
def test_every_gate_of_the_library_can_be_defined_anew_in_openqasm_3(name, modifier):
    signature = re.search(rf"^gate {name}\s*(\([^)]*\))?\s*([\w,\s]+?)\s*\{{", STDGATES, re.M)
    params, qubits = signature[1] or "", [q.strip() for q in signature[2].split(",")]
    given = f"({', '.join(['0.3'] * (params.count(',') + 1))})" if params else ""
    extra = "ctrl" in modifier
    operands = ", ".join(f"r[{i}]" for i in range(len(qubits) + extra))
    body = own_body(qubits, 0.4, 3).replace("CX", "ctrl @ U(pi, 0.1, 0.2)")
    text = f"""OPENQASM 3.0;
gate {name}{params} {", ".join(qubits)} {{ {body} }}
qubit[{len(qubits) + extra}] r;
U(0.7, 0.2, 0.1) r;
{modifier}{name}{given} {operands};"""
    register = from_text(text)
    assert compare(register.content, to_text(register.circuit).encode()) > 1 - 1e-9


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_files_with_hostile_names(data):
    names = data.draw(st.lists(st.sampled_from(HOSTILE + LIBRARY_2), min_size=2, max_size=5, unique=True))
    version_2 = data.draw(st.booleans())
    reserved = {n for n in names if n.startswith("_")} if version_2 else KEYWORDS_3 & set(names)
    assume(len(names := [n for n in names if n not in reserved]) > 1)
    *own, register_name = names
    size = data.draw(st.integers(2, 4))
    lines, known = [], []
    for name in own:
        qubits = ["a", "b"][: data.draw(st.integers(1, 2))]
        body = own_body(qubits, data.draw(ANGLES), data.draw(st.integers(0, 9)))
        if not version_2:
            body = body.replace("CX", "ctrl @ U(pi, 0, pi)")
        inner = data.draw(st.sampled_from([k for k, n in known if n == len(qubits)] or [None]))
        body += f" {inner} {', '.join(qubits)};" if inner else ""
        lines.append(f"gate {name} {', '.join(qubits)} {{ {body} }}")
        known.append((name, len(qubits)))
    calls = []
    for name, count in known:
        places = data.draw(st.permutations(range(size)))[:count]
        calls.append(f"{name} {', '.join(f'{register_name}[{p}]' for p in places)};")
    head = 'OPENQASM 2.0;\ninclude "qelib1.inc";' if version_2 else "OPENQASM 3.0;"
    declared = f"qreg {register_name}[{size}];"
    text = "\n".join([head, *lines, declared, *calls])
    register = from_text(text)
    again = to_text(register.circuit)
    assert from_text(again).circuit == register.circuit
    rehearse(register.circuit)
    assert compare(text.encode(), again.encode()) > 1 - 1e-9


def matrix(part, size):
    return Operator(assembled(size, unrolled(part))).data


@settings(max_examples=25, deadline=None)
@given(
    word=st.sampled_from(sorted(WORDS)), count=st.integers(1, 3), exponent=st.floats(-2, 2), data=st.data()
)
def test_modifiers_are_those_of_matrices(word, count, exponent, data):
    size = WORDS[word].num_qubits
    params = tuple(data.draw(ANGLES) for _ in range(WORDS[word].num_params))
    values = [data.draw(st.integers(0, 1)) for _ in range(count)]
    here = tuple(range(size))
    dense = matrix((word, params, here), size)
    assert np.allclose(matrix(inverse((word, params, here)), size), dense.conj().T)
    moved = word, params, tuple(q + count for q in here)
    expected = np.eye(len(dense) << count, dtype=complex)
    met = [(i << count) | sum(v << k for k, v in enumerate(values)) for i in range(len(dense))]
    expected[np.ix_(met, met)] = dense
    assert np.allclose(matrix(controlled(moved, tuple(range(count)), values), size + count), expected)
    root = matrix(power((word, params, here), exponent), size)
    if np.min(np.abs(np.linalg.eigvals(dense) + 1)) > 1e-6:
        assert np.allclose(root, fractional_matrix_power(dense, exponent), atol=1e-7)


def test_brackets_of_any_depth():
    angle = "(" * 40 + "0.3" + ")" * 40
    text = f"""OPENQASM 2.0; include "qelib1.inc"; qreg q[1];
gate own(t) a {{ ry({angle.replace("0.3", "t")}) a; }}
ry(sin({angle})) q[0]; own(2*({angle})) q[0];"""
    half = (np.sin(0.3) + 0.6) / 2
    assert np.allclose(from_text(text).state_vector, [np.cos(half), np.sin(half)])


def test_a_thousand_levels_of_gates_and_a_million_calls_of_one():
    levels = "gate w0 a { t a; h a; }\n" + "".join(f"gate w{i} a {{ w{i - 1} a; }}\n" for i in range(1, 1000))
    for head, qubit in (
        ('OPENQASM 2.0;\ninclude "qelib1.inc";\n', "qreg q[1];"),
        ("OPENQASM 3.0;\n", "qubit[1] q;"),
    ):
        include = "" if "2.0" in head else 'include "stdgates.inc";\n'
        assert dict(from_text(f"{head}{include}{levels}{qubit}\nw999 q[0];").circuit.count_ops()) == {
            "t": 1,
            "h": 1,
        }
