"""The checks of decryption as an outer code: correction by a table, or post-selection, from counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import sinter

OUTER = ("none", "corrected", "selected")
_MASK = "obs_mistake_mask="
# (syndrome left by the inner decoder, logical error left) -> shots
Table = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Rate:
    """An infidelity from counts.

    Parameters
    ----------
    infidelity : 1 - entanglement fidelity: the fraction of accepted shots in which X or Z of the output
        against its reference is wrong.
    error : one standard deviation, of (k + 1/2)/(N + 1): what was never seen is not known never to be.
    accepted : the fraction of shots that was kept.
    shots, failures : accepted shots, and those that are wrong.
    """

    infidelity: float
    error: float
    accepted: float
    shots: int
    failures: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of Jeffreys' posterior."""
        return interval(self.failures, self.shots)


def interval(failures: int, shots: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the equal-tailed interval of Jeffreys' posterior; it begins at 0 if nothing failed.

    >>> tuple(round(bound, 5) for bound in interval(0, 1000))
    (0.0, 0.00251)
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, failures + 0.5, shots - failures + 0.5)) if failures else 0.0
    high = float(beta.ppf(1 - tail, failures + 0.5, shots - failures + 0.5)) if failures < shots else 1.0
    return low, high


def rate_of(stats: sinter.TaskStats, outer: str, num_checks: int, num_outputs: int) -> Rate:
    """Return the infidelity of statistics under one use of the checks; the mean of several outputs.

    ``none`` ignores the checks. ``selected`` keeps the shots in which no check is left violated.
    ``corrected`` undoes the most likely error of each syndrome, learnt from all other shots of these
    statistics: leaving each shot out in turn, no shot is judged by a table that has seen it.

    Parameters
    ----------
    stats : with the counts of wrong observables, as `collect` and sinter keep them.
    num_checks, num_outputs : observables that are checks, and recovered logical qubits.
    """
    tables = _tables(stats, num_checks, num_outputs)
    shots = failures = 0
    for table in tables:
        if outer == "none":
            kept, wrong = stats.shots, sum(n for (_, left), n in table.items() if "E" in left)
        elif outer == "selected":
            clean = {left: n for (syndrome, left), n in table.items() if "E" not in syndrome}
            kept, wrong = sum(clean.values()), sum(n for left, n in clean.items() if "E" in left)
        else:
            kept, wrong = stats.shots, _failures_left_out(table)
        shots, failures = shots + kept, failures + wrong
    return rate_from(failures, shots, stats.shots * len(tables))


def rate_from(failures: int, shots: int, of: int) -> Rate:
    """Return the rate of failures among accepted shots, of so many in all."""
    if not shots:
        return Rate(0.75, 0.25, 0.0, 0, 0)
    smoothed = (failures + 0.5) / (shots + 1)
    return Rate(failures / shots, sqrt(smoothed * (1 - smoothed) / shots), shots / of, shots, failures)


def _tables(stats: sinter.TaskStats, num_checks: int, num_outputs: int) -> list[Table]:
    """One table a logical qubit: its own checks, and its own X and Z."""
    tables: list[dict[tuple[str, str], int]] = [defaultdict(int) for _ in range(num_outputs)]
    clean = stats.shots - stats.errors - stats.discards
    masks = {key.removeprefix(_MASK): n for key, n in stats.custom_counts.items() if key.startswith(_MASK)}
    for mask, n in {**masks, "_" * (num_checks + 2 * num_outputs): clean}.items():
        for which, table in enumerate(tables):
            # Checks come check by check, each for all logical qubits of a block.
            syndrome = mask[which:num_checks:num_outputs]
            first = num_checks + 2 * which
            table[syndrome, mask[first : first + 2]] += n
    return list(tables)


def _failures_left_out(table: Table) -> int:
    """Shots that the table of all other shots gets wrong; ties go to what is lighter."""
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for (syndrome, left), n in table.items():
        rows[syndrome][left] = n
    failures = 0
    for row in rows.values():
        for left, n in row.items():
            others = {k: m - (k == left) for k, m in {"__": 0, **row}.items()}
            guess = max(others, key=lambda k: (others[k], -k.count("E"), k))
            failures += n if guess != left else 0
    return failures
