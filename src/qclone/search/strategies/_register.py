"""Searching the place of every block of a register and the tree that joins them: simulated annealing.

The cost is a first-order infidelity: gate errors weighted with how often a coupler is used, waiting, and
a price on the tree's diameter, which sets the layers. The exact fidelity decides among the results.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations, permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qclone.device import Device
from qclone.native._assemble import Draft
from qclone.native._graph import Edge, hops_from, neighbours
from qclone.native._placer import Found
from qclone.native._register import Block, Shape, assemble_register, ghz_fidelity, register_draft
from qclone.scheme import Canonical
from qclone.search._kept import Kept
from qclone.search.kernels._compiled import njit
from qclone.search.kernels._cooling import accepts
from qclone.search.kernels._vectors import Integers
from qclone.search.regions._layout import Layout
from qclone.search.strategies._layouts import Known
from qclone.search.strategies._synthesis import Synthesis

Floats = NDArray[np.float64]
# Couplers of A, x, y, d, e, which are 0 to 4: A-x, x-y, y-d, and d-e or y-e.
_SHAPES: dict[Shape, tuple[Edge, ...]] = {
    "line": ((0, 1), (1, 2), (2, 3), (3, 4)),
    "star": ((0, 1), (1, 2), (2, 3), (2, 4)),
}
# F = (P + chi)/2, and an error q of an output's readout takes about q from P and 2 q from chi.
_READOUT = 1.5
# Ten times a Heron's median: couplers that are worse are left alone, or crossed where nothing else is.
_WORST_ERROR = 0.02
# How long qubits wait: in a block for its twelve layers of 0.1 us, on a way of the tree for about five.
_BLOCK_S, _WIRE_S = 1.2e-6, 0.5e-6
# A coupler of the tree takes two gates; beside their errors, this for their pulses and layers.
_GATE = 0.002
# More than any tree: no way leads through a block while there is another.
_DETOUR = 5.0
_MOST_NEIGHBOURS = 4
_STEPS = 150_000
# In infidelity: about what a block costs, and a quarter of what a gate does.
_HOT, _COLD = 0.08, 0.0005


class Lattice(NamedTuple):
    """Neighbours of each qubit (-1 for none) and the price of each coupler in the tree: shape (qubits, 4)."""

    near: Integers
    price: Floats


class Places(NamedTuple):
    """Every block on the device, and which blocks have an input at a qubit.

    Parameters
    ----------
    qubits : shape (blocks, 5): A, x, y, d, e.
    price : shape (blocks,).
    at : shape (qubits, most blocks at one), of which the first many[q] count.
    many : shape (qubits,).
    """

    qubits: Integers
    price: Floats
    at: Integers
    many: Integers


def block_templates(rng: random.Random) -> dict[Shape, Draft]:
    """Return for each shape a draft of `Canonical(2)` on qubits 0 to 4, in few layers and few gates."""
    templates: dict[Shape, Draft] = {}
    roles = {label: q for q, label in enumerate(("A", "S2", "S1", "N1", "N2", "R"))}
    for shape, couplers in _SHAPES.items():
        layout = Layout(roles, "S1", (), (*couplers, (0, 5)))
        known = Known.of(Synthesis(Canonical(2), "S1", layout), rng)
        assert known is not None, "five qubits take four layers"
        drafts = [draft for _ in range(4) for draft in known.drafts(rng)]
        templates[shape] = min(drafts, key=lambda d: (len(d.prepare), len(d.encrypt), len(d.decrypt)))
    return templates


@dataclass
class RegisterSearch:
    """A search that can go on as long as one likes.

    Parameters
    ----------
    size : r, qubits of the register.
    kept : the best so far.
    """

    device: Device
    size: int
    rng: random.Random
    kept: Kept[Found] = field(default_factory=Kept)

    def run(self) -> Iterator[None]:
        """Search without end; stop it at any step."""
        while True:
            found = self._once(self.rng.choice((0.0, 0.005, 0.01, 0.02, 0.03)))
            if found is not None:
                self.kept.add(found)
            yield

    def _once(self, per_hop: float) -> Found | None:
        start = self._start()
        if start is None:
            return None
        generator = np.random.default_rng(self.rng.randrange(1 << 30))
        chosen = _anneal(start, self._places, self._lattice, per_hop, generator)
        blocks = [self._blocks[i] for i in chosen]
        parents = np.empty(self.device.num_qubits, np.int64)
        blocked = np.zeros(self.device.num_qubits, np.bool_)
        for block in blocks:
            blocked[list(block.qubits[1:])] = True
        _tree(np.array([b.qubits[0] for b in blocks]), blocked, self._lattice, parents)
        tree: list[Edge] = [(q, int(p)) for q, p in enumerate(parents) if p >= 0]
        if any(blocked[list(edge)].any() for edge in tree):
            return None
        draft = register_draft(blocks, tree, self._templates)
        if draft is None:
            return None
        return Found(draft, ghz_fidelity(assemble_register(draft, self.device, "S1")))

    @cached_property
    def _templates(self) -> dict[Shape, Draft]:
        return block_templates(random.Random(0))

    @cached_property
    def _uses(self) -> dict[Shape, list[int]]:
        """Gates of the templates on each coupler of a block."""
        drafts = {shape: (d.prepare, d.encrypt, d.decrypt) for shape, d in self._templates.items()}
        pairs = {shape: [{a, b} for a, b, _ in chain(*stages)] for shape, stages in drafts.items()}
        return {shape: [pairs[shape].count({*edge}) for edge in _SHAPES[shape]] for shape in drafts}

    @cached_property
    def _blocks(self) -> list[Block]:
        near = {q: sorted(self.device.graph.neighbors(q)) for q in self.device.working_qubits}
        rows = [(a, x, y) for a in near for x in near[a] for y in near[x] if y != a]
        blocks = [
            Block("line", (a, x, y, d, e))
            for a, x, y in rows
            for d in near[y]
            if d != x
            for e in near[d]
            if e != y
        ]
        blocks += [
            Block("star", (a, x, y, d, e))
            for a, x, y in rows
            for d, e in combinations(near[y], 2)
            if x not in (d, e)
        ]
        blocks = [b for b in blocks if len(set(b.qubits)) == 5]
        return [b for b in blocks if max(self.device.coupler(*e).error for e in _couplers(b)) < _WORST_ERROR]

    @cached_property
    def _places(self) -> Places:
        qubits = np.array([b.qubits for b in self._blocks])
        price = np.array([self._price(b) for b in self._blocks])
        at = [np.flatnonzero(qubits[:, 0] == q) for q in range(self.device.num_qubits)]
        table = np.zeros((len(at), max(map(len, at))), np.int64)
        for q, found in enumerate(at):
            table[q, : len(found)] = found
        return Places(qubits, price, table, np.array([len(found) for found in at]))

    def _price(self, block: Block) -> float:
        errors = (self.device.coupler(*edge).error for edge in _couplers(block))
        gates = sum(uses * error for uses, error in zip(self._uses[block.shape], errors, strict=True))
        ((output, _),) = self._templates[block.shape].outputs
        readout = _READOUT * self.device.qubit(block.qubits[output]).readout_error
        return gates + readout + sum(self._waiting(q, _BLOCK_S) for q in block.qubits)

    def _waiting(self, q: int, seconds: float) -> float:
        qubit = self.device.qubit(q)
        return seconds * (1 / qubit.t1_s + 1 / qubit.t2_s) / 2

    @cached_property
    def _lattice(self) -> Lattice:
        near = np.full((self.device.num_qubits, _MOST_NEIGHBOURS), -1)
        price = np.full((self.device.num_qubits, _MOST_NEIGHBOURS), np.inf)
        free = np.zeros(self.device.num_qubits, np.int64)
        for c in self.device.couplers:
            waiting = (self._waiting(c.a, _WIRE_S) + self._waiting(c.b, _WIRE_S)) / 2
            for a, b in permutations((c.a, c.b)):
                near[a, free[a]] = b
                price[a, free[a]] = _GATE + 2 * c.error + waiting if c.error < _WORST_ERROR else 2 * _DETOUR
                free[a] += 1
        return Lattice(near, price)

    def _start(self) -> Integers | None:
        """Blocks that do not overlap, around a random one; None if that has no room."""
        middle = self.rng.randrange(len(self._blocks))
        far = self.device.num_qubits
        hops = hops_from(neighbours(self.device.edges), self._blocks[middle].qubits[0])
        order = sorted(
            range(len(self._blocks)),
            key=lambda i: hops.get(self._blocks[i].qubits[0], far) + 6 * self.rng.random(),
        )
        chosen, used = list[int](), set[int]()
        for i in order:
            if len(chosen) < self.size and not used & set(self._blocks[i].qubits):
                chosen.append(i)
                used |= set(self._blocks[i].qubits)
        return np.array(chosen) if len(chosen) == self.size else None


def _couplers(block: Block) -> list[Edge]:
    return [(block.qubits[a], block.qubits[b]) for a, b in _SHAPES[block.shape]]


@njit(cache=True)
def _tree(
    inputs: Integers, blocked: NDArray[np.bool_], lattice: Lattice, parents: Integers
) -> tuple[float, int]:
    """Join some qubits, the nearest first, around blocked ones.

    Returns price and diameter.

    Parameters
    ----------
    inputs : shape (inputs,), the qubits to join.
    blocked : shape (qubits,).
    parents : shape (qubits,), filled with the parent of each in the tree, -1 for the root, -2 for none.
    """
    count = len(lattice.near)
    parents[:] = -2
    parents[inputs[0]] = -1
    missing = np.zeros(count, np.bool_)
    missing[inputs[1:]] = True
    left = missing.sum()
    price = 0.0
    distance, previous = np.full(count, np.inf), np.full(count, -1)
    distance[inputs[0]] = 0.0
    # Dijkstra from all of the tree, which goes on as the tree grows: what was done is opened again.
    edge, waits = np.empty(count, np.int64), np.zeros(count, np.bool_)
    edge[0], size = inputs[0], 1
    while left:
        if size == 0:
            return 1e6, count
        least = 0
        for k in range(1, size):
            if distance[edge[k]] < distance[edge[least]]:
                least = k
        nearest = edge[least]
        size -= 1
        edge[least] = edge[size]
        waits[nearest] = False
        if missing[nearest]:
            price += distance[nearest]
            q = nearest
            while parents[q] == -2:
                parents[q] = previous[q]
                left -= missing[q]
                missing[q] = False
                distance[q] = 0.0
                if not waits[q]:
                    edge[size], waits[q] = q, True
                    size += 1
                q = previous[q]
            continue
        for k in range(lattice.near.shape[1]):
            other = lattice.near[nearest, k]
            if other >= 0:
                through = distance[nearest] + lattice.price[nearest, k]
                through += _DETOUR if blocked[other] else 0.0
                if through < distance[other]:
                    distance[other], previous[other] = through, nearest
                    if not waits[other]:
                        edge[size], waits[other] = other, True
                        size += 1
    return price, _diameter(inputs[0], lattice, parents)


@njit(cache=True)
def _diameter(origin: int, lattice: Lattice, parents: Integers) -> int:
    """Couplers between the two nodes of a tree that are farthest apart; `parents` as of `_tree`."""
    end, farthest = origin, 0
    stack = np.empty(len(parents), np.int64)
    for _ in range(2):
        hops = np.full(len(parents), -1)
        hops[end] = 0
        stack[0], height = end, 1
        farthest = 0
        while height:
            height -= 1
            q = stack[height]
            if hops[q] > farthest:
                farthest, end = hops[q], q
            for k in range(lattice.near.shape[1]):
                other = lattice.near[q, k]
                if other >= 0 and hops[other] < 0 and (parents[other] == q or parents[q] == other):
                    hops[other] = hops[q] + 1
                    stack[height] = other
                    height += 1
    return farthest


@njit(cache=True)
def _anneal(
    chosen: Integers, places: Places, lattice: Lattice, per_hop: float, rng: np.random.Generator
) -> Integers:
    """Exchange blocks one at a time; return the cheapest choice found, shape (inputs,) as `chosen`."""
    count = len(lattice.near)
    chosen = chosen.copy()
    owner = np.full(count, -1)
    blocked = np.zeros(count, np.bool_)
    parents = np.empty(count, np.int64)
    for j in range(len(chosen)):
        owner[places.qubits[chosen[j]]] = j
        blocked[places.qubits[chosen[j], 1:]] = True
    inputs = places.qubits[chosen, 0].copy()
    joined, hops = _tree(inputs, blocked, lattice, parents)
    now = least = places.price[chosen].sum() + joined + per_hop * hops
    best = chosen.copy()
    for step in range(_STEPS):
        j = int(rng.integers(0, len(chosen)))
        q = int(inputs[j])
        if rng.random() < 0.6:
            # An input a few hops from another one's.
            q = int(inputs[rng.integers(0, len(chosen))])
            for _ in range(rng.integers(1, 6)):
                other = lattice.near[q, rng.integers(0, lattice.near.shape[1])]
                q = int(other) if other >= 0 else q
        if places.many[q] == 0:
            continue
        old, new = chosen[j], places.at[q, rng.integers(0, places.many[q])]
        fits = True
        for other in places.qubits[new]:
            fits = fits and owner[other] in (-1, j)
        if not fits:
            continue
        owner[places.qubits[old]] = -1
        blocked[places.qubits[old]] = False
        owner[places.qubits[new]] = j
        blocked[places.qubits[new, 1:]] = True
        chosen[j], inputs[j] = new, q
        joined, hops = _tree(inputs, blocked, lattice, parents)
        cost = places.price[chosen].sum() + joined + per_hop * hops
        if accepts(cost - now, _HOT, _COLD, step / _STEPS, rng):
            now = cost
            if cost < least:
                least = cost
                best[:] = chosen
        else:
            owner[places.qubits[new]] = -1
            blocked[places.qubits[new]] = False
            owner[places.qubits[old]] = j
            blocked[places.qubits[old, 1:]] = True
            chosen[j], inputs[j] = old, places.qubits[old, 0]
    return best
