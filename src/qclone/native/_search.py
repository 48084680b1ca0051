"""Searching drafts for a device: many layouts, many syntheses of each, the best exact fidelity."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._concentrate import Concentration
from qclone.native._layout import Layout
from qclone.native._placer import Found, Placer
from qclone.native._synthesis import Layers, Synthesis, shortest

Progress = Callable[[int, int], None]
# Layouts that go on being searched.
_KEPT = 6


@dataclass
class Search:
    """A search that can go on as long as one likes: half of it in new layouts, half in the best ones.

    Parameters
    ----------
    layouts : yields layouts to try, or None where one could not be made.
    best : the highest fidelity so far.
    shallowest : the fewest layers so far; of those, the highest fidelity.
    """

    layouts: Iterator[Layout | None]
    placer: Placer
    rng: random.Random
    best: Found | None = None
    shallowest: Found | None = None
    _known: list[_Known] = field(default_factory=list)

    def run(self, seconds: float, progress: Progress | None = None) -> None:
        """Search for some time."""
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds:
            if progress:
                progress(round(passed), round(seconds))
            if (known := self._next()) is None:
                continue
            for draft in known.drafts(self.rng):
                self._consider(draft, known)
            self._known.sort(key=lambda k: k.best, reverse=True)
            del self._known[_KEPT:]

    def _next(self) -> _Known | None:
        if len(self._known) == _KEPT and self.rng.random() < 0.5:
            return self.rng.choice(self._known)
        layout = next(self.layouts)
        known = None if layout is None else _Known.of(layout, self.rng)
        if known is not None:
            self._known.append(known)
        return known

    def _consider(self, draft: Draft, known: _Known) -> None:
        found = self.placer.best(draft)
        if found is None:
            return
        known.best = max(known.best, found.fidelity)
        if self.best is None or found.fidelity > self.best.fidelity:
            self.best = found
        if self.shallowest is None or (found.layers, -found.fidelity) < (
            self.shallowest.layers,
            -self.shallowest.fidelity,
        ):
            self.shallowest = found


@dataclass
class _Known:
    """A layout whose shortest encryption and decryption are known, and its best fidelity so far."""

    synthesis: Synthesis
    encryption: tuple[int, int]
    decryption: tuple[int, int]
    best: float = 0.0

    @classmethod
    def of(cls, layout: Layout, rng: random.Random) -> _Known | None:
        synthesis = Synthesis(layout)
        try:
            return cls(synthesis, shortest(synthesis.encryption, rng), shortest(synthesis.decryption, rng))
        except InvalidInputError:
            return None

    def drafts(self, rng: random.Random) -> Iterable[Draft]:
        """Yield drafts from one schedule of encryption and a few of the rest.

        The Paulis of the gates are free where the schedule is not: of many choices, those go on that
        leave the least entanglement to prepare.
        """
        encryptions = list(self._layers(self.synthesis.encryption, self.encryption, 40, rng))
        prepared = [(self.synthesis.before(e), e) for e in encryptions]
        prepared.sort(key=lambda item: item[0][1])
        decryptions = [
            d for _ in range(2) for d in self._layers(self.synthesis.decryption, self.decryption, 4, rng)
        ]
        for (columns, _), encryption in prepared[:3]:
            preparation = self.synthesis.prepare(columns, rng.randrange(1 << 30))
            if preparation is not None:
                for decryption in decryptions:
                    yield self.synthesis.draft(preparation, encryption, decryption)

    @staticmethod
    def _layers(
        concentration: Concentration, least: tuple[int, int], count: int, rng: random.Random
    ) -> Iterable[Layers]:
        layers, gates = least
        schedule = concentration.schedule(
            layers + (rng.random() < 0.2), gates + rng.choice((0, 0, 1, 2)), rng
        )
        if schedule is not None:
            yield from (concentration.gates(schedule, rng) for _ in range(count))
