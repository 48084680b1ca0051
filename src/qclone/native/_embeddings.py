"""Every way a circuit's couplers lie on a device's."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import chain, islice

import rustworkx

from qclone.native._graph import Edge, neighbours

# A large pattern on another kind of lattice can have no end of dead ends, and a small one no end of places.
_MOST_STEPS, _MOST_PLACES, _STARTS = 500_000, 10_000, 20
# None was found: luck may be better with other numbers.
_TRIES = 3


def embeddings(
    pattern: Iterable[Edge], couplers: Iterable[Edge], most: int, rng: random.Random
) -> list[dict[int, int]]:
    """Return maps of the pattern's nodes to distinct qubits that send edges to couplers: all, or so many.

    >>> len(embeddings([(0, 1), (1, 2)], [(5, 6), (6, 7), (7, 8)], 10, random.Random(0)))
    4
    """
    pattern, couplers = tuple(pattern), tuple(couplers)
    tries = (_first(pattern, couplers, _MOST_PLACES, rng) for _ in range(_TRIES))
    places = next((places for places in tries if places), [])
    if len(places) == _MOST_PLACES:
        # The first ones lie side by side: the same from elsewhere, again and again.
        starts = [_first(pattern, couplers, _MOST_PLACES // _STARTS, rng) for _ in range(_STARTS)]
        places = list(chain(*starts))
    return places if len(places) <= most else rng.sample(places, most)


def _first(
    pattern: Iterable[Edge], couplers: Iterable[Edge], most: int, rng: random.Random
) -> list[dict[int, int]]:
    (small, nodes), (large, qubits) = _graph(pattern, rng), _graph(couplers, rng)
    # Nodes in the order of VF2++, not of their numbers: few dead ends.
    found = rustworkx.vf2_mapping(
        large, small, id_order=False, subgraph=True, induced=False, call_limit=_MOST_STEPS
    )
    return [{nodes[n]: qubits[q] for q, n in place.items()} for place in islice(found, most)]


def _graph(edges: Iterable[Edge], rng: random.Random) -> tuple[rustworkx.PyGraph[int, None], list[int]]:
    """A graph, its nodes numbered at random, and what they stand for."""
    edges = tuple(edges)
    names = sorted(neighbours(edges))
    rng.shuffle(names)
    at = {q: i for i, q in enumerate(names)}
    graph: rustworkx.PyGraph[int, None] = rustworkx.PyGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from_no_data([(at[a], at[b]) for a, b in edges])
    return graph, names
