"""Spanning trees of a layout, whose cuts measure how far preparation has to go."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import rustworkx

from qclone.native._layout import Edge, Layout
from qclone.native._place import hops_from, neighbours

Side = frozenset[int]


def tree_sides(layout: Layout, spine: Iterable[int], spread: float, rng: random.Random) -> list[Side]:
    """Return the smaller side of every cut of a spanning tree of the preparation's couplers.

    The tree has all signal qubits (or all noise qubits) as its spine and the others hanging on the rungs
    in blocks: for Bell pairs the entropies of its cuts add up to the length of their paths.

    Parameters
    ----------
    spread : how far the borders of the blocks may lie from the middle between two rungs.
    """
    edges = layout.prepare_edges
    spine = frozenset(spine)
    hanging = frozenset((*layout.signals, *layout.noise)) - spine
    away = _away(edges, [e for e in edges if not (set(e) <= spine or set(e) <= hanging)], spread, rng)
    names = sorted(away)
    at = {q: i for i, q in enumerate(names)}

    def weight(edge: Edge) -> float:
        if set(edge) <= spine:
            return 0.0
        # Where two blocks meet, as far from the rungs as possible, an edge is left out.
        return 2.0 + 0.01 * (away[edge[0]] + away[edge[1]]) if set(edge) <= hanging else 1.0

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from([(at[a], at[b], weight((a, b))) for a, b in edges])
    tree = rustworkx.minimum_spanning_tree(graph, weight_fn=float)
    sides = []
    for a, b, _ in tree.weighted_edge_list():
        rest = tree.copy()
        rest.remove_edge(a, b)
        side = frozenset(names[i] for i in rustworkx.node_connected_component(rest, a))
        sides.append(min(side, frozenset(names) - side, key=len))
    return sides


def _away(
    edges: Iterable[Edge], rungs: Iterable[Edge], spread: float, rng: random.Random
) -> Mapping[int, float]:
    """How far every qubit is from the closest rung, each moved away by a random distance."""
    near, across = neighbours(edges), neighbours(rungs)
    moved: dict[int, float] = {}
    for q in across:
        if q not in moved:
            moved |= dict.fromkeys(hops_from(across, q), spread * rng.random())
    return {
        q: min((hops + moved[r] for r, hops in hops_from(near, q).items() if r in moved), default=0.0)
        for q in near
    }
