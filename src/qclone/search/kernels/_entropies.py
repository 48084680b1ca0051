"""Entropies of a stabiliser state over the cuts of a tree, and labels for which they are small; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qclone.search.kernels._compiled import njit
from qclone.search.kernels._cooling import accepts
from qclone.search.kernels._vectors import Integers, Vectors, basis_for, span


class Cuts(NamedTuple):
    """Bipartitions of qubits, by the members of one side each.

    Parameters
    ----------
    members, sizes : cut c is members[c, : sizes[c]].
    """

    members: Integers
    sizes: Integers


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
