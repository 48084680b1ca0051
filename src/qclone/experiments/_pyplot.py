"""matplotlib as our charts use it: without a display, in one style."""

from __future__ import annotations

from typing import Any

from qclone.errors import MissingPackageError

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
