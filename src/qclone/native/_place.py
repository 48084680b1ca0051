"""Every way a circuit's couplers lie on a device's."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import count

from qclone.native._layout import Edge

_MOST_STEPS = 500_000


def embeddings(
    pattern: Iterable[Edge], couplers: Iterable[Edge], rng: random.Random
) -> Iterator[dict[int, int]]:
    """Yield maps of the pattern's nodes to distinct qubits that send edges to couplers, in random order.

    A large pattern on another kind of lattice can have no end of dead ends: after so many steps it stops.

    >>> len(list(embeddings([(0, 1), (1, 2)], [(5, 6), (6, 7), (7, 8)], random.Random(0))))
    4
    """
    near, host = neighbours(pattern), neighbours(couplers)
    order = _by_adjacency(near)
    qubits = sorted(host)
    rng.shuffle(qubits)
    place: dict[int, int] = {}
    used: set[int] = set()
    steps = count()

    def extend(k: int) -> Iterator[dict[int, int]]:
        if k == len(order):
            yield dict(place)
            return
        if next(steps) > _MOST_STEPS:
            return
        node = order[k]
        anchors = [place[m] for m in near[node] if m in place]
        options = host[anchors[0]] if anchors else qubits
        for q in options:
            if q in used or len(host[q]) < len(near[node]) or any(q not in host[a] for a in anchors[1:]):
                continue
            place[node] = q
            used.add(q)
            yield from extend(k + 1)
            used.discard(q)
            del place[node]

    return extend(0)


def neighbours(edges: Iterable[Edge]) -> Mapping[int, list[int]]:
    """Return the neighbours of every node that has any."""
    near: dict[int, list[int]] = {}
    for a, b in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    return near


def _by_adjacency(near: Mapping[int, Sequence[int]]) -> list[int]:
    """Nodes such that each has as many earlier neighbours as possible: dead ends show early."""
    order: list[int] = []
    left = set(near)
    while left:
        node = max(left, key=lambda v: (sum(m not in left for m in near[v]), len(near[v]), -v))
        order.append(node)
        left.discard(node)
    return order


def hops_from(near: Mapping[int, Sequence[int]], start: int) -> dict[int, int]:
    """Return how many couplers away every node is."""
    hops = {start: 0}
    queue = [start]
    for v in queue:
        for w in near.get(v, ()):
            if w not in hops:
                hops[w] = hops[v] + 1
                queue.append(w)
    return hops


def in_one_piece(qubits: Set[int], near: Mapping[int, Sequence[int]]) -> bool:
    """Return whether some qubits are in one piece."""
    inside = {q: [v for v in near.get(q, ()) if v in qubits] for q in qubits}
    return len(hops_from(inside, next(iter(qubits)))) == len(qubits)
