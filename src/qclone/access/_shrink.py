"""Logical operators on as few wires as can be: drop wires that are not needed, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from qclone.access._bits import Words, pack, unpack
from qclone.scheme import BitRows, two_qubit_gates


class Shrinking:
    """Logical operators and stabilisers on a set of wires; multiplies the former by the latter.

    Parameters
    ----------
    logicals : shape (2 k, 2 wires), rows (x | z).
    stabilizers : shape (s, 2 wires).
    """

    def __init__(self, logicals: BitRows, stabilizers: BitRows) -> None:
        self._columns = logicals.shape[1]
        # x and z of a wire side by side, so that both are in one word.
        self._order = np.arange(self._columns).reshape(2, -1).T.ravel()
        self._logicals, self._stabilizers = pack(logicals[:, self._order]), pack(stabilizers[:, self._order])

    @property
    def logicals(self) -> BitRows:
        """The logical operators as they are now."""
        rows = np.empty((len(self._logicals), self._columns), dtype=np.uint8)
        rows[:, self._order] = unpack(self._logicals, self._columns)
        return rows

    def drop(self, wires: Iterable[int]) -> None:
        """Clear every wire, in this order, that the logical operators can do without."""
        for wire in wires:
            self._drop(wire)

    def _drop(self, wire: int) -> None:
        local, needed = _on(self._stabilizers, wire), _on(self._logicals, wire)
        first = np.flatnonzero(local)[:1]
        second = np.flatnonzero((local != 0) & (local != local[first]))[:1] if first.size else first
        if not second.size and np.setdiff1d(needed, [0, *local[first]]).size:
            return
        helpers = [(int(local[i]), self._stabilizers[i].copy()) for i in (*first, *second)]
        if len(helpers) == 2:
            helpers.append((helpers[0][0] ^ helpers[1][0], helpers[0][1] ^ helpers[1][1]))
        for value, helper in helpers:
            self._stabilizers[local == value] ^= helper
            self._logicals[needed == value] ^= helper
        self._stabilizers = np.delete(self._stabilizers, [*first, *second], axis=0)

    def trim(self) -> None:
        """Multiply by single stabilisers that are left while that saves gates."""
        rows, extra = self.logicals, np.empty((len(self._stabilizers), self._columns), dtype=np.uint8)
        extra[:, self._order] = unpack(self._stabilizers, self._columns)
        half = len(rows) // 2
        best = gates(rows)
        improved = True
        while improved:
            improved = False
            for stabilizer in extra:
                for qubit in range(half):
                    for chosen in ([qubit], [qubit + half], [qubit, qubit + half]):
                        trial = rows.copy()
                        trial[chosen] ^= stabilizer
                        if gates(trial) < best:
                            rows, best, improved = trial, gates(trial), True
        self._logicals = pack(rows[:, self._order])


def gates(logicals: BitRows) -> int:
    """Return how many two-qubit gates it takes to gather all pairs, each counted on its own."""
    half = len(logicals) // 2
    return sum(two_qubit_gates(logicals[i], logicals[i + half]) for i in range(half))


def cheapest(logicals: BitRows, stabilizers: BitRows, orders: Iterable[Sequence[int]]) -> BitRows:
    """Return the logical operators that take fewest gates, over several orders of dropping wires."""
    candidates = []
    for order in orders:
        shrinking = Shrinking(logicals, stabilizers)
        shrinking.drop(order)
        shrinking.trim()
        candidates.append(shrinking.logicals)
    return min(candidates, key=gates)


def _on(rows: Words, wire: int) -> BitRows:
    word, shift = divmod(2 * wire, 64)
    return (rows[:, word] >> np.uint64(shift) & np.uint64(3)).astype(np.uint8)
