"""What notebooks show, as HTML: facts, tables, pictures. All markup is made here; every value is escaped."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, PALE, LINE = "#1f2933", "#eceff3", "#c9d1da"
ROLE_COLOURS = {"R": "#8f5fbf", "A": "#d1495b", "S": "#1d6fa5", "N": "#edae49", "": "#b9c2cc"}
"""The colours of reference, input, signal and noise qubits, and of what has no role, in every picture."""
MAX_ROWS = 25
"""So many rows of a table are shown."""


def facts(
    title: str, values: Mapping[str, object], notes: Iterable[str] = (), pictures: Iterable[str] = ()
) -> str:
    """Return a title, a line a fact, sentences below, and pictures that `picture` made.

    >>> print(facts("<Kingston>", {"qubits": 156}, notes=["One is faulty."]))
    <div><b>&lt;Kingston&gt;</b><table><tr><th style="text-align:left">qubits</th><td style="text-align:left">156</td></tr></table><ul><li>One is faulty.</li></ul></div>
    """  # noqa: E501
    rows = "".join(f"<tr>{_cell('th', name)}{_cell('td', value)}</tr>" for name, value in values.items())
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f"<div><b>{escape(title)}</b><table>{rows}</table>"
        f"{f'<ul>{listed}</ul>' if listed else ''}{''.join(pictures)}</div>"
    )


def table(names: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """Return a table with a line of names above; of many rows the first, and how many there are more.

    >>> page = table(["n", "fidelity"], [(2, "0.823 ± 0.004")])
    >>> page.count("<tr>"), "0.823 ± 0.004" in page
    (2, True)
    """
    every = list(rows)
    head = "".join(_cell("th", name) for name in names)
    body = "".join(
        f"<tr>{''.join(_cell('td', value) for value in row)}</tr>" for row in islice(every, MAX_ROWS)
    )
    more = f"<p>and {len(every) - MAX_ROWS:,} more</p>" if len(every) > MAX_ROWS else ""
    said = f"<p>{escape(caption)}</p>" if caption else ""
    return f"<div>{said}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>"


def picture(svg: str, meaning: str) -> str:
    """Return an SVG document as an image: its names meet no others on the page, and no script in it runs."""
    data = b64encode(svg.encode()).decode()
    return (
        f'<img alt="{escape(meaning)}" src="data:image/svg+xml;base64,{data}" '
        'style="max-width:100%;height:auto;background:white">'
    )


def svg_of(figure: Figure) -> str:
    """Return a figure of matplotlib as an SVG document, the same one for the same figure."""
    from matplotlib import rc_context

    stream = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "qclone"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def some(labels: Iterable[object], most: int = 8) -> str:
    """Return labels with commas between; of many the first, and how many there are in all.

    >>> some(["S1", "S2"]), some(range(1000), most=3), some([])
    ('S1, S2', '0, 1, 2, ... (1,000)', 'none')
    """
    listed = [str(label) for label in labels]
    if len(listed) > most:
        return f"{', '.join(listed[:most])}, ... ({len(listed):,})"
    return ", ".join(listed) or "none"


def _cell(kind: str, value: object) -> str:
    return f'<{kind} style="text-align:left">{escape(str(value))}</{kind}>'
