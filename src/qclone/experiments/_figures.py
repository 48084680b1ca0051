"""The figures of results as data, for the page of `qclone web` and for the report, which draw them alike."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from qclone.experiments._compare import fidelity_tables
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Bounds, Experiment
from qclone.experiments._published import Published
from qclone.experiments._registry import by_rank
from qclone.experiments._result import Result

Figure = dict[str, Any]
_LABELS = {"n": "clones n", "l": "iterations l", "r": "qubits r of the register", "k": "qubits k"}
_QUANTITIES = {"fidelity": "fidelity", "chsh": "CHSH parameter S"}


class Point(NamedTuple):
    """One row of an experiment: what was published, and what was found if it was run."""

    parameters: Mapping[str, Any]
    bounds: Bounds
    published: Published | None
    result: Result | None


def figures(results: Sequence[Result]) -> list[Figure]:
    """Return the figures that the results are enough for: each experiment's own, and all values compared."""
    drawn = []
    for kind in by_rank():
        for drawing in kind.drawings:
            chosen = [r for r in results if r.experiment == kind.name and drawing.wanted(r)]
            if chosen:
                points = [Point(r.parameters, r.bounds, r.published, r) for r in chosen]
                drawn.append(figure(kind, drawing, points))
    compared = [r for r in results if r.published and r.published.table in fidelity_tables()]
    return [*drawn, _deviation(compared)] if compared else drawn


def published_figures() -> list[tuple[type[Experiment], Figure, list[Point]]]:
    """Return the figures of the published tables alone, with the points on them."""
    found = []
    for kind in by_rank():
        rows = [row for row in kind().rows() if row.published is not None]
        for drawing in kind.drawings:
            points = [Point(row.parameters, row.bounds, row.published, None) for row in rows]
            # What a drawing wants is told by the parameters alone.
            points = [point for point in points if drawing.wanted(point)]  # type: ignore[arg-type]
            if len({point.published for point in points}) > 1:
                found.append((kind, figure(kind, drawing, points), points))
    return found


def figure(kind: type[Experiment], drawing: Drawing, points: Sequence[Point]) -> Figure:
    """Return one figure as data."""
    if drawing.kind == "matrices":
        return _matrices(kind, drawing, points)
    first = points[0]
    words = len(drawing.x) > 1 or not all(_is_number(_at(point, drawing)) for point in points)
    values = list(dict.fromkeys(_at(point, drawing) for point in points))
    values.sort(key=_in_order if words else float)
    place = {value: float(i) if words else float(value) for i, value in enumerate(values)}
    series: dict[str, list[Point]] = {}
    for point in points:
        series.setdefault(", ".join(_told(p, point.parameters[p]) for p in drawing.by), []).append(point)
    drawn: list[Figure] = []
    for told, members in series.items():
        ordered = sorted(members, key=lambda point: place[_at(point, drawing)])
        ours = [_ours(point, place[_at(point, drawing)]) for point in ordered if point.result]
        theirs = [_theirs(point, place[_at(point, drawing)]) for point in ordered if point.published]
        theirs = list({(one["x"], one["y"]): one for one in theirs}.values())
        if ours:
            drawn.append({"name": told or "this run", "role": "ours", "of": told, "points": ours})
        if theirs:
            name = f"{told}, published" if told else "published"
            drawn.append({"name": name, "role": "published", "of": told, "points": theirs})
    quantity = first.result.quantity if first.result else "chsh" if first.bounds.threshold > 1 else "fidelity"
    label = drawing.x[0] if len(drawing.x) == 1 else ""
    return {
        "name": drawing.name,
        "title": kind.title,
        "caption": drawing.caption,
        "joined": drawing.kind == "lines",
        "x": {
            "label": _LABELS.get(label, label),
            "categories": _words(label, values) if words else None,
        },
        "y": {"label": _QUANTITIES.get(quantity, quantity)},
        "lines": _lines(points, place, drawing),
        "series": drawn,
        "matrices": [],
    }


def _at(point: Point, drawing: Drawing) -> str:
    if len(drawing.x) == 1:
        return str(point.parameters[drawing.x[0]])
    return ", ".join(_told(name, point.parameters[name]) for name in drawing.x)


def _words(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name} = {value}" if name else value for value in values]


