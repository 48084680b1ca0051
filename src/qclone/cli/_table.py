"""Plain columns that line up. In a file or a pipe nothing is wrapped; a window is not overrun."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from qclone.cli._output import columns

_LEAST = 20
"""Of the last column; below that rows are written one below the other."""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows under headings, numbers to the right; in a narrow window the last column is wrapped.

    >>> print(table(["NAME", "QUBITS"], [["bell", 2], ["ghz", 23]]))
    NAME  QUBITS
    bell       2
    ghz       23
    """
    kept = list(rows)
    cells = [[str(cell) for cell in row] for row in (headings, *kept)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [bool(kept) and all(isinstance(row[i], int) for row in kept) for i in range(len(headings))]
    room, taken = columns(), sum(widths[:-1]) + 2 * (len(widths) - 1)
    if room is not None and taken + widths[-1] > room:
        if room - taken < min(_LEAST, widths[-1]):
            return _one_below_the_other(cells, room)
        cells = [line for row in cells for line in _wrapped(row, room - taken)]
    lines = (
        "  ".join(
            cell.rjust(w) if right else cell.ljust(w)
            for cell, w, right in zip(row, widths, numeric, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


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
