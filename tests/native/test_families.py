"""Shipped circuits of iterated schemes and registers: each checked here, by stabilisers, gate by gate."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from qiskit_ibm_runtime.fake_provider import (
    FakeAachen,
    FakeBoston,
    FakeFez,
    FakeKingston,
    FakeMarrakesh,
    FakeNighthawk,
    FakePittsburgh,
)

from qclone.device import DEVICES, NoiseRules, line, load_device
from qclone.errors import InvalidInputError
from qclone.native import ContractError, NativeCircuit, build, fidelity, ghz_fidelity, verify
from qclone.native._catalog import shipped
from qclone.native._families import family_key, is_canonical
from qclone.native._register import ghz_inputs, grown
from qclone.scheme import Canonical, Iterated, Parallel, Role, Scheme
from qclone.simulate import expectations, noisy

BASE = Canonical(2, synthesis="definition")
AIMS = ("fidelity", "layers")
SHIPPED = {
    (key, aim): entry
    for entry in shipped("kingston")
    for key in [str(family_key(entry.scheme))]
    for aim in entry.aims
    if not key.startswith("canonical")
}
KEYS = {key for key, _ in SHIPPED}
# Every circuit of every device, once.
ENTRIES = {
    f"{device} {family_key(entry.scheme)} {entry.aims[0]}": (device, entry)
    for device in DEVICES
    for entry in shipped(device)
    if not is_canonical(entry.scheme)
}
FAKES = {
    "aachen": FakeAachen,
    "boston": FakeBoston,
    "fez": FakeFez,
    "kingston": FakeKingston,
    "marrakesh": FakeMarrakesh,
    "nighthawk": FakeNighthawk,
    "pittsburgh": FakePittsburgh,
}


@cache
def coupled(device: str) -> set[tuple[int, int]]:
    """Couplers, as Qiskit has them."""
    return {(min(edge), max(edge)) for edge in FAKES[device]().coupling_map.get_edges()}


def scheme_of(key: str) -> Scheme:
    kind, n, size = key.split()
    base = Canonical(int(n.removeprefix("n=")), synthesis="definition")
    if kind == "register":
        return Parallel(base, int(size.removeprefix("r=")))
    if not size.startswith("l="):
        return Iterated(base, tuple(map(int, size.split(","))))
    made = Iterated.virtual if kind == "virtual" else Iterated.full
    return made(base, int(size.removeprefix("l=")))


def pairs(circuit: stim.Circuit) -> list[tuple[int, int]]:
    return [(a.value, b.value) for i in circuit if i.name == "CZ" for a, b in i.target_groups()]


def depth(circuit: stim.Circuit) -> int:
    """Layers of CZ, counted with nothing of the package's."""
    at: dict[int, int] = {}
    for a, b in pairs(circuit):
        at[a] = at[b] = 1 + max(at.get(a, 0), at.get(b, 0))
    return max(at.values(), default=0)


def check(native: NativeCircuit, scheme: Scheme, clone: str) -> None:
    """The strict contract: locality of every gate, the protocol's state, what the outputs hold."""
    references, register = len(native.references), isinstance(scheme, Parallel)
    at = [native.roles[w.label] for w in scheme.wires]
    inputs = [native.roles[label] for label in scheme.inputs]
    noise = {native.roles[w.label] for w in scheme.wires if w.role is Role.NOISE}
    held = scheme.clone(clone)
    own = {native.roles[label] for label in (*held.wires, *held.key)}
    assert len(set(native.roles.values())) == len(native.roles) == scheme.num_qubits + references
    for a, b in (p for stage in native.stages.values() for p in pairs(stage)):
        assert (min(a, b), max(a, b)) in coupled(native.device.name)
    for a, b in pairs(native.prepare):
        assert not ({a, b} & set(inputs) and {a, b} & (set(at) - set(inputs)))
    assert not any({a, b} & noise for a, b in pairs(native.encrypt))
    assert not any({a, b} & (set(native.roles.values()) - own) for a, b in pairs(native.decrypt))

    wires = at + list(native.references)
    if register:
        start = ghz_inputs(scheme)
    else:
        start = stim.Circuit(f"H {scheme.num_qubits}\nCX {scheme.num_qubits} {scheme.index('A')}")
    protocol = stim.TableauSimulator()
    protocol.do(start + scheme.prepare() + scheme.encrypt())
    chip = stim.TableauSimulator()
    chip.set_num_qubits(156)
    chip.do(native.prepare + native.encrypt)
    for stabiliser in protocol.canonical_stabilizers():
        assert chip.peek_observable_expectation(placed(stabiliser, wires)) != 0
    chip.do(native.decrypt)
    outputs, partners = list(native.outputs), list(native.references)
    for pauli, group in ends(outputs, partners):
        assert chip.peek_observable_expectation(placed(stim.PauliString(pauli), group)) == 1


