"""Disentangling a stabiliser state on a graph, one layer of gates at a time: compiled beam search.

A state of at most 64 qubits is two 64-bit columns a qubit: bit k of x[q] and z[q] says what generator k
is on q. A gate exp(-i pi/4 P_a Q_b) multiplies the generators that anticommute with it by P_a Q_b: one
xor of masks. The entropy of a set B is the rank of its columns minus |B|, and a gate on (a, b) changes
only the entropies of cuts that separate a from b, by at most one ebit each.

Cost = the sum of entropies over the cuts of some spanning trees: for Bell pairs, the total length of
their paths. Steps are matchings of gates that lower it; where no gate on an edge does, two gates in a
row may (a swap-like move), and the first of them is a candidate too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qclone.errors import MissingPackageError

try:
    from numba import njit
except ImportError:
    raise MissingPackageError("numba", "search") from None

Columns = NDArray[np.uint64]
Integers = NDArray[np.int64]


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


class Options(NamedTuple):
    """How wide to search.

    Parameters
    ----------
    width : states kept after a layer.
    samples : random matchings tried from each.
    siblings : how many of them may be kept: without a bound the beam becomes one family.
    max_layers : where to give up.
    square_weight : weight of the squares of entropies in the cost: how much bottlenecks matter.
    noise : how random the choice of gates is.
    """

    width: int
    samples: int
    siblings: int
    max_layers: int
    square_weight: float
    noise: float


_NONE = np.uint64(0)


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
def _rank(pair: Columns) -> int:
    if pair[0] == _NONE and pair[1] == _NONE:
        return 0
    if pair[0] == _NONE or pair[1] == _NONE or pair[0] == pair[1]:
        return 1
    return 2


@njit(cache=True)
def _gate(a: Columns, b: Columns, gate: int) -> None:
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
def _changes(state: Columns, cuts: Cuts, edge: int, once: Integers, twice: Integers) -> None:
    """Fill the change of cost by each gate on an edge, and by the best two in a row from it."""
    basis = np.empty((2, 64), np.uint64)
    pairs = np.zeros((9, 9), np.int64)
    near, far = np.empty(2, np.uint64), np.empty(2, np.uint64)
    once[:] = 0
    a, b = cuts.edges[edge]
    for k in range(cuts.first[edge], cuts.first[edge + 1]):
        c = cuts.crossing[k]
        inner = cuts.inside[c, a]
        i, j = (a, b) if inner else (b, a)
        count = _span(state, cuts.members[c, : cuts.sizes[c]], i, basis)
        reduced = np.empty((2, 2), np.uint64)
        for half in range(2):
            reduced[0, half] = _reduced(state[half, i], basis, count)
            reduced[1, half] = _reduced(state[half, j], basis, count)
        before = _rank(reduced[0])
        for g in range(9):
            near[:], far[:] = reduced[0], reduced[1]
            _gate(near, far, g if inner else 3 * (g % 3) + g // 3)
            once[g] += _rank(near) - before
            for h in range(9):
                near2, far2 = near.copy(), far.copy()
                _gate(near2, far2, h if inner else 3 * (h % 3) + h // 3)
                pairs[g, h] += _rank(near2) - before
    for g in range(9):
        twice[g] = pairs[g].min()


@njit(cache=True)
def _moves(state: Columns, cuts: Cuts, ids: Integers, weights: NDArray[np.float64]) -> int:
    """Fill the gates worth trying (edge * 9 + gate) with their weights; return how many."""
    once, twice = np.zeros(9, np.int64), np.zeros(9, np.int64)
    count = 0
    for e in range(len(cuts.edges)):
        _changes(state, cuts, e, once, twice)
        direct = once.min() < 0
        for g in range(9):
            gain = -float(once[g]) if direct else -0.4 * twice[g]
            if gain > 0 and once[g] <= 0:
                ids[count], weights[count] = e * 9 + g, gain
                count += 1
    return count


@njit(cache=True)
def _hash(state: Columns) -> np.uint64:
    """The same for states that differ by one-qubit Clifford gates: each qubit's columns without order."""
    h = np.uint64(1469598103934665603)
    for q in range(state.shape[1]):
        u, v = state[0, q], state[1, q]
        h = (h ^ (u * v * (u ^ v) + (u | v) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
    return h


@njit(cache=True)
def beam(start: Columns, cuts: Cuts, options: Options, rng: np.random.Generator) -> tuple[bool, Integers]:
    """Disentangle a state.

    Parameters
    ----------
    start : shape (2, qubits), the columns.

    Returns
    -------
    whether it worked; the gates (edge * 9 + gate, -1 for none), shape (layers, most in a layer).
    """
    qubits = start.shape[1]
    most = qubits // 2 + 1
    states = np.zeros((options.width, 2, qubits), np.uint64)
    states[0] = start
    alive = 1
    parents = np.zeros((options.max_layers, options.width), np.int64)
    steps = np.full((options.max_layers, options.width, most), -1, np.int64)
    pool = options.width * options.samples
    children = np.zeros((pool, 2, qubits), np.uint64)
    parent = np.zeros(pool, np.int64)
    step = np.full((pool, most), -1, np.int64)
    score = np.zeros(pool, np.float64)
    left = np.zeros(pool, np.int64)
    ids = np.zeros(9 * len(cuts.edges), np.int64)
    weights = np.zeros(9 * len(cuts.edges), np.float64)
    for layer in range(options.max_layers):
        born = 0
        for s in range(alive):
            count = _moves(states[s], cuts, ids, weights)
            if count == 0:
                continue
            for _ in range(options.samples):
                order = np.argsort(-(weights[:count] + options.noise * rng.random(count)))
                child = children[born]
                child[:] = states[s]
                step[born, :] = -1
                busy = np.zeros(qubits, np.bool_)
                used = 0
                for k in order:
                    a, b = cuts.edges[ids[k] // 9]
                    # A move that pays only later is left out now and then: it costs a gate.
                    if busy[a] or busy[b] or (weights[k] < 0.9 and rng.random() < 0.3):
                        continue
                    busy[a] = busy[b] = True
                    _gate(child[:, a], child[:, b], ids[k] % 9)
                    step[born, used] = ids[k]
                    used += 1
                total, squares = cost_of(child, cuts)
                left[born] = total
                score[born] = total + options.square_weight * squares + 0.01 * rng.random()
                parent[born] = s
                born += 1
        if born == 0:
            break
        seen = {_NONE}
        kept_of = np.zeros(alive, np.int64)
        alive = 0
        for c in np.argsort(score[:born]):
            digest = _hash(children[c])
            if left[c] and (digest in seen or kept_of[parent[c]] == options.siblings):
                continue
            seen.add(digest)
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
