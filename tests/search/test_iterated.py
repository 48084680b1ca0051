"""Schemes whose clones differ: layouts on a real chip, drafts by tableau, labels by their cost."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import rustworkx
import stim
from qiskit_ibm_runtime.fake_provider import FakeKingston

pytest.importorskip("numba")

from qclone.device import line, load_device
from qclone.errors import InvalidInputError
from qclone.native import assemble, fidelity, verify
from qclone.native._catalog import shipped
from qclone.native._pairs import in_layers
from qclone.scheme import Canonical, Iterated, Role, Scheme
from qclone.search._budget import Budget
from qclone.search._find import find, searched
from qclone.search.kernels._entropies import cost_of
from qclone.search.regions._ladders import heron_couplers, ladders
from qclone.search.regions._layout import Layout
from qclone.search.stages._state import encrypted_state
from qclone.search.strategies._layouts import Known
from qclone.search.strategies._synthesis import Synthesis

VIRTUAL, FULL = Iterated.virtual(Canonical(2), 1), Iterated.full(Canonical(2), 1)
CHIP = rustworkx.PyGraph()
CHIP.add_nodes_from(range(156))
CHIP.add_edges_from_no_data(sorted({(min(e), max(e)) for e in FakeKingston().coupling_map.get_edges()}))


def in_one_piece(qubits: list[int]) -> bool:
    return rustworkx.is_connected(CHIP.subgraph(qubits))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("signals", "key"), [(4, 4), (6, 4), (12, 6), (16, 10)])
def test_ladders_lie_on_the_chip_and_hang_together(signals: int, key: int, seed: int) -> None:
    ladders_of = ladders(signals, random.Random(seed))
    on_chip = [layout.keyed(key) for layout in ladders_of if layout.couplers == heron_couplers()]
    assert {chip_edges(layout.roles["A"], layout.roles["R"]) for layout in on_chip} == {1}
    for layout in on_chip:
        spread = (layout.roles["A"], *layout.signals)
        everything = [layout.roles["R"], layout.roles["A"], *layout.prepared]
        assert len(set(everything)) == len(everything) and set(everything) <= set(range(156))
        assert len(layout.signals) == len(layout.noise) == signals and len(layout.key) == key
        assert in_one_piece([*layout.prepared]) and in_one_piece([*spread])
        held = CHIP.subgraph([*layout.decrypt_nodes])  # a spare one may be apart
        reached = rustworkx.node_connected_component(held, held.nodes().index(layout.roles["S1"]))
        assert {layout.roles["S1"], *layout.key} <= {held[k] for k in reached}
        for edges, group in (
            (layout.prepare_edges, layout.prepared),
            (layout.encrypt_edges, spread),
            (layout.decrypt_edges, (layout.roles["S1"], *layout.key, *layout.spare)),
        ):
            assert {tuple(sorted(e)) for e in edges} == {tuple(sorted(e)) for e in _couplers(set(group))}


def chip_edges(a: int, b: int) -> int:
    return len(_couplers({a, b}))


def _couplers(qubits: set[int]) -> list[tuple[int, int]]:
    return [e for e in CHIP.edge_list() if set(e) <= qubits]


def synthesis_of(scheme: Scheme, clone: str, rng: random.Random) -> Synthesis:
    signals = sum(w.role is Role.SIGNAL for w in scheme.wires)
    layout = rng.choice(ladders(signals, rng)).keyed(len(scheme.clone(clone).key))
    return Synthesis(scheme, clone, layout, exchanges=50)


@pytest.mark.parametrize(
    ("scheme", "clone"),
    [(Canonical(4), "S2"), (VIRTUAL, "S1/S1"), (VIRTUAL, "S1/S2"), (FULL, "S2/S1")],
    ids=str,
)
def test_drafts_keep_the_contract(scheme: Scheme, clone: str) -> None:
    rng = random.Random(0)
    synthesis = synthesis_of(scheme, clone, rng)
    wire, place = scheme.clone(clone).wires[0], synthesis.layout.roles["S1"]
    roles = synthesis.labelled(synthesis.tree(rng).cuts, rng)
    assert set(roles) == {*(w.label for w in scheme.wires), "R"} and len({*roles.values()}) == len(roles)
    assert roles[wire] == place
    known = Known.of(synthesis, rng)
    assert known is not None
    draft = next(known.drafts(rng))
    assert draft.roles[wire] == place
    device = load_device("kingston")
    native = assemble(draft.placed(to_chip(synthesis.layout)), device, clone)
    verify(native, scheme)
    there, back = (ways[0] for ways in (known.encryptions, known.decryptions))
    assert len(in_layers(draft.encrypt)) <= len(there) and len(in_layers(draft.decrypt)) <= len(back)
    assert 0.25 < fidelity(native) < 1


def to_chip(layout: Layout) -> dict[int, int]:
    """Where a layout lies: itself, but for a line."""
    rows = [*range(16), 19, *range(35, 19, -1), 36, *range(40, 56)]
    on_chip = layout.couplers == heron_couplers()
    return {q: q if on_chip else rows[q] for edge in layout.couplers for q in edge}


def test_what_is_left_to_prepare_is_as_entangled_as_is_said() -> None:
    """The state before encryption by stim, and its entropies by the rank of its generators."""
    rng = random.Random(1)
    synthesis = synthesis_of(VIRTUAL, "S1/S1", rng)
    cuts = synthesis.tree(rng).cuts
    undone = synthesis.undone(synthesis.labelled(cuts, rng), synthesis.encryption.shortest(rng), cuts, rng)
    scheme, nodes = VIRTUAL, synthesis.layout.prepared
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
    for c, size in enumerate(cuts.sizes):
        side = [nodes[k] for k in cuts.members[c, :size]]
        total += _rank([[g[q] & 1 ^ g[q] >> 1 for q in side] + [g[q] >> 1 for q in side] for g in generators])
        total -= len(side)
    assert total == cost_of(undone.left.vectors, cuts)[0]


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
    rng = random.Random(0)
    synthesis = synthesis_of(FULL, "S1/S1", rng)
    layout, cuts = synthesis.layout, synthesis.tree(rng).cuts
    few, many = (replace(synthesis, exchanges=steps).labelled(cuts, random.Random(9)) for steps in (0, 200))
    states = [encrypted_state(FULL, roles, layout.prepared).vectors for roles in (few, many)]
    costs = [total + 0.1 * squares for total, squares in (cost_of(state, cuts) for state in states)]
    assert costs[1] < costs[0]
    for places in (layout.signals[1:], layout.key, layout.noise[4:]):
        assert {k for k, q in few.items() if q in places} == {k for k, q in many.items() if q in places}


def test_layouts_are_read_off_a_draft() -> None:
    """Of one that ships: the synthesis has the stages' couplers, and begins with its sites."""
    entry = next(e for e in shipped("kingston") if e.scheme == VIRTUAL)
    clone = VIRTUAL.clone(entry.clone)
    layout = Layout.of(entry.draft, VIRTUAL, entry.clone, load_device("kingston").edges)
    wires = {w.label: w.role for w in VIRTUAL.wires}
    everything = {q: label for label, q in entry.draft.roles.items()}
    assert everything[layout.roles["A"]] == "A" and everything[layout.roles["R"]] == "R"
    assert {everything[q] for q in (layout.signals[0], *layout.key)} == {*clone.wires, *clone.key}
    assert {wires[everything[q]] for q in layout.signals} == {Role.SIGNAL}
    assert len(layout.signals) + len(layout.noise) == VIRTUAL.num_qubits - 1
    for pairs, edges in (
        (entry.draft.prepare, {*layout.prepare_edges, tuple(sorted((layout.roles["A"], layout.roles["R"])))}),
        (entry.draft.encrypt, {*layout.encrypt_edges}),
        (entry.draft.decrypt, {*layout.decrypt_edges}),
    ):
        assert {(min(a, b), max(a, b)) for a, b, _ in pairs} <= edges
    roles = Synthesis(VIRTUAL, entry.clone, layout).roles
    kinds = [{roles[label] for label in entry.draft.roles if wires.get(label) is role} for role in Role]
    own = [{q for label, q in entry.draft.roles.items() if wires.get(label) is role} for role in Role]
    assert kinds == own


