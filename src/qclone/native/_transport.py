"""A spanning tree on which Bell pairs between signal and noise qubits have the shortest ways."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable, Sequence

import rustworkx

from qclone.native._layout import Edge

# Weight of the squares: how much bottlenecks matter.
_SQUARES = 0.1
_HOT, _COLD = 2.0, 0.1


def transport_tree(
    signals: Collection[int], couplers: Sequence[Edge], steps: int, rng: random.Random
) -> list[Edge]:
    """Anneal a spanning tree of the couplers, one exchanged at a time.

    Across an edge of the tree at least as many pairs go as there are more signal than noise qubits, or
    fewer, on a side; with the pairing that suits the tree, just as many.
    """
    nodes = sorted({q for edge in couplers for q in edge})
    at = {q: i for i, q in enumerate(nodes)}
    graph = rustworkx.PyGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from([(at[a], at[b], rng.random()) for a, b in couplers])
    found = rustworkx.minimum_spanning_tree(graph, weight_fn=float).edge_list()
    tree = {_edge(nodes[a], nodes[b]) for a, b in found}
    rest = [e for e in (_edge(a, b) for a, b in couplers) if e not in tree]
    now = _transport(tree, signals)
    best, least = set(tree), now
    for step in range(steps if rest else 0):
        k = rng.randrange(len(rest))
        removed = rng.choice(_way(tree, *rest[k]))
        changed = tree - {removed} | {rest[k]}
        cost = _transport(changed, signals)
        if cost <= now or rng.random() < math.exp((now - cost) / (_HOT * (_COLD / _HOT) ** (step / steps))):
            tree, now, rest[k] = changed, cost, removed
            if cost < least:
                best, least = set(tree), cost
    return sorted(best)


def _edge(a: int, b: int) -> Edge:
    return min(a, b), max(a, b)


def rooted(tree: Iterable[Edge], root: int) -> dict[int, int]:
    """Return node -> parent on a tree of shortest ways from a root, parents first."""
    near: dict[int, list[int]] = {}
    for a, b in tree:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    parent = {root: root}
    order = [root]
    for v in order:
        for w in sorted(near[v]):
            if w not in parent:
                parent[w] = v
                order.append(w)
    return parent


def _transport(tree: Collection[Edge], signals: Collection[int]) -> float:
    parent = rooted(tree, next(iter(tree))[0])
    surplus = {v: 1 if v in signals else -1 for v in parent}
    cost = 0.0
    for v, above in reversed(parent.items()):
        if v != above:
            cost += abs(surplus[v]) + _SQUARES * surplus[v] ** 2
            surplus[above] += surplus[v]
    return cost


def _way(tree: Iterable[Edge], a: int, b: int) -> list[Edge]:
    """The edges between two nodes."""
    parent = rooted(tree, a)
    way = []
    while b != a:
        way.append(_edge(b, parent[b]))
        b = parent[b]
    return way
