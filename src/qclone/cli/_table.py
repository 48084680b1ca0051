"""Plain columns that line up. In a file or a pipe nothing is wrapped; a window is not overrun."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width

from qclone.cli._output import columns

_LEAST = 20
"""Of the last column; below that rows are written one below the other."""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows under headings, numbers to the right; in a narrow window the last column is wrapped.

    >>> print(table(["NAME", "QUBITS"], [["bell", 2], ["ghz", 23]]))
    NAME  QUBITS
    bell       2
    ghz       23
    >>> print(table(["NAME", "QUBITS"], [["状态", 2]]))  # each as wide as two letters
    NAME  QUBITS
    状态       2
    """
    kept = list(rows)
    cells = [[str(cell) for cell in row] for row in (headings, *kept)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    numeric = [bool(kept) and all(isinstance(row[i], int) for row in kept) for i in range(len(headings))]
    room, taken = columns(), sum(widths[:-1]) + 2 * (len(widths) - 1)
    if room is not None and taken + widths[-1] > room:
        if room - taken < min(_LEAST, widths[-1]):
            return _one_below_the_other(cells, room)
        cells = [line for row in cells for line in _wrapped(row, room - taken)]
    lines = (
        "  ".join(
            " " * (w - _width(cell)) + cell if right else cell + " " * (w - _width(cell))
            for cell, w, right in zip(row, widths, numeric, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _wrapped(row: list[str], width: int) -> list[list[str]]:
    """Return a row as several: its last cell goes on below itself."""
    first, *more = textwrap.wrap(row[-1], width, break_on_hyphens=False) or [""]
    return [[*row[:-1], first], *([""] * (len(row) - 1) + [rest] for rest in more)]


def _one_below_the_other(cells: list[list[str]], width: int) -> str:
    headings, *rows = cells
    label = max(map(len, headings))
    paragraphs = []
    for row in rows:
        lines = [
            textwrap.fill(
                f"{heading.ljust(label)}  {cell}",
                width,
                subsequent_indent=" " * (label + 2),
                break_on_hyphens=False,
            )
            for heading, cell in zip(headings, row, strict=True)
            if cell
        ]
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)
