"""Linear algebra over the integers modulo d, composite d included."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]


def unit_to_gcd(entry: int, d: int) -> int:
    """Return a unit u modulo d with u entry = gcd(entry, d) mod d.

    >>> unit_to_gcd(4, 6)
    5
    """
    g = gcd(entry, d)
    step = d // g
    unit = pow(entry // g, -1, step) if step > 1 else 1
    while gcd(unit, d) != 1:
        unit += step
    return unit % d


@dataclass(frozen=True)
class RowSpace:
    """All combinations modulo d of the rows of a matrix, ready to solve in (Howell's echelon form).

    Over a ring with zero divisors a row keeps helping after its pivot is used up: (d / pivot) times a row
    starts later than the row itself, so those multiples are rows of the form as well. Then a vector lies
    in the space if and only if reduction, column by column, leaves nothing.

    Parameters
    ----------
    dimension : d.
    pivots : columns in rising order; the entry of each row there divides d.
    rows : shape (len(pivots), columns).
    combinations : shape (len(pivots), rows of the matrix); how each row arises from the matrix.
    relations : shape (any, rows of the matrix); generators of all c with c matrix = 0 mod d.
    """

    dimension: int
    pivots: tuple[int, ...]
    rows: Integers
    combinations: Integers
    relations: Integers

    @classmethod
    def of(cls, matrix: ArrayLike, dimension: int) -> RowSpace:
        """Return the row space of an integer matrix modulo `dimension`."""
        given = np.asarray(matrix, dtype=np.int64) % dimension
        columns = given.shape[1]
        pool = np.hstack([given, np.eye(len(given), dtype=np.int64)])
        pivots, echelon = [], []
        for column in range(columns):
            row, pool = _pivot(pool, column, dimension)
            if row is not None:
                pivots.append(column)
                echelon.append(row)
        table = np.array(echelon, dtype=np.int64).reshape(-1, pool.shape[1])
        relations = pool[:, columns:]
        relations = relations[relations.any(axis=1)]
        return cls(dimension, tuple(pivots), table[:, :columns], table[:, columns:], relations)

    def solve(self, vector: ArrayLike) -> Integers | None:
        """Return coefficients c with c matrix = vector mod d, or None if there are none."""
        rest = np.array(vector, dtype=np.int64) % self.dimension
        coefficients = np.zeros(self.combinations.shape[1], dtype=np.int64)
        for pivot, row, combination in zip(self.pivots, self.rows, self.combinations, strict=True):
            factor, remainder = divmod(int(rest[pivot]), int(row[pivot]))
            if remainder:
                return None
            if factor:
                rest = (rest - factor * row) % self.dimension
                coefficients = (coefficients + factor * combination) % self.dimension
        return None if rest.any() else coefficients


def _pivot(pool: Integers, column: int, d: int) -> tuple[Integers | None, Integers]:
    """Take one row out of the pool such that the rest is zero in this column and all before."""
    while True:
        holders = np.flatnonzero(pool[:, column])
        if holders.size == 0:
            return None, pool
        best = holders[np.argmin(np.gcd(pool[holders, column], d))]
        row = pool[best] * unit_to_gcd(int(pool[best, column]), d) % d
        others = holders[holders != best]
        pool[others] = (pool[others] - (pool[others, column] // row[column])[:, None] * row) % d
        pool[best] = row
        if not pool[others, column].any():
            # What the pivot still says about later columns; all zero over a field.
            pool[best] = row * (d // row[column]) % d
            return row, pool
