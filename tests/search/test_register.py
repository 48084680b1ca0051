"""Registers: blocks that do not overlap, a tree by shortest ways between them, the GHZ state by tableau."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
import rustworkx

pytest.importorskip("numba")

from qclone.device import load_device
from qclone.native import assemble, ghz_fidelity, verify
from qclone.native._register import assemble_register
from qclone.scheme import Canonical, Parallel
from qclone.search._budget import Budget
from qclone.search.strategies._register import RegisterSearch, _anneal, _tree, block_templates

KINGSTON = load_device("kingston")
SEARCH = RegisterSearch(KINGSTON, 4, random.Random(2))


def test_the_blocks_are_circuits_of_two_clones() -> None:
    """On the sites of a Heron that they are made for: 3 layers to prepare, 4 to encrypt, 4 to decrypt."""
    templates = block_templates(random.Random(0))
    for shape, places in (("line", (3, 16, 23, 24, 25, 4)), ("star", (21, 36, 41, 40, 42, 22))):
        native = assemble(templates[shape].placed(dict(enumerate(places))), KINGSTON, "S1")
        verify(native, Canonical(2))
        assert native.cost_of("encrypt").layers == native.cost_of("decrypt").layers == 4


def graph() -> rustworkx.PyGraph:
    near, price = SEARCH._lattice
    made = rustworkx.PyGraph(multigraph=False)
    made.add_nodes_from(range(len(near)))
    for a in range(len(near)):
        for b, weight in zip(near[a].tolist(), price[a].tolist(), strict=True):
            if b >= 0:
                made.add_edge(a, b, weight)
    return made


@pytest.mark.parametrize("seed", range(5))
def test_two_qubits_are_joined_by_a_shortest_way(seed: int) -> None:
    rng, chip = random.Random(seed), graph()
    a, b = rng.sample(sorted(max(rustworkx.connected_components(chip), key=len)), 2)
    parents = np.empty(KINGSTON.num_qubits, np.int64)
    price, hops = _tree(np.array([a, b]), np.zeros(KINGSTON.num_qubits, np.bool_), SEARCH._lattice, parents)
    assert price == pytest.approx(rustworkx.dijkstra_shortest_path_lengths(chip, a, float, goal=b)[b])
    way = [b]
    while way[-1] != a:
        way.append(int(parents[way[-1]]))
    assert hops == len(way) - 1 and all(chip.has_edge(*e) for e in pairwise(way))


@pytest.mark.parametrize("seed", range(3))
def test_many_are_joined_by_a_tree_of_the_said_diameter(seed: int) -> None:
    rng, chip = random.Random(seed), graph()
    inputs = rng.sample(sorted(max(rustworkx.connected_components(chip), key=len)), 6)
    parents = np.empty(KINGSTON.num_qubits, np.int64)
    _, hops = _tree(np.array(inputs), np.zeros(KINGSTON.num_qubits, np.bool_), SEARCH._lattice, parents)
    tree = rustworkx.PyGraph()
    tree.add_nodes_from(range(KINGSTON.num_qubits))
    tree.add_edges_from_no_data([(q, int(p)) for q, p in enumerate(parents) if p >= 0])
    (piece,) = (c for c in rustworkx.connected_components(tree) if inputs[0] in c)
    assert set(inputs) <= piece and tree.num_edges() == len(piece) - 1
    lengths = rustworkx.distance_matrix(tree.subgraph(sorted(piece)))
    assert hops == lengths.max()


def test_annealing_keeps_blocks_apart_and_makes_them_cheaper() -> None:
    start = SEARCH._start()
    assert start is not None

    def price(chosen: np.ndarray) -> float:
        blocks = [SEARCH._blocks[i] for i in chosen]
        used = [q for b in blocks for q in b.qubits]
        assert len(set(used)) == len(used)
        blocked = np.zeros(KINGSTON.num_qubits, np.bool_)
        blocked[[q for b in blocks for q in b.qubits[1:]]] = True
        parents = np.empty(KINGSTON.num_qubits, np.int64)
        joined, hops = _tree(np.array([b.qubits[0] for b in blocks]), blocked, SEARCH._lattice, parents)
        return float(sum(SEARCH._price(b) for b in blocks) + joined + 0.01 * hops)

    best = _anneal(start, SEARCH._places, SEARCH._lattice, 0.01, np.random.default_rng(1))
    assert price(best) < price(start)


def test_registers_keep_the_contract() -> None:
    search = RegisterSearch(KINGSTON, 3, random.Random(6))
    Budget(steps=2).spend(search.run())
    assert search.kept.best is not None and search.kept.shallowest is not None
    for _, found in search.kept:
        native = assemble_register(found.draft, KINGSTON, "S1")
        verify(native, Parallel(Canonical(2), 3))
        assert ghz_fidelity(native) == found.fidelity > 0.5 and native.cost.layers == found.layers
    assert search.kept.shallowest.layers <= search.kept.best.layers


def test_too_many_blocks_have_no_room() -> None:
    search = RegisterSearch(KINGSTON, 31, random.Random(0))
    Budget(steps=1).spend(search.run())
    assert search.kept.best is None
