"""What gates make of a qubit on a path, as far as the cut beside it feels it: a plane of two vectors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qclone.search.kernels._vectors import GATES, Integers


@dataclass
class Planes:
    """Pairs of vectors, as sums (bit masks) of the path's, numbered as they are met.

    Example
    -------
    >>> planes = Planes()
    >>> planes.number(1, 2), planes.number(4, 8), planes.number(3, 1)
    (0, 1, 0)
    """

    _numbers: dict[frozenset[int], int] = field(default_factory=dict)
    _sums: list[tuple[int, int]] = field(default_factory=list)

    def number(self, u: int, v: int) -> int:
        """Return the number of a plane, which any two of its vectors span."""
        name = frozenset((u, v, u ^ v))
        if name not in self._numbers:
            self._numbers[name] = len(self._sums)
            self._sums.append((u, v))
        return self._numbers[name]

    @property
    def table(self) -> Integers:
        """All of them, shape (planes, 2)."""
        return np.array(self._sums)


def turned(vectors: tuple[int, ...], gate: int) -> tuple[int, ...]:
    """Return x and z of each qubit of a path after gate 3 P + Q on its edge e, given as 9 e + 3 P + Q.

    >>> turned((1, 2, 4, 8), 2)  # XZ
    (7, 2, 4, 14)
    """
    after, edge = list(vectors), gate // GATES
    paulis = ((2 * edge, gate % GATES // 3), (2 * edge + 2, gate % 3))
    mask = 0
    for q, pauli in paulis:
        mask ^= (after[q + 1] if pauli != 2 else 0) ^ (after[q] if pauli != 0 else 0)
    for q, pauli in paulis:
        after[q] ^= mask if pauli != 2 else 0
        after[q + 1] ^= mask if pauli != 0 else 0
    return tuple(after)
