"""Codes and access structures as schemes: who is qualified, the contract, the bound on keys."""

import itertools

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import (
    FIVE_QUBIT,
    STEANE,
    Canonical,
    SecretSharing,
    StabilizerCode,
    check_scheme,
    find_families,
    from_spec,
    sharing_code,
    to_spec,
)


def code_of(tableau: stim.Tableau, inputs: int) -> StabilizerCode:
    """The code that a Clifford unitary makes of |0> on all but the first few qubits."""
    text = [str(tableau.z_output(q)).replace("_", "I") for q in range(len(tableau))]
    x_text = [str(tableau.x_output(q)).replace("_", "I") for q in range(inputs)]
    return StabilizerCode(tuple(text[inputs:]), tuple(zip(x_text, text[:inputs], strict=True)))


def recovers_by_entropy(code: StabilizerCode, held: tuple[int, ...]) -> bool:
    """Input and reference maximally entangled: recoverable iff reference and rest are uncorrelated."""
    n, k = code.num_qubits, len(code.logicals)
    rows = [padded(stim.PauliString(s), n + k) for s in code.stabilizers]
    for i, pair in enumerate(code.logicals):
        rows += [
            stim.PauliString(p) + padded(stim.PauliString({i: kind}), k)
            for p, kind in zip(pair, "XZ", strict=True)
        ]
    bits = np.array([np.concatenate(row.to_numpy()) for row in rows])

    def entropy(qubits: list[int]) -> int:
        columns = [*qubits, *(q + n + k for q in qubits)]
        return rank(bits[:, columns]) - len(qubits)

    rest = [q for q in range(n) if q not in held]
    references = list(range(n, n + k))
    return entropy(rest) + entropy(references) == entropy(rest + references)


def padded(pauli: stim.PauliString, size: int) -> stim.PauliString:
    return pauli + stim.PauliString(size - len(pauli))


def rank(matrix: np.ndarray) -> int:
    basis: list[int] = []
    for row in matrix:
        value = sum(1 << i for i, bit in enumerate(row) if bit)
        for b in basis:
            value = min(value, value ^ b)
        if value:
            basis.append(value)
    return len(basis)


@given(seed=st.integers(0, 10**6), inputs=st.integers(1, 2))
def test_qualified_sets_by_entropy(seed, inputs):
    rng = np.random.default_rng(seed)
    code = code_of(random_tableau(rng, 6), inputs)
    for held in itertools.chain.from_iterable(itertools.combinations(range(6), s) for s in (2, 3, 4, 5)):
        assert code.recovers(held) == recovers_by_entropy(code, held)


def random_tableau(rng: np.random.Generator, size: int) -> stim.Tableau:
    """A random Clifford circuit with a seed of its own; stim's `random` has none."""
    circuit = stim.Circuit(f"I {size - 1}")
    for _ in range(6 * size):
        a, b = (int(q) for q in rng.choice(size, 2, replace=False))
        circuit.append(str(rng.choice(["CX", "CZ", "ISWAP"])), [a, b])
        circuit.append(str(rng.choice(["H", "S", "SQRT_X", "C_XYZ"])), [a])
    return circuit.to_tableau()


def test_five_qubit_code_is_a_threshold_scheme():
    for size in range(6):
        for held in itertools.combinations(range(5), size):
            assert FIVE_QUBIT.recovers(held) == (size >= 3)


def test_steane_code_is_the_fano_plane():
    qualified = [set(c) for c in itertools.combinations(range(7), 3) if STEANE.recovers(c)]
    assert len(qualified) == 7
    assert all(len(a & b) == 1 for a, b in itertools.combinations(qualified, 2))
    assert not any(STEANE.recovers(c) for c in itertools.combinations(range(7), 2))


@pytest.mark.parametrize(
    "code, key_size, clone_size, keys, clones", [(FIVE_QUBIT, 2, 1, 10, 3), (STEANE, 1, 2, 7, 3)]
)
def test_families_of_known_codes(code, key_size, clone_size, keys, clones):
    families = list(find_families(code, key_size, clone_size))
    assert len(families) == keys
    for scheme in families:
        assert len(scheme.clones) == clones
        assert scheme.key_is_blind
        assert len(scheme.key) >= scheme.min_key_size
        check_scheme(scheme)
        assert from_spec(to_spec(scheme)) == scheme


@given(seed=st.integers(0, 10**6), inputs=st.integers(1, 2), data=st.data())
def test_families_of_random_codes_keep_the_contract_and_the_bound(seed, inputs, data):
    code = code_of(random_tableau(np.random.default_rng(seed), data.draw(st.integers(5, 7))), inputs)
    key_size = data.draw(st.integers(1, 3))
    for scheme in itertools.islice(find_families(code, key_size, clone_size=2), 4):
        check_scheme(scheme)
        assert len(scheme.key) >= scheme.min_key_size or not scheme.key_is_blind


