"""Stabilisers a qubit at a time: qubit q is two columns of bits, x and z, held as integers."""

from __future__ import annotations

from collections.abc import Sequence

import stim

from qclone.native._pairs import Pair
from qclone.search.stages._concentrate import Site

State = dict[int, tuple[int, int]]
"""Qubit -> (x, z): bit k says what generator k is on it."""


def pauli_at(qubit: int, pauli: str, width: int) -> stim.PauliString:
    """Return one Pauli on one of so many qubits."""
    string = stim.PauliString(width)
    string[qubit] = pauli
    return string


def site_of(pair: Sequence[stim.PauliString], qubit: int) -> Site:
    """Return what two strings are on a qubit."""
    p, q = pair
    return "IXYZ"[p[qubit]], "IXYZ"[q[qubit]]


def turn(state: State, pair: Pair) -> None:
    """Apply exp(-i pi/4 P_a Q_b) in place, signs left aside.

    >>> state = {0: (1, 0), 1: (0, 0)}
    >>> turn(state, (0, 1, "ZX"))
    >>> state
    {0: (1, 1), 1: (1, 0)}
    """
    a, b, paulis = pair
    mask = 0
    for q, pauli in zip((a, b), paulis, strict=True):
        x, z = state[q]
        mask ^= {"X": z, "Y": x ^ z, "Z": x}[pauli]
    for q, pauli in zip((a, b), paulis, strict=True):
        x, z = state[q]
        state[q] = (x ^ mask if pauli != "Z" else x, z ^ mask if pauli != "X" else z)


def axis_of(x: int, z: int) -> str:
    """Return the axis that a qubit in a product state is an eigenstate of."""
    return "Z" if x == 0 else "X" if z == 0 else "Y"
