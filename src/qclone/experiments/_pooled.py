"""Data of several circuits that should agree: answers are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qclone.estimate import Estimate, average
from qclone.experiments._measurement import Data


@dataclass(frozen=True)
class Pooled:
    """The mean answer of independent data, such as those of randomised versions of one circuit."""

    parts: Sequence[Data]

    @property
    def sampled(self) -> bool:
        return any(part.sampled for part in self.parts)

    def num_shots(self, setting: str) -> int:
        return sum(part.num_shots(setting) for part in self.parts)

    def parities(self, setting: str, subsets: Sequence[Sequence[int]]) -> list[Estimate]:
        columns = [part.parities(setting, subsets) for part in self.parts]
        return [average(answers) for answers in zip(*columns, strict=True)]

    def zeros(self, setting: str) -> Estimate:
        return average([part.zeros(setting) for part in self.parts])

    def ends(self, setting: str) -> Estimate:
        return average([part.ends(setting) for part in self.parts])

    def syndromes(self, setting: str, bits: Sequence[int], checks: Sequence[int]) -> list[Estimate]:
        columns = [part.syndromes(setting, bits, checks) for part in self.parts]
        return [average(answers) for answers in zip(*columns, strict=True)]

    def coherence(self, settings: Sequence[str]) -> Estimate:
        return average([part.coherence(settings) for part in self.parts])
