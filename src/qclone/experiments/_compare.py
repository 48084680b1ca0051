"""How far results are from the published values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean, variance

from qclone.experiments._registry import by_rank
from qclone.experiments._result import Result


def fidelity_tables() -> tuple[str, ...]:
    """Return the published tables of fidelities, as their experiments name them."""
    return tuple(sorted({table for kind in by_rank() for table in kind.fidelity_tables}))


def deviation(results: Iterable[Result]) -> dict[str, dict[str, float | int]]:
    """Return the rms and the mean of (result - published), by table, and over all fidelities together.

    ``routing`` is the standard deviation of one row over several routings, rms over rows: how far two runs
    of the same row would be apart if both processors were the same and only routings differed.

    Returns
    -------
    table -> rms, mean, rows, and routing if rows were routed several times; ``fidelities`` is all of tables
    I, III, IV and VI.
    """
    tables: dict[str, list[Result]] = {}
    for r in results:
        if r.published is not None and r.published.table != "text":
            tables.setdefault(r.published.table, []).append(r)
    together = [r for table in fidelity_tables() for r in tables.get(table, [])]
    if together:
        tables["fidelities"] = together
    return {table: _moments(rows) for table, rows in sorted(tables.items())}


def _moments(results: Sequence[Result]) -> dict[str, float | int]:
    values = [r.estimate.value - r.published.value for r in results if r.published]
    found: dict[str, float | int] = {
        "rms": sqrt(fmean(v**2 for v in values)),
        "mean": fmean(values),
        "rows": len(values),
    }
    several = [r.data["tries"] for r in results if r.spread]
    if several:
        found["routing"] = sqrt(fmean(variance(tries) for tries in several))
    return found
