"""Objects that are given up under faults: what is broken is noticed (`test_faults` sees that it happens)."""

import pytest

from tests.faults.broken_removing import BROKEN
from tests.faults.caught import caught


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_noticed(name):
    assert caught(name, BROKEN[name]).violations
