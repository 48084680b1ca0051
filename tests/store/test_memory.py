"""Waiting is the Pauli-twirled T1/T2 channel, exactly."""

import itertools
import math

import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError
from qclone.store import Memory


def pauli_probabilities(channel: str) -> dict[str, float]:
    """Multiply out independent X, Y and Z flips of one qubit."""
    total = dict.fromkeys("IXYZ", 0.0)
    gates = [(gate.name[0], gate.gate_args_copy()[0]) for gate in stim.Circuit(channel)]
    for hits in itertools.product((False, True), repeat=len(gates)):
        product, weight = stim.PauliString("I"), 1.0
        for (pauli, p), hit in zip(gates, hits, strict=True):
            weight *= p if hit else 1 - p
            if hit:
                product *= stim.PauliString(pauli)
        total["IXYZ"[product[0]]] += weight
    return total


@given(t1=st.floats(1e-6, 10), ratio=st.floats(0.01, 2), elapsed=st.floats(1e-9, 20))
def test_decay_has_the_published_probabilities(t1, ratio, elapsed):
    t2 = t1 * ratio
    p = pauli_probabilities(Memory(t1, t2).decay([0], elapsed))
    px = (1 - math.exp(-elapsed / t1)) / 4
    assert p["X"] == pytest.approx(px, abs=1e-12)
    assert p["Y"] == pytest.approx(px, abs=1e-12)
    assert p["Z"] == pytest.approx((1 - math.exp(-elapsed / t2)) / 2 - px, abs=1e-12)


def test_a_perfect_memory_does_nothing():
    assert Memory().decay([0, 1], 1e9) == ""
    assert Memory(1, 1).decay([0, 1], 0.0) == ""
    assert Memory(1, 1).decay([], 1.0) == ""


@pytest.mark.parametrize(("t1", "t2"), [(0, 1), (1, -1), (1, 2.01), (float("nan"), 1)])
def test_impossible_times_are_refused(t1, t2):
    with pytest.raises(InvalidInputError):
        Memory(t1, t2)
