"""The exact probability of no flip against enumeration and closed forms."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError
from qclone.estimate import Mechanisms, no_flip_probability


def enumerated(mechanisms: Mechanisms) -> float:
    """Sum over all 2^m patterns of errors."""
    total = 0.0
    for pattern in product([False, True], repeat=len(mechanisms.flips)):
        flipped: set[int] = set()
        weight = 1.0
        for strikes, flips, p in zip(pattern, mechanisms.flips, mechanisms.probabilities, strict=True):
            weight *= p if strikes else 1 - p
            flipped ^= flips if strikes else set()
        total += weight * (not flipped)
    return total


@given(st.data(), st.integers(1, 30))
def test_any_mechanisms(data, num_generators):
    generators = st.frozensets(st.integers(0, num_generators - 1), max_size=4)
    flips = data.draw(st.lists(generators, max_size=9))
    probabilities = data.draw(st.lists(st.floats(0, 0.5), min_size=len(flips), max_size=len(flips)))
    mechanisms = Mechanisms(tuple(flips), tuple(probabilities), num_generators)
    assert no_flip_probability(mechanisms) == pytest.approx(enumerated(mechanisms), abs=1e-12)


@pytest.mark.parametrize("num_generators", [12, 100])
def test_a_chain_by_transfer_matrix(num_generators):
    """One flip a generator, one across each neighbouring pair: the sum is a product of 2 x 2 matrices."""
    single, pair = 0.07, 0.04
    flips = [frozenset({i}) for i in range(num_generators)]
    flips += [frozenset({i, i + 1}) for i in range(num_generators - 1)]
    rates = [single] * num_generators + [pair] * (num_generators - 1)
    site = np.diag([1, 1 - 2 * single])
    bond = np.array([[1, 1 - 2 * pair], [1 - 2 * pair, 1]])
    row = np.ones(2) / 2 @ site
    for _ in range(num_generators - 1):
        row = row @ bond @ site / 2
    mechanisms = Mechanisms(tuple(flips), tuple(rates), num_generators)
    assert no_flip_probability(mechanisms) == pytest.approx(row.sum(), rel=1e-10)


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidInputError, match="between 0 and 1/2"):
        Mechanisms((frozenset({0}),), (0.7,), 1)
    with pytest.raises(InvalidInputError, match="does not exist"):
        Mechanisms((frozenset({1}),), (0.1,), 1)
    with pytest.raises(InvalidInputError, match="as many"):
        Mechanisms((), (0.1,), 1)
    with pytest.raises(InvalidInputError, match="entwined"):
        no_flip_probability(Mechanisms((frozenset(range(40)),), (0.1,), 40))
