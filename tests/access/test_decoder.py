"""Decoders proved by tableau: with every input half of a Bell pair, the output becomes the other half."""

import itertools

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import classify, decoder
from qclone.access._ranks import information, supported
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import (
    FIVE_QUBIT,
    Canonical,
    GraphState,
    Iterated,
    Parallel,
    Scheme,
    SecretSharing,
    Sweep,
    two_qubit_gates,
)


def encrypted(scheme: Scheme) -> stim.TableauSimulator:
    simulator = stim.TableauSimulator()
    for reference, wire in enumerate(scheme.indices(scheme.inputs), start=scheme.num_qubits):
        simulator.h(reference)
        simulator.cx(reference, wire)
    simulator.do(scheme.prepare() + scheme.encrypt())
    return simulator


def proves(scheme: Scheme, before: stim.TableauSimulator, held: list[str], found) -> bool:
    """Whether the circuit stays on the set and leaves references and outputs in Bell pairs."""
    touched = {t.value for gate in found.circuit for t in gate.targets_copy()}
    after = before.copy()
    after.do(found.circuit)
    pairs = enumerate(scheme.indices(found.outputs), start=scheme.num_qubits)
    return touched <= set(scheme.indices(held)) and all(
        after.peek_observable_expectation(stim.PauliString({reference: p, output: p})) == 1
        for reference, output in pairs
        for p in "XZ"
    )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_every_authorized_set(n):
    scheme = Canonical(n)
    labels = np.array([w.label for w in scheme.wires])
    subsets = (np.arange(2 ** len(labels))[:, None] >> np.arange(len(labels)) & 1).astype(bool)
    before = encrypted(scheme)
    for subset in subsets[information(scheme, subsets) == 2]:
        held = labels[subset].tolist()
        found = decoder(scheme, held)
        assert proves(scheme, before, held, found), held
        assert found.num_two_qubit_gates <= max(3, 3 * n / 2 + 1)


@given(n=st.integers(2, 200), data=st.data())
def test_random_sets(n, data):
    scheme = Canonical(n)
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    kinds = ["SN", *data.draw(st.sampled_from([["S", "N"], ["S"], ["S", "N", ""], ["SN", ""]]))]
    held = [f"{letter}{i}" for i in range(1, n + 1) for letter in generator.choice(kinds)]
    held += ["A"] * bool(generator.integers(2))
    if classify(scheme, held).recovers:
        output = data.draw(st.sampled_from(held))
        for found in (decoder(scheme, held), decoder(scheme, held, output)):
            assert proves(scheme, encrypted(scheme), held, found)
        assert found.outputs == (output,)
    else:
        with pytest.raises(NotRecoverableError, match="recovers nothing"):
            decoder(scheme, held)


@given(
    scheme=st.one_of(
        st.builds(Parallel, st.builds(Canonical, st.integers(1, 4)), st.integers(1, 3)),
        st.builds(Iterated.full, st.just(Canonical(2)), st.integers(1, 2)),
        st.builds(Iterated.virtual, st.builds(Canonical, st.integers(2, 4)), st.integers(1, 3)),
        st.just(GraphState(((0, 1), (1, 2), (2, 3), (3, 0)), sectors=((0, 1),))),
        st.just(SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))),
    ),
    data=st.data(),
)
def test_other_schemes(scheme, data):
    labels = [w.label for w in scheme.wires]
    clone = scheme.clone(data.draw(st.sampled_from(scheme.clones)))
    lost = data.draw(st.sets(st.sampled_from(labels), max_size=1))
    held = sorted({*data.draw(st.sets(st.sampled_from(labels))), *clone.wires, *clone.key} - lost)
    if classify(scheme, held).recovers:
        assert proves(scheme, encrypted(scheme), held, decoder(scheme, held))


@pytest.mark.parametrize("n", [2, 3, 4, 5, 10, 51, 100])
def test_gate_counts(n):
    scheme = Canonical(n)
    key = [f"N{i}" for i in range(1, n + 1)]
    assert decoder(scheme, ["A", "S1", *key]).num_two_qubit_gates == 3
    assert decoder(scheme, ["S1", *key]).num_two_qubit_gates <= min(2 * n + 1, 3 * n / 2 + 1)


