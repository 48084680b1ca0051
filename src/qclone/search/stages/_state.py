"""A stabiliser state on the qubits of a lattice, and what Paulis are on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import stim

from qclone.native._pairs import Pair
from qclone.search.kernels._vectors import Vectors, turn
from qclone.search.stages._concentrate import Site


@dataclass(frozen=True)
class State:
    """A state, signs left aside.

    Parameters
    ----------
    nodes : the qubits, in the order of the vectors.

    Example
    -------
    >>> from qclone.search.kernels._vectors import packed
    >>> state = State((7, 9), packed([(1, 0), (0, 2)], 2))
    >>> state.turn((7, 9, "ZX"))
    >>> state.vectors.tolist(), state.axis(7)
    ([[[1], [3]], [[3], [2]]], 'Y')
    """

    nodes: Sequence[int]
    vectors: Vectors

    @cached_property
    def _at(self) -> dict[int, int]:
        return {q: i for i, q in enumerate(self.nodes)}

    def turn(self, pair: Pair) -> None:
        """Apply exp(-i pi/4 P_a Q_b) in place."""
        a, b, paulis = pair
        p, q = map("XYZ".index, paulis)
        turn(self.vectors, self._at[a], self._at[b], 3 * p + q)

    def axis(self, qubit: int) -> str:
        """Return the axis that a qubit in a product state is an eigenstate of."""
        x, z = self.vectors[self._at[qubit]].any(axis=1)
        return "Z" if not x else "X" if not z else "Y"


def pauli_at(qubit: int, pauli: str, width: int) -> stim.PauliString:
    """Return one Pauli on one of so many qubits."""
    string = stim.PauliString(width)
    string[qubit] = pauli
    return string


def site_of(pair: Sequence[stim.PauliString], qubit: int) -> Site:
    """Return what two strings are on a qubit."""
    p, q = pair
    return "IXYZ"[p[qubit]], "IXYZ"[q[qubit]]