def ends(outputs: list[int], references: list[int]) -> list[tuple[str, list[int]]]:
    if references:
        return [(p, [r, q]) for p in ("XX", "ZZ") for r, q in zip(references, outputs, strict=True)]
    neighbours = [("ZZ", [a, b]) for a, b in pairwise(outputs)]
    return [*neighbours, ("X" * len(outputs), outputs)]


def placed(pauli: stim.PauliString, wires: list[int]) -> stim.PauliString:
    moved = stim.PauliString(156)
    for i in pauli.pauli_indices():
        moved[wires[i]] = pauli[i]
    return moved


@pytest.mark.parametrize("name", ENTRIES)
def test_every_shipped_circuit_keeps_the_contract(name: str) -> None:
    device, stated = ENTRIES[name]
    scheme = scheme_of(str(family_key(stated.scheme)))
    assert family_key(scheme) == family_key(stated.scheme)
    native = build(scheme, device, stated.clone, aim=stated.aims[0])
    check(native, scheme, stated.clone)
    assert sum(depth(stage) for stage in native.stages.values()) == native.cost.layers == stated.layers
    assert sum(len(pairs(stage)) for stage in native.stages.values()) == native.cost.gates == stated.gates
    value = ghz_fidelity(native) if isinstance(scheme, Parallel) else fidelity(native)
    assert value == pytest.approx(stated.fidelity, abs=2e-6)


@pytest.mark.parametrize(
    ("key", "most_layers", "most_gates"),
    [
        ("virtual n=2 l=2", 30, 79),
        ("virtual n=2 l=5", 50, 197),
        ("virtual n=2 l=6", 56, 226),
        ("virtual n=4 l=3", 60, 310),
        ("physical n=2 l=1", 24, 81),
        ("physical n=2 l=2", 45, 299),
        ("register n=2 r=15", 22, 260),
    ],
)
def test_layers_are_what_was_aimed_at(key: str, most_layers: int, most_gates: int) -> None:
    assert SHIPPED[key, "layers"].layers <= most_layers
    assert SHIPPED[key, "layers"].gates <= most_gates


def test_entanglement_is_witnessed_on_the_twin() -> None:
    """Every iterated scheme that ships, the full chip too, and registers to r = 12."""
    for key in KEYS:
        if not key.startswith("register") or int(key.partition("r=")[2]) <= 12:
            assert SHIPPED[key, "fidelity"].fidelity > 0.5, key


def test_registers_ship_for_every_snapshot() -> None:
    """To r = 15, and on boston and nighthawk all of them with a fidelity above one half."""
    for device in FAKES:
        best = {
            int(str(family_key(e.scheme)).partition("r=")[2]): e.fidelity
            for e in shipped(device)
            if isinstance(e.scheme, Parallel) and "fidelity" in e.aims
        }
        assert sorted(best) == list(range(1, 16)), device
        assert device not in ("boston", "nighthawk") or min(best.values()) > 0.5


def test_a_full_chip_takes_fewer_layers_and_gates_than_published() -> None:
    """75 clones on 150 qubits; published: 77 on 154, 137 layers, 1422 gates, 0.286."""
    best, shallowest = (SHIPPED["physical n=2 3,9,24", aim] for aim in AIMS)
    assert len(shallowest.draft.roles) == 150
    assert shallowest.layers <= 80 and shallowest.gates <= 900
    assert best.fidelity > 0.5 and best.gates <= 900


def test_every_published_size_ships() -> None:
    published = {f"virtual n=2 l={level}" for level in range(1, 7)}
    published |= {f"virtual n=4 l={level}" for level in range(1, 4)}
    published |= {f"register n=2 r={r}" for r in range(1, 16)} | {"physical n=2 l=1", "physical n=2 l=2"}
    published |= {"physical n=2 3,9,11", "physical n=2 3,9,24"}
    assert published <= KEYS


@pytest.mark.parametrize(
    ("scheme", "clone"),
    [
        (Iterated.virtual(BASE, 2), "S1/S1/S2"),
        (Iterated.full(BASE, 1), "S2/S1"),
        (Iterated.full(BASE, 1), "S2/S2"),
        (Iterated.full(BASE, 2), "S1/S2/S1"),
        (Parallel(BASE, 2), "S2"),
    ],
)
def test_other_clones_are_decrypted_too(scheme: Scheme, clone: str) -> None:
    check(build(scheme, "kingston", clone), scheme, clone)


