"""Graphs as pairs of nodes: neighbours, distances, what hangs together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

Edge = tuple[int, int]


def neighbours(edges: Iterable[Edge]) -> Mapping[int, list[int]]:
    """Return the neighbours of every node that has any."""
    near: dict[int, list[int]] = {}
    for a, b in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    return near


def within(nodes: Iterable[int], edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Return the edges among some nodes.

    >>> within((0, 1, 3), [(0, 1), (1, 2), (2, 3)])
    ((0, 1),)
    """
    kept = set(nodes)
    return tuple((a, b) for a, b in edges if a in kept and b in kept)


def reached_from(near: Mapping[int, Iterable[int]], *starts: int) -> dict[int, int]:
    """Return what can be reached, the nearest first: each node with the one before it, a start with itself.

    >>> reached_from({0: [1, 2], 1: [3], 2: [3]}, 0)
    {0: 0, 1: 0, 2: 0, 3: 1}
    """
    before = {start: start for start in starts}
    queue = list(starts)
    for v in queue:
        for w in near.get(v, ()):
            if w not in before:
                before[w] = v
                queue.append(w)
    return before


def hops_from(near: Mapping[int, Iterable[int]], *starts: int) -> dict[int, int]:
    """Return how many couplers away from the nearest start every node is."""
    hops = dict.fromkeys(starts, 0)
    for v, before in reached_from(near, *starts).items():
        if v != before:
            hops[v] = hops[before] + 1
    return hops


def in_one_piece(qubits: Set[int], near: Mapping[int, Iterable[int]]) -> bool:
    """Return whether some qubits are in one piece."""
    inside = {q: [v for v in near.get(q, ()) if v in qubits] for q in qubits}
    return len(reached_from(inside, next(iter(qubits)))) == len(qubits)