def _in_order(word: str) -> tuple[float, str]:
    """2 before 2* before 10: by the number that a word begins with, or that stands after n = ."""
    number = re.match(r"(?:n = )?(\d+)", word)
    return (float(number[1]) if number else math.inf, word)


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _told(name: str, value: Any) -> str:
    return value if isinstance(value, str) and len(name) > 1 else f"{name} = {value}"


def _row(point: Point) -> str:
    return ", ".join(_told(*pair) for pair in point.parameters.items())


def _ours(point: Point, x: float) -> Figure:
    result = point.result
    assert result is not None
    low, high = result.spread or (None, None)
    kept = "" if result.accepted is None else f", {result.accepted.value:.0%} kept"
    return {
        "x": x,
        "y": result.estimate.value,
        "error": result.estimate.error,
        "low": low,
        "high": high,
        "layers": result.layers,
        "gates": result.gates,
        "key": result.key,
        "told": _row(point) + kept,
    }


def _theirs(point: Point, x: float) -> Figure:
    known = point.published
    assert known is not None
    return {
        "x": x,
        "y": known.value,
        "error": known.error,
        "low": None,
        "high": None,
        "layers": known.layers,
        "gates": known.gates,
        "key": None,
        "told": f"{_row(point)}; table {known.table}",
    }


def _lines(points: Sequence[Point], place: Mapping[str, float], drawing: Drawing) -> list[Figure]:
    """Return what the values stand beside: the threshold, the noise floor, the best approximate cloner."""
    ends = [min(place.values()), max(place.values())]
    threshold = points[0].bounds.threshold
    chsh = threshold > 1
    name = "local hidden variables" if chsh else "entanglement is proved above"
    lines: list[Figure] = [{"name": name, "points": [[x, threshold] for x in ends]}]
    if not chsh:
        floors = sorted({(place[_at(point, drawing)], point.bounds.floor) for point in points})
        lines.append({"name": "noise alone", "points": [list(one) for one in floors]})
    cloner = sorted(
        {
            (place[_at(point, drawing)], point.bounds.approximate_cloning)
            for point in points
            if point.bounds.approximate_cloning is not None
        }
    )
    if cloner and len({x for x, _ in cloner}) == len(cloner):
        lines.append({"name": "best approximate cloner", "points": [list(one) for one in cloner]})
    return lines


def _matrices(kind: type[Experiment], drawing: Drawing, points: Sequence[Point]) -> Figure:
    """Return a row of 3 x 3 matrices for each result, one a wire: A, then S1, S2, ..., then the noise."""
    found = []
    for point in sorted(points, key=lambda p: (p.parameters["n"], p.parameters["stage"] != "encrypted")):
        wires = (point.result.matrices if point.result else None) or {}
        order = sorted(wires, key=lambda wire: ("ASN".index(wire[0]), int(wire[1:] or 0)))
        rows = [{"wire": wire, "values": [list(map(float, row)) for row in wires[wire][0]]} for wire in order]
        found.append({"told": _row(point), "wires": rows})
    return {
        "name": drawing.name,
        "title": kind.title,
        "caption": drawing.caption,
        "joined": False,
        "x": {"label": "wire", "categories": None},
        "y": {"label": "reference"},
        "lines": [],
        "series": [],
        "matrices": found,
    }


def _deviation(results: Sequence[Result]) -> Figure:
    """Return every fidelity against its published value."""
    tables: dict[str, list[Figure]] = {}
    for r in results:
        assert r.published is not None
        point = _ours(Point(r.parameters, r.bounds, r.published, r), r.published.value)
        tables.setdefault(r.published.table, []).append({**point, "low": None, "high": None})
    return {
        "name": "deviation",
        "title": "This run against the published values",
        "caption": f"Every fidelity of tables {', '.join(fidelity_tables())} against its published value.",
        "joined": False,
        "x": {"label": "published fidelity", "categories": None},
        "y": {"label": "this run"},
        "lines": [{"name": "equal", "points": [[0.0, 0.0], [1.0, 1.0]]}],
        "series": [
            {"name": f"table {table}", "role": "ours", "of": table, "points": points}
            for table, points in sorted(tables.items())
        ],
        "matrices": [],
    }
