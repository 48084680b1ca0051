"""Sizes, lossy links, power cuts, tampering, `up` and `down` under faults: what is broken is noticed."""

import pytest

from qclone.faults import run_schedule
from tests.faults.broken_cloud import BROKEN


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - {"FindsWhatWasOpenedOnly"}))
def test_what_is_broken_is_noticed(name):
    assert any(run_schedule(seed, BROKEN[name]).violations for seed in range(300))


def test_one_way_in_is_missed_where_the_ways_are_switched():
    code = BROKEN["FindsWhatWasOpenedOnly"]
    caught = next(outcome for seed in range(300) if (outcome := run_schedule(seed, code)).violations)
    assert caught.faults["switch"] > 0
    assert "recover" in caught.violations[0]
