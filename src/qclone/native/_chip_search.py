"""Searching circuits that fill a chip with clones of clones: where signal wires go, then the gates."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qclone.device import Device
from qclone.errors import InvalidInputError
from qclone.native._assemble import assemble
from qclone.native._chip_sites import Integers, Weights, Wiring, anneal_sites
from qclone.native._chip_synthesis import ChipSynthesis, families, partner
from qclone.native._disentangle import Greed
from qclone.native._fidelity import fidelity
from qclone.native._layout import Edge
from qclone.native._place import hops_from, neighbours
from qclone.native._placer import Found
from qclone.scheme import Iterated, Role

_HOT, _COLD = 50.0, 1.0
_WEIGHTS = Weights()
# Circuits with so many times the gates of the best are not worth a look.
_TOO_MANY = 1.1
_GREEDS = tuple(Greed(*options) for options in product((0.0, 0.1, 0.3), (0.5, 0.7, 1.0), (0.2, 0.5)))


@dataclass
class ChipSearch:
    """Circuits of a canonical scheme with two clones, iterated, on as many qubits as it has.

    Parameters
    ----------
    clone : the clone to decrypt, or one that is like it but for names: S1 and S2 may be exchanged.
    source, reference : the qubits of the input and of what it is entangled with, neighbours.
    steps : of annealing.
    tries : random trees of preparation, for each clone that will do.
    best : the highest fidelity so far, and the clone that is decrypted.
    shallowest : the fewest layers so far.
    """

    scheme: Iterated
    clone: str
    device: Device
    source: int
    reference: int
    rng: random.Random
    steps: int
    tries: int = 12
    best: tuple[Found, str] | None = None
    shallowest: tuple[Found, str] | None = None

    def __post_init__(self) -> None:
        self.scheme.clone(self.clone)
        if max(map(len, neighbours(self.device.edges).values())) > 3:
            raise InvalidInputError(
                f"A qubit of {self.device.name} has more than three neighbours.", "Take a heavy-hex lattice."
            )
        if len(self.qubits) < self.scheme.num_qubits + 1:
            raise InvalidInputError(
                f"{self.scheme} has {self.scheme.num_qubits} wires and a reference, {self.device.name} "
                f"{len(self.qubits)} qubits in one piece.",
                "Clone fewer again.",
            )

    @classmethod
    def at_the_centre(
        cls, scheme: Iterated, clone: str, device: Device, rng: random.Random, steps: int
    ) -> ChipSearch:
        """The input where three couplers meet and everything is near, the reference beside it."""
        near = neighbours(device.edges)
        whole = max((hops_from(near, q) for q in near), key=len)
        centre = min(
            (q for q in whole if len(near[q]) == 3),
            key=lambda q: (max(hops_from(near, q).values()), rng.random()),
        )
        return cls(scheme, clone, device, centre, min(near[centre], key=lambda q: len(near[q])), rng, steps)

    def run(self) -> None:
        """Anneal once, and keep the circuit with the highest exact fidelity, and the shallowest."""
        generator = np.random.default_rng(self.rng.randrange(1 << 30))
        label, shown = anneal_sites(self.wiring, _WEIGHTS, *self._start(), self.steps, _HOT, _COLD, generator)
        if not shown[2]:
            self.consider({self._labels[k]: self.qubits[q] for q, k in enumerate(label) if k >= 0})

    def consider(self, signals: Mapping[str, int]) -> None:
        """Synthesise circuits for given sites of the signal wires."""
        for clone in self._clones * self.tries:
            synthesis = ChipSynthesis(self.scheme, clone, tuple(self.couplers), self.reference, signals)
            for draft in synthesis.drafts(_GREEDS, self.rng):
                most = _TOO_MANY * len(self.best[0].draft.prepare) if self.best else math.inf
                if len(draft.prepare) > most:
                    continue
                found = Found(draft, fidelity(assemble(draft, self.device, clone)))
                if self.best is None or found.fidelity > self.best[0].fidelity:
                    self.best = found, clone
                if self.shallowest is None or found.layers < self.shallowest[0].layers:
                    self.shallowest = found, clone

    @cached_property
    def qubits(self) -> list[int]:
        """As many as the scheme has, in one piece on one side of the source, and the reference."""
        ends = {self.source, self.reference}
        near = neighbours([e for e in self.device.edges if not ends & set(e)])
        beside = [q for q in neighbours(self.device.edges)[self.source] if q in near]
        pieces = [hops_from(near, q) for q in beside]
        hops = max(pieces, key=len)
        kept = sorted(hops, key=lambda q: (hops[q], q))[: self.scheme.num_qubits - 1]
        return sorted([*kept, *ends])

    @cached_property
    def couplers(self) -> list[Edge]:
        """Couplers among them."""
        kept = set(self.qubits)
        return [(a, b) for a, b in self.device.edges if a in kept and b in kept]

    @cached_property
    def wiring(self) -> Wiring:
        """Lattice and scheme as numbers."""
        near, at = neighbours(self.couplers), {q: k for k, q in enumerate(self.qubits)}
        table = np.full((len(at), 3), -1)
        for q, k in at.items():
            table[k, : len(near[q])] = [at[v] for v in sorted(near[q])]
        hops = np.array([[hops_from(near, q)[v] for v in self.qubits] for q in self.qubits])
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
            table,
            hops,
            at[self.source],
            at[self.reference],
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

    def _start(self) -> tuple[Integers, NDArray[np.bool_], int]:
        """Labels, in the tree's order, on a random connected set of sites; a spanning tree of the rest."""
        w, number = self.wiring, len(self._labels)
        chosen = [w.source]
        while len(chosen) < number:
            q = int(self.rng.choice([v for v in w.near[self.rng.choice(chosen)] if v >= 0]))
            if q not in chosen and q != w.reference:
                chosen.append(q)
        near = {q: [int(v) for v in w.near[q] if v in chosen] for q in chosen}
        order, stack = [], [w.source]
        while stack:
            q = stack.pop()
            if q not in order:
                order.append(q)
                stack += near[q]
        label = np.full(len(w.near), -1)
        label[order] = sorted(range(number), key=lambda k: _path(self._labels[k], self.scheme.levels))
        outside = {w.source, w.reference}
        root = next(q for q in range(len(w.near)) if q not in outside)
        links = np.zeros(w.near.shape, np.bool_)
        reached = [root]
        for q in reached:
            for k, v in enumerate(w.near[q]):
                if v >= 0 and v not in outside and v not in reached:
                    links[q, k] = links[v, list(w.near[v]).index(q)] = True
                    reached.append(int(v))
        return label, links, root


def _kinds(clone: str) -> list[str]:
    return [step[0] for step in clone.split("/")]


def _path(label: str, levels: int) -> tuple[str, ...]:
    """The clone that a wire is in the end; the input first."""
    if label == "A":
        return ()
    steps = label.split("/")
    return (*steps, *["A"] * (levels + 1 - len(steps)))
