"""Plain columns: they line up, wrap nothing and can be cut and sorted by other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows under headings, numbers to the right.

    >>> print(table(["NAME", "QUBITS"], [["bell", 2], ["ghz", 23]]))
    NAME  QUBITS
    bell       2
    ghz       23
    """
    kept = list(rows)
    cells = [[str(cell) for cell in row] for row in (headings, *kept)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [bool(kept) and all(isinstance(row[i], int) for row in kept) for i in range(len(headings))]
    lines = (
        "  ".join(
            cell.rjust(w) if right else cell.ljust(w)
            for cell, w, right in zip(row, widths, numeric, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)
