"""Searching circuits that fill a chip with clones of clones: where signal wires go, then the gates."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qclone.device import Device
from qclone.errors import InvalidInputError
from qclone.native._assemble import assemble
from qclone.native._fidelity import fidelity
from qclone.native._graph import hops_from, in_one_piece, neighbours, reached_from
from qclone.native._placer import Found
from qclone.scheme import Iterated, Role
from qclone.search._kept import Kept
from qclone.search.kernels._greedy import Greed
from qclone.search.kernels._transport import Integers, link
from qclone.search.regions._ground import Ground
from qclone.search.strategies._chip_sites import Weights, Wiring, anneal_sites
from qclone.search.strategies._chip_synthesis import ChipSynthesis, families, partner

_HOT, _COLD = 50.0, 1.0
# Short annealings from nothing, of which the best is annealed again, at these temperatures.
_STARTS = 8
_AGAIN = (_COLD, 10.0, 20.0, 20.0, 15.0, 15.0, 10.0)
# And first of all what was moved from another chip.
_MOVED = 40.0
_WEIGHTS = Weights()
# Preparations with so many times the gates of the best one's are not worth a look.
_TOO_MANY = 1.1
_GREEDS = tuple(Greed(*options) for options in product((0.0, 0.1, 0.3), (0.5, 0.7, 1.0), (0.2, 0.5)))


@dataclass(frozen=True)
class FoundClone(Found):
    """A circuit, and which of the clones that are alike it decrypts."""

    clone: str


@dataclass(frozen=True)
class Sites:
    """Where the signal wires go.

    Parameters
    ----------
    label : number of the wire on each qubit of the ground, -1 for none.
    cost : what the annealing counts.
    broken : clones that would have to pass through others: there is no such circuit.
    """

    ground: Ground
    label: Integers
    cost: float = math.inf
    broken: int = 0


@dataclass
class ChipSearch:
    """Circuits of a canonical scheme with two clones, iterated, on as many qubits as it has.

    Parameters
    ----------
    clone : the clone to decrypt, or one that is like it but for names: S1 and S2 may be exchanged.
    steps : of an annealing.
    tries : random trees of preparation, for each clone that will do.
    kept : the best so far.
    """

    scheme: Iterated
    clone: str
    device: Device
    rng: random.Random
    steps: int
    tries: int = 2
    kept: Kept[FoundClone] = field(default_factory=Kept)

    def __post_init__(self) -> None:
        self.scheme.clone(self.clone)

    def run(self) -> Iterator[None]:
        """Search without end, from nothing; stop it at any step."""
        while True:
            found = []
            for _ in range(_STARTS):
                ground = Ground.near_the_centre(self.scheme, self.device, self.rng)
                found.append(self._annealed(Sites(ground, self._scattered(ground)), _HOT, self.steps // 3))
                yield
            yield from self._improved(min(found, key=lambda sites: sites.cost))

    def resume(self, roles: Mapping[str, int]) -> Iterator[None]:
        """Improve a known circuit, of this scheme or of one much like it, on this device or on another.

        Where wires can stay, they do. Nothing comes of it where the input or its reference cannot.
        """
        source, reference = roles[self.scheme.inputs[0]], roles["R"]
        at_home = {*roles} == {"R", *(w.label for w in self.scheme.wires)}
        if tuple(sorted((source, reference))) not in self.device.edges:
            return iter(())
        try:
            ground = Ground.around(self.scheme, self.device, source, reference)
        except InvalidInputError:
            return iter(())
        own = Ground(self.scheme, self.device, source, reference, tuple(sorted(roles.values())))
        if at_home and self._fits(own):
            ground = own
        sites = self._settled(ground, roles)
        if sites is None:
            return iter(())
        return self._improved(sites if ground is own else self._annealed(sites, _MOVED, self.steps))

    def _fits(self, ground: Ground) -> bool:
        """Whether all that is prepared hangs together."""
        inner = {*ground.qubits} - {ground.source, ground.reference}
        near = neighbours(self.device.edges)
        return inner <= near.keys() and in_one_piece(inner, neighbours(ground.couplers))

    def _settled(self, ground: Ground, roles: Mapping[str, int]) -> Sites | None:
        """Signal wires where they were, as far as they hang together there; the others beside them."""
        near = neighbours(ground.couplers)
        first, *left = sorted(self._labels, key=lambda label: label.count("/"))
        at, taken = {roles[label]: label for label in left if label in roles}, {ground.source: first}
        while left:
            edge = {v for q in taken for v in near[q]} - {ground.reference, *taken}
            found = {q: at[q] for q in sorted(edge) if at.get(q) in left}
            if not found and edge:
                # One that has lost its place, where it helps the others to keep theirs.
                goals = [q for q in at if q in near and at[q] in left] or [ground.source]
                hops = [hops_from(near, goal) for goal in goals]
                q = min(sorted(edge), key=lambda q: min(own[q] for own in hops))
                lost = [label for label in left if roles.get(label) not in near]
                found = {q: (lost or left)[-1]}
            if not found:
                return None
            taken |= found
            left = [label for label in left if label not in found.values()]
        number = {label: k for k, label in enumerate(self._labels)}
        return Sites(ground, np.array([number.get(taken.get(q, ""), -1) for q in ground.qubits]))

    def _improved(self, sites: Sites) -> Iterator[None]:
        self._consider(sites)
        yield
        for hot in _AGAIN:
            other = self._annealed(sites, hot, self.steps)
            yield
            if other.cost < sites.cost:
                sites = other
                self._consider(sites)
                yield

    def _annealed(self, sites: Sites, hot: float, steps: int) -> Sites:
        ground = sites.ground
        generator = np.random.default_rng(self.rng.randrange(1 << 30))
        wiring, start = self._wiring(ground), (sites.label, *_spanning(ground))
        return Sites(ground, *anneal_sites(wiring, _WEIGHTS, *start, steps, hot, _COLD, generator))

    def _consider(self, sites: Sites) -> None:
        """Synthesise circuits; keep the one with the highest exact fidelity, and the shallowest."""
        if sites.broken:
            return
        signals = {self._labels[k]: sites.ground.qubits[q] for q, k in enumerate(sites.label) if k >= 0}
        synthesis = ChipSynthesis(sites.ground, signals)
        for clone in self._clones * self.tries:
            for draft in synthesis.drafts(clone, _GREEDS, self.rng):
                best = self.kept.best
                if best is None or len(draft.prepare) <= _TOO_MANY * len(best.draft.prepare):
                    value = fidelity(assemble(draft, self.device, clone))
                    self.kept.add(FoundClone(draft, value, clone))

    def _wiring(self, ground: Ground) -> Wiring:
        """Lattice and scheme as numbers."""
        number = {label: k for k, label in enumerate(self._labels)}
        trees = families(self.scheme)
        levels = np.array([first.count("/") for _, first, _ in trees])
        born = np.zeros(len(number), np.int64)
        for family, level in zip(trees, levels, strict=True):
            born[[number[label] for label in family[1:]]] = level + 1
        of = {label: family[0] for family in trees for label in family[1:]}
        routes = []
        for clone in self._clones:
            whole = self.scheme.clone(clone)
            # Before encryption a Bell pair is beside the input of its scheme.
            inputs = [of[partner(label)] for label in whole.key]
            routes.append([number[label] for label in (*whole.wires, *inputs)])
        return Wiring(
            ground.near,
            ground.hops,
            ground.tolls,
            ground.qubits.index(ground.source),
            ground.qubits.index(ground.reference),
            np.array([[number[label] for label in family] for family in trees]),
            levels,
            born,
            np.array(routes),
        )

    @cached_property
    def _labels(self) -> list[str]:
        return [w.label for w in self.scheme.wires if w.role is not Role.NOISE]

    @cached_property
    def _clones(self) -> list[str]:
        """The clones that are like the wanted one but for names."""
        return [c for c in self.scheme.clones if _kinds(c) == _kinds(self.clone)]

    def _scattered(self, ground: Ground) -> Integers:
        """Labels, in the tree's order, on a random connected set of sites."""
        number = len(self._labels)
        source, reference = (ground.qubits.index(q) for q in (ground.source, ground.reference))
        chosen = [source]
        while len(chosen) < number:
            q = int(self.rng.choice([v for v in ground.near[self.rng.choice(chosen)] if v >= 0]))
            if q not in chosen and q != reference:
                chosen.append(q)
        near = {q: [int(v) for v in ground.near[q] if v in chosen] for q in chosen}
        order, stack = [], [source]
        while stack:
            q = stack.pop()
            if q not in order:
                order.append(q)
                stack += near[q]
        label = np.full(len(ground.near), -1)
        label[order] = sorted(range(number), key=lambda k: _path(self._labels[k], self.scheme.levels))
        return label


def _spanning(ground: Ground) -> tuple[NDArray[np.bool_], int]:
    """Links of a spanning tree of the qubits that are prepared, and its root."""
    ends = [ground.qubits.index(q) for q in (ground.source, ground.reference)]
    root = next(q for q in range(len(ground.qubits)) if q not in ends)
    links = np.zeros(ground.near.shape, np.bool_)
    near = {q: [int(v) for v in row if v >= 0 and v not in ends] for q, row in enumerate(ground.near)}
    for v, before in reached_from(near, root).items():
        if v != before:
            link(ground.near, links, before, v, True)
    return links, root


def _kinds(clone: str) -> list[str]:
    return [step[0] for step in clone.split("/")]


def _path(label: str, levels: int) -> tuple[str, ...]:
    """The clone that a wire is in the end; the input first."""
    if label == "A":
        return ()
    steps = label.split("/")
    return (*steps, *["A"] * (levels + 1 - len(steps)))
