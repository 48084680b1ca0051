"""Ranks against the published counts, and leaked operators against a simulated state."""

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import classify
from qclone.access._ranks import information
from qclone.errors import UnknownWireError
from qclone.scheme import (
    FIVE_QUBIT,
    Canonical,
    GraphState,
    Iterated,
    Parallel,
    QuditScheme,
    Scheme,
    SecretSharing,
)


def all_subsets(size: int) -> np.ndarray:
    return (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(bool)


# Counts of I = 0 / 1 / 2 over all subsets, from the reference of the protocol's physics.
@pytest.mark.parametrize(
    ("n", "counts"),
    [
        (1, (3, 2, 3)),
        (2, (16, 0, 16)),
        (3, (60, 8, 60)),
        (4, (256, 0, 256)),
        (5, (1008, 32, 1008)),
        (6, (4096, 0, 4096)),
    ],
)
def test_counts_of_all_subsets(n, counts):
    bits = information(Canonical(n), all_subsets(2 * n + 1))
    assert tuple(np.bincount(bits, minlength=3)) == counts


def gf2_rank(table: np.ndarray) -> int:
    rows, rank = [int("".join(map(str, row)) or "0", 2) for row in table.astype(int)], 0
    while rows:
        pivot = rows.pop()
        rank += pivot > 0
        low = pivot & -pivot
        rows = [row ^ pivot if row & low else row for row in rows]
    return rank


def by_entropies(scheme: Scheme, held: list[int]) -> int:
    """I(R:H) = S(R) + S(H) - S(RH) from the rank of stim's stabilisers of reference and wires."""
    inputs, size = scheme.indices(scheme.inputs), scheme.num_qubits
    references = list(range(size, size + len(inputs)))
    simulator = stim.TableauSimulator()
    for reference, wire in zip(references, inputs, strict=True):
        simulator.h(reference)
        simulator.cx(reference, wire)
    simulator.do(scheme.prepare() + scheme.encrypt())
    stabilizers = simulator.canonical_stabilizers()
    table = np.array([np.concatenate(s.to_numpy()) for s in stabilizers], dtype=np.uint8)

    def entropy(wires: list[int]) -> int:
        columns = table[:, [*wires, *(w + len(table) for w in wires)]]
        return gf2_rank(columns) - len(wires)

    return entropy(references) + entropy(held) - entropy([*references, *held])


SCHEMES = st.one_of(
    st.builds(Canonical, st.integers(1, 12)),
    st.builds(Parallel, st.builds(Canonical, st.integers(1, 4)), st.integers(1, 3)),
    st.builds(Iterated.virtual, st.builds(Canonical, st.integers(2, 4)), st.integers(1, 3)),
    st.just(GraphState(((0, 1), (1, 2), (2, 3), (3, 0)), sectors=((0, 1),))),
    st.just(SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))),
)


@given(scheme=SCHEMES, data=st.data())
def test_equals_the_entropies_of_the_state(scheme, data):
    labels = [w.label for w in scheme.wires]
    held = data.draw(st.lists(st.sampled_from(labels), unique=True))
    assert classify(scheme, held).bits == by_entropies(scheme, list(scheme.indices(held)))


@given(scheme=SCHEMES, data=st.data())
def test_leaked_operators_show_the_input(scheme, data):
    labels = [w.label for w in scheme.wires]
    held = data.draw(st.lists(st.sampled_from(labels), unique=True))
    verdict = classify(scheme, held)
    assert len(verdict.leaks) == len(verdict.operators) == verdict.bits
    for leak, operator in zip(verdict.leaks, verdict.operators, strict=True):
        # Prepare the inputs in the +1 eigenstate of the leaked Pauli: the operator must be +1 as well.
        simulator = stim.TableauSimulator()
        simulator.set_num_qubits(scheme.num_qubits)
        on_inputs = stim.PauliString(scheme.num_qubits)
        for letter, wire in zip(leak, scheme.indices(scheme.inputs), strict=True):
            on_inputs[wire] = letter
        simulator.postselect_observable(on_inputs)
        simulator.do(scheme.prepare() + scheme.encrypt())
        on_wires = stim.PauliString(scheme.num_qubits)
        for token in operator.removeprefix("-").split():
            pauli, label = token.split("_", 1)
            assert label in held
            on_wires[scheme.index(label)] = pauli
        assert simulator.peek_observable_expectation(on_wires) == (-1 if operator[0] == "-" else 1)


def test_wires_can_be_repeated_and_must_exist():
    assert classify(Canonical(2), ["A", "A"]).held == ("A",)
    with pytest.raises(UnknownWireError, match="no wire 'S3'"):
        classify(Canonical(2), ["S3"])


@given(n=st.integers(1, 5), data=st.data())
def test_qudits_of_dimension_two_are_qubits(n, data):
    labels = [w.label for w in Canonical(n).wires]
    held = data.draw(st.lists(st.sampled_from(labels), unique=True))
    qubits, qudits = classify(Canonical(n), held), classify(QuditScheme(n, 2), held)
    assert (qudits.bits, qudits.verdict) == (qubits.bits, qubits.verdict)
    assert qudits.leaks in (qubits.leaks, ("Y", "Z"))