@pytest.mark.parametrize("n", [2, 4, 6])
def test_canonical_scheme_for_even_n_attains_the_bound(n):
    canonical = Canonical(n)
    tableau = (stim.Circuit(f"I {2 * n}") + canonical.prepare() + canonical.encrypt()).to_tableau()
    scheme = SecretSharing.of(code_of(tableau, 1), range(n + 1, 2 * n + 1), [(i,) for i in range(n + 1)])
    check_scheme(scheme)
    assert scheme.key_is_blind
    assert len(scheme.key) == scheme.min_key_size == n


def test_ramp_schemes_evade_the_bound_by_a_key_that_learns_something():
    scheme = SecretSharing.of_access_structure([("key", "east"), ("key", "west"), ("key", "north")])
    check_scheme(scheme)
    assert not scheme.key_is_blind
    assert len(scheme.clones) == 3


@st.composite
def sunflowers(draw):
    key = draw(st.integers(1, 2))
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    core = [f"k{i}" for i in range(key)]
    return [(*core, *(f"c{i}p{j}" for j in range(size))) for i, size in enumerate(sizes)]


@given(sunflowers())
def test_access_structures_by_their_parties(sets):
    code, qubits = sharing_code(sets)
    parties = sorted(qubits)
    for size in range(1, len(parties) + 1):
        for chosen in itertools.islice(itertools.combinations(parties, size), 40):
            held = {q for party in chosen for q in qubits[party]}
            contains = any(set(members) <= set(chosen) for members in sets)
            assert code.recovers(held) == contains
    scheme = SecretSharing.of_access_structure(sets)
    check_scheme(scheme)
    assert from_spec(to_spec(scheme)) == scheme


def test_majority_of_three_needs_more_than_a_sunflower():
    sets = [("a", "b"), ("b", "c"), ("a", "c")]
    code, qubits = sharing_code(sets)
    assert code.recovers([*qubits["a"], *qubits["c"]])
    assert not code.recovers(qubits["a"])
    with pytest.raises(InvalidInputError, match="overlap"):
        SecretSharing.of_access_structure(sets)
    # A family with a common party; the structure is self-dual, so nobody learns a part.
    scheme = SecretSharing.of_access_structure(sets, family=[("a", "b"), ("a", "c")])
    check_scheme(scheme)
    assert scheme.clone("C1").wires == ("b.1", "b.2")
    assert scheme.key_is_blind
    with pytest.raises(InvalidInputError, match="d are in no qualified set"):
        SecretSharing.of_access_structure(sets, family=[("a", "b"), ("a", "d")])


def test_several_inputs():
    """Two five-qubit blocks as one code of two inputs; clones of two qubits."""

    def both(text: str) -> tuple[str, str]:
        return text + "IIIII", "IIIII" + text

    stabilizers = tuple(s for text in FIVE_QUBIT.stabilizers for s in both(text))
    (x, z) = FIVE_QUBIT.logicals[0]
    code = StabilizerCode(stabilizers, tuple(zip(both(x), both(z), strict=True)))
    scheme = SecretSharing.of(code, (0, 1, 5, 6), [(i, i + 5) for i in (2, 3, 4)])
    assert scheme.inputs == ("Q3", "Q4")
    assert scheme.min_key_size == 4
    check_scheme(scheme)


@pytest.mark.parametrize(
    "stabilizers, logicals",
    [
        (("XX",), (("XX", "ZI"),)),
        (("XX",), (("XI", "ZI"),)),
        (("ZZ",), (("XX", "XX"),)),
        (("ZZI", "ZZI"), (("XXX", "ZII"),)),
        (("ZZ",), (("XXX", "ZII"),)),
        (("hello",), (("XX", "ZI"),)),
        ((), ()),
    ],
)
def test_refuses_what_is_no_code(stabilizers, logicals):
    with pytest.raises(InvalidInputError):
        StabilizerCode(stabilizers, logicals)


@pytest.mark.parametrize(
    "key, remainders, why",
    [
        ((0, 1), ((2,), (2,)), "overlap"),
        ((0, 1), ((7,),), "overlap"),
        ((0, 1, 2), ((3,), (4,)), "by themselves"),
        ((0,), ((1, 2, 3),), "by themselves"),
        ((0,), ((1,),), "do not recover"),
        ((0, 1), (), "Nothing is left"),
    ],
)
def test_refuses_what_is_no_family(key, remainders, why):
    with pytest.raises(InvalidInputError, match=why):
        SecretSharing.of(FIVE_QUBIT, key, remainders)


def test_refuses_separate_qualified_sets_and_unknown_clones():
    with pytest.raises(InvalidInputError, match="no party in common"):
        sharing_code([("a", "b"), ("c",)])
    with pytest.raises(InvalidInputError, match="each once"):
        sharing_code([("a", "a")])
    with pytest.raises(UnknownWireError, match="no clone 'S1'"):
        next(find_families(FIVE_QUBIT, 2)).decrypt("S1")
