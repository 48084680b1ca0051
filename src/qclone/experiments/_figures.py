"""The figures of a folder of results: each experiment's own, and all values against the published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qclone.experiments._compare import fidelity_tables
from qclone.experiments._drawing import pyplot
from qclone.experiments._registry import by_rank
from qclone.experiments._result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(results: Sequence[Result]) -> dict[str, tuple[str, Figure]]:
    """Return the figures that the results are enough for: name -> (caption, figure)."""
    plt = pyplot()
    drawn: dict[str, tuple[str, Figure]] = {}
    for kind in by_rank():
        for drawing in kind.drawings:
            chosen = [r for r in results if r.experiment == kind.name and drawing.wanted(r)]
            if chosen:
                drawn[drawing.name] = drawing.caption, drawing.draw(plt, chosen)
    tables = fidelity_tables()
    compared = [r for r in results if r.published is not None and r.published.table in tables]
    if compared:
        caption = f"Every fidelity of tables {', '.join(tables)} against its published value."
        drawn["deviation"] = caption, _scatter(plt, compared)
    return drawn


def _scatter(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(4.6, 4.4))
    tables = sorted({r.published.table for r in results if r.published})
    for marker, table in zip("osD^", tables, strict=False):
        pairs = [
            (r.published.value, r.estimate.value)
            for r in results
            if r.published is not None and r.published.table == table
        ]
        axes.plot(*zip(*pairs, strict=True), marker, ms=4.5, alpha=0.75, label=f"table {table}")
    axes.plot([0, 1], [0, 1], color="#777777", lw=1)
    axes.set(xlabel="published fidelity", ylabel="this run", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(loc="upper left")
    return figure