def test_two_qubit_gates_is_a_lower_bound():
    """Try every circuit of few Clifford gates on three wires: none is shorter."""
    singles = [stim.Tableau.from_named_gate(g) for g in ("I", "C_XYZ", "C_ZYX")]
    gates = []
    for a, b in itertools.permutations(range(3), 2):
        for left, right in itertools.product(singles, repeat=2):
            gate = stim.Tableau(3)
            gate.append(left, [a])
            gate.append(right, [b])
            gate.append(stim.Tableau.from_named_gate("CX"), [a, b])
            gates.append(gate)
            swapped = gate.copy()
            swapped.append(stim.Tableau.from_named_gate("SWAP"), [a, b])
            gates.append(swapped)

    def key(x: stim.PauliString, z: stim.PauliString) -> tuple[str, str]:
        return str(x)[1:], str(z)[1:]

    def cost(x: stim.PauliString, z: stim.PauliString) -> int:
        rows = [np.concatenate(p.to_numpy()).astype(np.uint8) for p in (x, z)]
        return two_qubit_gates(*rows)

    start = (stim.PauliString("XXX"), stim.PauliString("ZZZ"))
    seen, frontier = {key(*start)}, [start]
    assert cost(*start) == 3
    for steps in range(1, 4):
        images = [(gate(x), gate(z)) for x, z in frontier for gate in gates]
        frontier = list({key(*pair): pair for pair in images if key(*pair) not in seen}.values())
        seen |= {key(*pair) for pair in frontier}
        assert min(cost(*pair) for pair in frontier) == 3 - steps


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_choice_of_stabilisers_takes_fewer_gates(n):
    """The bound, minimised over every product of the logical pair with stabilisers on the set."""
    scheme = Canonical(n)
    labels, size = np.array([w.label for w in scheme.wires]), scheme.num_qubits
    subsets = (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(bool)
    for subset in subsets[information(scheme, subsets) == 2]:
        found = supported(scheme, np.flatnonzero(subset))
        group = np.zeros((1, 2 * size), dtype=np.uint8)
        for row in found.stabilizers.astype(np.uint8):
            group = np.concatenate([group, group ^ row])
        xs, zs = found.operators.astype(np.uint8)[:, None] ^ group
        fewest = min(
            (((x | zs)[:, :size] | (x | zs)[:, size:]).sum(axis=1) - 1 + (_full(x, zs) - 1) // 2).min()
            for x in xs
        )
        assert decoder(scheme, labels[subset].tolist()).num_two_qubit_gates == fewest


def _full(x: np.ndarray, zs: np.ndarray) -> np.ndarray:
    half = len(x) // 2
    return ((x[:half] & zs[:, half:]) ^ (x[half:] & zs[:, :half])).sum(axis=1)


@given(n=st.integers(1, 40), seed=st.integers(0, 2**32), data=st.data())
def test_gathers_any_pair_with_the_promised_gates(n, seed, data):
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 2, (2, 2 * n), dtype=np.uint8)
    here = (rows[0, :n] & rows[1, n:]) ^ (rows[0, n:] & rows[1, :n])
    if here.sum() % 2 == 0:  # Logical X and Z anticommute: on an odd number of wires.
        rows[:, [0, n]] = [[1, 0], [1, 0]] if here[0] else [[1, 0], [0, 1]]
    sweep = Sweep(rows)
    output = data.draw(st.sampled_from(range(n)))
    extra = 0 if output in sweep.full(0) else 1 if rows[:, [output, n + output]].any() else 3
    sweep.gather(0, output)
    gates = sum(len(g.target_groups()) for g in sweep.circuit if stim.gate_data(g.name).is_two_qubit_gate)
    assert gates == two_qubit_gates(rows[0], rows[1]) + extra
    for row, pauli in zip(rows, "XZ", strict=True):
        operator = stim.PauliString.from_numpy(xs=row[:n].astype(bool), zs=row[n:].astype(bool))
        image = operator.after(sweep.circuit) if len(sweep.circuit) else operator
        assert str(image)[1:] == "_" * output + pauli + "_" * (n - output - 1)


def test_output_must_be_held():
    with pytest.raises(InvalidInputError, match="outputs are wires that are held"):
        decoder(Canonical(2), ["S1", "N1", "N2"], "A")
