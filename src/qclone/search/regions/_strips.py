"""Layouts of square lattices: a strip two qubits wide, signal qubits on one side and noise on the other.

Every signal qubit has a noise qubit beside it, so that Bell pairs have nowhere to go, and what encryption
leaves to prepare is shared by both sides. A strip is straight or turns once; A is a place along the side of
the signal qubits, or beside it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from qclone.device import RowLattice
from qclone.native._graph import Edge, in_one_piece, neighbours
from qclone.search.regions._layout import Layout

# A lattice with room around every strip of as many qubits as a search handles.
_GRID, _ROWS = RowLattice(40, bridged=False), 40
_CORNER = (_ROWS // 2, _ROWS // 2)
# How far from the middle A and the clone may be, and how far from the strip its qubits may move.
_OFF, _ROOM = 1, 2

Strip = tuple[Sequence[int], Sequence[int]]
"""Both sides, as long as each other; what is beside what is coupled."""


@cache
def _couplers() -> tuple[Edge, ...]:
    return _GRID.couplers(_ROWS * _GRID.columns)


def _around(qubits: Iterable[int], near: Mapping[int, frozenset[int]]) -> tuple[Edge, ...]:
    room = set(qubits)
    for _ in range(_ROOM):
        room.update(*(near[q] for q in room))
    return tuple((a, b) for a in sorted(room) for b in sorted(near[a] & room) if a < b)


def strips(num_clones: int, sides: tuple[int, int], rng: random.Random) -> list[Layout]:
    """Return every strip for n clones that decrypts S1 and fits into a rectangle, in random order."""
    near = {q: frozenset(beside) for q, beside in neighbours(_couplers()).items()}
    layouts = [
        layout
        for within in (True, False)
        for strip in _sides(num_clones + within)
        for layout in _layouts(strip, within, near)
        if _fits(layout, sides)
    ]
    rng.shuffle(layouts)
    return layouts


def _fits(layout: Layout, sides: tuple[int, int]) -> bool:
    places = [divmod(q, _GRID.columns) for q in layout.roles.values()]
    extent = sorted(max(along) - min(along) + 1 for along in zip(*places, strict=True))
    return all(own <= room for own, room in zip(extent, sorted(sides), strict=True))


def _sides(length: int) -> Iterator[Strip]:
    """Strips of so many rungs, straight, and turning after each of them, both ways round."""
    row, column = _CORNER
    up = [_GRID.site(row - k, column) for k in range(length + 1)]
    beside = [_GRID.site(row - k, column + 1) for k in range(length + 1)]
    yield up[:length], beside[:length]
    # The outer side goes down, around the corner and to the right; the inner one turns a step before.
    for turn in range(2, length - 1):
        right = range(1, length - turn)
        outer = [*up[turn:0:-1], up[0], *(_GRID.site(row, column + k) for k in right)]
        inner = [*beside[turn + 1 : 1 : -1], beside[1], *(_GRID.site(row - 1, column + 1 + k) for k in right)]
        yield outer, inner
        yield inner, outer


def _layouts(strip: Strip, within: bool, near: Mapping[int, frozenset[int]]) -> Iterator[Layout]:
    side, other = strip
    for k in _middle(len(side)):
        signals = [q for q in side if not within or q != side[k]]
        for noise in (other[: len(signals)], other[-len(signals) :])[: 1 + within]:
            used = {*side, *other}
            if not in_one_piece({*signals, *noise}, near):
                continue  # A stands in the only way
            for a in [side[k]] if within else sorted(near[side[k]] - used):
                for reference in sorted(near[a] - used):
                    yield from _decrypting(signals, noise, {"A": a, "R": reference}, near)


def _decrypting(
    signals: Sequence[int], noise: Sequence[int], ends: Mapping[str, int], near: Mapping[int, frozenset[int]]
) -> Iterator[Layout]:
    """Any signal qubit near the middle may be the clone, with a noise qubit beside it."""
    for j in _middle(len(signals)):
        keys = [q for q in noise if q in near[signals[j]]]
        for key in keys[:1]:
            others = [[q for q in qubits if q not in (signals[j], key)] for qubits in (signals, noise)]
            roles = {**ends, "S1": signals[j], "N1": key}
            for i, (s, q) in enumerate(zip(*others, strict=True), 2):
                roles |= {f"S{i}": s, f"N{i}": q}
            yield Layout(roles, "S1", (), _around(roles.values(), near))


def _middle(length: int) -> range:
    return range(max(0, (length - 1) // 2 - _OFF), min(length, length // 2 + _OFF + 1))
