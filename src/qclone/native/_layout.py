"""Which qubit plays which role, and which couplers each stage may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import rustworkx

Edge = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Roles of a canonical scheme on the qubits of a lattice.

    Parameters
    ----------
    roles : label -> qubit, for A, S1..Sn, N1..Nn and R.
    clone : the label that decryption starts from.
    spare : qubits that carry no data; preparation and decryption may use them as wires.
    couplers : the lattice's; those beyond the qubits in use are left out.
    """

    roles: Mapping[str, int]
    clone: str
    spare: tuple[int, ...]
    couplers: tuple[Edge, ...]

    @property
    def num_clones(self) -> int:
        """n."""
        return (len(self.roles) - 2) // 2

    @cached_property
    def signals(self) -> tuple[int, ...]:
        """Qubits of S1..Sn."""
        return tuple(self.roles[f"S{i}"] for i in range(1, self.num_clones + 1))

    @cached_property
    def noise(self) -> tuple[int, ...]:
        """Qubits of N1..Nn."""
        return tuple(self.roles[f"N{i}"] for i in range(1, self.num_clones + 1))

    @property
    def prepare_edges(self) -> tuple[Edge, ...]:
        """Couplers for the Bell pairs: everything but R and A."""
        return self._within((*self.signals, *self.noise, *self.spare))

    @property
    def encrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among A and all S."""
        return self._within((self.roles["A"], *self.signals))

    @property
    def decrypt_nodes(self) -> tuple[int, ...]:
        """The clone, all N, and the spare qubits."""
        return (self.roles[self.clone], *self.noise, *self.spare)

    @property
    def decrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among the qubits of decryption."""
        return self._within(self.decrypt_nodes)

    def _within(self, nodes: Iterable[int]) -> tuple[Edge, ...]:
        kept = set(nodes)
        return tuple((a, b) for a, b in self.couplers if a in kept and b in kept)

    def bipartitions(self) -> list[tuple[frozenset[int], frozenset[int]]]:
        """Return the two sides of every cut of two spanning trees of the preparation's couplers.

        One tree has all signal qubits as its spine and the noise qubits hanging on the rungs in blocks;
        the other has it the other way round. Where a block ends is as far from the rungs as possible.
        """
        return [
            cut
            for spine, hanging in ((self.signals, self.noise), (self.noise, self.signals))
            for cut in _cuts_of_tree(self.prepare_edges, frozenset(spine), frozenset(hanging))
        ]


def _cuts_of_tree(
    edges: Iterable[Edge], spine: frozenset[int], hanging: frozenset[int]
) -> list[tuple[frozenset[int], frozenset[int]]]:
    names = sorted({q for edge in edges for q in edge})
    at = {q: i for i, q in enumerate(names)}
    hops = rustworkx.PyGraph()
    hops.add_nodes_from(names)
    hops.add_edges_from_no_data([(at[a], at[b]) for a, b in edges])
    rungs = {q for a, b in edges for q in (a, b) if not ({a, b} <= spine or {a, b} <= hanging)}
    away = {at[q]: min((d for r in rungs for d in [_distance(hops, at[q], at[r])]), default=0) for q in names}

    def weight(edge: Edge) -> float:
        if set(edge) <= spine:
            return 0.0
        far = away[at[edge[0]]] + away[at[edge[1]]]
        return 2.0 + 0.01 * far if set(edge) <= hanging else 1.0

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from([(at[a], at[b], weight((a, b))) for a, b in edges])
    tree = rustworkx.minimum_spanning_tree(graph, weight_fn=float)
    cuts = []
    for a, b, _ in tree.weighted_edge_list():
        rest = tree.copy()
        rest.remove_edge(a, b)
        side = frozenset(names[i] for i in rustworkx.node_connected_component(rest, a))
        cuts.append((side, frozenset(names) - side))
    return cuts


def _distance(graph: rustworkx.PyGraph, a: int, b: int) -> int:
    lengths = rustworkx.dijkstra_shortest_path_lengths(graph, a, lambda _: 1.0, b)
    return 0 if a == b else round(lengths[b]) if b in lengths else 10_000
