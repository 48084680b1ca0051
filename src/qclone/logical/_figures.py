"""Figures: infidelity against noise, against storage, with and without the outer code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from qclone.errors import InvalidInputError, MissingPackageError

Row = dict[str, Any]
_STYLES = {"none": ":", "corrected": "-", "selected": "--", "joint": "-."}


def draw_rows(rows: Sequence[Row], baselines: Sequence[Row], path: Path) -> None:
    """Draw what reports found, logarithmically, with intervals of 95 %.

    Against storage if that varies and the noise does not, else against noise. Every distance and use of the
    checks is a line; beside them the bare protocol with the same use and blocks that are simply kept.

    Parameters
    ----------
    rows, baselines : of `Report`s, in order: as many baselines a case as there are.
    path : PNG, SVG or PDF.

    Raises
    ------
    InvalidInputError : nothing to draw, or an unknown kind of file. MissingPackageError : no matplotlib.
    """
    check_figure(path)
    from matplotlib.figure import Figure

    if not rows:
        raise InvalidInputError("There is nothing to draw.", "Run some cases first.")
    against = "T" if len({r["T"] for r in rows}) > 1 and len({r["noise"] for r in rows}) == 1 else "p"
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    lines: dict[tuple[str, Any], list[tuple[float, Row]]] = defaultdict(list)
    for row in rows:
        lost = f", lost {' '.join(row['lost'])}" if row["lost"] else ""
        label = f"{row['code']} d = {row['d']}, {row['outer']}{lost}"
        lines[label, _STYLES[row["outer"]]].append((row[against], row))
    for row in baselines:
        is_bare = row["what"] == "bare"
        label = f"bare, {row['outer']}" if is_bare else f"kept {row['code']} d = {row['d']}"
        lines[label, (0, (1, 3))].append((row["of"][against], row))
    for (label, style), points in lines.items():
        _line(axes, label, style, points)
    axes.set_yscale("log")
    if against == "p":
        axes.set_xscale("log")
    axes.set_xlabel("error of a two-qubit gate" if against == "p" else "T, rounds of storage")
    axes.set_ylabel("infidelity")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=7, ncols=2)
    figure.savefig(path)


def check_figure(path: Path) -> None:
    """Raise what `draw_rows` would for a path, before anything is sampled."""
    try:
        import_module("matplotlib.figure")
    except ModuleNotFoundError as error:
        raise MissingPackageError(str(error.name), "plot") from None
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise InvalidInputError(f"{path} is no kind of figure.", "Name a .png, .svg or .pdf file.")


def _line(axes: Any, label: str, style: Any, points: Iterable[tuple[float, Row]]) -> None:
    shown = sorted({x: row for x, row in points if row["infidelity"] > 0}.items())
    if not shown:
        return
    xs, ys = [x for x, _ in shown], [row["infidelity"] for _, row in shown]
    low = [y - row["interval"][0] if "interval" in row else 0 for y, (_, row) in zip(ys, shown, strict=True)]
    high = [row["interval"][1] - y if "interval" in row else 0 for y, (_, row) in zip(ys, shown, strict=True)]
    axes.errorbar(xs, ys, [low, high], label=label, linestyle=style, marker=".", capsize=2)
