"""OpenQASM 3 beyond gates: what is run at reading, what is refused and with which words."""

import numpy as np
import pytest

from qclone.circuits import _program3, _second_reading, compare, from_text, to_text
from qclone.errors import UnsupportedCircuitError

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


@pytest.mark.parametrize(
    ("program", "plain"),
    [
        (
            "const int n = 3; qubit[n] q; for uint i in [0:n - 2] { cx q[i], q[i + 1]; }",
            "qubit[3] q; cx q[0], q[1]; cx q[1], q[2];",
        ),
        (
            "qubit[4] q; let even = q[0:2:3]; h even; let two = q[1] ++ q[{3}]; x two;",
            "qubit[4] q; h q[0]; h q[2]; x q[1]; x q[3];",
        ),
        ("qubit q; float a = 0.5; a *= 2.0; a = a ** 3 + sin(pi / 2); ry(a) q;", "qubit q; ry(2.0) q;"),
        (
            "qubit[2] q; def bell(qubit a, qubit b, float t) { ry(t) a; cx a, b; } bell(q[1], q[0], 0.3);",
            "qubit[2] q; ry(0.3) q[1]; cx q[1], q[0];",
        ),
        (
            "qubit q; int i = 0; while (i < 3) { i += 1; if (i == 2) { continue; } t q; } h q;",
            "qubit q; t q; t q; h q;",
        ),
        ("qubit[3] q; for int i in {2, 0} { x q[i]; }", "qubit[3] q; x q[2]; x q[0];"),
        ("qubit q; uint[2] i = 5; switch (i) { case 1 { x q; } default { h q; } }", "qubit q; x q;"),
        (
            'qubit[2] q; bit[2] c = "10"; if (c[1]) { x q[0]; } if (c == 2) { h q[1]; }',
            "qubit[2] q; x q[0]; h q[1];",
        ),
        ("qubit q; array[float, 2, 2] a = {{0.1, 0.2}, {0.3, 0.4}}; ry(a[1, 0]) q;", "qubit q; ry(0.3) q;"),
        (
            "qubit[2] q; gate two(a) x, y { for int i in [1:3] { rx(a * i) x; } cx x, y; } "
            "two(0.1) q[0], q[1];",
            "qubit[2] q; rx(0.6) q[0]; cx q[0], q[1];",
        ),
        (
            "qubit[3] q; h q[-1]; reset q[0]; box { ctrl(2) @ x q[2], q[1], q[0]; } "
            "barrier q; delay[10ns] q[0];",
            "qubit[3] q; h q[2]; ccx q[2], q[1], q[0];",
        ),
        ("qubit q; angle[32] a = pi / 4; rz(2 * a) q; h q; end; x q;", "qubit q; rz(pi / 2) q; h q;"),
        ("qubit q; pow(1/2.0) @ x q; pow(-2) @ t q; inv @ pow(3) @ s q;", "qubit q; sx q; sdg q; s q;"),
        ("h $2; cx $2, $0;", "qubit[3] q; h q[2]; cx q[2], q[0];"),
        ("pragma keep this; x $0;\nqubit q;\n@note h q; x q;\nx q;", "qubit q; x q;"),
        # Names of constants that look like parts of numbers.
        ("qubit q; const float p = 0.3; const int e = 2; rx(p) q; rx(e * p) q;", "qubit q; rx(0.9) q;"),
        ("qubit q;\npragma not a comment /*\nx q;\n// */\n", "qubit q; x q;"),
    ],
)
def test_what_is_run_at_reading(program, plain):
    register, expected = from_text(HEAD + program), from_text(HEAD + plain)
    assert abs(np.vdot(register.state_vector, expected.state_vector)) ** 2 > 1 - 1e-9
    assert compare(register.content, to_text(expected.circuit).encode()) > 1 - 1e-9


