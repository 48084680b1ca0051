"""What a search keeps: the best circuit for each aim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from qclone.native._catalog import AIMS, Aim
from qclone.native._placer import Found

C = TypeVar("C", bound=Found)


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
