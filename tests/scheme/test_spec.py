"""Descriptions as JSON: there and back, stable, and safe against anything."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError
from qclone.scheme import SYNTHESES, Canonical, Parallel, Scheme, from_spec, to_spec

canonical = st.builds(Canonical, st.integers(1, 100), st.sampled_from(SYNTHESES))
schemes = st.recursive(canonical, lambda base: st.builds(Parallel, base, st.integers(1, 9)), max_leaves=3)


@given(schemes)
def test_there_and_back_through_json(scheme):
    assert from_spec(json.loads(json.dumps(to_spec(scheme)))) == scheme


def test_descriptions_are_stable():
    """Manifests written today must be readable for ever: this text is part of the format."""
    scheme = Parallel(Canonical(4, "ladder"), 3)
    assert json.dumps(to_spec(scheme), sort_keys=True) == (
        '{"base": {"num_clones": 4, "scheme": "canonical", "synthesis": "ladder"}, '
        '"copies": 3, "scheme": "parallel"}'
    )


@pytest.mark.parametrize(
    "spec",
    [
        {},
        None,
        [],
        "canonical",
        {"scheme": "magic"},
        {"scheme": ["canonical"]},
        {"scheme": "canonical"},
        {"scheme": "canonical", "num_clones": "2"},
        {"scheme": "canonical", "num_clones": True},
        {"scheme": "canonical", "num_clones": 0},
        {"scheme": "canonical", "num_clones": 2, "synthesis": 3},
        {"scheme": "canonical", "num_clones": 2, "more": 1},
        {"scheme": "parallel", "base": 2, "copies": 2},
        {"scheme": "parallel", "base": {"scheme": "canonical", "num_clones": 2}},
    ],
)
def test_refuses_what_describes_no_scheme(spec):
    with pytest.raises(InvalidInputError):
        from_spec(spec)


def test_refuses_schemes_without_a_name():
    class Mine(Canonical):
        pass

    with pytest.raises(InvalidInputError, match="no description"):
        to_spec(Mine(2))


@given(schemes)
def test_spec_is_made_of_json_only(scheme: Scheme):
    def check(value):
        assert isinstance(value, dict | list | str | int)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(inner)

    check(to_spec(scheme))
