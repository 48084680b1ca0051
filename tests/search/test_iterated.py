"""Iterated schemes on two and three rows: sites on a real chip, drafts by tableau, labels by their cost."""

from __future__ import annotations

import random

import numpy as np
import pytest
import rustworkx
import stim
from qiskit_ibm_runtime.fake_provider import FakeKingston

pytest.importorskip("numba")

from qclone.device import load_device
from qclone.errors import InvalidInputError
from qclone.native import assemble, fidelity, verify
from qclone.native._catalog import shipped
from qclone.native._pairs import in_layers
from qclone.native._placer import Placer
from qclone.scheme import Canonical, Iterated, Role, Scheme
from qclone.search._budget import Budget
from qclone.search.kernels._beam import Options
from qclone.search.kernels._entropies import cost_of
from qclone.search.regions._rows import Sites, three_rows, two_rows
from qclone.search.stages._concentrate import Concentration, Schedule
from qclone.search.stages._state import encrypted_state
from qclone.search.strategies._iterated import IteratedSearch
from qclone.search.strategies._iterated_synthesis import IteratedSynthesis

VIRTUAL, FULL = Iterated.virtual(Canonical(2), 1), Iterated.full(Canonical(2), 1)
OPTIONS = Options(50, 4, 100, 40, 0.1, 1.0)
CHIP = rustworkx.PyGraph()
CHIP.add_nodes_from(range(156))
CHIP.add_edges_from_no_data(sorted({(min(e), max(e)) for e in FakeKingston().coupling_map.get_edges()}))


def in_one_piece(qubits: list[int]) -> bool:
    return rustworkx.is_connected(CHIP.subgraph(qubits))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("signals", "key"), [(4, 4), (6, 4), (12, 6), (16, 10), (26, 6)])
def test_sites_lie_on_the_chip_and_hang_together(signals: int, key: int, seed: int) -> None:
    rng = random.Random(seed)
    sites = three_rows(rng) if signals == 26 else two_rows(signals, key, rng)
    spread = [sites.source, sites.clone, *sites.signals]
    assert len(spread) == signals + 1
    assert len(sites.key) == key and len(sites.key) + len(sites.noise) == signals
    everything = [sites.source, sites.reference, *sites.prepared]
    assert len(set(everything)) == len(everything) and set(everything) <= set(range(156))
    assert CHIP.has_edge(sites.source, sites.reference)
    assert in_one_piece([*sites.prepared]) and in_one_piece(spread)
    held = CHIP.subgraph([sites.clone, *sites.key, *sites.spare])  # a spare one may be apart
    reached = rustworkx.node_connected_component(held, held.nodes().index(sites.clone))
    assert {sites.clone, *sites.key} <= {held[k] for k in reached}
    for edges, group in (
        (sites.prepare_edges, sites.prepared),
        (sites.encrypt_edges, spread),
        (sites.decrypt_edges, (sites.clone, *sites.key, *sites.spare)),
    ):
        assert {tuple(sorted(e)) for e in edges} == {tuple(sorted(e)) for e in _couplers(set(group))}


def _couplers(qubits: set[int]) -> list[tuple[int, int]]:
    return [e for e in CHIP.edge_list() if set(e) <= qubits]


def synthesis_of(scheme: Scheme, clone: str, rng: random.Random) -> IteratedSynthesis:
    signals = sum(w.role is Role.SIGNAL for w in scheme.wires)
    return IteratedSynthesis(
        scheme, clone, two_rows(signals, len(scheme.clone(clone).key), rng), OPTIONS, 500
    )


def short(concentration: Concentration, rng: random.Random) -> Schedule:
    least = concentration.least_layers()
    tried = (concentration.schedule(layers, None, rng) for layers in range(least, least + 6))
    return next(schedule for schedule in tried if schedule is not None)


@pytest.mark.parametrize(
    ("scheme", "clone"),
    [(Canonical(4), "S2"), (VIRTUAL, "S1/S1"), (VIRTUAL, "S1/S2"), (FULL, "S2/S1")],
    ids=str,
)
def test_drafts_keep_the_contract(scheme: Scheme, clone: str) -> None:
    rng = random.Random(0)
    synthesis = synthesis_of(scheme, clone, rng)
    roles = synthesis.labelled(rng)
    assert set(roles) == {*(w.label for w in scheme.wires), "R"} and len({*roles.values()}) == len(roles)
    assert roles[synthesis._wire] == synthesis.sites.clone
    there, back = (short(way, rng) for way in (synthesis.encryption, synthesis.decryption))
    tried = (synthesis.draft(synthesis.undone(roles, there, rng), back, seed) for seed in range(10))
    draft = next(draft for draft in tried if draft is not None)
    assert draft.roles[synthesis._wire] == synthesis.sites.clone
    device = load_device("kingston")
    native = assemble(draft, device, clone)
    verify(native, scheme)
    assert len(in_layers(draft.encrypt)) <= len(there) and len(in_layers(draft.decrypt)) <= len(back)
    assert 0.25 < fidelity(native) < 1


