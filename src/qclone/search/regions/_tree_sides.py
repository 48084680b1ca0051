"""Spanning trees, whose cuts measure how far preparation has to go."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush

import rustworkx

from qclone.native._graph import Edge, hops_from, neighbours, reached_from
from qclone.search.regions._layout import Layout

Side = frozenset[int]


def layout_tree(layout: Layout, spine: Iterable[int], spread: float, rng: random.Random) -> list[Edge]:
    """Return a spanning tree of what is prepared: a spine, and others hanging on it in blocks.

    For Bell pairs the entropies of its cuts add up to the length of their paths.

    Parameters
    ----------
    spine : all signal qubits, or all noise qubits.
    spread : how far the borders of the blocks may lie from the middle between two rungs.
    """
    edges, spine = layout.prepare_edges, frozenset(spine)
    hanging = frozenset((*layout.signals, *layout.noise)) - spine
    rungs = [e for e in edges if not (spine.issuperset(e) or hanging.issuperset(e))]
    away = _away(edges, rungs, spread, rng)
    names = sorted(away)
    at = {q: i for i, q in enumerate(names)}

    def weight(edge: Edge) -> float:
        if spine.issuperset(edge):
            return 0.0
        # Where two blocks meet, as far as possible from the rungs, an edge is left out.
        return 2.0 + 0.01 * (away[edge[0]] + away[edge[1]]) if hanging.issuperset(edge) else 1.0

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from([(at[a], at[b], weight((a, b))) for a, b in edges])
    tree = rustworkx.minimum_spanning_tree(graph, weight_fn=float)
    return [(names[a], names[b]) for a, b in tree.edge_list()]


def sides(tree: Sequence[Edge]) -> Iterator[Side]:
    """Yield the smaller side of every cut of a tree: below an edge is what hangs on it, seen from a root."""
    near = neighbours(tree)
    whole = frozenset(near)
    below: dict[int, set[int]] = {}
    for root in near:
        if root in below:
            continue
        before = reached_from(near, root)
        below |= {v: {v} for v in before}
        for v in [*before][:0:-1]:
            below[before[v]] |= below[v]
            yield min(frozenset(below[v]), whole - below[v], key=len)


def _away(
    edges: Iterable[Edge], rungs: Iterable[Edge], spread: float, rng: random.Random
) -> Mapping[int, float]:
    """How far every qubit is from the closest rung, each moved away by a random distance."""
    near, across = neighbours(edges), neighbours(rungs)
    moved: dict[int, float] = {}
    for q in across:
        if q not in moved:
            moved |= dict.fromkeys(hops_from(across, q), spread * rng.random())
    away: dict[int, float] = {}
    queue = sorted((hops, q) for q, hops in moved.items())
    while queue:
        hops, q = heappop(queue)
        if q not in away:
            away[q] = hops
            for w in near[q]:
                heappush(queue, (hops + 1, w))
    return {q: away.get(q, 0.0) for q in near}
