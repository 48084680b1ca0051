"""Figures of the paper, redrawn with both data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

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


def figures(results: Sequence[Result]) -> dict[str, tuple[str, Figure]]:
    """Return the figures that the results are enough for: name -> (caption, figure)."""
    plt = pyplot()
    drawn = {}
    for name, (caption, draw, wanted) in _FIGURES.items():
        chosen = [r for r in results if wanted(r)]
        if chosen:
            drawn[name] = caption, draw(plt, chosen)
    return drawn


def _sensitivity(plt: Any, results: list[Result]) -> Figure:
    figure, panels = plt.subplots(1, 2, figsize=(9.2, 3.7), sharey=True)
    for axes, (method, title) in zip(
        panels, (("bsm", "Bell-state measurement"), ("pom", "Parity oscillations")), strict=True
    ):
        chosen = _sorted([r for r in results if r.parameters["method"] == method], "n")
        _both(axes, [_number(r, "n") for r in chosen], chosen)
        _bounds(axes, [_number(r, "n") for r in chosen], chosen)
        axes.set(title=title, xlabel="clones n", ylim=(0.15, 1.0))
    panels[0].set_ylabel("entanglement fidelity")
    panels[0].legend(loc="upper right")
    return figure


def _interleaving(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    names = {"2-1": "ancilla first", "2-2": "together", "2-3": "clone first"}
    for color, shift, (order, name) in zip(SERIES, (-0.12, 0.0, 0.12), names.items(), strict=True):
        chosen = _sorted([r for r in results if r.parameters["order"] == order], "n")
        _both(axes, [_number(r, "n") + shift for r in chosen], chosen, name, color)
    _bounds(axes, [_number(r, "n") for r in chosen], chosen)
    axes.set(xlabel="clones n", ylabel="CHSH parameter S", xticks=sorted({_number(r, "n") for r in chosen}))
    axes.legend(loc="upper right", ncols=2, fontsize=8)
    axes.set_ylim(0, 3.3)
    return figure


def _physical(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    order = {"0": 0, "1": 1, "2": 2, "2*": 3, "3-full": 4}
    chosen = sorted(results, key=lambda r: order[str(r.parameters["l"])])
    places = [order[str(r.parameters["l"])] for r in chosen]
    _both(axes, places, chosen)
    _bounds(axes, places, chosen)
    labels = [f"l = {r.parameters['l']}\n{r.parameters['clones']} clones" for r in chosen]
    axes.set_xticks(places, labels)
    axes.set(ylabel="entanglement fidelity", ylim=(0.15, 1.0))
    axes.legend(loc="upper right")
    return figure


def _virtual(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    for color, n in zip(SERIES, sorted({_number(r, "n") for r in results}), strict=False):
        chosen = _sorted([r for r in results if r.parameters["n"] == n], "l")
        _both(axes, [_number(r, "l") for r in chosen], chosen, f"n = {n:.0f}", color)
    _lines(axes, results[0])
    axes.set(xlabel="iterations l", ylabel="entanglement fidelity", ylim=(0.15, 1.0))
    axes.legend(loc="upper right")
    return figure


def _parallel(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    chosen = _sorted(results, "r")
    sizes = [_number(r, "r") for r in chosen]
    _both(axes, sizes, chosen)
    axes.plot(sizes, [r.bounds.floor for r in chosen], ":", color="#777777", label="noise floor $2^{-r}$")
    axes.axhline(0.5, ls="--", lw=1, color="#777777", label="witness")
    axes.set(xlabel="qubits r of the GHZ state", ylabel="GHZ fidelity", ylim=(0, 1.0))
    axes.legend(loc="upper right")
    return figure


def _mixedness(plt: Any, results: list[Result]) -> Figure:
    chosen = sorted(results, key=lambda r: str(r.parameters["stage"]), reverse=True)
    wires = sorted(chosen[0].matrices or {})
    figure, panels = plt.subplots(
        len(chosen), len(wires), figsize=(1.6 * len(wires) + 1, 2 * len(chosen)), squeeze=False
    )
    for row, result in zip(panels, chosen, strict=True):
        for axes, wire in zip(row, wires, strict=True):
            values = np.array((result.matrices or {})[wire][0])
            image = axes.imshow(values, vmin=-1, vmax=1, cmap="RdBu_r")
            for (i, j), value in np.ndenumerate(values):
                dark = "white" if abs(value) > 0.6 else "black"
                axes.text(
                    j,
                    i,
                    f"{value + 0.0:.2f}".replace("-0.00", "0.00"),
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color=dark,
                )
            axes.set_xticks(range(3), "XYZ")
            axes.set_yticks(range(3), "XYZ")
            axes.grid(False)
            axes.set_title(wire, fontsize=10)
        row[0].set_ylabel(f"{result.parameters['stage']}\nancilla")
    figure.colorbar(image, ax=panels, shrink=0.7, label="correlation")
    return figure


def _variability(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.2, 3.7))
    groups = sorted(
        {(str(r.parameters["n"]), str(r.parameters["option"]), str(r.parameters["device"])) for r in results},
        key=lambda group: (int(group[0]), group[1] != "plain", group),
    )
    for place, (n, option, device) in enumerate(groups):
        same = [
            r
            for r in results
            if (str(r.parameters["n"]), r.parameters["option"], r.parameters["device"]) == (n, option, device)
        ]
        values = [r.estimate.value for r in same]
        axes.plot(place + np.linspace(-0.15, 0.15, len(values)), values, "o", color=OURS, alpha=0.8)
        if same[0].published:
            axes.errorbar(
                [place + 0.3], [same[0].published.value], [same[0].published.error], fmt="s",
                mfc="white", color=THEIRS, capsize=2,
            )  # fmt: skip
    axes.set_xticks(range(len(groups)), [f"n = {n}\n{device}\n{option}" for n, option, device in groups])
    axes.tick_params(axis="x", labelsize=7.5)
    axes.plot([], [], "o", color=OURS, label="twin, one point a transpiler seed")
    axes.plot([], [], "s", mfc="white", color=THEIRS, label="published, mean and spread of five days")
    axes.set(ylabel="entanglement fidelity", ylim=(0.35, 1.0))
    axes.legend(loc="lower left")
    return figure


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


_FIGURES: dict[str, tuple[str, Callable[[Any, list[Result]], Any], Callable[[Result], bool]]] = {
    "sensitivity": (
        "Experiment 1: entanglement fidelity against the number of clones (table I).",
        _sensitivity,
        lambda r: r.experiment == "sensitivity",
    ),
    "interleaving": (
        "Experiment 2: CHSH parameter for three orders of measurement (table II).",
        _interleaving,
        lambda r: r.experiment == "interleaving" and r.parameters["order"] != "undecrypted",
    ),
    "series_physical": (
        "Experiment 3: clones of clones, all on the chip (table III).",
        _physical,
        lambda r: r.parameters.get("kind") == "physical",
    ),
    "series_virtual": (
        "Experiment 3: one clone a level cloned again (table VI).",
        _virtual,
        lambda r: r.parameters.get("kind") == "virtual",
    ),
    "parallel": (
        "Experiment 4: a GHZ state of r qubits, each cloned with n = 2 (table IV).",
        _parallel,
        lambda r: r.experiment == "parallel",
    ),
    "mixedness": (
        "Correlations of the ancilla with every wire, before and after decryption (figure 7).",
        _mixedness,
        lambda r: r.experiment == "mixedness",
    ),
    "variability": (
        "Devices, transpiler seeds, decoupling and twirling; published: five days (table V).",
        _variability,
        lambda r: r.experiment == "variability",
    ),
    "deviation": (
        "Every fidelity of tables I, III, IV and VI against its published value.",
        _scatter,
        lambda r: r.published is not None and r.published.table in ("I", "III", "IV", "VI"),
    ),
}


def _both(
    axes: Axes,
    places: Sequence[float],
    results: Sequence[Result],
    name: str = "",
    color: str | None = None,
) -> None:
    """Draw our values filled and the published ones open, each with one standard deviation."""
    label = f"{name}, " if name else ""
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


def _bounds(axes: Axes, places: Sequence[float], results: Sequence[Result]) -> None:
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
    _lines(axes, results[0])


def _lines(axes: Axes, result: Result) -> None:
    is_chsh = result.quantity == "chsh"
    label = "local hidden variables" if is_chsh else "witness"
    axes.axhline(result.bounds.threshold, ls="--", lw=1, color="#777777", label=label)
    if not is_chsh:
        axes.axhline(result.bounds.floor, ls=":", lw=1, color="#777777", label="noise floor")


def _number(result: Result, name: str) -> float:
    return float(result.parameters[name] or 0)


def _sorted(results: Iterable[Result], name: str) -> list[Result]:
    return sorted(results, key=lambda r: _number(r, name))
