"""Graph states: the criterion against exact recoverability, and the search against all cuts."""

import itertools

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st

from qclone.errors import InvalidInputError
from qclone.scheme import GraphState, check_scheme, cut_is_valid, find_cuts, from_spec, to_spec
from qclone.scheme._graph_state import ENCODERS, adjacency_of


def recoverable(adjacency: np.ndarray, sectors, encoder: str) -> bool:
    """Whether each signal qubit with all noise gives its input back, by entropies of stabiliser states.

    A set recovers an input iff what is outside of it is uncorrelated with that input's reference R:
    S(R) + S(outside) = S(R outside). The other inputs are left with references of their own, outside.
    """
    k, m = len(sectors), len(sectors[0])
    size = len(adjacency)
    circuit = stim.Circuit()
    circuit.append("H", range(size))
    for a, b in zip(*np.nonzero(np.triu(adjacency)), strict=True):
        circuit.append("CZ", [int(a), int(b)])
    for i in range(k):
        circuit.append("H", size + k + i)
        circuit.append("CX", [size + k + i, size + i])
        for pauli in reversed(encoder):
            circuit += stim.Circuit("SPP " + "*".join(f"{pauli}{w}" for w in (size + i, *sectors[i])))
    rows = np.array([circuit.to_tableau().z_output(q).to_numpy() for q in range(len(circuit.to_tableau()))])

    def entropy(qubits: list[int]) -> int:
        part = rows[:, :, qubits].reshape(len(rows), -1)
        return gf2_rank(part) - len(qubits)

    signals = [v for sector in sectors for v in sector]
    noise = [v for v in range(size) if v not in signals]
    for i, sector in enumerate(sectors):
        for own in sector:
            held = {own, *noise, size + k + i}
            outside = [q for q in range(size + 2 * k) if q not in held]
            reference = [size + k + i]
            if entropy(outside) + entropy(reference) != entropy(outside + reference):
                return False
    return m > 0


def random_graph(vertices: int, density: float, seed: int) -> tuple[tuple[int, int], ...]:
    """Each edge with a probability; the last vertex always has one."""
    upper = np.triu(np.random.default_rng(seed).random((vertices, vertices)) < density, 1)
    upper[0, -1] = True
    return tuple((int(a), int(b)) for a, b in zip(*np.nonzero(upper), strict=True))


def gf2_rank(matrix: np.ndarray) -> int:
    basis: list[int] = []
    for row in matrix:
        value = int("".join("1" if bit else "0" for bit in row), 2)
        for b in basis:
            value = min(value, value ^ b)
        if value:
            basis.append(value)
    return len(basis)


@st.composite
def cuts(draw):
    """Random cuts, most of them with a planted sector-constant kernel, which random ones hardly ever have."""
    m, k = draw(st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1)]))
    size = m * k
    rng = np.random.default_rng(draw(st.integers(0, 10**9)))
    cut, within = rng.integers(0, 2, (size, size)), np.triu(rng.integers(0, 2, (size, size)), 1)
    within += within.T
    constant = np.repeat(rng.integers(0, 2, k), m)
    if draw(st.integers(0, 3)) and constant.any():
        chosen = np.flatnonzero(constant)
        cut[chosen[0]] = (cut[chosen[0]] + constant @ cut) % 2
        eigenvalue = int(rng.integers(0, 2))
        for row in range(size):
            # Flip one entry of A_S outside of the rows mended before; the last ones stay as they fall.
            partners = [c for c in chosen if c > row]
            if partners and (within[row] @ constant + eigenvalue * constant[row]) % 2:
                within[row, partners[-1]] ^= 1
                within[partners[-1], row] ^= 1
    adjacency = np.block([[within, cut], [cut.T, np.zeros((size, size), dtype=np.int64)]])
    sectors = tuple(tuple(range(i * m, (i + 1) * m)) for i in range(k))
    return adjacency, sectors, draw(st.sampled_from(ENCODERS))


