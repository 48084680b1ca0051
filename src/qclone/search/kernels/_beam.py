"""Disentangling a stabiliser state on a graph, one layer of gates at a time: compiled beam search.

Cost = the sum of entropies over the cuts of two spanning trees: for Bell pairs, the total length of
their paths. Steps are matchings of gates that lower it; where no gate on an edge does, two gates in a
row may (a swap-like move), and the first of them is a candidate too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qclone.search.kernels._compiled import njit
from qclone.search.kernels._entropies import Cuts, changes, cost_of, digest
from qclone.search.kernels._vectors import GATES, Integers, Vectors, turn


class Options(NamedTuple):
    """How wide to search.

    Parameters
    ----------
    width : states kept after a layer.
    samples : random matchings tried from each, while that many are kept.
    siblings : how many of them may be kept: without a bound the beam becomes one family.
    max_layers : where to give up.
    square_weight : weight of the squares of entropies in the cost: how much bottlenecks matter.
    noise : how random the choice of gates is.
    even : whether a state that no move improves may be left by one that changes nothing.
    """

    width: int
    samples: int
    siblings: int
    max_layers: int
    square_weight: float
    noise: float
    even: bool = False


# A move that pays only later weighs less than one that pays now; one that changes nothing, least.
_LATER, _EVEN = 0.4, 0.2


@njit(cache=True)
def _moves(state: Vectors, cuts: Cuts, even: bool, ids: Integers, weights: NDArray[np.float64]) -> int:
    """Fill the gates worth trying (edge * 9 + gate) with their weights; return how many.

    `ids` and `weights` have shape (9 edges,), room for all of them.
    """
    once, twice = np.zeros(GATES, np.int64), np.zeros((GATES, GATES), np.int64)
    count, end = 0, len(ids)
    for e in range(len(cuts.edges)):
        changes(state, cuts, e, once, twice)
        direct = once.min() < 0
        for g in range(GATES):
            gain = -float(once[g]) if direct else -_LATER * twice[g].min()
            if gain > 0 and once[g] <= 0:
                ids[count], weights[count] = e * GATES + g, gain
                count += 1
            elif once[g] == 0:
                end -= 1
                ids[end] = e * GATES + g
    if count or not even:
        return count
    count = len(ids) - end
    ids[:count] = ids[end:].copy()
    weights[:count] = _EVEN
    return count


@njit(cache=True)
def beam(start: Vectors, cuts: Cuts, options: Options, rng: np.random.Generator) -> tuple[bool, Integers]:
    """Disentangle a state.

    Parameters
    ----------
    start : shape (qubits, 2, words).

    Returns
    -------
    whether it worked; the gates (edge * 9 + gate, -1 for none), shape (layers, most in a layer).
    """
    qubits, _, words = start.shape
    most = qubits // 2 + 1
    states = np.zeros((options.width, qubits, 2, words), np.uint64)
    states[0] = start
    alive = 1
    parents = np.zeros((options.max_layers, options.width), np.int64)
    steps = np.full((options.max_layers, options.width, most), -1, np.int64)
    pool = options.width * options.samples
    children = np.zeros((pool, qubits, 2, words), np.uint64)
    parent = np.zeros(pool, np.int64)
    step = np.full((pool, most), -1, np.int64)
    score = np.zeros(pool, np.float64)
    left = np.zeros(pool, np.int64)
    ids = np.zeros(GATES * len(cuts.edges), np.int64)
    weights = np.zeros(GATES * len(cuts.edges), np.float64)
    seen = {digest(start)}
    for layer in range(options.max_layers):
        born = 0
        for s in range(alive):
            count = _moves(states[s], cuts, options.even, ids, weights)
            if count == 0:
                continue
            for _ in range(pool // alive):
                order = np.argsort(-(weights[:count] + options.noise * rng.random(count)))
                child = children[born]
                child[:] = states[s]
                step[born, :] = -1
                busy = np.zeros(qubits, np.bool_)
                used = 0
                for k in order:
                    a, b = cuts.edges[ids[k] // GATES]
                    # A move that pays only later is left out now and then: it costs a gate.
                    if busy[a] or busy[b] or (weights[k] < 0.9 and rng.random() < 0.3):
                        continue
                    busy[a] = busy[b] = True
                    turn(child, a, b, ids[k] % GATES)
                    step[born, used] = ids[k]
                    used += 1
                total, squares = cost_of(child, cuts)
                left[born] = total
                score[born] = total + options.square_weight * squares + 0.01 * rng.random()
                parent[born] = s
                born += 1
        if born == 0:
            break
        kept_of = np.zeros(alive, np.int64)
        siblings = max(options.siblings, options.width // alive)
        alive = 0
        for c in np.argsort(score[:born]):
            name = digest(children[c])
            if left[c] and (name in seen or kept_of[parent[c]] == siblings):
                continue
            seen.add(name)
            kept_of[parent[c]] += 1
            states[alive], parents[layer, alive], steps[layer, alive] = children[c], parent[c], step[c]
            if left[c] == 0:
                path = np.full((layer + 1, most), -1, np.int64)
                at = alive
                for t in range(layer, -1, -1):
                    path[t] = steps[t, at]
                    at = parents[t, at]
                return True, path
            alive += 1
            if alive == options.width:
                break
    return False, steps[0, :0]
