"""Disentangling a stabiliser state of any number of qubits on a tree, greedily; compiled.

Removing an edge a - c of the tree cuts the qubits in two. On a path a - c - b only two cuts feel what gates
do, and of the 1,451,520 Cliffords of three qubits only 6,720 differ for them; those up to four gates away
are tried on every path, and the one that lowers the entropies most for its gates is taken, as soon as its
qubits are free. A gate changes what is known of the paths through its own qubits only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from qclone.native._graph import hops_from, neighbours
from qclone.search.kernels._compiled import njit
from qclone.search.kernels._entropies import Cuts
from qclone.search.kernels._planes import Planes, turned
from qclone.search.kernels._vectors import GATES, Integers, Vectors, basis_for, plane_ranks, span, turn

_FARTHEST = 4


class _Moves(NamedTuple):
    """What up to four gates make of a path a - c - b, as far as its two cuts feel it.

    Parameters
    ----------
    planes : shape (336, 2): pairs of vectors of one qubit, as sums (bit masks) of the path's six.
    near, far : for each move, the plane that a and b then have; the first move does nothing.
    gates : shape (moves, 4): 9 e + 3 P + Q on edge e (a - c, c - b), -1 for none.
    lengths : their number.
    """

    planes: Integers
    near: Integers
    far: Integers
    gates: Integers
    lengths: Integers


@cache
def _moves() -> _Moves:
    planes = Planes()
    columns: list[tuple[int, ...]] = [(1, 2, 4, 8, 16, 32)]
    ends = {(planes.number(1, 2), planes.number(16, 32)): 0}
    gates: list[tuple[int, ...]] = [()]
    newest = [0]
    for _ in range(_FARTHEST):
        found = []
        for k, gate in product(newest, range(2 * GATES)):
            after = turned(columns[k], gate)
            end = planes.number(*after[:2]), planes.number(*after[4:])
            if end not in ends:
                ends[end] = len(columns)
                found.append(len(columns))
                columns.append(after)
                gates.append((*gates[k], gate))
        newest = found
    padded = np.array([[*g, *[-1] * (_FARTHEST - len(g))] for g in gates])
    near, far = np.array(list(ends)).T
    return _Moves(planes.table, near, far, padded, np.array(list(map(len, gates))))


class Greed(NamedTuple):
    """How moves are chosen.

    Parameters
    ----------
    noise : how random the order is.
    power : a move of k gates that gains g ebits weighs g / k^power.
    least : moves that weigh less are not taken.
    max_layers : where to give up.
    """

    noise: float
    power: float
    least: float
    max_layers: int = 80


class _Paths(NamedTuple):
    """Paths of three nodes, and what is cut at both their ends.

    Parameters
    ----------
    nodes : shape (paths, 3).
    ends : shape (paths, 2), numbers of cuts.
    cuts : every edge from both its ends: of cut 2 k and 2 k + 1 what is on either side of edge k.
    through : shape (nodes, most paths through one), -1 for none.
    """

    nodes: Integers
    ends: Integers
    cuts: Cuts
    through: Integers


@dataclass(frozen=True)
class Tree:
    """The tree on whose edges a state is disentangled.

    Parameters
    ----------
    edges : pairs of qubits, which are numbered from 0.

    Example
    -------
    >>> tree = Tree(((0, 1), (1, 2), (2, 3)))
    >>> from qclone.search.kernels._vectors import packed
    >>> nested = packed([(1, 2), (4, 8), (4, 8), (1, 2)], 4)
    >>> tree.entropies(nested).tolist()
    [1, 2, 1]
    >>> gates = tree.disentangle(nested, Greed(0.1, 1.0, 0.2), np.random.default_rng(1))
    >>> len(gates), tree.entropies(nested).tolist()
    (6, [0, 0, 0])
    """

    edges: tuple[tuple[int, int], ...]

    @cached_property
    def _paths(self) -> _Paths:
        near = neighbours(self.edges)
        whole = set(near)
        number = {edge: k for k, edge in enumerate((e for a, b in self.edges for e in ((a, b), (b, a))))}
        sides = []
        for a, c in number:
            rest = [e for e in self.edges if set(e) != {a, c}]
            sides.append(sorted(hops_from(neighbours(rest), a)) if len(near[a]) > 1 else [a])
        members = np.zeros((len(sides), max(map(len, sides))), np.int64)
        for k, side in enumerate(sides):
            members[k, : len(side)] = side
        paths = [(a, c, b) for c in sorted(whole) for a, b in combinations(near[c], 2)]
        ends = [(number[a, c], number[b, c]) for a, c, b in paths]
        through = [[p for p, path in enumerate(paths) if q in path] for q in range(len(whole))]
        most = max(map(len, through)) + 1
        table = np.array([[*t, *[-1] * (most - len(t))] for t in through])
        sizes = np.array(list(map(len, sides)))
        return _Paths(np.array(paths), np.array(ends), Cuts(members, sizes), table)

    @cached_property
    def cuts(self) -> Cuts:
        """The smaller side of every edge."""
        members, sizes = self._paths.cuts
        smaller = [k + (sizes[k + 1] < sizes[k]) for k in range(0, len(sizes), 2)]
        return Cuts(members[smaller, : max(sizes[smaller])], sizes[smaller])

    def entropies(self, state: Vectors) -> Integers:
        """Return the entropy of every edge's cut, in ebits."""
        members, sizes = self.cuts
        basis, pivots = basis_for(state)
        spans = [span(state, m[:k], -1, basis, pivots) for m, k in zip(members, sizes, strict=True)]
        return np.array(spans) - sizes

    def disentangle(
        self, state: Vectors, greed: Greed, rng: np.random.Generator
    ) -> list[tuple[int, int, str]] | None:
        """Return gates that make a product state of it, or None where greed fails; `state` follows."""
        out = np.zeros((40 * len(state), 3), np.int64)
        count = _disentangled(state, self._paths, _moves(), greed, rng, out)
        if count < 0 or self.entropies(state).any():
            return None
        return [(int(a), int(b), "XYZ"[g // 3] + "XYZ"[g % 3]) for a, b, g in out[:count]]


@njit(cache=True)
def _best_move(
    state: Vectors, p: int, paths: _Paths, moves: _Moves, power: float, rng: np.random.Generator
) -> tuple[float, int]:
    near, far = np.empty(len(moves.planes), np.int64), np.empty(len(moves.planes), np.int64)
    path, (i, j), cuts = paths.nodes[p], paths.ends[p], paths.cuts
    plane_ranks(state, path, cuts.members[i, : cuts.sizes[i]], path[0], moves.planes, near)
    plane_ranks(state, path, cuts.members[j, : cuts.sizes[j]], path[2], moves.planes, far)
    now = near[moves.near[0]] + far[moves.far[0]]
    best, which, equal = 0.0, 0, 0
    for m in range(1, len(moves.lengths)):
        gain = now - near[moves.near[m]] - far[moves.far[m]]
        if gain > 0:
            weight = gain / moves.lengths[m] ** power
            if weight > best + 1e-9:
                best, which, equal = weight, m, 1
            elif weight > best - 1e-9:
                equal += 1
                if rng.random() * equal < 1:
                    which = m
    return best, which


@njit(cache=True)
def _disentangled(
    state: Vectors, paths: _Paths, moves: _Moves, greed: Greed, rng: np.random.Generator, out: Integers
) -> int:
    """Fill (a, b, gate); return their number, or -1 where it takes too many layers.

    `out` has shape (most gates, 3); where more are needed it is -1 too.
    """
    number = len(paths.nodes)
    weights, which = np.zeros(number), np.zeros(number, np.int64)
    stale = np.ones(number, np.bool_)
    free_at = np.zeros(len(state), np.int64)
    layer = count = 0
    while layer < greed.max_layers:
        for p in range(number):
            if stale[p]:
                weights[p], which[p] = _best_move(state, p, paths, moves, greed.power, rng)
                stale[p] = False
        taken = False
        for p in np.argsort(-(weights + greed.noise * rng.random(number))):
            if weights[p] < greed.least or weights[p] == 0:
                continue
            a, c, b = paths.nodes[p]
            gates = moves.gates[which[p], : moves.lengths[which[p]]]
            with_a, with_b = gates.min() < GATES, gates.max() >= GATES
            if free_at[c] > layer or (with_a and free_at[a] > layer) or (with_b and free_at[b] > layer):
                continue
            if count + len(gates) > len(out):
                return -1
            for k in range(len(gates)):
                near, far = (a, c) if gates[k] < GATES else (c, b)
                turn(state, near, far, gates[k] % GATES)
                out[count] = near, far, gates[k] % GATES
                count += 1
                free_at[near] = free_at[far] = layer + k + 1
            for q, used in ((a, with_a), (c, True), (b, with_b)):
                if used:
                    for r in paths.through[q]:
                        if r >= 0:
                            stale[r] = True
            taken = True
            break
        if taken:
            continue
        after = greed.max_layers
        for q in range(len(state)):
            if layer < free_at[q] < after:
                after = free_at[q]
        if after == greed.max_layers:
            return count
        layer = after
    return -1
