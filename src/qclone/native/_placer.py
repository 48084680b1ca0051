"""Where on a device a draft is best."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from qclone.device import Device
from qclone.native._assemble import Draft
from qclone.native._embeddings import embeddings
from qclone.native._graph import Edge
from qclone.native._native import STAGES
from qclone.native._pairs import in_layers
from qclone.native._score import Calibration, Integers, Score


@dataclass(frozen=True)
class Found:
    """A draft placed on a device (its qubits are physical), and how good it is there."""

    draft: Draft
    fidelity: float

    @property
    def layers(self) -> int:
        """Two-qubit layers, stage by stage."""
        return sum(len(in_layers(getattr(self.draft, stage))) for stage in STAGES)


@dataclass
class Placer:
    """Finds the best placement of drafts on a device; remembers where each pattern of couplers lies.

    Parameters
    ----------
    most : placements tried for a pattern.
    """

    device: Device
    rng: random.Random
    most: int = 3000
    _places: dict[frozenset[Edge], list[dict[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._calibration = Calibration.of(self.device)

    def best(self, draft: Draft) -> Found | None:
        """Return the draft where its exact fidelity is highest, or None where it fits nowhere."""
        pattern = draft.couplers
        if pattern not in self._places:
            self._places[pattern] = embeddings(sorted(pattern), self.device.edges, self.most, self.rng)
        return self._best_of(draft, self._places[pattern])

    def there(self, draft: Draft) -> Found:
        """Return a draft where it lies, on the device's own qubits."""
        found = self._best_of(draft, [{q: q for q in draft.start}])
        assert found is not None, "there is a place"
        return found

    def _best_of(self, draft: Draft, places: Sequence[Mapping[int, int]]) -> Found | None:
        if not places:
            return None
        score = Score.of(draft)
        table: Integers = np.array([[place[q] for q in score.nodes] for place in places])
        fidelities = score.fidelities(self._calibration, table)
        best = int(np.argmax(fidelities))
        return Found(draft.placed(places[best]), float(fidelities[best]))
