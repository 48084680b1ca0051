"""Clones of clones: the published shapes, every final clone by tableau, sizes of keys."""

import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import Canonical, Iterated, Parallel, Role, check_scheme, from_spec, to_spec


@pytest.mark.parametrize("n, levels", [(2, 0), (2, 1), (2, 2), (4, 1), (3, 1), (3, 2)])
def test_every_final_clone_decrypts(n, levels):
    scheme = Iterated.full(Canonical(n), levels)
    check_scheme(scheme)
    per_level = n + 1 if n % 2 == 0 else n
    assert len(scheme.clones) == scheme.num_virtual_clones == per_level ** (levels + 1)
    for label in scheme.clones:
        clone = scheme.clone(label)
        assert len(clone.key) == len(set(clone.key)) == n * (levels + 1)
        assert len(clone.wires) == 1
        assert {scheme.wires[i].role for i in scheme.indices(clone.key)} == {Role.NOISE}


@st.composite
def trees(draw):
    n = draw(st.sampled_from([2, 3, 4]))
    base = Canonical(n)
    newest, recloned = len(base.clones), []
    scheme = Iterated(base, ())
    for _ in range(draw(st.integers(0, 4))):
        generation = [c for c in scheme.clones if c.count("/") == len(recloned)]
        if draw(st.booleans()):
            recloned.append(draw(st.integers(1, min(6, newest))))
            newest = recloned[-1] * len(base.clones)
        else:
            chosen = draw(st.lists(st.sampled_from(generation), min_size=1, max_size=4, unique=True))
            recloned.append(tuple(chosen))
            newest = len(chosen) * len(base.clones)
        scheme = Iterated(base, tuple(recloned))
    return scheme


@given(scheme=trees(), data=st.data())
def test_any_tree_keeps_the_contract(scheme, data):
    check_scheme(scheme, data.draw(st.lists(st.sampled_from(scheme.clones), min_size=1, max_size=5)))
    assert from_spec(to_spec(scheme)) == scheme
    held = [scheme.clone(label).wires for label in scheme.clones]
    assert len(set(held)) == len(held)


@given(n=st.sampled_from([2, 4, 6]), levels=st.integers(0, 12))
def test_virtual_iteration_is_a_path_of_the_full_tree(n, levels):
    scheme = Iterated.virtual(Canonical(n), levels)
    last = scheme.clones[-1]
    check_scheme(scheme, [last])
    assert scheme.num_qubits == 2 * n * (levels + 1) + 1
    assert scheme.num_virtual_clones == (n + 1) ** (levels + 1)
    assert len(scheme.clone(last).key) == n * (levels + 1)


# arXiv:2602.10695, table III: what is cloned again, qubits with the reference, clones each generation.
PUBLISHED = {
    "0": ((), 6, {0: 3}),
    "1": ((3,), 18, {1: 9}),
    "2": ((3, 9), 54, {2: 27}),
    "2*": ((3, 9, 11), 98, {2: 16, 3: 33}),
    "3-full": ((3, 9, 25), 154, {2: 2, 3: 75}),
}


@pytest.mark.parametrize("label", PUBLISHED)
def test_published_shapes(label):
    recloned, qubits, generations = PUBLISHED[label]
    scheme = Iterated(Canonical(2), recloned)
    assert scheme.num_qubits + 1 == qubits
    depth = [clone.count("/") for clone in scheme.clones]
    assert {g: depth.count(g) for g in set(depth)} == generations
    check_scheme(scheme, scheme.clones[:: max(1, len(scheme.clones) // 12)])


@pytest.mark.parametrize(
    "n, level, virtual_clones, qubits", [(2, 0, 3, 6), (2, 6, 2187, 30), (4, 0, 5, 10), (4, 3, 625, 34)]
)
def test_published_virtual_rows(n, level, virtual_clones, qubits):
    scheme = Iterated.virtual(Canonical(n), level)
    assert (scheme.num_virtual_clones, scheme.num_qubits + 1) == (virtual_clones, qubits)


def test_names():
    scheme = Iterated.full(Canonical(2), 1)
    assert " ".join(w.label for w in scheme.wires[:9]) == "A S1 S2 N1 N2 S1/S1 S1/S2 S1/N1 S1/N2"
    assert scheme.inputs == ("A",)
    inner = scheme.clone("S1/A")
    assert inner.wires == inner.outputs == ("S1",)
    assert inner.key == ("S1/N1", "S1/N2", "N1", "N2")
    assert scheme.clone("A/A").wires == ("A",)


def test_clones_are_encrypted_at_each_level():
    """Without the inner key a clone of a clone shows nothing, not even with the outer key."""
    scheme = Iterated.full(Canonical(2), 1)
    inner = scheme.clone("S2/S1")
    outer_key = [k for k in inner.key if "/" not in k]
    simulator = stim.TableauSimulator()
    simulator.h(scheme.num_qubits)
    simulator.cx(scheme.num_qubits, scheme.index("A"))
    simulator.do(scheme.prepare() + scheme.encrypt())
    for pauli in "XYZ":
        for on_clone in "XYZ":
            for keys in range(16):
                product = {scheme.num_qubits: pauli, scheme.index("S2/S1"): on_clone}
                product |= {scheme.index(k): "IXYZ"[keys >> 2 * i & 3] for i, k in enumerate(outer_key)}
                assert simulator.peek_observable_expectation(stim.PauliString(product)) == 0


def test_other_bases():
    nested = Iterated(Iterated.full(Canonical(2), 1), (2,))
    check_scheme(nested, [*nested.clones[:2], *nested.clones[-2:]])
    check_scheme(Parallel(Iterated.virtual(Canonical(2), 2), 3))
    with pytest.raises(InvalidInputError, match="cannot be cloned again"):
        Iterated(Parallel(Canonical(2), 2), (1,))


@pytest.mark.parametrize("recloned", [(0,), (4,), (1, 4), (("S3",),), (("S1", "S1"),), (("S1",), ("S2/A",))])
def test_refuses_clones_that_are_not_there(recloned):
    with pytest.raises(InvalidInputError, match="cannot clone"):
        Iterated(Canonical(2), recloned)


def test_refuses_what_is_too_large_or_unknown():
    with pytest.raises(InvalidInputError, match="wires"):
        Iterated.full(Canonical(100), 5)
    with pytest.raises(InvalidInputError, match="levels"):
        Iterated.virtual(Canonical(2), -1)
    with pytest.raises(UnknownWireError, match="no clone 'S1'"):
        Iterated.full(Canonical(2), 1).decrypt("S1")