# By the specification's sections on types and classical instructions, some of them its own examples.
@pytest.mark.parametrize(
    ("classical", "angle"),
    [
        ("array[float, 2] a = {0.1, 0.2}; array[float, 2] b; b = a; b[0] = 0.7; float t = a[0];", 0.1),
        ("array[int, 2] a = {1, 2}; a[0] = 2.7; int t = a[0];", 2),
        ("array[float, 2] a = {1, 2}; a[0] = 1; float t = a[0] / 2;", 0.5),
        ("array[uint[2], 2] a = {1, 5}; a[0] = 7; uint t = a[0] + a[1];", 0),
        ("array[int, 2, 2] a = {{1, 2}, {3, 4}}; a[0][0:1] = a[1]; a[1, 0] = 9; int t = a[0, 0];", 3),
        (
            "def f(mutable array[int, #dim = 1] x) { x[1] = 4; } array[int, 2] a; f(a); int t = a[1];",
            4,
        ),
        ("float t = floor(3.7) / 2 + ceiling(0.2) / 4;", 1.75),
        ("int a = -7; int t = a % 3 + 10 * mod(a, 2) + 100 * (a / 2);", -311),
        ("uint[4] a = 3; uint t = ~a;", 12),
        ("uint[4] a = 3; uint[4] b = 5; uint t = a - b;", 14),
        ('bit[8] a = "10001111"; uint[8] t = a << 1;', 0b00011110),
        ('bit[8] a = "10001111"; uint[8] t = rotl(a, 2);', 0b00111110),
        ("uint[6] b = 37; uint[6] t = rotl(b, 3) + 50 * popcount(b);", (44 + 150) % 64),
        ('bit[8] a = "10001111"; bit[8] b = "01110000"; uint[8] t = a | b;', 255),
        ('bit[8] a = "10001111"; int t = 0; if ((a << 4) == 240) { t = 1; }', 1),
        ("angle[4] a = 7 * (pi / 8); angle[4] b = pi / 8; angle[4] t = b - a;", 5 * np.pi / 4),
        ("angle[4] a = 7 * (pi / 8); uint[4] two = 2; angle[4] t = a / two;", 3 * np.pi / 8),
        ("angle[4] c = 5 * (pi / 4); uint[4] two = 2; angle[4] t = two * c;", np.pi / 2),
        ("angle[4] c = 5 * (pi / 4); angle[4] b = pi / 8; uint[4] t = c / b;", 10),
        ("angle a = 3 * pi / 2; float t = 0; if (2 * a == pi) { t = (a + a) / 2; }", np.pi / 2),
        ("angle[4] b = pi / 4; angle[4] t = -b;", 7 * np.pi / 4),
    ],
)
def test_values_of_every_type(classical, angle):
    state = from_text(f"{HEAD}qubit q; {classical} ry(t) q;").state_vector
    expected = [np.cos(angle / 2), np.sin(angle / 2)]
    assert abs(np.vdot(state, expected)) ** 2 > 1 - 1e-9


@pytest.mark.parametrize("turn", ["2*pi", "-2*pi"])
def test_the_root_of_a_whole_turn(turn):
    register = from_text(f"{HEAD}qubit q; h q; pow(0.5) @ rz({turn}) q;")
    assert np.allclose(np.abs(np.vdot(register.state_vector, [0.5**0.5, 0.5**0.5])), 1)
    assert compare(register.content, to_text(register.circuit).encode()) > 1 - 1e-9


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("qubit q; rx(1/2) q;", "1/2 divides integers.*write 1.0/2"),
        ("qubit q; float t = 1/2; rx(t) q;", "1/2 divides integers.*write 1.0/2"),
        ("qubit q; float a = 0.1; gate g x { rx(a) x; } g q;", "no variable that is not const, such as 'a'"),
        ("qubit q; uint a = 3; a -= 5; rx(a) q;", "a uint that is declared without a width falls below 0"),
        ("qubit q; bit c = measure q; if (c) { x q; }", "'if_else' is classical control"),
        ("qubit q; bit c = measure q; rx(c) q;", "depends on an outcome"),
        ("qubit q; int i = 9 ** 99999999;", "an integer is too large"),
        ("extern f(int) -> float; qubit q; rx(f(1)) q;", "'f' has no definition in the file"),
        ("qubit q; gate g a { measure a; } g q;", "non-unitary"),
        ("qubit q; gate g a { g a; }", "gate 'g' is not defined"),
        ("qubit q; def f(qubit a) { h a; } f q;", "'f' is a subroutine .def., not a gate.*parentheses"),
        ("qubit q; gate g a { h a; } g(q);", "'g' is a gate, not a function"),
        ("qubit q; gate g a { h a; }\ngate g a { x a; }", "line 4: 'g' is defined twice"),
        ("qubit[2] q; cx q[0], q[0];", "acts on one qubit twice"),
        ("qubit[2] q; gate g a, b { x q[0]; } g q[1], q[0];", "a gate sees no qubits but its own, and 'q'"),
        ("h $1; gate g a { x $0; } g $1;", "a gate sees no qubits but its own, and '.0'"),
        ("qubit q; bit b = 2; if (b) { x q; }", "an integer does not fit in one bit"),
        ("qubit q; bit[2] b; b[0] = 2; if (b[0]) { x q; }", "an integer does not fit in one bit"),
        ("qubit q; bit[4] b = -9;", "an integer does not fit in 4 bits"),
        ("qubit q; float f = 10.0 ** 400;", "a number is beyond double precision"),
        ("qubit q; for int i in [0:10 ** 30] { x q; }", "a range of more numbers than can be counted"),
        ("qubit q; rx(1 / 0) q;", "a division by zero"),
        ("qubit q; rx(sqrt(-1)) q;", "it has no value"),
        ("#pragma braket unitary([[0, 1], [1, 0]]) q[0]\nqubit q;", "'braket unitary' is not read"),
        ("qubit q; ctrl(30000) @ x q;", "30000 controls"),
    ],
)
def test_what_is_refused(program, message):
    with pytest.raises(UnsupportedCircuitError, match=message) as refused:
        from_text(HEAD + program)
    assert "\n" not in str(refused.value)


