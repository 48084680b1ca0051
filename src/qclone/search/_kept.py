"""What a search keeps: the best circuit for each aim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class _Circuit(Protocol):
    @property
    def fidelity(self) -> float: ...

    @property
    def depth(self) -> tuple[float, ...]:
        """Layers, and what counts between circuits of as many."""


C = TypeVar("C", bound=_Circuit)


@dataclass
class Kept(Generic[C]):
    """The circuit with the highest fidelity so far, and the shallowest.

    Iterating yields (aim, circuit), the aims named as in `build`.
    """

    best: C | None = None
    shallowest: C | None = None

    def add(self, found: C) -> None:
        """Keep a circuit if it is better than what there is."""
        if self.best is None or found.fidelity > self.best.fidelity:
            self.best = found
        if self.shallowest is None or found.depth < self.shallowest.depth:
            self.shallowest = found

    def __iter__(self) -> Iterator[tuple[str, C]]:
        for aim, found in (("fidelity", self.best), ("layers", self.shallowest)):
            if found is not None:
                yield aim, found
