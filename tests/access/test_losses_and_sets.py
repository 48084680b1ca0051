"""Losses by enumeration of every pattern; minimal sets by their definition."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import (
    classify,
    code_distance,
    iid_recovery_probability,
    maximal_blind_sets,
    minimal_sets,
    recovery_probability,
)
from qclone.access._losses import _enumerated
from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import AnyScheme, Canonical, Iterated, Parallel, QuditScheme

RATES = st.lists(st.sampled_from([0, 1]) | st.floats(0, 1), min_size=17, max_size=17)


def labels_of(scheme: AnyScheme) -> list[str]:
    return [w.label for w in scheme.wires]


@given(
    scheme=st.one_of(
        st.builds(Canonical, st.integers(1, 5)),
        st.builds(Parallel, st.builds(Canonical, st.integers(1, 2)), st.integers(1, 2)),
        st.builds(Iterated.virtual, st.just(Canonical(2)), st.integers(1, 2)),
        st.just(Iterated.full(Canonical(2), 1)),
    ),
    rates=RATES,
)
def test_equals_the_sum_over_all_patterns_of_loss(scheme, rates):
    loss = dict(zip(labels_of(scheme), rates, strict=False))
    expected = _enumerated(scheme, np.array([loss[label] for label in labels_of(scheme)]))
    assert recovery_probability(scheme, loss) == pytest.approx(expected, abs=1e-12)


@given(d=st.integers(2, 6), n=st.integers(1, 2), rates=RATES)
def test_qudits(d, n, rates):
    scheme = QuditScheme(n, d, (1, 1))
    loss = dict(zip(labels_of(scheme), rates, strict=False))
    total = 0.0
    for kept in itertools.product([False, True], repeat=scheme.num_qubits):
        held = list(itertools.compress(labels_of(scheme), kept))
        if classify(scheme, held).recovers:
            total += np.prod([1 - loss[w] if w in held else loss[w] for w in labels_of(scheme)])
    assert recovery_probability(scheme, loss) == pytest.approx(total, abs=1e-12)


@given(n=st.integers(1, 60), p=st.floats(0, 1))
def test_equal_losses_by_closed_form(n, p):
    assert recovery_probability(Canonical(n), p) == pytest.approx(iid_recovery_probability(n, p), abs=1e-12)


@given(n=st.integers(1, 300), p=st.floats(0, 1))
def test_key_safe_and_input_gone(n, p):
    loss = {"A": 1.0} | {f"S{i}": p for i in range(1, n + 1)}
    assert recovery_probability(Canonical(n), loss) == pytest.approx(1 - p**n, abs=1e-12)


def test_refuses_what_makes_no_sense():
    with pytest.raises(InvalidInputError, match="between 0 and 1"):
        recovery_probability(Canonical(2), 1.5)
    with pytest.raises(UnknownWireError):
        recovery_probability(Canonical(2), {"S9": 0.5})
    with pytest.raises(InvalidInputError, match="too many to try"):
        recovery_probability(Iterated.full(Canonical(3), 1), 0.5)


@pytest.mark.parametrize(
    "scheme",
    [*map(Canonical, (1, 2, 3, 4)), QuditScheme(2, 3, (1, 1)), QuditScheme(2, 4, (1, 3)), QuditScheme(1, 3)],
    ids=str,
)
def test_minimal_sets_are_minimal_and_all(scheme):
    labels = labels_of(scheme)
    recovers = {
        frozenset(held)
        for size in range(len(labels) + 1)
        for held in itertools.combinations(labels, size)
        if classify(scheme, held).recovers
    }
    minimal = {held for held in recovers if not any(held - {w} in recovers for w in held)}
    found = list(minimal_sets(scheme))
    assert set(map(frozenset, found)) == minimal
    assert len(found) == len(minimal)
    assert [len(s) for s in found] == sorted(len(s) for s in found)
    for blind in maximal_blind_sets(scheme):
        assert classify(scheme, blind).bits == 0
        assert all(classify(scheme, [*blind, w]).bits > 0 for w in labels if w not in blind)


@given(data=st.data())
def test_minimal_sets_of_what_is_left(data):
    scheme = data.draw(st.sampled_from([Canonical(3), Canonical(4), Iterated.virtual(Canonical(2), 1)]))
    held = data.draw(st.sets(st.sampled_from(labels_of(scheme))))
    found = set(minimal_sets(scheme, held))
    assert found == {wires for wires in minimal_sets(scheme) if set(wires) <= held}
    assert bool(found) == classify(scheme, held).recovers


def test_minimal_sets_of_a_register_are_those_of_its_qubits():
    sets = list(minimal_sets(Parallel(Canonical(2), 2)))
    assert len(sets) == 10**2
    assert ("q0.A", "q0.S1", "q0.S2", "q1.S1", "q1.N1", "q1.N2") in sets


def test_first_minimal_sets_of_many_clones_come_at_once():
    assert next(minimal_sets(Canonical(1000))) == ("A", "S1", "N1")


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_code_distance_is_that_of_the_smallest_informed_set(n):
    distance = code_distance(Canonical(n))
    smaller = itertools.combinations(labels_of(Canonical(n)), distance - 1)
    assert all(classify(Canonical(n), held).bits == 0 for held in smaller)
    assert any(
        classify(Canonical(n), h).bits for h in itertools.combinations(labels_of(Canonical(n)), distance)
    )


def test_code_distance_of_other_schemes():
    assert code_distance(Iterated.virtual(Canonical(2), 1)) == 3
    assert code_distance(Parallel(Canonical(4), 3)) == 3
    assert code_distance(QuditScheme(2, 4, (1, 3))) == 3
    assert code_distance(QuditScheme(2, 3, (1, 2))) == 2
