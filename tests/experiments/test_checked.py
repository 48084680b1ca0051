"""Fidelities by syndrome: values and errors from counts, against the distribution they were drawn from."""

import numpy as np
import pytest

from qclone.errors import InvalidInputError
from qclone.experiments import CheckedFidelity
from qclone.experiments._counts import Counts
from qclone.experiments._exact import shared

CHECKS, SHOTS, TRIALS = 4, 10_000, 300
SIGNS = {"XX": (1, 1, -1, -1), "YY": (-1, 1, 1, -1), "ZZ": (1, -1, 1, -1)}  # of the four Bell states


def distribution(seed):
    """P(s, Bell state): most of it without error, the rest spread over syndromes, some states alike."""
    random = np.random.default_rng(seed)
    joint = random.dirichlet(np.full(4 * 2**CHECKS, 0.3)) * 0.25
    joint = joint.reshape(2**CHECKS, 4)
    joint[0, 0] += 0.75
    return joint


def drawn(joint, random):
    counts = {}
    for setting, signs in SIGNS.items():
        cells = np.stack([joint[:, np.array(signs) == b].sum(axis=1) for b in (1, -1)], axis=1)
        numbers = random.multinomial(SHOTS, cells.ravel()).reshape(cells.shape)
        counts[setting] = {
            f"{s:0{CHECKS}b}{'00' if b == 0 else '01'}": int(numbers[s, b])
            for s in range(len(joint))
            for b in (0, 1)
            if numbers[s, b]
        }
    return Counts(counts)


class Known:
    """The distribution itself, with the errors that shots would leave."""

    sampled = False

    def __init__(self, joint):
        self.joint = joint

    def num_shots(self, setting):
        return SHOTS

    def syndromes(self, setting, bits, checks):
        return shared(self.joint.sum(axis=1), self.joint @ np.array(SIGNS[setting]), SHOTS)


@pytest.mark.parametrize("use", ["ignored", "corrected", "selected"])
@pytest.mark.parametrize("seed", [1, 2])
def test_values_are_right_on_average_and_errors_are_their_spread(use, seed):
    joint, random = distribution(seed), np.random.default_rng(seed + 10)
    true = {
        "ignored": joint[:, 0].sum(),
        "corrected": joint.max(axis=1).sum(),
        "selected": joint[0, 0] / joint[0].sum(),
    }[use]
    measurement = CheckedFidelity(CHECKS, use)
    exact = measurement.analyse(Known(joint)).estimate
    assert exact.value == pytest.approx(true, abs=1e-12)
    found = [measurement.analyse(drawn(joint, random)).estimate for _ in range(TRIALS)]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "error"))
    spread = values.std(ddof=1)
    # A standard deviation of 300 trials is known to 4%; five of these.
    assert errors.mean() == pytest.approx(spread, rel=0.2)
    assert exact.error == pytest.approx(spread, rel=0.2)
    # Without one-out choices the corrected value is too high by more than one error. What is known from
    # the shots decides a little worse than what is known from the distribution.
    bias = (values.mean() - true) / spread
    five = 5 / np.sqrt(TRIALS)
    assert -0.5 - five < bias < five if use == "corrected" else abs(bias) < five


def test_perfect_data_are_not_known_without_error():
    joint = np.zeros((2**CHECKS, 4))
    joint[0, 0] = 1
    for use in ("ignored", "corrected", "selected"):
        found = CheckedFidelity(CHECKS, use).analyse(drawn(joint, np.random.default_rng(0))).estimate
        assert found.value == pytest.approx(1) and 1e-5 < found.error < 1e-3


def test_a_selection_that_nothing_passes_is_said_to_be_one():
    joint = np.zeros((2**CHECKS, 4))
    joint[3, 0] = 1
    with pytest.raises(InvalidInputError, match="No shot passed"):
        CheckedFidelity(CHECKS, "selected").analyse(drawn(joint, np.random.default_rng(0)))
