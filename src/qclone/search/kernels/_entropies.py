"""Entropies of a stabiliser state over the cuts of trees, and how a gate changes them; compiled.

A state of at most 64 qubits is two 64-bit columns a qubit: bit k of x[q] and z[q] says what generator k
is on q. A gate exp(-i pi/4 P_a Q_b) multiplies the generators that anticommute with it by P_a Q_b: one
xor of masks. The entropy of a set B is the rank of its columns minus |B|, and a gate on (a, b) changes
only the entropies of cuts that separate a from b, by at most one ebit each.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qclone.search.kernels._compiled import njit
from qclone.search.kernels._cooling import accepts

Columns = NDArray[np.uint64]
Integers = NDArray[np.int64]
GATES = 9
_NONE = np.uint64(0)


class Cuts(NamedTuple):
    """Edges a gate may use, and the bipartitions whose entropies make up the cost.

    Parameters
    ----------
    edges : shape (edges, 2).
    first, crossing : the cuts that edge e crosses are crossing[first[e] : first[e + 1]].
    members, sizes : cut c is members[c, : sizes[c]], the smaller side.
    inside : shape (cuts, qubits), the same as booleans.
    """

    edges: Integers
    first: Integers
    crossing: Integers
    members: Integers
    sizes: Integers
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, qubits: int, edges: Sequence[tuple[int, int]], sides: Sequence[Sequence[int]]) -> Cuts:
        """Return cuts by the members of one of their sides."""
        members = np.zeros((len(sides), max(map(len, sides))), np.int64)
        inside = np.zeros((len(sides), qubits), np.bool_)
        for c, side in enumerate(sides):
            members[c, : len(side)] = side
            inside[c, side] = True
        crossing = [np.flatnonzero(inside[:, a] != inside[:, b]) for a, b in edges]
        first = np.cumsum([0, *map(len, crossing)])
        sizes = np.array([len(side) for side in sides])
        return cls(np.array(edges, np.int64), first, np.concatenate(crossing), members, sizes, inside)


@njit(cache=True)
def _top_bit(v: np.uint64) -> np.uint64:
    for shift in (1, 2, 4, 8, 16, 32):
        v |= v >> np.uint64(shift)
    return v ^ (v >> np.uint64(1))


@njit(cache=True)
def _reduced(v: np.uint64, basis: Columns, count: int) -> np.uint64:
    """Clear the pivot bits of a basis (row 1) by its vectors (row 0): a normal form, linear in v."""
    for k in range(count):
        if v & basis[1, k]:
            v ^= basis[0, k]
    return v


@njit(cache=True)
def _span(state: Columns, members: Integers, skip: int, basis: Columns) -> int:
    """Fill a basis of the columns of some qubits; return its rank."""
    count = 0
    for q in members:
        if q != skip:
            for half in range(2):
                v = _reduced(state[half, q], basis, count)
                if v != _NONE:
                    basis[0, count] = v
                    basis[1, count] = _top_bit(v)
                    count += 1
    return count


@njit(cache=True)
def turn(a: Columns, b: Columns, gate: int) -> None:
    """Apply gate 3 P + Q (X, Y, Z = 0, 1, 2) to the columns (x, z) of two qubits."""
    mask = _NONE
    for column, pauli in ((a, gate // 3), (b, gate % 3)):
        if pauli != 2:
            mask ^= column[1]
        if pauli != 0:
            mask ^= column[0]
    for column, pauli in ((a, gate // 3), (b, gate % 3)):
        if pauli != 2:
            column[0] ^= mask
        if pauli != 0:
            column[1] ^= mask


def _planes() -> tuple[Integers, Integers, Integers]:
    """What one gate, or two, make of a qubit's two columns: sums of the four columns of both qubits.

    Returns
    -------
    the planes (sums as bit masks), shape (20, 2); the plane after a gate, shape (9,), and after two,
    shape (9, 9).
    """
    planes: dict[frozenset[int], int] = {}
    sums: list[tuple[int, int]] = []

    def plane(gates: tuple[int, ...]) -> int:
        near, far = np.array([1, 2], np.uint64), np.array([4, 8], np.uint64)
        for gate in gates:
            turn(near, far, gate)
        u, v = int(near[0]), int(near[1])
        name = frozenset((u, v, u ^ v))
        if name not in planes:
            planes[name] = len(sums)
            sums.append((u, v))
        return planes[name]

    once = [plane((g,)) for g in range(GATES)]
    twice = [plane((g, h)) for g, h in product(range(GATES), repeat=2)]
    return np.array(sums), np.array(once), np.array(twice).reshape(GATES, GATES)


_SUMS, _ONCE, _TWICE = _planes()


@njit(cache=True)
def cost_of(state: Columns, cuts: Cuts) -> tuple[int, int]:
    """Return the sum of the entropies of all cuts, and of their squares."""
    basis = np.empty((2, 64), np.uint64)
    total = squares = 0
    for c in range(len(cuts.sizes)):
        entropy = _span(state, cuts.members[c, : cuts.sizes[c]], -1, basis) - cuts.sizes[c]
        total += entropy
        squares += entropy * entropy
    return total, squares


@njit(cache=True)
def weighed(state: Columns, cuts: Cuts, square_weight: float) -> float:
    """Return the sum of the entropies, and of their squares with a weight."""
    total, squares = cost_of(state, cuts)
    return total + square_weight * squares


@njit(cache=True)
def changes(state: Columns, cuts: Cuts, edge: int, once: Integers, twice: Integers) -> None:
    """Fill the change of the sum of entropies by each gate on an edge, and by each two in a row.

    Modulo the columns of the rest of a cut's side, only which sums of the edge's four columns vanish
    matters.

    Parameters
    ----------
    once : shape (9,).
    twice : shape (9, 9).
    """
    basis = np.empty((2, 64), np.uint64)
    vanishes = np.empty(16, np.bool_)
    column = np.zeros(16, np.uint64)
    rank = np.empty(len(_SUMS), np.int64)
    once[:] = 0
    twice[:] = 0
    a, b = cuts.edges[edge]
    for k in range(cuts.first[edge], cuts.first[edge + 1]):
        c = cuts.crossing[k]
        inner = cuts.inside[c, a]
        near, far = (a, b) if inner else (b, a)
        count = _span(state, cuts.members[c, : cuts.sizes[c]], near, basis)
        column[1] = _reduced(state[0, near], basis, count)
        column[2] = _reduced(state[1, near], basis, count)
        column[4] = _reduced(state[0, far], basis, count)
        column[8] = _reduced(state[1, far], basis, count)
        for m in range(1, 16):
            low = m & -m
            column[m] = column[m ^ low] ^ column[low]
            vanishes[m] = column[m] == _NONE
        for p in range(len(_SUMS)):
            u, v = _SUMS[p]
            gone = int(vanishes[u]) + int(vanishes[v]) + int(vanishes[u ^ v])
            rank[p] = 2 if gone == 0 else 1 if gone == 1 else 0
        gone = int(vanishes[1]) + int(vanishes[2]) + int(vanishes[3])
        before = 2 if gone == 0 else 1 if gone == 1 else 0
        for g in range(GATES):
            g2 = g if inner else 3 * (g % 3) + g // 3
            once[g] += rank[_ONCE[g2]] - before
            for h in range(GATES):
                h2 = h if inner else 3 * (h % 3) + h // 3
                twice[g, h] += rank[_TWICE[g2, h2]] - before


@njit(cache=True)
def digest(state: Columns) -> np.uint64:
    """The same for states that differ by one-qubit Clifford gates: each qubit's columns without order."""
    h = np.uint64(1469598103934665603)
    for q in range(state.shape[1]):
        u, v = state[0, q], state[1, q]
        h = (h ^ (u * v * (u ^ v) + (u | v) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
    return h


@njit(cache=True)
def annealed_order(
    state: Columns,
    kinds: Integers,
    cuts: Cuts,
    square_weight: float,
    steps: int,
    hot: float,
    cold: float,
    rng: np.random.Generator,
) -> tuple[Integers, float]:
    """Anneal which qubit has which columns, exchanged within a kind (-1 stays); see `accepted`.

    Returns
    -------
    for each qubit the one whose columns it should have; the cost then.
    """
    state = state.copy()
    order = np.arange(len(kinds))
    best = order.copy()
    now = least = weighed(state, cuts, square_weight)
    for step in range(steps):
        i, j = int(rng.integers(0, len(kinds))), int(rng.integers(0, len(kinds)))
        if i == j or kinds[i] != kinds[j] or kinds[i] < 0:
            continue
        _exchange(state, order, i, j)
        cost = weighed(state, cuts, square_weight)
        if accepts(cost - now, hot, cold, step / steps, rng):
            now = cost
            if cost < least:
                least = cost
                best[:] = order
        else:
            _exchange(state, order, i, j)
    return best, least


@njit(cache=True)
def _exchange(state: Columns, order: Integers, i: int, j: int) -> None:
    for half in range(2):
        state[half, i], state[half, j] = state[half, j], state[half, i]
    order[i], order[j] = order[j], order[i]
