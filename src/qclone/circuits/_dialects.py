"""How plain words are spelt in OpenQASM 2, in OpenQASM 3, and for neighbours who read less of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from qclone.circuits._words import Params

Said = list[tuple[str, tuple[int, ...]]]
Spell = Callable[[Params], Said]
"""Parameters -> gates as text, with the positions of their qubits."""

_TAKEN_3 = """
OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end return
for while in switch case default pragma input output const readonly mutable qreg qubit creg bool bit
int uint float angle complex array void duration stretch gphase inv pow ctrl negctrl dim durationof
delay reset measure barrier true false sizeof nop im pi tau euler U CX arccos arcsin arctan ceiling
cos exp floor log mod popcount rotl rotr sin sqrt tan real imag x y z h s sdg t tdg sx rx ry rz p cx
cy cz cp crx cry crz ch swap ccx cswap cu phase cphase id u1 u2 u3
"""
_TAKEN_2 = """
include qreg creg gate opaque if measure reset barrier pi sin cos tan exp ln sqrt u3 u2 u1 cx id u0
u p x y z h s sdg t tdg rx ry rz sx sxdg cz cy swap ch ccx cswap crx cry crz cu1 cp cu3 csx cu rxx
rzz rccx rc3x c3x c3sqrtx c4x
"""
_TAKEN_BY_BRAKET = (
    "i si ti v vi cnot ccnot cv xx yy zz xy ms gpi gpi2 prx ecr iswap pswap phaseshift cphaseshift"
)


@dataclass(frozen=True, eq=False)
class Dialect:
    """A language for circuits.

    Parameters
    ----------
    title : its name, for messages.
    head : the first lines.
    version : 2 or 3, which decides on how registers are declared and measured.
    spelling : word -> how it is said; a word that is not there is said by its own name.
    taken : names that no register may have.
    barriers : whether it has barriers.
    defines : whether other gates are defined; if not, they are taken apart.
    indexes : whether a qubit of a register is measured into a bit of another; if not, registers of one are.
    """

    title: str
    head: str
    version: int
    spelling: Mapping[str, Spell]
    taken: frozenset[str]
    barriers: bool = True
    defines: bool = True
    indexes: bool = True


def angle(value: float) -> str:
    """Return a number that reads back as exactly this one; simple fractions of pi by name.

    >>> angle(-math.pi / 2), angle(0.3), angle(3 * math.pi / 4)
    ('-pi/2', '0.3', '3*pi/4')
    """
    return _FRACTIONS.get(value) or repr(float(value))


def _fractions() -> dict[float, str]:
    texts: dict[float, str] = {}
    for power in range(11):
        for numerator in (1, 3, 5, 7):
            above = "pi" if numerator == 1 else f"{numerator}*pi"
            below = "" if power == 0 else f"/{2**power}"
            value = numerator * math.pi / 2**power
            texts.setdefault(value, above + below)
            texts.setdefault(-value, f"-{above}{below}")
    return texts


_FRACTIONS = _fractions()


def _as(pattern: str, *qubits: int) -> Spell:
    """Say a word as one gate; ``{0}`` stands for its first parameter."""

    def spell(params: Params) -> Said:
        return [(pattern.format(*map(angle, params)), qubits)]

    return spell


def _cry_by_halves(params: Params) -> Said:
    """Cirq reads a cu3 of a negative angle as another gate."""
    half, back = angle(params[0] / 2), angle(-params[0] / 2)
    return [(f"ry({half})", (1,)), ("cx", (0, 1)), (f"ry({back})", (1,)), ("cx", (0, 1))]


def _crx_by_crz(params: Params) -> Said:
    return [("h", (1,)), (f"crz({angle(params[0])})", (0, 1)), ("h", (1,))]


def _cu_by_halves(params: Params) -> Said:
    theta, phi, lam, gamma = params
    return [
        (f"u1({angle(gamma + (phi + lam) / 2)})", (0,)),
        (f"crz({angle(lam)})", (0, 1)),
        *_cry_by_halves((theta,)),
        (f"crz({angle(phi)})", (0, 1)),
    ]


def _swap_by_cx(params: Params) -> Said:
    return [("cx", (0, 1)), ("cx", (1, 0)), ("cx", (0, 1))]


def _cswap_by_ccx(params: Params) -> Said:
    return [("cx", (2, 1)), ("ccx", (0, 1, 2)), ("cx", (2, 1))]


def _cu_by_turns(phase: str) -> Spell:
    """exp(i gamma) u = exp(i (gamma + (phi + lambda)/2)) rz(phi) ry(theta) rz(lambda), each controlled.

    What U is by itself up to a phase, readers disagree on.
    """

    def spell(params: Params) -> Said:
        theta, phi, lam, gamma = params
        return [
            (f"{phase}({angle(gamma + (phi + lam) / 2)})", (0,)),
            (f"ctrl @ rz({angle(lam)})", (0, 1)),
            (f"ctrl @ ry({angle(theta)})", (0, 1)),
            (f"ctrl @ rz({angle(phi)})", (0, 1)),
        ]

    return spell


QASM3 = Dialect(
    "OpenQASM 3",
    'OPENQASM 3.0;\ninclude "stdgates.inc";',
    3,
    {"u": _as("U({0}, {1}, {2})", 0)},
    frozenset(_TAKEN_3.split()),
)
# The words of the paper that defined the language, which every tool reads.
_OLDEST = {
    "u": _as("u3({0},{1},{2})", 0),
    "p": _as("u1({0})", 0),
    "sx": _as("rx(pi/2)", 0),
    "cp": _as("cu1({0})", 0, 1),
    "crx": _crx_by_crz,
    "cry": _cry_by_halves,
    "cu": _cu_by_halves,
}
# Swaps are not among them.
_WITHOUT_SWAPS = {**_OLDEST, "swap": _swap_by_cx, "cswap": _cswap_by_ccx}
QASM2 = Dialect(
    "OpenQASM 2", 'OPENQASM 2.0;\ninclude "qelib1.inc";', 2, _WITHOUT_SWAPS, frozenset(_TAKEN_2.split())
)
PYTKET = Dialect("OpenQASM 2", QASM2.head, 2, _OLDEST, QASM2.taken)
# For readers that stop at barriers and definitions, and at words of OpenQASM 3.
_TAKEN_BY_CIRQ = {"qubit", "bit", "input", "float", "angle"}
CIRQ = Dialect(
    "OpenQASM 2", QASM2.head, 2, _OLDEST, QASM2.taken | _TAKEN_BY_CIRQ, barriers=False, defines=False
)
# PennyLane's own reader of OpenQASM 3 knows the library's gates and refuses to include it.
PENNYLANE = Dialect(
    "PennyLane's OpenQASM 3",
    "OPENQASM 3.0;",
    3,
    {"u": _as("u3({0}, {1}, {2})", 0), "cu": _cu_by_turns("p")},
    QASM3.taken,
    barriers=False,
    defines=False,
    indexes=False,
)
BRAKET = Dialect(
    "Braket's OpenQASM 3",
    "OPENQASM 3.0;",
    3,
    {
        "u": _as("U({0}, {1}, {2})", 0),
        "sdg": _as("si", 0),
        "tdg": _as("ti", 0),
        "sx": _as("v", 0),
        "p": _as("phaseshift({0})", 0),
        "cx": _as("cnot", 0, 1),
        "ccx": _as("ccnot", 0, 1, 2),
        "ch": _as("ctrl @ h", 0, 1),
        "cp": _as("cphaseshift({0})", 0, 1),
        "crx": _as("ctrl @ rx({0})", 0, 1),
        "cry": _as("ctrl @ ry({0})", 0, 1),
        "crz": _as("ctrl @ rz({0})", 0, 1),
        "cu": _cu_by_turns("phaseshift"),
    },
    QASM3.taken | set(_TAKEN_BY_BRAKET.split()),
    barriers=False,
    defines=False,
)


@lru_cache(maxsize=4096)
def spelt(dialect: Dialect, word: str, params: Params) -> Said:
    """Return how a dialect says a word: gates, and which of the word's qubits each acts on (all if none)."""
    if word in dialect.spelling:
        return dialect.spelling[word](params)
    separator = ", " if dialect.version == 3 else ","
    given = f"({separator.join(map(angle, params))})" if params else ""
    return [(word + given, ())]


DIALECTS: Mapping[str, Dialect] = {
    "qasm3": QASM3,
    "qasm2": QASM2,
    "pytket": PYTKET,
    "cirq": CIRQ,
    "braket": BRAKET,
    "pennylane": PENNYLANE,
}
"""Who reads which."""
