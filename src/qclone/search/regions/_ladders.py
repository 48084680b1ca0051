"""Layouts worth searching: signal qubits on one row, noise qubits on the next, A on the far side.

Rows, bridges and rungs are those of IBM's 156-qubit Heron: rows of 16, and between two rows a bridge
every four columns, shifted by two from one gap to the next. A layout is a pattern; placement finds
where it lies best, mirrored and turned as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product

from qclone.device import RowLattice
from qclone.native._graph import Edge
from qclone.search.regions._layout import Layout

HERON = RowLattice(16, bridged=True)
ROWS, COLUMNS = 8, HERON.columns
_SIGNAL_ROW, _NOISE_ROW = 2, 3
_LONGEST_LINE = 12
site, bridge, bridge_columns = HERON.site, HERON.bridge, HERON.bridge_columns


@cache
def heron_couplers() -> tuple[Edge, ...]:
    """Return every coupler of the lattice.

    >>> len(heron_couplers())
    176
    """
    return HERON.couplers(HERON.site(ROWS - 1, COLUMNS))


@dataclass(frozen=True)
class Ladder:
    """One pattern: which columns, and where A and the clone to decrypt are.

    Parameters
    ----------
    first : the first column of the noise row.
    shift : how many columns the signal row starts later, 0 or 1.
    clone_on_bridge : whether that clone is a bridge between the rows, one signal qubit fewer on the row.
    rung : which rung the clone is at, counted from the middle.
    source : which bridge A is, counted from the middle.
    leaves : signal qubits on bridges beyond their row, and as many noise qubits beyond theirs.
    inside : whether A is on the signal row, and its reference on that bridge, or A itself.
    """

    first: int
    shift: int
    clone_on_bridge: bool
    rung: int
    source: int
    leaves: int
    inside: bool

    def layout(self, num_clones: int) -> Layout | None:
        """Return the pattern for n clones, or None where it does not exist."""
        columns = num_clones - self.leaves
        noise_columns = range(self.first, self.first + columns)
        start = self.first + self.shift
        signal_columns = range(start, start + columns - self.clone_on_bridge + self.inside)
        rungs = [c for c in bridge_columns(_SIGNAL_ROW) if c in noise_columns and c in signal_columns]
        rungs.sort(key=_distance_from_middle(noise_columns))
        above = [c for c in bridge_columns(_SIGNAL_ROW - 1) if c in signal_columns]
        above.sort(key=_distance_from_middle(signal_columns))
        below = [c for c in bridge_columns(_NOISE_ROW) if c in noise_columns]
        free_above = [c for k, c in enumerate(above) if k != self.source]
        if (
            noise_columns.stop > COLUMNS
            or signal_columns.stop > COLUMNS
            or self.rung >= len(rungs)
            or self.source >= len(above)
            or self.leaves > min(len(free_above), len(below))
        ):
            return None
        j, a = rungs[self.rung], above[self.source]
        signals = [site(_SIGNAL_ROW, c) for c in signal_columns if c != a or not self.inside]
        signals += [bridge(_SIGNAL_ROW - 1, c) for c in free_above[: self.leaves]]
        noise = [site(_NOISE_ROW, c) for c in noise_columns]
        noise += [bridge(_NOISE_ROW, c) for c in below[: self.leaves]]
        clone = bridge(_SIGNAL_ROW, j) if self.clone_on_bridge else site(_SIGNAL_ROW, j)
        key = site(_NOISE_ROW, j)
        signals = [clone, *(q for q in signals if q != clone)]
        noise = [key, *(q for q in noise if q != key)]
        outside = bridge(_SIGNAL_ROW - 1, a)
        roles = {"A": site(_SIGNAL_ROW, a), "R": outside}
        if not self.inside:
            roles = {"A": outside, "R": site(_SIGNAL_ROW - 1, a)}
        for i, (s, n) in enumerate(zip(signals, noise, strict=True), 1):
            roles |= {f"S{i}": s, f"N{i}": n}
        spare = tuple(bridge(_SIGNAL_ROW, c) for c in rungs if bridge(_SIGNAL_ROW, c) != clone)
        layout = Layout(roles, "S1", spare, heron_couplers())
        return layout if layout.in_one_piece else None


def ladders(num_clones: int, rng: random.Random) -> list[Layout]:
    """Return every ladder for n clones, and lines for few clones, in random order."""
    patterns = [
        Ladder(*choice)
        for choice in product(range(4), (0, 1), (True, False), range(2), range(2), range(4), (True, False))
        if choice[1] == 0 or choice[2]
    ]
    layouts = [layout for p in patterns if (layout := p.layout(num_clones)) is not None]
    if num_clones <= _LONGEST_LINE:
        layouts += [line(num_clones, nested) for nested in (True, False)]
    rng.shuffle(layouts)
    return layouts


def line(num_clones: int, nested: bool) -> Layout:
    """Return R, A, Sn, ..., S1 and the noise qubits in a row: N1, ..., Nn (nested) or Nn, ..., N1."""
    order = ["R", "A", *(f"S{i}" for i in range(num_clones, 0, -1))]
    noise = [f"N{i}" for i in range(1, num_clones + 1)]
    order += noise if nested else noise[::-1]
    couplers = tuple((i, i + 1) for i in range(len(order) - 1))
    return Layout({label: q for q, label in enumerate(order)}, "S1", (), couplers)


def _distance_from_middle(columns: range) -> Callable[[int], float]:
    middle = (columns.start + columns.stop - 1) / 2
    return lambda column: abs(column - middle)
