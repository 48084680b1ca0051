"""Qudits against dense algebra: the definition, the round trip, the choice of phases, the encoding."""

import functools
from math import gcd

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import Canonical, QuditScheme, check_scheme, choose_phases, from_spec, to_spec
from qclone.scheme import any_from_spec as from_any_spec


def all_units(d: int) -> list[tuple[int, int]]:
    units = [u for u in range(1, d) if gcd(u, d) == 1]
    return [(u, v) for u in units for v in units]


def encrypted(scheme: QuditScheme, psi: np.ndarray) -> np.ndarray:
    zero = np.zeros((scheme.dimension,) * scheme.num_qubits, complex)
    zero[(slice(None), *[0] * (scheme.num_qubits - 1))] = psi
    return scheme.encrypt().apply(scheme.prepare().apply(zero))


def reduced(state: np.ndarray, wires: list[int]) -> np.ndarray:
    columns = np.moveaxis(state, wires, range(len(wires))).reshape(state.shape[0] ** len(wires), -1)
    return columns @ columns.conj().T


def random_state(seed: int, d: int) -> np.ndarray:
    re, im = np.random.default_rng(seed).normal(size=(2, d))
    psi = re + 1j * im
    return psi / np.linalg.norm(psi)


CASES = [(d, n) for d in (2, 3, 4, 5, 6) for n in (1, 2, 3) if d ** (2 * n + 1) < 300_000]