def test_another_device_gets_the_best_place_on_it() -> None:
    aachen, scheme = load_device("aachen"), Iterated.virtual(BASE, 1)
    native = build(scheme, aachen, "S1/S1")
    verify(native, scheme)
    assert fidelity(native) > 0.5


@pytest.mark.parametrize("size", [3, 15])
def test_a_copy_under_another_name_gets_the_same_registers(size: int) -> None:
    scheme, kingston = Parallel(BASE, size), load_device("kingston")
    native, own = build(scheme, replace(kingston, name="ours")), build(scheme, kingston)
    assert native.circuit == own.circuit and native.device.name == "ours"
    check(replace(native, device=kingston), scheme, native.clone)


def test_no_iteration_is_the_scheme_itself() -> None:
    assert build(Iterated.virtual(BASE, 0), "kingston").cost == build(BASE, "kingston").cost


def test_without_references_a_register_is_verified_on_a_ghz_state() -> None:
    scheme = Parallel(BASE, 3)
    native = build(scheme, "kingston")
    verify(native, scheme)
    flipped = replace(native, decrypt=native.decrypt + stim.Circuit(f"Z {native.outputs[0]}"))
    with pytest.raises(ContractError, match="do not hold"):
        verify(flipped, scheme)


def test_what_is_not_known_is_said() -> None:
    with pytest.raises(InvalidInputError, match="No native circuit"):
        build(Iterated.virtual(BASE, 2), "kingston", "S1/S1/A")
    with pytest.raises(InvalidInputError, match="too small"):
        build(Iterated.full(BASE, 1), line(10), "S1/S1")
    assert family_key(Iterated(BASE, (("S1",),))) is None
    with pytest.raises(InvalidInputError, match="No native circuit"):
        build(Iterated(BASE, (2,)), "kingston", "S1/S1")
    # A heavy-hex circuit on a square lattice: dead ends without end.
    with pytest.raises(InvalidInputError, match="No native circuit"):
        build(Iterated(BASE, (3, 9, 11)), "nighthawk", "S2/S2/S2")


def test_the_fidelity_of_a_register_is_the_mean_of_its_stabilisers() -> None:
    native = build(Parallel(BASE, 2), "kingston")
    rules = NoiseRules().without("readout")
    strings = []
    for bits in product((0, 1), repeat=2):
        for flip in (False, True):
            if sum(bits) % 2 == 0:
                string = stim.PauliString(156)
                for q, bit in zip(native.outputs, bits, strict=True):
                    string[q] = ("Y" if bit else "X") if flip else "Z" if bit else "_"
                strings.append(string * (-1) ** (flip and sum(bits) // 2))
    values = expectations(noisy(native.circuit, native.device, rules), strings)
    assert ghz_fidelity(native, rules) == pytest.approx(float(np.mean(values)), abs=1e-12)
    # With readout alone: the parities of ideal GHZ outcomes, bit by bit.
    errors = [native.device.qubit(q).readout_error for q in native.outputs]
    same = np.prod([1 - e for e in errors]) + np.prod(errors)
    oscillation = np.prod([1 - 2 * e for e in errors])
    assert ghz_fidelity(native, NoiseRules.only("readout")) == pytest.approx(
        (same + oscillation) / 2, abs=1e-12
    )


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.data())
def test_a_state_grows_over_any_tree(choices: list[int], data: st.DataObject) -> None:
    tree = [(choice % (k + 1), k + 1) for k, choice in enumerate(choices)]
    nodes = range(len(tree) + 1)
    leaves = {q for q in nodes if sum(q in edge for edge in tree) == 1}
    kept = leaves | data.draw(st.sets(st.sampled_from(nodes)))
    root = data.draw(st.sampled_from(nodes))
    layers = grown(tree, root, kept)
    assert layers is not None
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(len(nodes))
    simulator.h(root)
    for layer in layers:
        assert len({q for _, a, b in layer for q in (a, b)}) == 2 * len(layer)
        for _, a, b in layer:
            assert (a, b) in tree or (b, a) in tree
            simulator.cx(a, b)
    ordered = sorted(kept)
    for a, b in pairwise(ordered):
        assert simulator.peek_observable_expectation(zz(len(nodes), a, b)) == 1
    assert (
        simulator.peek_observable_expectation(stim.PauliString("".join("_X"[q in kept] for q in nodes))) == 1
    )
    assert all(simulator.peek_z(q) == 1 for q in nodes if q not in kept)


def zz(width: int, a: int, b: int) -> stim.PauliString:
    string = stim.PauliString(width)
    string[a] = string[b] = "Z"
    return string
