"""What the label of a wire says: its role, and its place in an order."""

from __future__ import annotations

import re


def by_role(label: str) -> tuple[int, list[int], str]:
    """Return by what to order labels: R, A, S, N, then their numbers.

    >>> sorted(["S1/N2", "N1", "S2", "R", "S10", "q1.A", ""], key=by_role)
    ['R', 'q1.A', 'S2', 'S10', 'N1', 'S1/N2', '']
    """
    return "RASN".find(kind_of(label) or "?") % 5, [int(n) for n in re.findall(r"\d+", label)], label


def kind_of(label: str) -> str:
    """Return R, A, S or N for the label of a wire of any scheme, nothing for none.

    >>> kind_of("S1/N2"), kind_of("q3.S1"), kind_of("")
    ('N', 'S', '')
    """
    return re.split(r"[/.]", label)[-1][:1]
