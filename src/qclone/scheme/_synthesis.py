"""Ways to build exp(-i pi/4 X..X) exp(-i pi/4 Z..Z) and to control it, by name.

All of them are equal to the definition; the tests prove it by tableau and by dense operator.

========== ========================== ======== ===================================================
name       two-qubit gates, m wires   layers   how
========== ========================== ======== ===================================================
definition (two instructions)         -        `SPP` of stim is exp(-i pi/4 P)
ladder     4 (m - 1)                  O(m)     a CX chain onto the last wire, as in arXiv:2602.10695
pair_tree  3 m - 5 - [m even], m > 2  O(log m) CX on pairs: Z Z -> Z on one, X X -> X on the other
========== ========================== ======== ===================================================
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.scheme._text import line

Synthesis = Literal["definition", "ladder", "pair_tree"]
SYNTHESES: tuple[str, ...] = get_args(Synthesis)
Indices = NDArray[np.int64]


def check_synthesis(name: str) -> None:
    """Raise InvalidInputError unless there is a synthesis of that name."""
    if name not in SYNTHESES:
        raise InvalidInputError(f"There is no synthesis {name!r}.", f"Choose one of {', '.join(SYNTHESES)}.")


def spread(wires: Indices, synthesis: Synthesis) -> list[str]:
    """Return exp(-i pi/4 X..X) exp(-i pi/4 Z..Z) on `wires`; the Z factor acts first."""
    if synthesis == "definition" or len(wires) == 1:
        return [_many_body("SPP", "Z", wires), _many_body("SPP", "X", wires)]
    if synthesis == "ladder":
        there, back = line("CX", wires[:-1], wires[1:]), line("CX", wires[-2::-1], wires[:0:-1])
        rotation = [there, line("S", wires[-1:]), back]
        hadamards = line("H", wires)
        return [*rotation, hadamards, *rotation, hadamards]
    tree, z_ends, x_ends = _pair_tree(wires)
    return [*tree, _phase("Z", z_ends), _phase("X", x_ends), *reversed(tree)]


def controlled(x_control: int, z_control: int, wires: Indices, synthesis: Synthesis) -> list[str]:
    """Return Z..Z on `wires` controlled by one wire in the Z basis, then X..X controlled by another."""
    if len(wires) == 0:
        return []
    if synthesis != "pair_tree":
        return [line("CZ", z_control, wires), line("CX", x_control, wires)]
    tree, z_ends, x_ends = _pair_tree(wires)
    return [*tree, line("CZ", z_control, z_ends), line("CX", x_control, x_ends), *reversed(tree)]


def _many_body(gate: str, pauli: str, wires: Indices) -> str:
    return f"{gate} {'*'.join(f'{pauli}{w}' for w in wires.tolist())}"


def _phase(pauli: str, ends: Indices) -> str:
    """exp(-i pi/4 P) or exp(-i pi/4 P P), up to a global phase: one native gate."""
    if len(ends) == 2:
        return line(f"SQRT_{pauli}{pauli}", ends[:1], ends[1:])
    return line("S" if pauli == "Z" else "SQRT_X", ends)


def _pair_tree(wires: Indices) -> tuple[list[str], Indices, Indices]:
    """Conjugate Z..Z and X..X onto at most two wires each, in O(log m) layers of CX.

    CX(a, b) turns Z_a Z_b into Z_b and X_a X_b into X_a, so after one layer the two products live on
    disjoint wires and shrink side by side, one CX layer a halving. A wire left over by an odd number
    takes part in both.

    Returns
    -------
    the layers, the wires that carry the product of Z, the wires that carry the product of X.
    """
    if len(wires) < 3:
        return [], wires, wires
    spare = wires[len(wires) - len(wires) % 2 :]
    a, b = wires[: len(wires) - len(spare) : 2], wires[1 : len(wires) : 2][: len(wires) // 2]
    layers = [line("CX", a, b)]
    most = 2 - len(spare)
    while len(a) > most:
        fold = len(a) // 2
        keep = len(a) - fold
        # On the b side Z_b Z_b' -> Z_b' by CX(b, b'); on the a side X_a X_a' -> X_a by CX(a, a').
        layers.append(line("CX", np.concatenate([b[keep:], a[:fold]]), np.concatenate([b[:fold], a[keep:]])))
        a, b = a[:keep], b[:keep]
    return layers, np.concatenate([b, spare]), np.concatenate([a, spare])
