"""The picture of an access structure: every symmetry class of sets, coloured by what it learns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qclone.errors import InvalidInputError, MissingPackageError

if TYPE_CHECKING:
    from qclone.access import SymmetryClass

RECOVERS, NOTHING, LEAKS = "#1b7f79", "#e8e6e1", "#d1495b"
INK = "#2b2b2b"
_NUMBERED = 16


def draw(classes: list[SymmetryClass], name: str, path: Path) -> None:
    """Draw all classes of a scheme: sets by pairs held whole and pairs absent, aligned sets unfolded.

    Raises
    ------
    MissingPackageError : matplotlib is not installed.
    InvalidInputError : the file cannot be written, or its ending names no format.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch
    except ImportError:
        raise MissingPackageError("matplotlib", "plot") from None
    n = max(one.complete for one in classes)
    figure = Figure(figsize=(9.2, 5.6), layout="constrained")
    axes = figure.subplots(2, 2, width_ratios=(1, 1.7))
    for row, with_input in zip(axes, (False, True), strict=True):
        chosen = [one for one in classes if one.with_input == with_input]
        held = "A is held" if with_input else "A is not held"
        _folded(row[0], [one for one in chosen if one.complete or one.absent], n)
        row[0].set_title(held, loc="left", fontsize=10, fontweight="bold", color=INK)
        _unfolded(row[1], [one for one in chosen if not (one.complete or one.absent)], n)
        row[1].set_title(f"{held}, exactly one wire of each pair", loc="left", fontsize=10, color=INK)
    counts: Counter[str] = Counter()
    for one in classes:
        counts[one.verdict] += one.num_sets
    colours = {"nothing": NOTHING, "leaks": LEAKS, "recovers": RECOVERS}
    words = {"nothing": "learn nothing", "leaks": "leak", "recovers": "recover the input"}
    handles = [
        Patch(
            facecolor=colours[kind], edgecolor="#b8b4ab", label=f"{_count(counts[kind])} sets {words[kind]}"
        )
        for kind in colours
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=10)
    figure.suptitle(name[:1].upper() + name[1:], fontsize=12, color=INK)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error.strerror}.", "Choose another file."
        ) from None
    except ValueError as error:
        raise InvalidInputError(
            f"{path} has no known format.", "End its name in .png, .svg or .pdf."
        ) from error


def _folded(axes: Any, classes: list[SymmetryClass], n: int) -> None:
    """Cells (c, e); p and q make no difference there."""
    image: list[list[tuple[float, float, float, float]]] = [[(1, 1, 1, 0)] * (n + 1) for _ in range(n + 1)]
    for one in classes:
        image[one.absent][one.complete] = _colour(one)
    axes.imshow(image, origin="lower", interpolation="nearest", aspect="auto")
    axes.set_xlabel("pairs held whole, c")
    axes.set_ylabel("pairs absent, e")
    if n <= _NUMBERED:
        axes.text(0, 0, "see right", ha="center", va="center", fontsize=7, color=INK)
    _tidy(axes, n, n)


def _unfolded(axes: Any, classes: list[SymmetryClass], n: int) -> None:
    """One cell for each p; q = n - p."""
    ordered = sorted(classes, key=lambda one: one.signals)
    axes.imshow([[_colour(one) for one in ordered]], interpolation="nearest", aspect="auto")
    if n <= _NUMBERED:
        for one in ordered:
            light = one.verdict == "nothing"
            axes.text(
                one.signals, 0, f"{one.bits:.2g}", ha="center", va="center", color=INK if light else "white"
            )
    axes.set_xlabel("signal wires among them, p (the others are noise wires); in the cells: bits learned")
    axes.set_yticks([])
    _tidy(axes, n, 0)


def _tidy(axes: Any, columns: int, rows: int) -> None:
    step = max(1, (columns + 1) // 8)
    axes.set_xticks(range(0, columns + 1, step))
    if rows:
        axes.set_yticks(range(0, rows + 1, step))
    if columns <= _NUMBERED:
        axes.set_xticks([x - 0.5 for x in range(1, columns + 1)], minor=True)
        if rows:
            axes.set_yticks([y - 0.5 for y in range(1, rows + 1)], minor=True)
        axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0, labelsize=9, colors=INK)
    axes.xaxis.label.set_size(9)
    axes.yaxis.label.set_size(9)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _colour(one: SymmetryClass) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    if one.verdict != "leaks":
        red, green, blue, _ = to_rgba(RECOVERS if one.verdict == "recovers" else NOTHING)
        return (red, green, blue, 1)
    # The more is known, the stronger the colour.
    strength = 0.45 + 0.55 * min(1.0, one.bits)
    red, green, blue = (1 - strength * (1 - part) for part in to_rgba(LEAKS)[:3])
    return (red, green, blue, 1)


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**9 else f"{number:.2e}"