@pytest.mark.parametrize("d, n", CASES)
def test_every_clone_gives_a_random_state_back_exactly(d, n):
    pairs = all_units(d)
    for phases in {pairs[0], pairs[len(pairs) // 2], pairs[-1]}:
        scheme, psi = QuditScheme(n, d, phases), random_state(d + 10 * n, d)
        state = encrypted(scheme, psi)
        # No clone alone shows anything, except that n = 1 may: then S_1 carries one logical operator.
        np.testing.assert_allclose(reduced(state, [0]), np.eye(d) / d, atol=1e-12)
        for i in range(1, n + 1):
            mixed = np.allclose(reduced(state, [i]), np.eye(d) / d, atol=1e-12)
            assert mixed == (n >= 2 or gcd(d, scheme.ab - 1) == 1)
        assert ("A" in scheme.clones) == (gcd(d, n - scheme.ab) == 1)
        for label in scheme.clones:
            out = scheme.decrypt(label).apply(state)
            fidelity = (psi.conj() @ reduced(out, [scheme.index(label)]) @ psi).real
            assert fidelity == pytest.approx(1, abs=1e-12)
            if label != "A":
                # All other wires are maximally entangled pairs again: (A, N_j) and (S_i, N_i).
                j = scheme.index(label)
                for i in range(1, n + 1):
                    pair = np.eye(d).ravel() / np.sqrt(d)
                    overlap = pair @ reduced(out, [0 if i == j else i, n + i]) @ pair
                    assert overlap.real == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("d", [2, 3, 4, 6])
def test_encrypt_is_the_definition(d):
    """f_v(X X) f_u(Z Z) by spectral calculus on the eigenvectors of Z Z and X X."""
    u, v = all_units(d)[-1]
    levels = np.arange(d)
    omega, fourier = np.exp(2j * np.pi / d), np.exp(2j * np.pi * np.outer(levels, levels) / d) / np.sqrt(d)

    def of_zz(unit):
        total = levels[:, None] + levels[None, :]
        eigenvalue = total % d
        return np.diag(np.exp(1j * np.pi * unit * eigenvalue * (eigenvalue + d % 2) / d).ravel())

    both = np.kron(fourier, fourier)
    clock, shift = np.diag(omega**levels), np.roll(np.eye(d), 1, axis=0)
    np.testing.assert_allclose(fourier @ shift @ fourier.conj().T, clock, atol=1e-9)
    definition = both.conj().T @ of_zz(v) @ both @ of_zz(u)
    circuit = QuditScheme(1, d, (u, v)).encrypt()
    columns = [circuit.apply(np.multiply.outer(e.reshape(d, d), [1] + [0] * (d - 1))) for e in np.eye(d * d)]
    np.testing.assert_allclose(np.stack([c[..., 0].ravel() for c in columns], axis=1), definition, atol=1e-9)


@given(n=st.integers(1, 60), d=st.integers(2, 30), data=st.data())
def test_round_trip_exactly_at_any_size(n, d, data):
    scheme = QuditScheme(n, d, data.draw(st.sampled_from([None, *all_units(d)])))
    check_scheme(scheme, data.draw(st.lists(st.sampled_from(scheme.clones), min_size=1, max_size=2)))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_qubits_are_the_canonical_scheme(n):
    qudits, qubits = QuditScheme(n, 2), Canonical(n, "definition")
    assert qudits.wires == qubits.wires
    assert qudits.clones == qubits.clones
    assert qudits.encrypt().to_stim().to_tableau() == qubits.encrypt().to_tableau()
    mine, theirs = qudits.encoding(), qubits.encoding()
    for part in ("logical_x", "logical_z", "stabilizers"):
        np.testing.assert_array_equal(getattr(mine, part), getattr(theirs, part))


@pytest.mark.parametrize("d, n", [(2, 2), (3, 2), (4, 1), (6, 1)])
def test_encoding_by_dense_operators(d, n):
    """Stabilisers fix the encrypted state up to a phase; logical operators act as X and Z of the input."""
    scheme, psi = QuditScheme(n, d), random_state(3, d)
    state, encoding = encrypted(scheme, psi).ravel(), scheme.encoding()
    shift, clock = np.roll(np.eye(d), 1, axis=0), np.diag(np.exp(2j * np.pi * np.arange(d) / d))

    def operator(row):
        power = np.linalg.matrix_power
        x, z = row[: scheme.num_qubits], row[scheme.num_qubits :]
        return functools.reduce(
            np.kron, [power(shift, a) @ power(clock, b) for a, b in zip(x, z, strict=True)]
        )

    assert encoding.num_wires == scheme.num_qubits
    assert len(encoding.stabilizers) == scheme.num_qubits - 1
    for row in encoding.stabilizers:
        assert abs(np.vdot(state, operator(row) @ state)) == pytest.approx(1, abs=1e-9)
    for row, single in ((encoding.logical_x[0], shift), (encoding.logical_z[0], clock)):
        moved = encrypted(scheme, single @ psi).ravel()
        assert abs(np.vdot(moved, operator(row) @ state)) == pytest.approx(1, abs=1e-9)


def leaks(d: int, n: int, ab: int) -> int:
    return max(gcd(d, ab - p * (n - p + 1)) for p in range(n + 1))


@given(d=st.integers(2, 60), n=st.integers(1, 80))
def test_phases_are_the_best_there_are(d, n):
    chosen = choose_phases(d, n)
    ab = pow(chosen.u * chosen.v, -1, d)
    best = min(leaks(d, n, candidate) for candidate in range(1, d) if gcd(candidate, d) == 1)
    assert leaks(d, n, ab) == chosen.leak == best
    assert chosen.leak_free == (d % 2 == 1 or n % 2 == 0)


def test_plain_phases_are_leak_free_only_for_some_n():
    """With u = v = 1; encrypted cloning in d dimensions, the table of the reference."""
    free = {3: [2, 5, 8, 11], 5: [2, 3, 5, 8, 10], 6: [2, 8]}
    for d, expected in free.items():
        assert [n for n in range(2, 13) if leaks(d, n, 1) == 1] == expected
        for n in range(2, 13):
            assert (choose_phases(d, n).u, choose_phases(d, n).v) == (1, 1) or n not in expected


@given(d=st.integers(2, 12), n=st.integers(1, 12))
def test_leak_free_phases_make_the_source_a_clone(d, n):
    assume(choose_phases(d, n).leak_free)
    assert QuditScheme(n, d).clones[-1] == "A"


def test_leakage_is_in_units_of_the_whole_input():
    assert choose_phases(2, 3).leakage == 1
    assert choose_phases(4, 3).leakage == 0.5
    assert choose_phases(4, 2).leakage == 0


def test_refuses_what_is_no_scheme():
    with pytest.raises(InvalidInputError, match="not units modulo 4"):
        QuditScheme(2, 4, (1, 2))
    with pytest.raises(InvalidInputError, match="dimension must be"):
        QuditScheme(2, 1)
    with pytest.raises(InvalidInputError, match="number of clones"):
        choose_phases(3, 0)
    with pytest.raises(UnknownWireError, match="no clone 'A'"):
        QuditScheme(3, 2).decrypt("A")


def test_spec():
    scheme = QuditScheme(3, 6, (1, 5))
    assert to_spec(scheme) == {"scheme": "qudit", "num_clones": 3, "dimension": 6, "phases": [1, 5]}
    assert from_any_spec(to_spec(scheme)) == scheme
    assert from_any_spec(to_spec(QuditScheme(2, 3))) == QuditScheme(2, 3)
    with pytest.raises(InvalidInputError, match="not a scheme of qubits"):
        from_spec(to_spec(scheme))
