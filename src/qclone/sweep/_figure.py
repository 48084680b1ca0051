"""A sweep as a chart: what was computed against one parameter, a line for every value of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from qclone.errors import InvalidInputError, MissingPackageError

RESULTS = ("infidelity", "fidelity", "value")
"""What the experiments compute, in the order in which it is drawn if nothing else is asked for."""
_COMPUTED = {
    *("key", "quantity", *RESULTS, "error", "low", "high", "accepted", "failures", "bare"),
    *("layers", "gates", "rounds", "qubits", "seconds", "strong_id", "sampled", "statistics"),
}
"""Columns that no parameter is; see `qclone.sweep.point_of`."""
MAX_LINES = 24
_DECADES = 50
"""An axis whose ends are further apart than this factor is logarithmic."""


@dataclass(frozen=True)
class Axes:
    """What a chart of a sweep shows.

    Parameters
    ----------
    x : the parameter along the axis.
    y : the column that is drawn.
    lines : the parameters whose values tell the lines apart.
    """

    x: str
    y: str
    lines: tuple[str, ...]


def axes_of(rows: Sequence[Mapping[str, Any]], x: str | None = None, y: str | None = None) -> Axes:
    """Return what is drawn against what: by default the result against the number with most values.

    Parameters
    ----------
    rows : of a sweep, each with its parameters and its results.
    x, y : columns.

    Raises
    ------
    InvalidInputError : no such column, one that holds no numbers, or nothing that varies.

    Example
    -------
    >>> rows = [{"n": n, "p2": p2, "fidelity": 1 - n * p2} for n in (2, 4, 6) for p2 in (0.0, 0.1)]
    >>> axes_of(rows)
    Axes(x='n', y='fidelity', lines=('p2',))
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for asked in (x, y):
        if asked is not None and asked not in columns:
            raise InvalidInputError(
                f"The results have no column {asked!r}.", f"They have {', '.join(columns)}."
            )
    values = {name: {row.get(name) for row in rows} - {None} for name in columns}
    varied = [name for name in columns if name not in _COMPUTED and len(values[name]) > 1]
    numbers = [name for name in varied if all(map(_is_number, values[name]))]
    y = y or next((name for name in RESULTS if name in columns), None)
    x = x or max((name for name in numbers if name != y), key=lambda name: len(values[name]), default=None)
    if x is None or y is None:
        raise InvalidInputError(
            "Nothing here can be drawn: no number varies, or nothing was computed.", "Say which: --x and --y."
        )
    for name in (x, y):
        if not all(map(_is_number, values[name])):
            raise InvalidInputError(
                f"The column {name!r} holds no numbers.", "Choose another with --x or --y."
            )
    return Axes(x, y, tuple(name for name in varied if name not in (x, y)))


def draw_sweep(
    rows: Sequence[Mapping[str, Any]], path: str | Path, x: str | None = None, y: str | None = None
) -> Axes:
    """Draw results of a sweep as PNG, SVG or PDF; intervals and errors that they have are drawn with them.

    Parameters
    ----------
    rows, x, y : as `axes_of` takes them.
    path : of the file; its ending says the format.

    Raises
    ------
    MissingPackageError : matplotlib is not installed.
    InvalidInputError : as `axes_of`; or more lines than can be told apart.
    """
    axes = axes_of(rows, x, y)
    drawn: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row.get(axes.x) is not None and row.get(axes.y) is not None:
            drawn.setdefault(tuple(row.get(name) for name in axes.lines), []).append(row)
    if len(drawn) > MAX_LINES:
        raise InvalidInputError(
            f"These are {len(drawn)} lines, more than {MAX_LINES}, for {', '.join(axes.lines)} vary too.",
            "Draw fewer values: choose rows with --where.",
        )
    try:
        from matplotlib import colormaps
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError("matplotlib", "plot") from None
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    plot = figure.subplots()
    colours = [colormaps["tab10"](i) for i in range(10)]
    for (line, points), colour, marker in zip(
        sorted(drawn.items(), key=lambda item: [_order(value) for value in item[0]]),
        cycle(colours),
        cycle("osD^vPX"),  # lines are told apart without colour, too
        strict=False,
    ):
        points.sort(key=lambda row: row[axes.x])
        label = ", ".join(f"{name} = {_text(value)}" for name, value in zip(axes.lines, line, strict=True))
        xs, ys = [row[axes.x] for row in points], [row[axes.y] for row in points]
        style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4.5, "linewidth": 1.2}
        bars = [_bar(row, axes.y) for row in points]
        if any(bar != (0, 0) for bar in bars):
            plot.errorbar(xs, ys, list(zip(*bars, strict=True)), label=label, capsize=2, **style)
        else:
            plot.plot(xs, ys, label=label, **style)
    for name, scale in ((axes.x, plot.set_xscale), (axes.y, plot.set_yscale)):
        found = [row[name] for points in drawn.values() for row in points]
        if min(found) > 0 and max(found) > _DECADES * min(found):
            scale("log")
    plot.set(xlabel=axes.x, ylabel=axes.y)
    plot.grid(which="both", alpha=0.25)
    if axes.lines:
        figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)
    return axes


def _bar(row: Mapping[str, Any], y: str) -> tuple[float, float]:
    """How far the interval of a value reaches below and above it; its error where there is no interval."""
    value, low, high, error = row[y], row.get("low"), row.get("high"), row.get("error")
    if y == "infidelity" and low is not None and high is not None:
        return max(0.0, value - low), max(0.0, high - value)
    return (error, error) if y in RESULTS and error else (0, 0)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _order(value: object) -> tuple[int, float, str]:
    return (0, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
