"""How far one fault spreads before the next round: what keeps transversal gates fault tolerant.

CX does to each position what it does to the whole block. H and CZ also move: to the dual position. A fault
at one position can so reach a block twice, by two ways, at two positions: then it counts as two. A round
must be measured before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from qclone.logical._layers import Layer

# (wire, letter) -> how often the position has been moved, each an odd number of times.
Errors = dict[tuple[int, str], frozenset[int]]
_OTHER = {"X": "Z", "Z": "X"}


def rounds_after(layers: list[Layer], every: int, order: int, restart: int = -1) -> frozenset[int]:
    """Return after which layers a round of syndrome measurement is due.

    After `every` layers since the last one, and earlier where the next layer would let a single fault reach
    two positions of a block with the same letter.

    Parameters
    ----------
    order : of the code's duality as a permutation; 1 where H moves nothing.
    restart : a layer before which rounds are measured anyhow: storage.
    """
    due: set[int] = set()
    if every == 0:
        return frozenset()
    faults: list[Errors] = []
    since = 0
    for index, layer in enumerate(layers):
        if index == restart:
            faults, since = [], 0
        moved = [_through(error, layer, order) for error in faults]
        if order > 1 and since and any(_twice(error) for error in moved):
            due.add(index - 1)
            faults, since, moved = [], 0, []
        if order > 1:
            faults = moved + list(_new(layer, order))
        since += 1
        if since == every:
            due.add(index)
            faults, since = [], 0
    return frozenset(due)


def _new(layer: Layer, order: int) -> Iterator[Errors]:
    """The faults of a layer: any Pauli on the wires of each gate."""
    for name, wires in layer:
        shift = [0, 1 % order if name == "CZ" else 0]
        letters = [(w, p, shift[i]) for i, w in enumerate(wires) for p in "XZ"]
        for size in range(1, len(letters) + 1):
            for chosen in combinations(letters, size):
                yield {(w, p): frozenset((k,)) for w, p, k in chosen}


def _twice(error: Errors) -> bool:
    return any(len(moves) > 1 for moves in error.values())


def _through(error: Errors, layer: Layer, order: int) -> Errors:
    moved = dict(error)

    def add(wire: int, letter: str, moves: frozenset[int], by: int) -> None:
        shifted = frozenset((k + by) % order for k in moves)
        moved[wire, letter] = moved.get((wire, letter), frozenset()) ^ shifted

    for name, wires in layer:
        if name == "CX":
            control, target = wires
            add(target, "X", error.get((control, "X"), frozenset()), 0)
            add(control, "Z", error.get((target, "Z"), frozenset()), 0)
        elif name == "CZ":
            a, b = wires
            add(b, "Z", error.get((a, "X"), frozenset()), 1)
            add(a, "Z", error.get((b, "X"), frozenset()), -1)
        elif name == "H":
            (wire,) = wires
            for letter, other in _OTHER.items():
                moves = error.get((wire, other), frozenset())
                moved[wire, letter] = frozenset((k + 1) % order for k in moves)
        else:
            add(wires[0], "Z", error.get((wires[0], "X"), frozenset()), 0)
    return moved
