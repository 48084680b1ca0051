"""Data from counts: what any V2 sampler returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from qiskit import QuantumCircuit

from qclone.errors import QcloneError
from qclone.estimate import Estimate, coherence, exact, parity, population
from qclone.experiments._direction import in_directions
from qclone.experiments._measurement import Settings
from qclone.simulate import Machine

_CONTROL_SHOTS = 20


@dataclass(frozen=True)
class Counts:
    """Shots by bit string for each setting; the last character is bit 0."""

    counts: Mapping[str, Mapping[str, int]]

    @property
    def sampled(self) -> bool:
        return True

    def num_shots(self, setting: str) -> int:
        return sum(self.counts[setting].values())

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


def check_reading(counts: Counts, placed: QuantumCircuit, settings: Settings, machine: Machine) -> None:
    """Raise QcloneError if a machine returns one outcome in every setting, whatever is run.

    A perfect machine may, of a perfect circuit; but then the outcome turns with the qubits. So the first
    setting is run again with every qubit flipped before it is measured.
    """
    if any(len(seen) > 1 for seen in counts.counts.values()):
        return
    first = next(iter(settings))
    flipped = {bit: d.opposite for bit, d in enumerate(settings[first])}
    (again,) = machine.submit(machine.translated([in_directions(placed, flipped)]), _CONTROL_SHOTS).counts()
    outcome, turned = next(iter(counts.counts[first])), max(again, key=again.__getitem__)
    if turned != "".join("10"[int(bit)] for bit in outcome):
        raise QcloneError(
            f"{machine.label} returns the outcome {outcome} in every setting, and {turned} after its qubits "
            "were flipped: these are no measurements.",
            "Choose a backend that returns counts of mid-circuit and final measurements.",
        )
