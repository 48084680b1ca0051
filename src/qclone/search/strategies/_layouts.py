"""Searching drafts for a device: many layouts, many syntheses of each, the best exact fidelity."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._placer import Found, Placer
from qclone.scheme import Scheme
from qclone.search._kept import Kept
from qclone.search.regions._layout import Layout
from qclone.search.regions._reshaped import varied
from qclone.search.stages._concentrate import Concentration, Schedule, num_gates
from qclone.search.strategies._synthesis import Synthesis

# Layouts that go on being searched.
_KEPT = 6
# States to prepare in a step, and how many of those are prepared.
_TARGETS, _PREPARED = 8, 2
# How often another schedule is looked for: it takes long.
_NEW = 0.2


@dataclass
class LayoutSearch:
    """A search that can go on as long as one likes: in new layouts, in the best ones, and in variations.

    Parameters
    ----------
    scheme, clone : one input, and a clone of one wire.
    layouts : yields layouts to try, or None where one could not be made.
    kept : the best so far.
    """

    scheme: Scheme
    clone: str
    layouts: Iterator[Layout | None]
    placer: Placer
    rng: random.Random
    kept: Kept[Found] = field(default_factory=Kept)
    _known: list[Known] = field(default_factory=list)

    def run(self) -> Iterator[None]:
        """Search without end; stop it at any step."""
        while True:
            if (known := self._next()) is not None:
                for draft in known.drafts(self.rng):
                    if (found := self.placer.best(draft)) is not None:
                        known.best = max(known.best, found.fidelity)
                        self.kept.add(found)
                self._known.sort(key=lambda k: k.best, reverse=True)
                del self._known[_KEPT:]
            yield

    def _next(self) -> Known | None:
        """A new layout, one that is known, or a variation of it, equally often."""
        known = self.rng.choice(self._known) if self._known else None
        choice = self.rng.randrange(3) if len(self._known) == _KEPT else 0
        if known is not None and choice == 1:
            return known
        if known is not None and choice == 2:
            layout = varied(known.synthesis.layout, self.rng)
        else:
            layout = next(self.layouts)
        found = None if layout is None else Known.of(Synthesis(self.scheme, self.clone, layout), self.rng)
        if found is not None:
            self._known.append(found)
        return found


@dataclass
class Known:
    """A layout with schedules of its shortest encryption and decryption, and its best fidelity so far."""

    synthesis: Synthesis
    encryptions: list[Schedule]
    decryptions: list[Schedule]
    best: float = 0.0

    @classmethod
    def of(cls, synthesis: Synthesis, rng: random.Random) -> Known | None:
        """Return it, or None where a pair cannot be concentrated in a few layers."""
        try:
            return cls(synthesis, [synthesis.encryption.shortest(rng)], [synthesis.decryption.shortest(rng)])
        except InvalidInputError:
            return None

    def drafts(self, rng: random.Random) -> Iterator[Draft]:
        """Yield drafts from a few schedules of encryption and of decryption, others every time.

        Of many states to prepare those go on that are the least entangled, and of many ways to prepare
        one the shallowest and the one of fewest gates.
        """
        synthesis = self.synthesis
        cuts = synthesis.tree(rng).cuts
        for concentration, schedules in (
            (synthesis.encryption, self.encryptions),
            (synthesis.decryption, self.decryptions),
        ):
            if rng.random() < _NEW and (another := _another(concentration, schedules[0], rng)):
                schedules.append(another)
        roles = synthesis.labelled(cuts, rng)
        targets = [synthesis.undone(roles, rng.choice(self.encryptions), cuts, rng) for _ in range(_TARGETS)]
        decryptions = rng.sample(self.decryptions, min(2, len(self.decryptions))) * 2
        for target in sorted(targets, key=lambda t: t.cost)[:_PREPARED]:
            for prepare, schedule in product(synthesis.prepared(target, rng), decryptions):
                yield synthesis.draft(target, prepare, schedule, rng)


def _another(concentration: Concentration, shortest: Schedule, rng: random.Random) -> Schedule | None:
    """Return another schedule, of about as many layers and gates."""
    gates = num_gates(shortest) + rng.choice((0, 0, 1, 2))
    return concentration.schedule(len(shortest) + (rng.random() < 0.2), gates, rng)
