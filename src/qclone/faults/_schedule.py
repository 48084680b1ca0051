"""One seed: every choice of a schedule, what it made happen, and what was wrong about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from random import Random
from re import Match

# Typical chance that a fault strikes at one of its occasions. Which faults a schedule has at all, and how
# much more or less often, is drawn for each: many faults at once hide what a few bring out.
TYPICAL = {
    "process_dies": 0.02,
    "dies_before_commit": 0.03,
    "dies_after_commit": 0.03,
    "disk_full": 0.02,
    "disk_busy": 0.02,
    "request_lost": 0.06,
    "answer_lost": 0.08,
    "request_delayed": 0.08,
    "request_duplicated": 0.08,
    "late_request_arrives": 0.2,
    "partition": 0.01,
    "clock_jumps": 0.02,
    "server_lies": 0.1,
    "server_drips": 0.1,
    "output_fails": 0.1,
    "power_lost": 0.004,
}
MAX_STEPS = 50_000
_OBJECT_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class Crash(BaseException):
    """A process is gone. Not an `Exception`: no handler of the code that runs may see it."""


class Schedule:
    """Draws everything that could go otherwise from one seed, and remembers.

    Parameters
    ----------
    seed : the same seed is the same schedule, step for step.

    Attributes
    ----------
    faults, outcomes : how often each kind of fault struck and each kind of outcome came about.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.faults: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self._violations: list[str] = []
        self._trace: list[str] = []
        self.step = 0
        self.calm = True
        self._rates = {
            kind: typical * 2 ** self.random.uniform(-1.5, 1.5)
            for kind, typical in TYPICAL.items()
            if self.random.random() < 0.6
        }
        # A late request that never came would be a lost one.
        self._rates.setdefault("late_request_arrives", TYPICAL["late_request_arrives"])

    def strikes(self, kind: str, where: str) -> bool:
        """Whether a fault strikes here; written down if it does."""
        if self.calm or self.random.random() >= self._rates.get(kind, 0.0):
            return False
        self.faults[kind] += 1
        self.note(f"FAULT {kind.replace('_', ' ')}: {where}")
        return True

    def advance(self) -> None:
        """One more step. Raises Crash from a schedule that does not end."""
        self.step += 1
        if self.step > MAX_STEPS:
            self.violation(f"after {MAX_STEPS} steps it has not ended")
            raise Crash

    def note(self, event: str) -> None:
        """Add to the trace."""
        self._trace.append(f"{self.step:5}  {event}")

    def outcome(self, kind: str, event: str = "") -> None:
        """Count an outcome, and add it to the trace."""
        self.outcomes[kind] += 1
        self.note(f"{kind}: {event}" if event else kind)

    def violation(self, sentence: str) -> None:
        """An invariant does not hold."""
        self._violations.append(sentence)
        self.note(f"VIOLATION {sentence}")

    @property
    def trace(self) -> tuple[str, ...]:
        """One line an event."""
        return self._named(self._trace)

    @property
    def violations(self) -> tuple[str, ...]:
        """One sentence each; empty if all invariants held."""
        return self._named(dict.fromkeys(self._violations))

    def _named(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Call objects by number: ids are random and times are those of the wall, whatever the seed."""
        numbers: dict[str, int] = {}

        def number(found: Match[str]) -> str:
            return f"object-{numbers.setdefault(found[0], len(numbers) + 1)}"

        return tuple(_TIME.sub("(time)", _OBJECT_ID.sub(number, line)) for line in lines)
