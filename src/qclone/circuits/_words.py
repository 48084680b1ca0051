"""The plain words: the gates in which registers are stored, which OpenQASM 2, 3 and every neighbour can say.

Their matrices are Qiskit's. Whatever else a file names, defines or modifies is taken apart into them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from qiskit.circuit import Gate
from qiskit.circuit import library as gates


class Word(NamedTuple):
    """A plain gate: how many parameters and qubits it takes, and what it is called in Qiskit."""

    num_params: int
    num_qubits: int
    kind: type[Gate]


WORDS: dict[str, Word] = {
    "x": Word(0, 1, gates.XGate),
    "y": Word(0, 1, gates.YGate),
    "z": Word(0, 1, gates.ZGate),
    "h": Word(0, 1, gates.HGate),
    "s": Word(0, 1, gates.SGate),
    "sdg": Word(0, 1, gates.SdgGate),
    "t": Word(0, 1, gates.TGate),
    "tdg": Word(0, 1, gates.TdgGate),
    "sx": Word(0, 1, gates.SXGate),
    "rx": Word(1, 1, gates.RXGate),
    "ry": Word(1, 1, gates.RYGate),
    "rz": Word(1, 1, gates.RZGate),
    "p": Word(1, 1, gates.PhaseGate),
    "u": Word(3, 1, gates.UGate),
    "cx": Word(0, 2, gates.CXGate),
    "cy": Word(0, 2, gates.CYGate),
    "cz": Word(0, 2, gates.CZGate),
    "ch": Word(0, 2, gates.CHGate),
    "swap": Word(0, 2, gates.SwapGate),
    "cp": Word(1, 2, gates.CPhaseGate),
    "crx": Word(1, 2, gates.CRXGate),
    "cry": Word(1, 2, gates.CRYGate),
    "crz": Word(1, 2, gates.CRZGate),
    "cu": Word(4, 2, gates.CUGate),
    "ccx": Word(0, 3, gates.CCXGate),
    "cswap": Word(0, 3, gates.CSwapGate),
}
# A number of no qubit: the phase of everything.
PHASE = "gphase"

_INVERSE_OF = {"s": "sdg", "sdg": "s", "t": "tdg", "tdg": "t"}
_SELF_INVERSE = {"x", "y", "z", "h", "cx", "cy", "cz", "ch", "swap", "ccx", "cswap"}
_NEGATED = {"rx", "ry", "rz", "p", "cp", "crx", "cry", "crz", PHASE}

Params = tuple[float, ...]


def inverse_word(word: str, params: Params) -> list[tuple[str, Params]]:
    """Return a plain gate's inverse, phase included, as plain gates on the same qubits and phases on none.

    >>> inverse_word("u", (0.1, 0.2, 0.3))
    [('u', (-0.1, -0.3, -0.2))]
    """
    if word in _SELF_INVERSE:
        return [(word, params)]
    if word in _NEGATED:
        return [(word, (-params[0],))]
    if word in _INVERSE_OF:
        return [(_INVERSE_OF[word], ())]
    if word == "sx":
        return [("rx", (-math.pi / 2,)), (PHASE, (-math.pi / 4,))]
    theta, phi, lam, *gamma = params
    return [(word, (-theta, -lam, -phi, *(-g for g in gamma)))]


def one_qubit(word: str, params: Params) -> tuple[float, float, float, float]:
    """Return (theta, phi, lambda, gamma) of a plain gate on one qubit: exp(i gamma) u(theta, phi, lambda).

    >>> one_qubit("rz", (0.5,))
    (0.0, 0.0, 0.5, -0.25)
    """
    pi = math.pi
    fixed = {
        "x": (pi, 0.0, pi, 0.0),
        "y": (pi, pi / 2, pi / 2, 0.0),
        "z": (0.0, 0.0, pi, 0.0),
        "h": (pi / 2, 0.0, pi, 0.0),
        "s": (0.0, 0.0, pi / 2, 0.0),
        "sdg": (0.0, 0.0, -pi / 2, 0.0),
        "t": (0.0, 0.0, pi / 4, 0.0),
        "tdg": (0.0, 0.0, -pi / 4, 0.0),
        "sx": (pi / 2, -pi / 2, pi / 2, pi / 4),
    }
    if word in fixed:
        return fixed[word]
    if word == "rx":
        return params[0], -pi / 2, pi / 2, 0.0
    if word == "ry":
        return params[0], 0.0, 0.0, 0.0
    if word == "rz":
        return 0.0, 0.0, params[0], -params[0] / 2
    if word == "p":
        return 0.0, 0.0, params[0], 0.0
    theta, phi, lam = params
    return theta, phi, lam, 0.0