def test_all_qubits_of_a_device_at_once():
    register = from_text("U(pi, 0, pi) $9999;")
    (gate,) = register.circuit.data
    assert (register.num_qubits, gate.qubits) == (10_000, (register.circuit.qubits[9999],))


def test_loops_of_nothing_end(monkeypatch):
    monkeypatch.setattr(_program3, "MAX_STEPS", 1000)
    with pytest.raises(UnsupportedCircuitError, match="at most 1,000 statements"):
        from_text("qubit q; for int i in [0:900] { for int j in [0:900] { } }")


def test_a_loop_without_an_end(monkeypatch):
    monkeypatch.setattr(_program3, "MAX_STEPS", 2000)
    with pytest.raises(UnsupportedCircuitError, match="line 3: it runs over 2,000 statements"):
        from_text(HEAD + "qubit q; while (true) { int i = 0; }")


def test_gates_of_braket_are_known_if_no_library_is_included():
    register = from_text("OPENQASM 3.0; qubit[2] q; h q[0]; cnot q[0], q[1];")
    assert np.allclose(np.abs(register.state_vector), [0.5**0.5, 0, 0, 0.5**0.5])
    assert register.notices == ("Took 'cnot', which the file does not define, for Braket's gate.",)
    with pytest.raises(UnsupportedCircuitError, match="gate 'cnot' is not defined"):
        from_text(HEAD + "qubit[2] q; cnot q[0], q[1];")


@pytest.mark.parametrize(
    "text, expected",
    [
        # The examples of the specification's section on bit slicing, and what they say of themselves.
        ("int[32] n = 15; if (n[0] == 1 && n[31] == 0 && n[-1] == 0) { x q[0]; }", 0b01),
        ('int[32] n = 15; n[4:7] = "1010"; if (n == 0xAF) { x q[1]; }', 0b10),
        ("int[32] n = 15; bit[16] even = n[0:2:31]; if (even == 3) { x q; }", 0b11),
        ('bit[2] b = "01"; let c = b; c[1] = 1; if (b == 3) { x q; }', 0b11),
    ],
)
def test_integers_bit_by_bit_and_other_names_of_variables(text, expected):
    register = from_text(f'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; {text}')
    assert abs(register.state_vector[expected]) == 1


@pytest.mark.parametrize(
    "text",
    [
        'bit[4] b = "0101"; let c = b[0:1];',
        "extern f(int) -> int; int n = f(3);",
        "gate g a { delay[10ns] a; } g q[0];",
        "bit c = measure q[0]; for int i in [0:int(c)] { x q[1]; }",
        "array[int[8], 2000000] a;",
        "uint n = 0; n -= 1;",
        "uint n = 3; n = ~n;",
        "angle[4] a = pi; angle[8] b = pi; rx(a + b) q;",
        "angle[4] a = pi; angle[4] b = a << 1;",
        "int n = 3; n[0] = 0;",
        "float f = sqrt(-1.0);",
        "int n = 2 ** 10000;",
        f"int n = {'(' * 3000}1{')' * 3000};",
    ],
)
def test_a_program_that_may_be_valid_is_never_called_invalid(text):
    with pytest.raises(UnsupportedCircuitError) as refused:
        from_text(f'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; {text}')
    assert "valid OpenQASM" not in str(refused.value)


def test_feed_forward_of_another_dialect_is_classical_control():
    with pytest.raises(UnsupportedCircuitError, match="'measure_ff' is classical control"):
        from_text("OPENQASM 3.0; measure_ff(0) $0; cc_prx(0.1, 0.2, 0) $1;")


LOOP = HEAD + "qubit[3] q; for int i in [0:1] { cx q[i], q[i + 1]; ry(0.3 * i) q[i]; } h q[0];"


def verified(text):
    return compare(text.encode(), to_text(from_text(text).circuit).encode())


def test_verification_says_what_it_shares_with_the_reader(monkeypatch):
    monkeypatch.setattr(_second_reading, "unrolled", lambda *_: None)
    assert "was run by the code that reads registers" in verified(LOOP).how
    assert "loops" not in verified(HEAD + "qubit q; rx(pi / 2) q;").how


def test_verification_runs_loops_by_another_library():
    pytest.importorskip("pyqasm")
    fidelity = verified(LOOP)
    assert abs(fidelity - 1) < 1e-9
    assert "was also run by pyqasm" in fidelity.how


def test_two_libraries_that_disagree_are_both_told(monkeypatch):
    monkeypatch.setattr(_second_reading, "unrolled", lambda *_: HEAD + "qubit[3] q; ry(0.3) q[1];")
    fidelity = verified(LOOP)
    assert abs(fidelity - 0.5) < 1e-9
    assert "0.5 by its reading, 1 by qclone's" in fidelity.how
