"""What the figures share: style, our values beside the published ones, thresholds and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qclone.errors import MissingPackageError
from qclone.experiments._result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, THEIRS = "#0b6fb8", "#1a1a1a"
SERIES = ("#0b6fb8", "#d1495b", "#3a7d44")
_STYLE: dict[Any, Any] = {
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.markersize": 5,
    "svg.fonttype": "path",
    "svg.hashsalt": "qclone",
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Drawing:
    """A figure of an experiment.

    Parameters
    ----------
    name : of its file.
    caption : a sentence.
    draw : makes it from matplotlib's pyplot and results.
    wanted : which of the experiment's results are on it; all by default.
    """

    name: str
    caption: str
    draw: Callable[[Any, list[Result]], Figure]
    wanted: Callable[[Result], bool] = lambda result: True


def pyplot() -> Any:
    """Return matplotlib's pyplot without a display; raises MissingPackageError."""
    try:
        import matplotlib
    except ImportError:
        raise MissingPackageError("matplotlib", "plot") from None
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update(_STYLE)
    return plt


def both(
    axes: Axes,
    places: Sequence[float],
    results: Sequence[Result],
    name: str = "",
    color: str | None = None,
) -> None:
    """Draw our values filled and the published ones open, each with one standard deviation.

    A pale bar behind ours reaches from the lowest to the highest of several routings.
    """
    label = f"{name}, " if name else ""
    spreads = [(x, *r.spread) for x, r in zip(places, results, strict=True) if r.spread]
    if spreads:
        x, low, high = zip(*spreads, strict=True)
        reach = "" if name else "lowest to highest routing"
        axes.vlines(x, low, high, color=color or OURS, lw=5, alpha=0.2, label=reach)
    axes.errorbar(
        places,
        [r.estimate.value for r in results],
        [r.estimate.error for r in results],
        fmt="o-",
        color=color or OURS,
        lw=1.2,
        capsize=2,
        label=f"{label}this run",
    )
    known = [(x, r.published) for x, r in zip(places, results, strict=True) if r.published]
    if known:
        axes.errorbar(
            [x for x, _ in known],
            [p.value for _, p in known],
            [p.error for _, p in known],
            fmt="s--",
            color=color or THEIRS,
            mfc="white",
            lw=0.8,
            capsize=2,
            label=f"{label}published",
        )


def bounds(axes: Axes, places: Sequence[float], results: Sequence[Result]) -> None:
    cloner = [
        (x, r.bounds.approximate_cloning)
        for x, r in zip(places, results, strict=True)
        if r.bounds.approximate_cloning is not None
    ]
    if cloner:
        axes.plot(
            [x for x, _ in cloner], [b for _, b in cloner], "^-", ms=3, lw=0.9, color="#c98a00",
            label="best approximate cloner",
        )  # fmt: skip
    lines(axes, results[0])


def lines(axes: Axes, result: Result) -> None:
    is_chsh = result.quantity == "chsh"
    label = "local hidden variables" if is_chsh else "witness"
    axes.axhline(result.bounds.threshold, ls="--", lw=1, color="#777777", label=label)
    if not is_chsh:
        axes.axhline(result.bounds.floor, ls=":", lw=1, color="#777777", label="noise floor")


def number(result: Result, name: str) -> float:
    return float(result.parameters[name] or 0)


def in_order(results: Iterable[Result], name: str) -> list[Result]:
    return sorted(results, key=lambda r: number(r, name))
