"""A spanning tree on which what belongs together is near: compiled annealing, one edge exchanged at a time.

Goods are shipped over the tree. Each of its edges carries, of each kind, what is left over on one side of
it; so with the pairing that suits the tree, as many Bell pairs go across as there are more signal than
noise qubits, or fewer, on a side.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
import rustworkx
from numpy.typing import NDArray

from qclone.native._graph import Edge, neighbours
from qclone.search.kernels._compiled import njit
from qclone.search.kernels._cooling import accepts

Integers = NDArray[np.int64]

# Weight of the squares: how much bottlenecks matter.
_SQUARES = 0.1
_HOT, _COLD = 3.0, 0.1


def transport_tree(
    goods: Mapping[int, Sequence[float]], couplers: Sequence[Edge], steps: int, rng: random.Random
) -> list[Edge]:
    """Anneal a spanning tree of the couplers.

    Parameters
    ----------
    goods : node -> what it has of each kind to give away; negative: what it wants. In all, nothing is left.
    couplers : at most three for each node.
    """
    near = table_of(couplers)
    nodes = sorted(goods)
    at = {q: k for k, q in enumerate(nodes)}
    graph = rustworkx.PyGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from([(at[a], at[b], rng.random()) for a, b in couplers])
    links = np.zeros(near.shape, np.bool_)
    for a, b in rustworkx.minimum_spanning_tree(graph, weight_fn=float).edge_list():
        link(near, links, a, b, True)
    generator = np.random.default_rng(rng.randrange(1 << 30))
    links = _annealed(near, links, np.array([goods[q] for q in nodes]), steps, generator)
    return [(nodes[a], nodes[near[a, n]]) for a, n in np.argwhere(links) if a < near[a, n]]


def table_of(couplers: Sequence[Edge]) -> Integers:
    """Return the neighbours of every node, shape (nodes, 3): in ascending order, numbered so, -1 for none."""
    near = neighbours(couplers)
    at = {q: k for k, q in enumerate(sorted(near))}
    table = np.full((len(at), 3), -1)
    for q, k in at.items():
        table[k, : len(near[q])] = [at[v] for v in sorted(near[q])]
    return table


@njit(cache=True)
def rooted(near: Integers, links: NDArray[np.bool_], root: int, above: Integers, order: Integers) -> int:
    """Fill parents and an order of what a root reaches over couplers; return how many nodes that are.

    Parameters
    ----------
    near : shape (nodes, 3), -1 for none.
    links : shape (nodes, 3): whether each coupler is in the tree, or may be in it.
    above, order : shape (nodes,); above is -1 beyond reach, and the root's own number at the root.
    """
    above[:] = -1
    above[root] = root
    order[0] = root
    count, k = 1, 0
    while k < count:
        v = order[k]
        for n in range(3):
            u = near[v, n]
            if u >= 0 and links[v, n] and above[u] < 0:
                above[u] = v
                order[count] = u
                count += 1
        k += 1
    return count


@njit(cache=True)
def link(near: Integers, links: NDArray[np.bool_], a: int, b: int, value: bool) -> None:
    """Put a coupler into the tree, or take it out; `near` and `links` have shape (nodes, 3)."""
    for n in range(3):
        if near[a, n] == b:
            links[a, n] = value
        if near[b, n] == a:
            links[b, n] = value


@njit(cache=True)
def exchange(
    near: Integers, links: NDArray[np.bool_], above: Integers, order: Integers, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Return a coupler (a, b) outside the tree, and an edge (c, d) of it on the way from a to b; or -1's.

    Parameters
    ----------
    near, links : shape (nodes, 3).
    above : shape (nodes,), -1 beyond the tree.
    order : shape (nodes of the tree,).
    """
    root = order[0]
    a, n = order[rng.integers(0, len(order))], rng.integers(0, 3)
    b = near[a, n]
    if b < 0 or above[b] < 0 or links[a, n]:
        return -1, -1, -1, -1
    # The way between them, each step by its lower end: up from both to where they meet.
    marked, way = np.zeros(len(near), np.bool_), np.empty(len(near), np.int64)
    x = a
    while x != root:
        marked[x] = True
        x = above[x]
    marked[root] = True
    count = 0
    x = b
    while not marked[x]:
        way[count] = x
        count += 1
        x = above[x]
    meet = x
    x = a
    while x != meet:
        way[count] = x
        count += 1
        x = above[x]
    c = way[rng.integers(0, count)]
    return a, b, c, above[c]


@njit(cache=True)
def exchanged(
    near: Integers,
    links: NDArray[np.bool_],
    above: Integers,
    order: Integers,
    put: tuple[int, int],
    taken: tuple[int, int],
) -> None:
    """Put one coupler into the tree, take another out, and follow the tree anew from its root."""
    link(near, links, taken[0], taken[1], False)
    link(near, links, put[0], put[1], True)
    rooted(near, links, order[0], above, order)


@njit(cache=True)
def transport_cost(
    goods: NDArray[np.float64], above: Integers, order: Integers, flow: NDArray[np.float64]
) -> float:
    """What goes across each edge of the tree, and a tenth of its square.

    Parameters
    ----------
    goods, flow : shape (nodes, kinds); `flow` is filled with what comes together at each node.
    above : shape (nodes,).
    order : shape (nodes of the tree,).
    """
    flow[:] = goods
    cost = 0.0
    for k in range(len(order) - 1, 0, -1):
        v = order[k]
        load = 0.0
        for kind in range(goods.shape[1]):
            load += abs(flow[v, kind])
            flow[above[v], kind] += flow[v, kind]
        cost += load + _SQUARES * load * load
    return cost


@njit(cache=True)
def _annealed(
    near: Integers,
    links: NDArray[np.bool_],
    goods: NDArray[np.float64],
    steps: int,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    above, order = np.empty(len(near), np.int64), np.empty(len(near), np.int64)
    flow = np.empty(goods.shape)
    rooted(near, links, 0, above, order)
    now = transport_cost(goods, above, order, flow)
    best, kept = now, links.copy()
    for step in range(steps):
        a, b, c, d = exchange(near, links, above, order, rng)
        if a < 0:
            continue
        exchanged(near, links, above, order, (a, b), (c, d))
        cost = transport_cost(goods, above, order, flow)
        if accepts(cost - now, _HOT, _COLD, step / steps, rng):
            now = cost
            if now < best - 1e-9:
                best = now
                kept[:] = links
        else:
            exchanged(near, links, above, order, (c, d), (a, b))
    return kept
