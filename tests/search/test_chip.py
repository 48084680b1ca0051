"""Clones of clones on a whole chip: the disentangler on trees, and circuits checked by the contract."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice, permutations

import numpy as np
import pytest
import stim

pytest.importorskip("numba")

from qclone.device import load_device
from qclone.errors import InvalidInputError
from qclone.native import assemble, verify
from qclone.native._catalog import shipped
from qclone.native._pairs import in_layers
from qclone.scheme import Canonical, Iterated, Role
from qclone.search._budget import Budget
from qclone.search._by_family import Task, search_chip
from qclone.search.kernels._greedy import Greed, Tree
from qclone.search.kernels._transport import transport_tree
from qclone.search.kernels._vectors import packed
from qclone.search.regions._ground import Ground
from qclone.search.stages._carry import waves
from qclone.search.strategies._chip import ChipSearch
from qclone.search.strategies._chip_synthesis import families

GREED = Greed(0.1, 0.7, 0.2, 400)


def random_tree(size: int, rng: random.Random) -> tuple[tuple[int, int], ...]:
    """Every node hangs on one of the three before it, at most three neighbours each."""
    degree = [0] * size
    edges = []
    for v in range(1, size):
        u = rng.choice([w for w in range(max(0, v - 3), v) if degree[w] < 3])
        degree[u] += 1
        degree[v] += 1
        edges.append((u, v))
    return tuple(edges)


def columns_of(simulator: stim.TableauSimulator, size: int) -> list[tuple[int, int]]:
    stabilisers = simulator.canonical_stabilizers()
    return [
        (
            sum(1 << k for k, s in enumerate(stabilisers) if s[q] in (1, 2)),
            sum(1 << k for k, s in enumerate(stabilisers) if s[q] in (2, 3)),
        )
        for q in range(size)
    ]


def apply(simulator: stim.TableauSimulator, a: int, b: int, paulis: str) -> None:
    """exp(-i pi/4 P_a Q_b), by stim's own gates."""
    simulator.do(stim.Circuit(f"SPP {paulis[0]}{a}*{paulis[1]}{b}"))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [9, 40, 100])