def test_criterion_is_exact_recoverability():
    seen = set()

    @settings(max_examples=600)
    @given(cuts())
    def check(case):
        adjacency, sectors, encoder = case
        size = len(adjacency) // 2
        valid = cut_is_valid(adjacency, sectors, encoder)
        assert valid == recoverable(adjacency, sectors, encoder)
        seen.add((len(sectors[0]) % 2, gf2_rank(adjacency[:size, size:]) == size, valid))

    check()
    # Even and odd m, full rank and deficient: valid and not wherever both exist.
    assert seen == {(0, True, True), (0, False, False), (1, True, True), (1, False, False), (1, False, True)}


def test_pairs_are_the_canonical_scheme_up_to_local_gates():
    pairs = tuple((i, i + 3) for i in range(3))
    check_scheme(GraphState(pairs, ((0, 1, 2),)))


@pytest.mark.parametrize("encoder", ENCODERS)
@given(data=st.data())
def test_valid_cuts_keep_the_contract(encoder, data):
    m, k = data.draw(st.sampled_from([(1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (5, 1)]))
    seed = data.draw(st.integers(0, 10**6))
    edges = random_graph(2 * m * k, 0.6, seed)
    for scheme in itertools.islice(find_cuts(edges, m, encoder, seed), 2):
        check_scheme(scheme)
        assert from_spec(to_spec(scheme)) == scheme


@settings(max_examples=10)
@pytest.mark.parametrize("m, encoder", [(4, "XZ"), (3, "XZ"), (3, "YZ"), (3, "XY"), (1, "XZ"), (1, "YZ")])
@given(seed=st.integers(0, 10**6))
def test_search_finds_all_cuts(m, encoder, seed):
    """Against all choices of half of the vertices; a kernel of two or more dimensions is not searched."""
    size = {4: 8, 3: 6, 1: 4}[m]
    edges = random_graph(size, 0.5, seed)
    adjacency = adjacency_of(edges, size)
    expected = set()
    for signals in itertools.combinations(range(size), size // 2):
        noise = [v for v in range(size) if v not in signals]
        cut = adjacency[np.ix_(signals, noise)]
        kernel = [
            v
            for v in itertools.product((0, 1), repeat=size // 2)
            if any(v) and not (np.array(v) @ cut % 2).any()
        ]
        if not kernel:
            expected.add(frozenset(signals))
        elif len(kernel) == 1 and m % 2 and encoder != "XY":
            f = np.array(kernel[0])
            image = f @ adjacency[np.ix_(signals, signals)] % 2
            good = (image == f).all() if encoder == "XZ" else not image.any()
            if good and f.sum() % (2 * m if encoder == "XZ" else m) == 0:
                expected.add(frozenset(signals))
    found = [
        frozenset(v for sector in scheme.sectors for v in sector) for scheme in find_cuts(edges, m, encoder)
    ]
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_search_is_quick_where_trying_all_cuts_is_hopeless():
    """A graph on 40 vertices has 10^11 halves."""
    edges = random_graph(40, 0.15, seed=1)
    schemes = list(itertools.islice(find_cuts(edges, 10), 3))
    assert len(set(schemes)) == 3
    check_scheme(schemes[0], ["S1", "S10"])


def test_a_graph_without_valid_cuts_gives_none():
    """Leaves of one star are twins: two of them on one side have equal rows, whatever the cut."""
    star = tuple((0, i) for i in range(1, 8))
    assert list(find_cuts(star, 4)) == []


def test_even_m_makes_the_source_a_clone():
    ring = tuple((i, (i + 1) % 8) for i in range(8))
    schemes = list(itertools.islice(find_cuts(ring, 4), 5))
    assert schemes
    assert all(scheme.clones[-1] == "A" for scheme in schemes)


@pytest.mark.parametrize(
    "arguments",
    [
        (((0, 0),), ((0,),)),
        (((0, 1), (1, 0)), ((0,),)),
        (((0, 1), (2, 3)), ((0,),)),
        (((0, 1), (2, 3)), ((0,), (2, 3))),
        (((0, 1), (2, 3)), ((0, 1),)),
        (((0, 1), (2, 3)), ((0, 2),), "ZZ"),
        (((0, 1),), ()),
    ],
)
def test_refuses_what_is_no_valid_cut(arguments):
    with pytest.raises(InvalidInputError):
        GraphState(*arguments)
    with pytest.raises(InvalidInputError, match="cannot be cut"):
        next(find_cuts(((0, 1), (1, 2)), 2))