def test_a_search_begins_with_what_is_known() -> None:
    """The layout of the circuit that ships, on which one step finds nearly as good a one."""
    entry = next(e for e in shipped("kingston") if e.scheme == VIRTUAL and "fidelity" in e.aims)
    kingston = load_device("kingston")
    search, _ = searched(VIRTUAL, kingston, entry.clone, Budget(steps=1), 1, known=[entry.draft])
    assert search.kept.best is not None and search.kept.best.fidelity > entry.fidelity - 0.03


def test_on_a_square_lattice_layouts_are_grown() -> None:
    search, _ = searched(VIRTUAL, load_device("nighthawk"), "S1/S1", Budget(steps=2), 4)
    assert search.kept.best is not None
    verify(assemble(search.kept.best.draft, load_device("nighthawk"), "S1/S1"), VIRTUAL)


def test_where_nothing_is_coupled_a_search_says_so() -> None:
    bare = replace(line(12), couplers=())
    with pytest.raises(InvalidInputError, match=r"No circuit of .* was found for line 12 in 2 steps"):
        find(Canonical(2), bare, "S1", steps=2)


def test_a_search_keeps_the_best_of_what_it_finds() -> None:
    device, values = load_device("kingston"), []
    search, _ = searched(VIRTUAL, device, "S1/S1", Budget(steps=0), 4)
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
