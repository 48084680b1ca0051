"""Data that remember what they were asked, so that an analysis can be repeated without its circuit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qclone.errors import InvalidInputError
from qclone.estimate import Estimate
from qclone.experiments._measurement import Data


@dataclass(frozen=True)
class Answers:
    """Answers by question, filled from a source on the way.

    Parameters
    ----------
    known : question -> list of (value, error).
    source : who knows what is not known yet; without one, a new question is an error.
    """

    known: dict[str, list[list[float]]]
    source: Data | None = None

    @property
    def sampled(self) -> bool:
        return False

    def num_shots(self, setting: str) -> int:
        answers = self._answer(f"shots {setting}", lambda source: [Estimate(source.num_shots(setting))])
        return round(answers[0].value)

    def parities(self, setting: str, subsets: Sequence[Sequence[int]]) -> list[Estimate]:
        asked = f"parities {setting} {[list(bits) for bits in subsets]}"
        return self._answer(asked, lambda source: source.parities(setting, subsets))

    def zeros(self, setting: str) -> Estimate:
        return self._answer(f"zeros {setting}", lambda source: [source.zeros(setting)])[0]

    def ends(self, setting: str) -> Estimate:
        return self._answer(f"ends {setting}", lambda source: [source.ends(setting)])[0]

    def syndromes(self, setting: str, bits: Sequence[int], checks: Sequence[int]) -> list[Estimate]:
        asked = f"syndromes {setting} {list(bits)} {list(checks)}"
        return self._answer(asked, lambda source: source.syndromes(setting, bits, checks))

    def coherence(self, settings: Sequence[str]) -> Estimate:
        asked = f"coherence {list(settings)}"
        return self._answer(asked, lambda source: [source.coherence(settings)])[0]

    def _answer(self, question: str, ask: Callable[[Data], list[Estimate]]) -> list[Estimate]:
        if question not in self.known:
            if self.source is None:
                raise InvalidInputError(
                    f"The stored data do not say: {question}.", "Run this row again with the present version."
                )
            self.known[question] = [[e.value, e.error] for e in ask(self.source)]
        return [Estimate(value, error) for value, error in self.known[question]]
