"""The chart of a plan: infidelity against storage time, and what survives the losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from qclone.errors import MissingPackageError
from qclone.plan._scenario import Scenario
from qclone.plan._strategies import Outcome, best_ways, outcome_of


def draw_plan(
    scenario: Scenario, path: str | Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Draw 1 - F of every strategy over two decades of storage time around the scenario's, as PNG or SVG.

    Raises
    ------
    MissingPackageError : matplotlib is not installed.
    """
    try:
        from matplotlib import colormaps
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError("matplotlib", "plot") from None
    centre = scenario.time_s or min(scenario.memories.t2_s, 1.0) / 100
    times = centre * np.logspace(-1, 1, 21)
    curves: dict[str, list[Outcome]] = {}
    drawn = list(best_ways(scenario))
    for done, time_s in enumerate(times.tolist()):
        for way in drawn:
            curves.setdefault(way.name, []).append(outcome_of(way, replace(scenario, time_s=time_s)))
        progress(done + 1, len(times))
    figure = Figure(figsize=(8.5, 5), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["tab20"]
    ranked = sorted(curves.values(), key=lambda curve: curve[len(times) // 2].fidelity)
    for rank, curve in enumerate(reversed(ranked)):
        first = curve[0]
        style = {"linewidth": 2.2} if first.is_cloning else {"linewidth": 1.4, "linestyle": "--"}
        private = "" if first.server_bits or first.strategy.endswith("private") else ", private"
        label = f"{first.strategy}{private}  (recovered {first.recovery_probability:.6g})"
        infidelity = np.maximum([1 - outcome.fidelity for outcome in curve], 1e-16)
        axes.loglog(times, infidelity, label=label, color=colours(rank), **style)
    axes.axvline(centre, color="0.6", linewidth=0.8)
    axes.set(xlabel="storage time (s)", ylabel="infidelity 1 - F, losses counted as F = 1/4")
    axes.set_title(
        f"{scenario.servers} servers; solid: encrypted cloning, dashed: the alternatives", fontsize=11
    )
    axes.grid(which="both", alpha=0.2)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)
