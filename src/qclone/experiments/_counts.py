"""Data from counts: what any V2 sampler returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.primitives import BaseSamplerV2

from qclone.estimate import Estimate, coherence, parity, population
from qclone.experiments._direction import in_directions
from qclone.experiments._measurement import Settings


@dataclass(frozen=True)
class Counts:
    """Shots by bit string for each setting; the last character is bit 0."""

    counts: Mapping[str, Mapping[str, int]]

    def parities(self, setting: str, subsets: Sequence[Sequence[int]]) -> list[Estimate]:
        return [parity(self.counts[setting], bits) for bits in subsets]

    def zeros(self, setting: str) -> Estimate:
        counts = self.counts[setting]
        return population(counts, ["0" * len(next(iter(counts)))])

    def ends(self, setting: str) -> Estimate:
        counts = self.counts[setting]
        width = len(next(iter(counts)))
        return population(counts, ["0" * width, "1" * width])

    def coherence(self, settings: Sequence[str]) -> Estimate:
        return coherence([parity(self.counts[setting]) for setting in settings])


def setting_circuits(placed: QuantumCircuit, settings: Settings) -> list[QuantumCircuit]:
    """Return one circuit for each setting, from a placed circuit that measures Z."""
    return [in_directions(placed, dict(enumerate(directions))) for directions in settings.values()]


def sample(placed: QuantumCircuit, settings: Settings, sampler: BaseSamplerV2, shots: int) -> Counts:
    """Run every setting on a V2 sampler, in one job."""
    result = sampler.run(setting_circuits(placed, settings), shots=shots).result()
    return Counts({s: pub.join_data().get_counts() for s, pub in zip(settings, result, strict=True)})