def test_what_is_left_to_prepare_is_as_entangled_as_is_said() -> None:
    """The state before encryption by stim, and its entropies by the rank of its generators."""
    rng = random.Random(1)
    synthesis = synthesis_of(VIRTUAL, "S1/S1", rng)
    undone = synthesis.undone(synthesis.labelled(rng), short(synthesis.encryption, rng), rng)
    scheme, nodes = VIRTUAL, synthesis.sites.prepared
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(156)
    at = [undone.roles[w.label] for w in scheme.wires]
    simulator.h(undone.roles["R"])
    simulator.cx(undone.roles["R"], at[scheme.index("A")])
    for instruction in scheme.prepare() + scheme.encrypt():
        targets = [
            stim.GateTarget(at[t.value]) if t.is_qubit_target else _moved(t, at)
            for t in instruction.targets_copy()
        ]
        circuit = stim.Circuit()
        circuit.append(instruction.name, targets, instruction.gate_args_copy())
        simulator.do(circuit)
    for a, b, (p, q) in reversed(undone.encrypt):
        simulator.do(stim.Circuit(f"SPP {p}{a}*{q}{b}"))
    generators = [g for g in simulator.canonical_stabilizers() if set(g.pauli_indices()) & set(nodes)]
    total = 0
    for c, size in enumerate(synthesis._cuts.sizes):
        side = [nodes[k] for k in synthesis._cuts.members[c, :size]]
        total += _rank([[g[q] & 1 ^ g[q] >> 1 for q in side] + [g[q] >> 1 for q in side] for g in generators])
        total -= len(side)
    assert total == cost_of(undone.left.vectors, synthesis._cuts)[0]


def _moved(target: stim.GateTarget, at: list[int]) -> stim.GateTarget:
    if target.is_combiner:
        return target
    return stim.target_pauli(at[target.value], target.pauli_type)


def _rank(rows: list[list[int]]) -> int:
    """Over GF(2), by elimination."""
    left, rank = [int("".join(map(str, row)), 2) for row in rows], 0
    while left:
        pivot = left.pop()
        if pivot:
            rank += 1
            low = pivot & -pivot
            left = [row ^ pivot if row & low else row for row in left]
    return rank


def test_labels_are_exchanged_within_their_kind_and_get_no_worse() -> None:
    rng = random.Random(5)
    synthesis = synthesis_of(FULL, "S1/S1", rng)
    few, many = (
        IteratedSynthesis(FULL, "S1/S1", synthesis.sites, OPTIONS, steps).labelled(random.Random(9))
        for steps in (0, 2_000)
    )
    states = [encrypted_state(FULL, roles, synthesis._nodes).vectors for roles in (few, many)]
    costs = [cost_of(state, synthesis._cuts) for state in states]
    assert costs[1][0] < costs[0][0]
    for places in (synthesis.sites.signals, synthesis.sites.key, synthesis.sites.noise):
        assert {k for k, q in few.items() if q in places} == {k for k, q in many.items() if q in places}


def test_an_odd_number_of_clones_is_refused() -> None:
    """The images of X and Z then do not differ on every wire, and no schedule would ever be found."""
    with pytest.raises(InvalidInputError, match="become the same, or nothing"):
        synthesis_of(Iterated.virtual(Canonical(3), 1), "S1/S1", random.Random(0))


def test_sites_are_read_off_a_draft() -> None:
    """Of one that ships: the synthesis has the stages' couplers, and begins with these sites."""
    entry = next(e for e in shipped("kingston") if e.scheme == VIRTUAL)
    clone = VIRTUAL.clone(entry.clone)
    kingston = load_device("kingston")
    sites = Sites.of(entry.draft, clone, kingston.edges)
    wires = {w.label: w.role for w in VIRTUAL.wires}
    everything = {q: label for label, q in entry.draft.roles.items()}
    assert everything[sites.source] == "A" and everything[sites.reference] == "R"
    assert {everything[q] for q in (sites.clone, *sites.key)} == {*clone.wires, *clone.key}
    assert {wires[everything[q]] for q in sites.signals} == {Role.SIGNAL}
    assert len(sites.signals) + len(sites.key) + len(sites.noise) == VIRTUAL.num_qubits - 2
    for pairs, edges in (
        (entry.draft.prepare, {*sites.prepare_edges, tuple(sorted((sites.source, sites.reference)))}),
        (entry.draft.encrypt, {*sites.encrypt_edges}),
        (entry.draft.decrypt, {*sites.decrypt_edges}),
    ):
        assert {(min(a, b), max(a, b)) for a, b, _ in pairs} <= edges


def test_on_a_square_lattice_sites_are_grown() -> None:
    rng, device = random.Random(4), load_device("nighthawk")
    search = IteratedSearch(VIRTUAL, "S1/S1", Placer(device, rng, 20), rng)
    Budget(steps=1).spend(search.run())
    assert search.kept.best is not None
    verify(assemble(search.kept.best.draft, device, "S1/S1"), VIRTUAL)


def test_a_search_keeps_the_best_of_what_it_finds() -> None:
    device, rng = load_device("kingston"), random.Random(4)
    search = IteratedSearch(VIRTUAL, "S1/S1", Placer(device, rng, 50), rng)
    values = []
    for _ in range(3):
        Budget(steps=1).spend(search.run())
        assert search.kept.best is not None and search.kept.shallowest is not None
        values.append(search.kept.best.fidelity)
    assert values == sorted(values)
    assert search.kept.shallowest.layers <= search.kept.best.layers
    for _, found in search.kept:
        native = assemble(found.draft, device, "S1/S1")
        verify(native, VIRTUAL)
        assert fidelity(native) == pytest.approx(found.fidelity, abs=0.01)


def test_sites_are_told_apart() -> None:
    """All of them are used: neither the rows nor the bridges between are always the same."""
    rng = random.Random(0)
    found: set[Sites] = {two_rows(6, 4, rng) for _ in range(30)}
    assert len(found) > 10 and len({bool(s.spare) for s in found}) == 2
    assert np.ptp([s.source for s in found]) > 0
