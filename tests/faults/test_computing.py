"""Computing on clones under faults: what is broken is noticed, and nothing of it is idle."""

from collections import Counter

import pytest

from qclone.faults import run_schedule
from tests.faults.broken_computing import BROKEN


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_noticed(name):
    assert any(run_schedule(seed, BROKEN[name]).violations for seed in range(400))


def test_servers_compute_and_keys_are_narrowed_and_committed():
    outcomes = Counter()
    for seed in range(40):
        outcomes += run_schedule(seed).outcomes
    for outcome in ("computed", "narrowed", "committed"):
        assert outcomes[outcome] > 0, outcome
