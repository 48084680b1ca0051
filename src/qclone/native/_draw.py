"""A picture of a placed circuit: the lattice with roles in colour, and the layers of its stages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import rustworkx

from qclone.device import row_lattice
from qclone.errors import MissingPackageError
from qclone.markup import INK, LINE, PALE, ROLE_COLOURS
from qclone.native._labels import by_role, kind_of
from qclone.native._pairs import in_layers, two_qubit_pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qclone.native._native import NativeCircuit

_MEANING = {"R": "reference R", "A": "input A", "S": "signal S", "N": "noise N", "": "spare"}
# Of a layer that needs no more room.
_INCHES = 0.3
Bar = tuple[float, int, int]
"""A gate: where it stands in its layer, its lower and its upper line."""
_STAGE_COLOURS = {"prepare": "#7d8b99", "encrypt": "#1d6fa5", "decrypt": "#c9822b"}


def draw_native(native: NativeCircuit) -> Figure:
    """Return a figure: above, the processor's lattice and where everything is; below, gates by layer.

    Raises
    ------
    MissingPackageError : matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError("matplotlib", "plot") from None
    above, below = 6.0, max(5.0, 0.11 * len(native.qubits))
    columns = _columns(native)
    wide = sum(width for stage in columns.values() for width, _ in stage)
    figure = Figure(figsize=(max(11.0, 1.5 + _INCHES * wide), above + below), layout="constrained")
    lattice, layers = figure.subplots(2, 1, height_ratios=[above, below])
    cost = native.cost
    lattice.set_title(
        f"{native.device.name}, decrypting {native.clone}: {cost.layers} layers of {cost.gates} gates",
        loc="left",
        color=INK,
    )
    _lattice(lattice, native)
    _layers(layers, native, columns)
    return figure


def _lattice(axes: Axes, native: NativeCircuit) -> None:
    at = positions(native)
    used = {(min(p), max(p)) for p in two_qubit_pairs(native.circuit)}
    for a, b in native.device.edges:
        if a in at and b in at:
            thick = (a, b) in used
            xs, ys = zip(at[a], at[b], strict=True)
            axes.plot(xs, ys, color=INK if thick else LINE, lw=2.4 if thick else 0.9, zorder=1)
    names = {q: label for label, q in native.roles.items()}
    busy = set(native.qubits)
    small = len(at) > 60
    for q, (x, y) in at.items():
        kind = kind_of(names.get(q, "")) if q in busy else None
        colour = PALE if kind is None else ROLE_COLOURS[kind]
        ring = INK if q in native.outputs else "white"
        axes.scatter(x, y, s=230 if small else 700, color=colour, edgecolors=ring, linewidths=2, zorder=2)
        if q in busy:
            text = _in_lines(names.get(q, ""))
            size = min(6.5, 20 / max(map(len, [*text.split("\n"), " "])))
            axes.text(
                x,
                y,
                text,
                ha="center",
                va="center",
                fontsize=size,
                color=_text(kind),
                zorder=3,
                linespacing=0.9,
            )
            axes.text(x + 0.12, y - 0.42, str(q), ha="left", va="top", fontsize=5.5, color=INK, zorder=3)
    for kind, meaning in _MEANING.items():
        axes.scatter([], [], s=60, color=ROLE_COLOURS[kind], label=meaning)
    axes.scatter([], [], s=60, color="white", edgecolors=INK, linewidths=2, label="output")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=6, frameon=False, fontsize=8)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _in_lines(label: str) -> str:
    """A label in two lines, so that it fits into its circle: S1 of q3, N1 of S1/S2."""
    head, mark, tail = label.rpartition("." if "." in label else "/")
    return f"{head}\n{tail}" if mark else label


def _text(kind: str | None) -> str:
    return INK if kind in ("N", "") else "white"


