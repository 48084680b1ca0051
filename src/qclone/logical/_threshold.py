"""Where two distances cross: a threshold with an interval, or none where none is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = Mapping[float, tuple[int, int]]
"""Rate of noise -> failures and shots."""
_DRAWS = 2000


@dataclass(frozen=True)
class Crossing:
    """The noise at which a larger distance stops being better.

    Parameters
    ----------
    best : where the rates, interpolated in logarithms, cross. low, high : 95 % of what the counts allow.
    """

    low: float
    best: float
    high: float


def crossing(small: Counts, large: Counts, seed: int = 0) -> Crossing | None:
    """Return where the infidelity of a larger distance passes that of a smaller one; None if not seen.

    Rates are drawn from Jeffreys' posterior of their counts; a crossing is claimed only if at least 97.5 % of
    the draws have the larger distance ahead at the lowest noise and behind at the highest.

    Parameters
    ----------
    small, large : counts of both distances at the same two or more rates of noise.

    Example
    -------
    >>> counts = {1e-3: (50, 10_000), 1e-2: (2_000, 10_000)}
    >>> found = crossing(counts, {1e-3: (5, 10_000), 1e-2: (4_000, 10_000)})
    >>> 0.004 < found.low < found.best < found.high < 0.009
    True
    >>> crossing(counts, counts) is None
    True
    """
    noise = np.array(sorted(small.keys() & large.keys()))
    if len(noise) < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = [_drawn([counts[p] for p in noise.tolist()], rng) for counts in (small, large)]
    gain = np.log(drawn[0]) - np.log(drawn[1])
    places = np.array([_zero(np.log(noise), row) for row in gain])
    seen = ~np.isnan(places) & (gain[:, 0] > 0) & (gain[:, -1] < 0)
    if seen.mean() < 0.975:
        return None
    low, best, high = np.exp(np.quantile(places[seen], [0.025, 0.5, 0.975]))
    return Crossing(float(low), float(best), float(high))


def thresholds(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the crossings, or None, of neighbouring distances in reports, for each use of the checks."""
    counts: dict[tuple[str, int], dict[float, tuple[int, int]]] = {}
    for row in rows:
        kept = round(row["shots"] * row["accepted"])
        counts.setdefault((row["outer"], row["d"]), {})[row["p"]] = (row["failures"], kept)
    found = []
    for outer in dict.fromkeys(outer for outer, _ in counts):
        distances = sorted(d for use, d in counts if use == outer)
        for a, b in pairwise(distances):
            if len(counts[outer, a].keys() & counts[outer, b].keys()) > 1:
                place = crossing(counts[outer, a], counts[outer, b])
                interval = None if place is None else [place.low, place.best, place.high]
                found.append({"outer": outer, "distances": [a, b], "threshold": interval})
    return found


def _drawn(counts: Sequence[tuple[int, int]], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.stack([rng.beta(k + 0.5, n - k + 0.5, _DRAWS) for k, n in counts], axis=1)


def _zero(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Where a broken line last goes from above to below zero; nan if it never does."""
    falls = np.flatnonzero((y[:-1] > 0) & (y[1:] <= 0))
    if not falls.size:
        return float("nan")
    i = int(falls[-1])
    return float(x[i] + (x[i + 1] - x[i]) * y[i] / (y[i] - y[i + 1]))
