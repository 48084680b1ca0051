"""Searching drafts for a device: many layouts, many syntheses of each, the best exact fidelity."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._pairs import in_layers
from qclone.native._placer import Found, Placer
from qclone.search._kept import Kept, consider
from qclone.search.kernels._beam import Options
from qclone.search.regions._layout import Layout
from qclone.search.regions._reshaped import varied
from qclone.search.stages._concentrate import Concentration, Schedule
from qclone.search.strategies._canonical_synthesis import Synthesis, short_schedule

# Layouts that go on being searched.
_KEPT = 6
# States to prepare in a step, and how many of those are prepared.
_TARGETS, _PREPARED = 8, 2
# How often another schedule is looked for: it takes long.
_NEW = 0.2
# Beams for each: how wide, and how many.
_BEAMS = ((25, 8), (100, 2))
# How often the noise qubits are the spine of the tree.
_REVERSED = 0.15


@dataclass
class Search:
    """A search that can go on as long as one likes: in new layouts, in the best ones, and in variations.

    Parameters
    ----------
    layouts : yields layouts to try, or None where one could not be made.
    kept : the best so far.
    """

    layouts: Iterator[Layout | None]
    placer: Placer
    rng: random.Random
    kept: Kept[Found] = field(default_factory=Kept)
    _known: list[_Known] = field(default_factory=list)

    def run(self) -> Iterator[None]:
        """Search without end; stop it at any step."""
        while True:
            if (known := self._next()) is not None:
                consider(known, self.placer, self.kept, self.rng)
                self._known.sort(key=lambda k: k.best, reverse=True)
                del self._known[_KEPT:]
            yield

    def _next(self) -> _Known | None:
        """A new layout, one that is known, or a variation of it, equally often."""
        known = self.rng.choice(self._known) if self._known else None
        choice = self.rng.randrange(3) if len(self._known) == _KEPT else 0
        if known is not None and choice == 1:
            return known
        if known is not None and choice == 2:
            layout = varied(known.synthesis.layout, self.rng)
        else:
            layout = next(self.layouts)
        found = None if layout is None else _Known.of(layout, self.rng)
        if found is not None:
            self._known.append(found)
        return found


@dataclass
class _Known:
    """A layout with schedules of its shortest encryption and decryption, and its best fidelity so far."""

    synthesis: Synthesis
    encryptions: list[Schedule]
    decryptions: list[Schedule]
    best: float = 0.0

    @classmethod
    def of(cls, layout: Layout, rng: random.Random) -> _Known | None:
        try:
            synthesis = Synthesis(layout)
            encryption = short_schedule(synthesis.encryption, rng)
            return cls(synthesis, [encryption], [short_schedule(synthesis.decryption, rng)])
        except InvalidInputError:
            return None

    def drafts(self, rng: random.Random) -> Iterator[Draft]:
        """Yield drafts from a few schedules of encryption and of decryption.

        Of many states to prepare those go on that are the least entangled, and of many ways to prepare
        one the shallowest and the one of fewest gates.
        """
        synthesis, n = self.synthesis, self.synthesis.layout.num_clones
        cuts = synthesis.cuts(rng, rng.choice((0.0, 3.0)), noise_spine=rng.random() < _REVERSED)
        for concentration, schedules in (
            (synthesis.encryption, self.encryptions),
            (synthesis.decryption, self.decryptions),
        ):
            if rng.random() < _NEW and (another := _another(concentration, schedules[0], rng)):
                schedules.append(another)
        targets = [synthesis.undone(rng.choice(self.encryptions), cuts, rng) for _ in range(_TARGETS)]
        decryptions = [
            synthesis.decryption.gates(schedule, rng)
            for schedule in rng.sample(self.decryptions, min(2, len(self.decryptions)))
            for _ in range(2)
        ]
        for target in sorted(targets, key=lambda t: t.cost)[:_PREPARED]:
            found = [
                p
                for width, tries in _BEAMS
                for _ in range(tries)
                for options in [Options(width, 8, 4, 10 + n, rng.choice((0.0, 0.1, 0.3)), 1.0, True)]
                for p in [target.prepared(cuts, options, rng.randrange(1 << 30))]
                if p is not None
            ]
            for better in (lambda p: (len(in_layers(p)), len(p)), lambda p: (len(p), len(in_layers(p)))):
                if found:
                    for decryption in decryptions:
                        yield synthesis.draft(target, min(found, key=better), decryption)


def _another(concentration: Concentration, shortest: Schedule, rng: random.Random) -> Schedule | None:
    """Return another schedule, of about as many layers and gates."""
    layers, gates = len(shortest), sum(map(len, shortest))
    return concentration.schedule(layers + (rng.random() < 0.2), gates + rng.choice((0, 0, 1, 2)), rng)
