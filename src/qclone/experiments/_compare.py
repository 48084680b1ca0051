"""How far results are from the published values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

from qclone.experiments._result import Result

FIDELITY_TABLES = ("I", "III", "IV", "VI")


def deviation(results: Iterable[Result]) -> dict[str, dict[str, float | int]]:
    """Return the rms and the mean of (result - published), by table, and over all fidelities together.

    Returns
    -------
    table -> rms, mean, rows; ``fidelities`` is all of tables I, III, IV and VI.
    """
    differences: dict[str, list[float]] = {}
    for r in results:
        if r.published is not None and r.published.table != "text":
            differences.setdefault(r.published.table, []).append(r.estimate.value - r.published.value)
    together = [d for table in FIDELITY_TABLES for d in differences.get(table, [])]
    if together:
        differences["fidelities"] = together
    return {table: _moments(values) for table, values in sorted(differences.items())}


def _moments(values: Sequence[float]) -> dict[str, float | int]:
    return {
        "rms": sqrt(sum(v**2 for v in values) / len(values)),
        "mean": sum(values) / len(values),
        "rows": len(values),
    }
