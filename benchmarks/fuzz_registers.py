"""Damaged texts and QPY files: each is read or refused with one sentence; nothing else is raised.

    python benchmarks/fuzz_registers.py [--texts 100000] [--qpy 10000] [--seed 1] [--seconds 5]

Half of the texts are cut, joined, repeated and peppered with words of the languages; in the other half gates,
operands, numbers and names are drawn or exchanged for others of their kind, so that most stay valid. A QPY
file has bytes changed, cut or doubled. What is read is written and read back.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import traceback
import warnings

from qiskit import QuantumCircuit

from qclone.circuits import from_bytes, to_bytes, to_text
from qclone.errors import UnsupportedCircuitError

TEXTS = [
    """OPENQASM 2.0;
include "qelib1.inc";
gate own(a, b) x, y { rx(a / 2) x; cx x, y; u3(a, b, -pi / 4) y; barrier x, y; }
opaque secret x;
qreg q[3]; creg c[3];
h q; own(0.3, 2 ^ 3) q[0], q[1]; rzz(sin(pi)) q[1], q[2]; cu3(1, 2, 3) q[0], q[2];
barrier q; measure q -> c;
""",
    """OPENQASM 3.0;
include "stdgates.inc";
const int n = 3; qubit[n] q; bit[n] c; float a = pi / 4;
gate own(t) x, y { ctrl @ rx(t) x, y; inv @ pow(2) @ s x; gphase(t / 2); }
def both(qubit x, qubit y, float t) -> int { own(t) x, y; return 1; }
for int i in [0:n - 2] { cx q[i], q[i + 1]; both(q[i], q[i + 1], a * i); }
box { negctrl(2) @ U(a, 0.1, 0.2) q[0], q[1], q[2]; } let e = q[0:2:2] ++ q[{1}]; h e;
if (n == 3) { x q[0]; } else { z q; } while (a > 2.0) { a -= 1.0; } c = measure q;
""",
    "qubit[2] p; reset p[1]; U(0.1, 0.2, 0.3) p[0]; ctrl @ U(pi, 0, pi) p[0], p[1]; cnot $0, $1;\n",
]
_PEPPER = """gate opaque qreg creg qubit bit int float if else for in while def return box let include
measure reset -> ( ) { } [ ] ; , @ ctrl inv pow negctrl gphase U CX pi 0 1
9999999999999999999999 1e308 -1 0x ** ^ / % " ' // /* */ $3 const array uint[2] switch
case default end extern duration 10ns stretch # @note pragma OPENQASM 2.0"""
WORDS = _PEPPER.split()


def damaged_text(rng: random.Random) -> bytes:
    text = rng.choice(TEXTS)
    for _ in range(rng.randint(1, 4)):
        a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + 40)
        match rng.randrange(6):
            case 0:
                text = text[:a] + text[b:]
            case 1:
                text = text[:a] + rng.choice(WORDS) + " " + text[a:]
            case 2:
                text = text[:a] + text[a:b] * rng.randint(2, 5) + text[b:]
            case 3:
                text = text[:a] + chr(rng.choice([0, 9, 34, 59, 123, 181, 960, 0x1F600])) + text[a:]
            case 4:
                other = rng.choice(TEXTS)
                text = text[:a] + other[rng.randrange(len(other)) :]
            case 5:
                lines = text.split("\n")
                rng.shuffle(lines)
                text = "\n".join(lines)
    return text.encode(errors="replace")


_NUMBERS = ["0", "1", "2", "-1", "0.1", "1e-9", "pi", "pi / 2", "-3 * pi", "1e3", "2 ** 3", "sin(0.2)"]
_GATES = {
    1: ["h", "x", "y", "z", "s", "sdg", "t", "tdg", "id", "sx", "rx(0.3)", "rz(-pi / 8)", "p(1e-3)"],
    2: ["cx", "cz", "cy", "swap", "ch", "crz(0.4)", "cp(-2)", "cu(1, 2, 3, 4)"],
    3: ["ccx", "cswap"],
}
_NAMES = ["own", "sx", "cu", "p", "x1", "_a", "reg", "h2", "u_", "rzz"]
_RESERVED = ["switch", "im", "true", "void", "readonly", "case"]
"""Names in OpenQASM 2 alone."""


