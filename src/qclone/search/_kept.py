"""What a search keeps: the best circuit for each aim, and how good each of its candidates was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from qclone.native._assemble import Draft
from qclone.native._catalog import AIMS, Aim
from qclone.native._placer import Found, Placer


class _Circuit(Protocol):
    @property
    def fidelity(self) -> float: ...

    @property
    def layers(self) -> int: ...


C = TypeVar("C", bound=_Circuit)


@dataclass
class Kept(Generic[C]):
    """The circuit with the highest fidelity so far, and the shallowest, of as many layers the better one.

    Iterating yields (aim, circuit), the aims named as in `build`.
    """

    best: C | None = None
    shallowest: C | None = None

    def add(self, found: C) -> None:
        """Keep a circuit if it is better than what there is."""
        if self.best is None or found.fidelity > self.best.fidelity:
            self.best = found
        shallowest = self.shallowest
        if shallowest is None or (found.layers, -found.fidelity) < (shallowest.layers, -shallowest.fidelity):
            self.shallowest = found

    def __iter__(self) -> Iterator[tuple[Aim, C]]:
        for aim, found in zip(AIMS, (self.best, self.shallowest), strict=True):
            if found is not None:
                yield aim, found


class Candidate(Protocol):
    """Where a search goes on: a layout or sites, and the best fidelity there so far."""

    best: float

    def drafts(self, rng: random.Random) -> Iterator[Draft]:
        """Yield some drafts, others every time."""


def consider(candidate: Candidate, placer: Placer, kept: Kept[Found], rng: random.Random) -> None:
    """Place a candidate's drafts where each is best, and keep what is better than what there is."""
    for draft in candidate.drafts(rng):
        if (found := placer.best(draft)) is not None:
            candidate.best = max(candidate.best, found.fidelity)
            kept.add(found)
