"""Figures of the paper, redrawn with both data sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qclone.experiments._drawing import (
    OURS,
    SERIES,
    THEIRS,
    both,
    bounds,
    in_order,
    lines,
    number,
    pyplot,
)
from qclone.experiments._result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    titles = {"bsm": "Bell-state measurement", "pom": "Parity oscillations"}
    methods = [m for m in titles if any(r.parameters["method"] == m for r in results)]
    figure, panels = plt.subplots(
        1, len(methods), figsize=(4.6 * len(methods), 3.7), sharey=True, squeeze=False
    )
    for axes, method in zip(panels[0], methods, strict=True):
        chosen = in_order([r for r in results if r.parameters["method"] == method], "n")
        both(axes, [number(r, "n") for r in chosen], chosen)
        bounds(axes, [number(r, "n") for r in chosen], chosen)
        axes.set(title=titles[method], xlabel="clones n", ylim=(0.15, 1.0))
    panels[0][0].set_ylabel("entanglement fidelity")
    panels[0][0].legend(loc="upper right")
    return figure


def _interleaving(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    names = {"2-1": "ancilla first", "2-2": "together", "2-3": "clone first"}
    for color, shift, (order, name) in zip(SERIES, (-0.12, 0.0, 0.12), names.items(), strict=True):
        chosen = in_order([r for r in results if r.parameters["order"] == order], "n")
        if chosen:
            both(axes, [number(r, "n") + shift for r in chosen], chosen, name, color)
    every = list({number(r, "n"): r for r in in_order(results, "n")}.values())
    bounds(axes, [number(r, "n") for r in every], every)
    axes.set(xlabel="clones n", ylabel="CHSH parameter S", xticks=[number(r, "n") for r in every])
    axes.legend(loc="upper right", ncols=2, fontsize=8)
    axes.set_ylim(0, 3.3)
    return figure


def _physical(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    order = {"0": 0, "1": 1, "2": 2, "2*": 3, "3-full": 4}
    chosen = sorted(results, key=lambda r: order[str(r.parameters["l"])])
    places = [order[str(r.parameters["l"])] for r in chosen]
    both(axes, places, chosen)
    bounds(axes, places, chosen)
    labels = [f"l = {r.parameters['l']}\n{r.parameters['clones']} clones" for r in chosen]
    axes.set_xticks(places, labels)
    axes.set(ylabel="entanglement fidelity", ylim=(0.15, 1.0))
    axes.legend(loc="upper right")
    return figure


def _virtual(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    for color, n in zip(SERIES, sorted({number(r, "n") for r in results}), strict=False):
        chosen = in_order([r for r in results if r.parameters["n"] == n], "l")
        both(axes, [number(r, "l") for r in chosen], chosen, f"n = {n:.0f}", color)
    lines(axes, results[0])
    axes.set(xlabel="iterations l", ylabel="entanglement fidelity", ylim=(0.15, 1.0))
    axes.legend(loc="upper right")
    return figure


def _parallel(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    chosen = in_order(results, "r")
    sizes = [number(r, "r") for r in chosen]
    both(axes, sizes, chosen)
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


def _checked(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    names = {"ignored": "checks ignored", "corrected": "corrected", "selected": "selected"}
    for color, shift, (use, name) in zip(SERIES, (-0.03, 0.0, 0.03), names.items(), strict=True):
        chosen = in_order([r for r in results if r.parameters["checks"] == use], "n")
        if not chosen:
            continue
        both(axes, [number(r, "n") + shift for r in chosen], chosen, name, color)
        for r in chosen:
            if r.accepted is not None:
                kept = f"{r.accepted.value:.0%} kept"
                axes.annotate(kept, (number(r, "n"), r.estimate.value), (10, 7), textcoords="offset points",
                              fontsize=8, color=color)  # fmt: skip
    lines(axes, results[0])
    axes.set(xlabel="clones n", ylabel="entanglement fidelity", ylim=(0.15, 1.05))
    axes.set_xticks(sorted({number(r, "n") for r in results}))
    axes.margins(x=0.2)
    axes.legend(loc="lower left", ncols=2)
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
        "Experiment 3: clones of clones, all on the chip (table III). The last row "
        "fills the chip: 77 clones when published.",
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
    "checked": (
        "Bell checks after decryption: ignored, used for correction, used for selection.",
        _checked,
        lambda r: r.experiment == "checked",
    ),
    "deviation": (
        "Every fidelity of tables I, III, IV and VI against its published value.",
        _scatter,
        lambda r: r.published is not None and r.published.table in ("I", "III", "IV", "VI"),
    ),
}
