"""Entropies of a stabiliser state over the cuts of trees, and how a gate changes them; compiled.

A gate on (a, b) changes only the entropies of cuts that separate a from b, by at most one ebit each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qclone.search.kernels._compiled import njit
from qclone.search.kernels._cooling import accepts
from qclone.search.kernels._planes import Planes, turned
from qclone.search.kernels._vectors import GATES, Integers, Vectors, basis_for, plane_ranks, span


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
    def of(
        cls, qubits: Sequence[int], edges: Iterable[tuple[int, int]], sides: Iterable[Iterable[int]]
    ) -> Cuts:
        """Return cuts by the members of one of their sides; qubits are numbered in the order given."""
        at = {q: i for i, q in enumerate(qubits)}
        numbered = [sorted(at[q] for q in side) for side in sides]
        members = np.zeros((len(numbered), max(map(len, numbered))), np.int64)
        inside = np.zeros((len(numbered), len(at)), np.bool_)
        for c, side in enumerate(numbered):
            members[c, : len(side)] = side
            inside[c, side] = True
        ends = np.array([(at[a], at[b]) for a, b in edges])
        crossing = [np.flatnonzero(inside[:, a] != inside[:, b]) for a, b in ends]
        first = np.cumsum([0, *map(len, crossing)])
        return cls(ends, first, np.concatenate(crossing), members, np.array([*map(len, numbered)]), inside)


def _after() -> tuple[Integers, Integers, Integers]:
    """What one gate, or two, make of the first qubit of an edge.

    Returns
    -------
    the planes, the first of them what is there before; the one after a gate, shape (9,), and after two,
    shape (9, 9).
    """
    planes, start = Planes(), (1, 2, 4, 8)
    planes.number(*start[:2])
    one = [turned(start, g) for g in range(GATES)]
    once = [planes.number(*after[:2]) for after in one]
    twice = [[planes.number(*turned(after, h)[:2]) for h in range(GATES)] for after in one]
    return planes.table, np.array(once), np.array(twice)


_PLANES, _ONCE, _TWICE = _after()


@njit(cache=True)
def cost_of(state: Vectors, cuts: Cuts) -> tuple[int, int]:
    """Return the sum of the entropies of all cuts, and of their squares; `state` is (qubits, 2, words)."""
    basis, pivots = basis_for(state)
    total = squares = 0
    for c in range(len(cuts.sizes)):
        entropy = span(state, cuts.members[c, : cuts.sizes[c]], -1, basis, pivots) - cuts.sizes[c]
        total += entropy
        squares += entropy * entropy
    return total, squares


@njit(cache=True)
def weighed(state: Vectors, cuts: Cuts, square_weight: float) -> float:
    """Return the sum of the entropies, and of their squares with a weight."""
    total, squares = cost_of(state, cuts)
    return total + square_weight * squares


@njit(cache=True)
def changes(state: Vectors, cuts: Cuts, edge: int, once: Integers, twice: Integers) -> None:
    """Fill the change of the sum of entropies by each gate on an edge, and by each two in a row.

    Parameters
    ----------
    once : shape (9,).
    twice : shape (9, 9).
    """
    rank, path = np.empty(len(_PLANES), np.int64), np.empty(2, np.int64)
    once[:] = 0
    twice[:] = 0
    a, b = cuts.edges[edge]
    for k in range(cuts.first[edge], cuts.first[edge + 1]):
        c = cuts.crossing[k]
        inner = cuts.inside[c, a]
        path[0], path[1] = (a, b) if inner else (b, a)
        plane_ranks(state, path, cuts.members[c, : cuts.sizes[c]], path[0], _PLANES, rank)
        for g in range(GATES):
            g2 = g if inner else 3 * (g % 3) + g // 3
            once[g] += rank[_ONCE[g2]] - rank[0]
            for h in range(GATES):
                h2 = h if inner else 3 * (h % 3) + h // 3
                twice[g, h] += rank[_TWICE[g2, h2]] - rank[0]


@njit(cache=True)
def digest(state: Vectors) -> np.uint64:
    """The same for states that differ by one-qubit Clifford gates: each qubit's vectors without order."""
    h = np.uint64(1469598103934665603)
    for q in range(len(state)):
        for w in range(state.shape[2]):
            u, v = state[q, 0, w], state[q, 1, w]
            h = (h ^ (u * v * (u ^ v) + (u | v) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(1099511628211)
            h ^= h >> np.uint64(29)
    return h


@njit(cache=True)
def annealed_order(
    state: Vectors,
    kinds: Integers,
    cuts: Cuts,
    square_weight: float,
    steps: int,
    hot: float,
    cold: float,
    rng: np.random.Generator,
) -> tuple[Integers, float]:
    """Anneal which qubit has which vectors, exchanged within a kind (-1 stays); see `accepted`.

    Parameters
    ----------
    state : shape (qubits, 2, words).
    kinds : shape (qubits,).

    Returns
    -------
    for each qubit the one whose vectors it should have; the cost then.
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
def _exchange(state: Vectors, order: Integers, i: int, j: int) -> None:
    for half in range(2):
        for w in range(state.shape[2]):
            state[i, half, w], state[j, half, w] = state[j, half, w], state[i, half, w]
    order[i], order[j] = order[j], order[i]
