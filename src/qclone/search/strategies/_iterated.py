"""Searching drafts of iterated schemes for a device: many sites, many syntheses, the best exact fidelity."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from qclone.native._assemble import Draft
from qclone.native._placer import Found, Placer
from qclone.scheme import Iterated, Role
from qclone.search._kept import Kept, consider
from qclone.search.kernels._beam import Options
from qclone.search.regions._grown import grown, promising
from qclone.search.regions._ladders import heron_couplers
from qclone.search.regions._reshaped import reshaped
from qclone.search.regions._rows import Sites, three_rows, two_rows
from qclone.search.stages._concentrate import EMPTY, Concentration
from qclone.search.strategies._iterated_synthesis import IteratedSynthesis

_LARGEST_ROW = 16
# Elsewhere than on a Heron: random layouts of which the most promising is taken, and how far it is annealed.
_GROWN, _RESHAPED = 40, (0, 100, 600)
_KEPT = 4
# Exchanges of labels tried, for each wire.
_EXCHANGES = 6_000


@dataclass
class _Known:
    """Sites whose shortest encryption and decryption are known, and the best fidelity on them so far."""

    synthesis: IteratedSynthesis
    encryption: tuple[int, int]
    decryption: tuple[int, int]
    best: float = 0.0

    def drafts(self, rng: random.Random) -> Iterator[Draft]:
        """Yield drafts for one labelling: of several schedules, those that leave the least to prepare."""
        roles, synthesis = self.synthesis.labelled(rng), self.synthesis
        layers, gates = self.encryption
        undone = []
        for _ in range(5):
            schedule = synthesis.encryption.schedule(layers, gates + rng.choice((0, 1, 2, gates // 12)), rng)
            if schedule is not None:
                undone.append(synthesis.undone(roles, schedule, rng))
        undone.sort(key=lambda u: u.cost)
        for choice in undone[:2]:
            schedule = synthesis.decryption.schedule(*self.decryption, rng)
            draft = None if schedule is None else synthesis.draft(choice, schedule, rng.randrange(1 << 30))
            if draft is not None:
                yield draft


@dataclass
class IteratedSearch:
    """A search that can go on as long as one likes.

    Parameters
    ----------
    clone : a clone of the last generation.
    begun : sites to try first.
    kept : the best so far.
    """

    scheme: Iterated
    clone: str
    placer: Placer
    rng: random.Random
    begun: Sequence[Sites] = ()
    kept: Kept[Found] = field(default_factory=Kept)

    def run(self) -> Iterator[None]:
        """Search without end: new sites, and again and again those that were best; stop it at any step."""
        pool: list[_Known] = []
        regions = chain(self.begun, iter(self._sites, None))
        while True:
            if len(pool) > _KEPT and self.rng.random() < 0.6:
                pool.sort(key=lambda k: k.best, reverse=True)
                known = self.rng.choice(pool[:_KEPT])
            else:
                known = self._new(next(regions))
                pool.append(known)
            consider(known, self.placer, self.kept, self.rng)
            yield

    def _new(self, sites: Sites) -> _Known:
        synthesis = IteratedSynthesis(
            self.scheme, self.clone, sites, _options(self.rng), _EXCHANGES * self.scheme.num_qubits
        )
        encryption = _shortest(synthesis.encryption, self.rng)
        return _Known(synthesis, encryption, _shortest(synthesis.decryption, self.rng))

    def _sites(self) -> Sites:
        signals = sum(w.role is Role.SIGNAL for w in self.scheme.wires)
        key, couplers = len(self.scheme.clone(self.clone).key), self.placer.device.edges
        if not set(couplers) <= set(heron_couplers()):
            layouts = (grown(couplers, signals, "S1", self.rng) for _ in range(_GROWN))
            if (layout := promising(layouts)) is not None:
                return Sites.on(reshaped(layout, self.rng.choice(_RESHAPED), self.rng), key)
        if signals <= _LARGEST_ROW:
            return two_rows(signals, key, self.rng)
        return three_rows(self.rng)


def _shortest(concentration: Concentration, rng: random.Random) -> tuple[int, int]:
    """Return the least number of layers found, and a number of gates that is enough in that many.

    2 (m - 1) gates are the fewest for m sites in full; on a large tree more save layers.
    """
    found = concentration.quickest(rng)
    layers = len(found)
    least = 2 * (sum(site != EMPTY for site in concentration.sites.values()) - 1)
    for gates in (least, *(least + (4 << k) for k in range(4))):
        if concentration.schedule(layers, gates, rng) is not None:
            return layers, gates
    return layers, sum(map(len, found))


def _options(rng: random.Random) -> Options:
    return Options(
        rng.choice((100, 300)), 8, rng.choice((2, 4, 100)), 45, rng.choice((0.0, 0.05, 0.1, 0.2)), 1.0
    )
