"""Gates of OpenQASM 3: the built-in ones, those of the standard library, and the file's own, which win."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from openqasm3 import ast

from qclone.circuits._body import Body, Part
from qclone.circuits._words import PHASE, WORDS, Params

Make = Callable[[Params], tuple[str | Body, Params]]


class Gate(NamedTuple):
    """A gate that is known: what it takes, and the part that it makes of its parameters."""

    num_params: int
    num_qubits: int
    make: Make


class OwnGate:
    """A gate of the file itself.

    Parameters
    ----------
    node : its definition.
    seen : the gates of its body by name, as they are where it is defined.
    """

    def __init__(self, node: ast.QuantumGateDefinition, seen: Mapping[str, Gate | OwnGate]) -> None:
        self.node = node
        self.seen = seen
        self.made: dict[Params, Body] = {}


def _word(name: str, word: str | None = None) -> Gate:
    kind = WORDS[word or name]
    return Gate(kind.num_params, kind.num_qubits, lambda p: (word or name, p))


def _built(num_params: int, num_qubits: int, parts: Callable[..., list[Part]]) -> Gate:
    return Gate(num_params, num_qubits, lambda p: (Body(num_qubits, tuple(parts(*p))), ()))


def u_parts(theta: float, phi: float, lam: float) -> list[Part]:
    """The specification's U: exp(i theta/2) times the matrix whose first entry is cos(theta/2)."""
    return [(PHASE, (theta / 2,), ()), ("u", (theta, phi, lam), (0,))]


def _with_phase(theta: float, phi: float, lam: float) -> list[Part]:
    return [(PHASE, (-(phi + lam) / 2,), ()), ("u", (theta, phi, lam), (0,))]


# U as the language has it. CX is the CNOT that the specification's examples take it for.
BUILT_IN = {"U": _built(3, 1, u_parts), "gphase": Gate(1, 0, lambda p: (PHASE, p))}
_SHARED = "x y z h s sdg t tdg sx rx ry rz p cx cy cz cp crx cry crz ch swap ccx cswap cu"
STANDARD: Mapping[str, Gate] = {
    **{name: _word(name) for name in _SHARED.split()},
    "CX": _word("cx"),
    "phase": _word("p"),
    "cphase": _word("cp"),
    "u1": _word("p"),
    "id": Gate(0, 1, lambda p: (Body(1, ()), ())),
    "u2": _built(2, 1, lambda phi, lam: _with_phase(math.pi / 2, phi, lam)),
    "u3": _built(3, 1, _with_phase),
}


def gates_in(node: object) -> Iterator[str]:
    """Yield the names of the gates that a definition is made of."""
    if isinstance(node, ast.QuantumGate):
        yield node.name.name
    elif isinstance(node, ast.QASMNode):
        for value in vars(node).values():
            yield from gates_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from gates_in(value)