def test_bell_pairs_across_a_tree_are_disentangled(size: int, seed: int) -> None:
    rng = random.Random(seed)
    edges = random_tree(size, rng)
    qubits = rng.sample(range(size), size // 2 * 2)
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(size)
    for a, b in zip(qubits[::2], qubits[1::2], strict=True):
        simulator.h(a)
        simulator.cx(a, b)
    state = packed(columns_of(simulator, size), size)
    tree = Tree(edges)
    for (a, b), entropy in zip(edges, tree.entropies(state), strict=True):
        side = reached(a, [e for e in edges if e != (a, b)])
        pairs = zip(qubits[::2], qubits[1::2], strict=True)
        assert entropy == sum((x in side) != (y in side) for x, y in pairs)
    gates = tree.disentangle(state, GREED, np.random.default_rng(seed))
    assert gates is not None
    for a, b, paulis in gates:
        assert (a, b) in edges or (b, a) in edges
        apply(simulator, a, b, paulis)
    assert all(simulator.peek_bloch(q).weight == 1 for q in range(size))


def test_random_states_of_three_qubits_take_at_most_six_gates() -> None:
    tree = Tree(((0, 1), (1, 2)))
    for seed in range(100):
        simulator = stim.TableauSimulator()
        simulator.set_inverse_tableau(stim.Tableau.random(3))
        state = packed(columns_of(simulator, 3), 3)
        gates = tree.disentangle(state, GREED, np.random.default_rng(seed))
        assert gates is not None and len(gates) <= 6
        for gate in gates:
            apply(simulator, *gate)
        assert all(simulator.peek_bloch(q).weight == 1 for q in range(3))


def reached(start: int, edges: list[tuple[int, int]]) -> set[int]:
    found = {start}
    while new := {q for e in edges if set(e) & found for q in e} - found:
        found |= new
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_tree_spans_and_brings_together_what_belongs_together(seed: int) -> None:
    rng = random.Random(seed)
    device = load_device("kingston")
    rows = range(36)
    couplers = [e for e in device.edges if set(e) <= set(rows)]
    signals = set(rng.sample(rows, 18))
    pairs = [rng.sample(rows, 2) for _ in range(4)]
    kinds = [{q: 1 if q in signals else -1 for q in rows}, *({a: 1, b: -1} for a, b in pairs)]
    goods = {q: [float(kind.get(q, 0)) for kind in kinds] for q in rows}

    def length(tree: list[tuple[int, int]]) -> int:
        sides = [reached(a, [e for e in tree if e != (a, b)]) for a, b in tree]
        bells = sum(abs(2 * len(side & signals) - len(side)) for side in sides)
        return bells + sum(len(side & set(pair)) == 1 for side in sides for pair in pairs)

    first = transport_tree(goods, couplers, 0, random.Random(seed))
    best = transport_tree(goods, couplers, 2_000, random.Random(seed))
    assert reached(0, best) == set(rows) and len(best) == len(rows) - 1
    assert set(best) <= {(min(e), max(e)) for e in couplers}
    assert length(best) < length(first)


@pytest.mark.parametrize("hops", range(1, 9))
@pytest.mark.parametrize(("x", "z"), list(permutations("XYZ", 2)))
def test_waves_carry_a_qubit_and_shift_what_is_on_the_way(x: str, z: str, hops: int) -> None:
    way = list(range(10, 11 + hops))
    sites = {10: (x, z)}
    gates = waves(way, sites)
    size = hops + 1
    circuit = stim.Circuit(f"I {hops}")
    for a, b, (p, q) in gates:
        circuit.append_from_stim_program_text(f"SPP {p}{a - 10}*{q}{b - 10}")
    tableau = circuit.to_tableau()
    for pauli, image in zip((x, z), zip(*sites.values(), strict=True), strict=True):
        string = stim.PauliString(size)
        string[0] = pauli
        carried = tableau(string)
        assert ["IXYZ"[carried[k]] for k in range(size)] == list(image)
        assert carried.pauli_indices() == [hops]
    for k in range(1, size):
        for image in (tableau.x_output(k), tableau.z_output(k)):
            assert image.pauli_indices() == [k - 1]
    assert len(in_layers(gates[: 3 * hops])) == (3 * hops if hops < 3 else hops + 4)
    assert len(gates) == (3 * hops if hops < 3 else 4 * hops - 1)


def test_families_are_those_of_the_protocol() -> None:
    scheme = Iterated(Canonical(2), (3, 2))
    circuit = stim.Circuit()
    for family in families(scheme):
        rows = scheme.indices(family)
        noise = [label.replace("S1", "N1") if label.endswith("S1") else label for label in family]
        assert len({*rows, *noise}) == 6
        table = scheme.base.encrypt()
        names = scheme.base.indices(("A", "S1", "S2"))
        at = dict(zip(names, rows, strict=True))
        for instruction in table:
            circuit.append(
                instruction.name,
                [at[t.value] for t in instruction.targets_copy()],
                instruction.gate_args_copy(),
            )
    assert same(circuit, scheme.encrypt(), scheme.num_qubits)


def same(a: stim.Circuit, b: stim.Circuit, width: int) -> bool:
    pad = stim.Circuit(f"I {width - 1}")
    return bool((pad + a).to_tableau() == (pad + b).to_tableau())


def test_circuits_keep_the_contract() -> None:
    scheme, device = Iterated(Canonical(2), (2, 2)), load_device("kingston")
    search = ChipSearch(scheme, "S1/S1/S1", device, random.Random(3), steps=60_000, tries=1)
    for _ in islice(search.run(), 10):
        pass
    best, shallowest = search.kept.best, search.kept.shallowest
    assert best is not None and shallowest is not None
    for found in (best, shallowest):
        native = assemble(found.draft, device, found.clone)
        verify(native, scheme)
        assert len(native.qubits) == scheme.num_qubits + 1
    assert shallowest.layers <= best.layers
    again = ChipSearch(scheme, "S1/S1/S1", device, random.Random(1), steps=1_000, tries=1)
    for _ in islice(again.resume(best.draft.roles), 1):
        pass
    assert again.kept.best is not None and again.kept.best.draft.roles["A"] == best.draft.roles["A"]


@pytest.mark.parametrize(("name", "shape"), [("boston", (3, 9, 25)), ("aachen", (3, 9, 11))])
def test_a_search_begins_with_what_ships_for_another_chip(name: str, shape: tuple[int, ...]) -> None:
    """Wires stay where they can: in one piece with the input, on qubits and couplers that are there."""
    scheme, device = Iterated(Canonical(2), shape), load_device(name)
    known = next(e for e in shipped("kingston") if e.scheme == Iterated(Canonical(2), (3, 9, 24)))
    search = ChipSearch(scheme, "S1/S1/S1/S1", device, random.Random(1), steps=1_000)
    source, reference = known.draft.roles["A"], known.draft.roles["R"]
    ground = Ground.around(scheme, device, source, reference)
    sites = search._settled(ground, known.draft.roles)
    assert sites is not None
    held = {q: k for q, k in zip(ground.qubits, sites.label.tolist(), strict=True) if k >= 0}
    signals = [w.label for w in scheme.wires if w.role is not Role.NOISE]
    assert sorted(held.values()) == list(range(len(signals)))
    assert held[source] == signals.index("A") and reference not in held
    assert reached(source, [e for e in device.edges if set(e) <= held.keys()]) == held.keys()
    stayed = [signals[k] for q, k in held.items() if known.draft.roles.get(signals[k]) == q]
    assert len(stayed) > 0.6 * len(signals)


def test_the_ground_is_in_one_piece_and_lives_long() -> None:
    scheme, device = Iterated(Canonical(2), (3, 9, 11)), load_device("kingston")
    ground = Ground.near_the_centre(scheme, device, random.Random(1))
    inner = set(ground.qubits) - {ground.source, ground.reference}
    inside = [e for e in ground.couplers if set(e) <= inner]
    assert len(ground.qubits) == scheme.num_qubits + 1
    assert reached(min(inner), inside) == inner
    assert any(ground.source in e and inner & set(e) for e in ground.couplers)
    whole = Ground.near_the_centre(Iterated(Canonical(2), (3, 9, 24)), device, random.Random(1))
    left_out = [toll for q, toll in zip(whole.qubits, whole.tolls, strict=True) if q not in ground.qubits]
    assert np.mean(left_out) > np.mean(ground.tolls)


@pytest.mark.parametrize(("coupler", "left_out"), [((84, 85), True), ((119, 133), False)])
def test_bad_couplers_are_left_out_where_nothing_hangs_on_them(
    coupler: tuple[int, int], left_out: bool
) -> None:
    device = load_device("kingston")
    bad = tuple(replace(c, error=0.2) if (c.a, c.b) == coupler else c for c in device.couplers)
    scheme = Iterated(Canonical(2), (3, 9, 24))
    ground = Ground.around(scheme, replace(device, couplers=bad), 67, 57)
    assert (coupler not in ground.couplers) == left_out


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(InvalidInputError, match="has 161 wires and a reference, kingston 150 qubits"):
        Ground.near_the_centre(Iterated(Canonical(2), (3, 9, 27)), load_device("kingston"), random.Random(1))
    with pytest.raises(InvalidInputError, match="more than three neighbours"):
        Ground.near_the_centre(Iterated(Canonical(2), (3,)), load_device("nighthawk"), random.Random(1))


def test_clones_of_another_generation_are_not_mixed_up() -> None:
    """49 clones ship with one of the 27 of the third generation decrypted, as in the paper."""
    with pytest.raises(InvalidInputError, match="a clone of another generation than S1/S1/S1/S1"):
        search_chip((3, 9, 11), Task("kingston", "S1/S1/S1/S1", Budget(steps=0), 1))
