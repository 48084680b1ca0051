"""Sizes, lossy links, power cuts, tampering, `up` and `down` under faults: what is broken is noticed."""

import pytest

from tests.faults.broken_cloud import BROKEN
from tests.faults.caught import caught


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - {"FindsWhatWasOpenedOnly"}))
def test_what_is_broken_is_noticed(name):
    assert caught(name, BROKEN[name]).violations


def test_one_way_in_is_missed_where_the_ways_are_switched():
    found = caught("FindsWhatWasOpenedOnly", BROKEN["FindsWhatWasOpenedOnly"])
    assert found.faults["switch"] > 0
    assert "recover" in found.violations[0]