def exchanged_text(rng: random.Random) -> bytes:
    """A program of a few gates, of which some parts were exchanged for others of their kind."""
    is_old = rng.random() < 0.5
    size, own = rng.randint(3, 5), rng.choice(_NAMES + _RESERVED * is_old)
    name = rng.choice("abqr")
    body = []
    for _ in range(rng.randint(1, 9)):
        arity = rng.choice([1, 1, 2, 2, 3])
        operands = ", ".join(f"{name}[{i}]" for i in rng.sample(range(size), arity))
        gate = rng.choice(_GATES[arity])
        if arity == 2 and rng.random() < 0.4:
            gate = f"{own}({rng.choice(_NUMBERS)})"
        elif not is_old and rng.random() < 0.4:
            gate = rng.choice(["inv @ ", "pow(2) @ ", "pow(-1) @ ", "inv @ inv @ "]) + gate
        elif not is_old and arity == 3:
            gate = rng.choice(["ctrl", "negctrl"]) + " @ " + rng.choice(_GATES[2])
        body.append(f"{gate} {operands};")
    if not is_old and rng.random() < 0.4:
        body.append(f"for int i in [0:{size - 2}] {{ cx {name}[i], {name}[i + 1]; }}")
    power = "^" if is_old else "**"
    inside = rng.choice(
        [f"rx(t {power} 2) x; cx x, y;", "h y; cz x, y; rz(-t) y;", "", "cx y, x; u3(t, 0, t / 3) x;"]
    )
    head = [f"qreg {name}[{size}];"] if is_old else [f"qubit[{size}] {name};"]
    lines = [
        "OPENQASM 2.0;" if is_old else "OPENQASM 3.0;",
        'include "qelib1.inc";' if is_old else 'include "stdgates.inc";',
        f"gate {own}(t) x, y {{ {inside} }}",
        *head,
        *body,
    ]
    text = "\n".join(lines)
    if rng.random() < 0.3:  # one part of a kind for another, wherever it stands
        kind = rng.choice([r"\b\d+(\.\d+)?\b", r"\[\d\]", r"\b[a-z]\w*\b"])
        found = list(re.finditer(kind, text))
        a, b = (rng.choice(found) for _ in range(2))
        text = text[: a.start()] + b.group() + text[a.end() :]
    return text.encode()


def sound_qpy() -> list[bytes]:
    inner = QuantumCircuit(2, name="inner")
    inner.cx(0, 1)
    inner.rzz(0.3, 0, 1)
    circuit = QuantumCircuit(3, 2)
    circuit.h(0)
    circuit.append(inner.to_gate(), [0, 2])
    circuit.append(inner.to_gate().control(1, annotated=True), [0, 1, 2])
    circuit.prepare_state([0.6, 0.8], 1)
    circuit.measure([0, 1], [0, 1])
    small = QuantumCircuit(1)
    small.ry(0.4, 0)
    return [to_bytes(circuit), to_bytes(small)]


def damaged_qpy(rng: random.Random, sound: list[bytes]) -> bytes:
    content = bytearray(rng.choice(sound))
    for _ in range(rng.randint(1, 4)):
        a = rng.randrange(6, len(content))
        match rng.randrange(3):
            case 0:
                content[a] = rng.randrange(256)
            case 1:
                del content[a : a + rng.randint(1, 8)]
            case 2:
                content[a:a] = content[a : a + 8]
    return bytes(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--qpy", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rng, sound = random.Random(arguments.seed), sound_qpy()
    faults = slow = read = 0
    for number in range(arguments.texts + arguments.qpy):
        if number < arguments.texts:
            content = (damaged_text if number % 2 else exchanged_text)(rng)
        else:
            content = damaged_qpy(rng, sound)
        begun = time.process_time()
        try:
            circuit = from_bytes(content).circuit
            read += 1
            again = from_bytes(to_text(circuit).encode()).circuit
            # Amplitudes come back as the gates that prepare them.
            if "state_preparation" not in circuit.count_ops() and again.count_ops() != circuit.count_ops():
                raise AssertionError("it comes back as another circuit")
        except UnsupportedCircuitError as refused:
            if "\n" in str(refused):
                faults += 1
                print(f"{number}: more than a sentence: {refused}")
        except BaseException:
            faults += 1
            print(f"{number}: {content!r}\n{traceback.format_exc()}")
        if time.process_time() - begun > arguments.seconds:
            slow += 1
            print(f"{number}: took {time.process_time() - begun:.1f} s: {content[:2000]!r}")
    total = arguments.texts + arguments.qpy
    print(f"{total:,} files: {read:,} read, {total - read - faults:,} refused, {faults} faults, {slow} slow")
    return 1 if faults or slow else 0


if __name__ == "__main__":
    sys.exit(main())
