"""Data from counts: what any V2 sampler returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from qiskit import QuantumCircuit

from qclone.estimate import Estimate, coherence, exact, parity, population
from qclone.experiments._direction import in_directions
from qclone.experiments._measurement import Settings


@dataclass(frozen=True)
class Counts:
    """Shots by bit string for each setting; the last character is bit 0."""

    counts: Mapping[str, Mapping[str, int]]

    @property
    def sampled(self) -> bool:
        return True

    def num_shots(self, setting: str) -> int:
        return sum(self.counts[setting].values())

    def returned(self) -> dict[str, int]:
        """Return how many shots there are of each setting: not always as many as were asked for."""
        return {setting: self.num_shots(setting) for setting in self.counts}

    def parities(self, setting: str, subsets: Sequence[Sequence[int]]) -> list[Estimate]:
        return [parity(self.counts[setting], bits) for bits in subsets]

    def zeros(self, setting: str) -> Estimate:
        counts = self.counts[setting]
        return population(counts, ["0" * len(next(iter(counts)))])

    def ends(self, setting: str) -> Estimate:
        counts = self.counts[setting]
        width = len(next(iter(counts)))
        return population(counts, ["0" * width, "1" * width])

    def syndromes(self, setting: str, bits: Sequence[int], checks: Sequence[int]) -> list[Estimate]:
        counts = self.counts[setting]
        shots = sum(counts.values())
        totals, signed = [0] * 2 ** len(checks), [0] * 2 ** len(checks)
        for text, seen in counts.items():
            syndrome = sum((text[-1 - c] == "1") << i for i, c in enumerate(checks))
            totals[syndrome] += seen
            signed[syndrome] += seen * (-1) ** sum(text[-1 - b] == "1" for b in bits)
        return shared([t / shots for t in totals], [s / shots for s in signed], shots)

    def coherence(self, settings: Sequence[str]) -> Estimate:
        return coherence([parity(self.counts[setting]) for setting in settings])


def shared(rates: Sequence[float], signed: Sequence[float], shots: int) -> list[Estimate]:
    """Return rates, then rates times signs, with the errors that shots leave."""
    kept = [exact(rate, shots, low=0) for rate in rates]
    # A mean of +1, -1 and 0: its variance is P(not 0) less the mean squared.
    values = [
        Estimate(s, sqrt(max(rate - s * s, 0.0) / shots)) for rate, s in zip(rates, signed, strict=True)
    ]
    return kept + values


def setting_circuits(placed: QuantumCircuit, settings: Settings) -> list[QuantumCircuit]:
    """Return one circuit for each setting, from a placed circuit that measures Z."""
    return [in_directions(placed, dict(enumerate(directions))) for directions in settings.values()]
