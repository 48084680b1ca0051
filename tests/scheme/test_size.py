"""The size of a scheme, known before it is made, against the scheme itself; what is too large is not made."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError
from qclone.scheme import (
    FIVE_QUBIT,
    Bounds,
    Canonical,
    GraphState,
    Iterated,
    Parallel,
    QuditScheme,
    SecretSharing,
    any_from_spec,
    from_spec,
    size_of_spec,
    to_spec,
)
from qclone.scheme._registry import SCHEMES

RING = tuple((i, (i + 1) % 4) for i in range(4))
canonical = st.builds(Canonical, st.integers(1, 6))
iterated = st.builds(Iterated.full, canonical, st.integers(1, 2))
sharing = st.just(SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,))))
graph = st.just(GraphState(RING, sectors=((0, 1),)))
one = canonical | iterated | st.builds(Iterated.virtual, canonical, st.integers(1, 3)) | sharing | graph
schemes = (
    one | st.builds(Parallel, one, st.integers(1, 4)) | st.builds(QuditScheme, st.integers(1, 5), st.just(3))
)


@given(schemes)
def test_a_size_is_that_of_the_scheme(scheme):
    size = size_of_spec(to_spec(scheme))
    assert size == scheme.size
    assert size.qubits == scheme.num_qubits == len(scheme.wires)
    assert size.inputs == len(scheme.inputs)
    clones = [scheme.clone(label) for label in scheme.clones]
    assert len(clones) <= size.clones <= len(clones) + 2 * max(1, size.qubits)
    assert size.label >= max(len(wire.label) for wire in scheme.wires)
    assert size.key >= max(len(clone.key) for clone in clones)
    distinct = {clone.key for clone in clones}
    assert size.listed >= sum(map(len, distinct))
    assert size.work > 50 * size.qubits


def nested(depth, innermost):
    spec = innermost
    for _ in range(depth):
        spec = {"scheme": "parallel", "base": spec, "copies": 1}
    return spec


MILLION = {"scheme": "canonical", "num_clones": 1_000_000}
THREE_THOUSAND = {"scheme": "canonical", "num_clones": 3000}
TOO_LARGE = {
    "a tree on a million": {"scheme": "iterated", "base": MILLION, "recloned": [1_000_000]},
    "a tree on a tree on a million": {
        "scheme": "iterated",
        "base": {"scheme": "iterated", "base": MILLION, "recloned": [10]},
        "recloned": [1],
    },
    "keys as long as there are clones": {
        "scheme": "iterated",
        "base": {
            "scheme": "iterated",
            "base": {"scheme": "canonical", "num_clones": 3000},
            "recloned": [3000],
        },
        "recloned": [1],
    },
    "paths as long as there are levels": {
        "scheme": "iterated",
        "base": {"scheme": "canonical", "num_clones": 2},
        "recloned": [1] * 50_000,
    },
    "a million of a million": {"scheme": "parallel", "base": MILLION, "copies": 1_000_000},
    "a number of 4,000 digits": {"scheme": "parallel", "base": MILLION, "copies": 10**4000},
    "less than nothing of a tree": {
        "scheme": "parallel",
        "base": {"scheme": "iterated", "base": MILLION, "recloned": [1_000_000]},
        "copies": -(10**30),
    },
    "a tree that shrinks": {
        "scheme": "iterated",
        "base": {"scheme": "iterated", "base": MILLION, "recloned": [1_000_000]},
        "recloned": [-(10**30)],
    },
    "a million levels of parallel": nested(1_000, {"scheme": "canonical", "num_clones": 2}),
    "a graph of 100,000 vertices": {"scheme": "graph_state", "edges": [], "sectors": [list(range(50_000))]},
    "a code of 5,000 qubits": {
        "scheme": "secret_sharing",
        "stabilizers": ["I" * 5000] * 4999,
        "logicals": [["X" * 5000, "Z" * 5000]],
        "key": [0],
        "remainders": [[1]],
    },
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused_before_any_of_it_is_made(name):
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(InvalidInputError, match=r"more than|nested over|between"):
        from_spec(TOO_LARGE[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 << 20
    assert time.process_time() - started < 5


def test_bounds_are_those_that_are_given():
    spec = to_spec(Parallel(Canonical(4), 10))
    assert from_spec(spec, Bounds(qubits=90)).num_qubits == 90
    with pytest.raises(InvalidInputError, match="90 wires, more than 89"):
        from_spec(spec, Bounds(qubits=89))


def test_every_scheme_that_has_a_description_says_its_size():
    # Those that ship: what a page of the docs defines has no size and need not.
    for kind in (kind for kind in SCHEMES.values() if kind.__module__.startswith("qclone.")):
        assert "size_of" in vars(kind), kind


def test_what_describes_nothing_is_shown_shortly():
    deep = value = []
    for _ in range(100_000):
        value.append([])
        value = value[0]
    for spec in ({"scheme": "canonical", "num_clones": deep}, deep, {"scheme": "canonical", "x" * 10**6: 1}):
        with pytest.raises(InvalidInputError) as refused:
            any_from_spec(spec)
        assert len(refused.value.message) < 300