def positions(native: NativeCircuit) -> Mapping[int, tuple[float, float]]:
    """Where to draw each qubit: in rows where the lattice has rows, otherwise by a layout of forces."""
    device = native.device
    lattice = row_lattice(device.num_qubits, device.edges)
    if lattice is not None:
        return {q: lattice.position(q) for q in range(device.num_qubits)}
    used = set(native.qubits)
    graph: Any = rustworkx.PyGraph()
    order = sorted(used)
    graph.add_nodes_from(order)
    index = {q: i for i, q in enumerate(order)}
    graph.add_edges_from_no_data([(index[a], index[b]) for a, b in device.edges if {a, b} <= used])
    places = rustworkx.spring_layout(graph, seed=1, scale=6, num_iter=500)
    return {order[i]: (float(x), float(y)) for i, (x, y) in places.items()}


def _rows(native: NativeCircuit) -> dict[int, int]:
    """A line for each qubit in use: those of one input of a register together, each group by role."""
    names = {q: label for label, q in native.roles.items()}

    def group(q: int) -> int:
        copy = re.match(r"q(\d+)\.", names.get(q, ""))
        return len(native.qubits) if q not in names else int(copy[1]) if copy else 0

    order = sorted(native.qubits, key=lambda q: (group(q), by_role(names.get(q, "")), q))
    return {q: -k for k, q in enumerate(order)}


def _columns(native: NativeCircuit) -> dict[str, list[tuple[float, list[Bar]]]]:
    """For each layer of each stage its width, and where its gates stand: never two on one another."""
    line = _rows(native)
    columns = {}
    for name, stage in native.stages.items():
        layers = in_layers((line[a], line[b]) for a, b in two_qubit_pairs(stage))
        columns[name] = [_side_by_side([(min(gate), max(gate)) for gate in gates]) for gates in layers]
    return columns


def _side_by_side(gates: list[tuple[int, int]]) -> tuple[float, list[Bar]]:
    """Give every gate of a layer the first place at which it covers no other: (width, bars)."""
    ends: list[int] = []  # of each place, the highest line that is taken so far
    placed = []
    for low, high in sorted(gates):
        place = next((i for i, end in enumerate(ends) if end < low), len(ends))
        ends[place : place + 1] = [high]
        placed.append((place, low, high))
    width = max(1.0, 0.3 * (len(ends) + 1))
    return width, [(width * (place + 1) / (len(ends) + 1), low, high) for place, low, high in placed]


def _layers(axes: Axes, native: NativeCircuit, columns: dict[str, list[tuple[float, list[Bar]]]]) -> None:
    """Time to the right, a line for each qubit, a bar for each gate; layers widen where bars would meet."""
    names = {q: label for label, q in native.roles.items()}
    line = _rows(native)
    start, middles = 0.0, []
    for name, stage in columns.items():
        begin = start
        for width, bars in stage:
            for x, low, high in bars:
                axes.plot(
                    [start + x] * 2,
                    [low, high],
                    color=_STAGE_COLOURS[name],
                    lw=1.4,
                    marker="o",
                    ms=3,
                    zorder=2,
                )
            middles.append(start + width / 2)
            start += width
        axes.axvspan(begin, start, color=_STAGE_COLOURS[name], alpha=0.07, lw=0)
        cost = native.cost_of(name)
        axes.text(
            (begin + start) / 2,
            1.2,
            f"{name}: {cost.layers} layers, {cost.gates} gates",
            ha="center",
            fontsize=8,
            color=_STAGE_COLOURS[name],
        )
    axes.hlines(list(line.values()), 0, start, color=LINE, lw=0.6, zorder=1)
    axes.set_yticks(list(line.values()), [f"{names.get(q, 'spare')} ({q})" for q in line], fontsize=6)
    for tick, q in zip(axes.get_yticklabels(), line, strict=True):
        tick.set_color(ROLE_COLOURS[kind_of(names[q])] if q in names else INK)
    axes.set_xlim(0, start)
    step = max(1, len(middles) // 12)
    axes.set_xticks(middles[::step], [str(i) for i in range(len(middles))][::step])
    axes.set_xlabel("two-qubit layer")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
