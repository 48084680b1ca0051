"""The closed forms against ranks, and both against entropies of dense qudit states."""

import itertools
from collections import Counter
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import SymmetryClass, classify, closed_form, count_sets, symmetry_classes
from qclone.access._ranks import information
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Parallel, QuditScheme


def bits_by_formula(scheme: Canonical, held: np.ndarray) -> np.ndarray:
    labels = [w.label for w in scheme.wires]
    return np.array([closed_form(scheme, itertools.compress(labels, row)).bits for row in held.tolist()])


def representative(one: SymmetryClass) -> list[str]:
    c, p, q = one.complete, one.signals, one.noise
    signals = [f"S{i}" for i in range(1, c + p + 1)]
    noise = [f"N{i}" for i in (*range(1, c + 1), *range(c + p + 1, c + p + q + 1))]
    return ["A"] * one.with_input + signals + noise


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_agree_on_all_subsets(n):
    scheme, size = Canonical(n), 2 * n + 1
    held = (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(bool)
    assert (information(scheme, held) == bits_by_formula(scheme, held)).all()


def test_agree_on_ten_thousand_random_subsets():
    """Every kind of set comes up: pairs are held whole, by half or not at all, in proportions that vary."""
    generator = np.random.default_rng(1)
    seen: Counter[int] = Counter()
    for n in range(1, 61):
        scheme = Canonical(n)
        mixtures = generator.dirichlet([0.2] * 4, size=167)
        mixtures[::3] *= [1, 1, 1, 0]  # Every pair is met.
        mixtures[::4] *= [0, 1, 1, 0]  # Aligned.
        mixtures[mixtures.sum(axis=1) == 0] = 0.25
        mixtures /= mixtures.sum(axis=1, keepdims=True)
        kinds = np.array([generator.choice(4, size=n, p=row) for row in mixtures])
        with_input = generator.integers(2, size=(len(kinds), 1))
        held = np.hstack([with_input, np.isin(kinds, [0, 1]), np.isin(kinds, [0, 2])]).astype(bool)
        bits = information(scheme, held)
        assert (bits == bits_by_formula(scheme, held)).all()
        seen.update(bits.tolist())
    assert seen.total() == 60 * 167 > 10_000
    assert min(seen[0], seen[1], seen[2]) > 500


@pytest.mark.parametrize("n", [1, 2, 3, 8, 15])
def test_agree_on_every_symmetry_class(n):
    scheme = Canonical(n)
    classes = symmetry_classes(scheme)
    assert sum(one.num_sets for one in classes) == 2 ** (2 * n + 1)
    held = np.zeros((len(classes), 2 * n + 1), dtype=bool)
    for row, one in zip(held, classes, strict=True):
        row[list(scheme.indices(representative(one)))] = True
        assert closed_form(scheme, representative(one)) == one
    assert information(scheme, held).tolist() == [one.bits for one in classes]


@pytest.mark.parametrize(("n", "counts"), [(3, (60, 8, 60)), (4, (256, 0, 256)), (5, (1008, 32, 1008))])
def test_counts(n, counts):
    totals: Counter[float] = Counter()
    for one in symmetry_classes(Canonical(n)):
        totals[one.bits] += one.num_sets
    assert tuple(totals[bits] for bits in (0, 1, 2)) == counts


@pytest.mark.parametrize("n", [2, 4, 6, 50, 100])
def test_even_never_leaks(n):
    assert {one.verdict for one in symmetry_classes(Canonical(n))} == {"nothing", "recovers"}


def units(d: int) -> list[int]:
    return [u for u in range(1, d) if gcd(u, d) == 1]


def dense_information(scheme: QuditScheme) -> dict[SymmetryClass, float]:
    """I(R:H) in units of log2 d for one set of each class, from the dense state."""
    d, n = scheme.dimension, scheme.num_clones
    size = 2 * n + 2
    # The definition, by its own sum: sum_kl x_k z_l (X^k Z^l)_R-A |phi> (x) |phi_kl> .. |phi_kl>.
    u, v = scheme.units
    omega, s = np.exp(2j * np.pi / d), np.arange(d)
    fourier = omega ** -np.outer(s, s)
    x, z = (fourier @ np.exp(1j * np.pi * (w * s * (s + d % 2) % (2 * d)) / d) / d for w in (v, u))
    state = 0
    for k, lam in itertools.product(range(d), repeat=2):
        pair = np.zeros((d, d), complex)  # X^k Z^lam on the first of sum_s |ss>/sqrt d
        pair[(s + k) % d, s] = omega ** (lam * s) / np.sqrt(d)
        term = np.array(x[k] * z[lam])
        for _ in range(n + 1):
            term = np.tensordot(term, pair, axes=0)
        state = state + term
    # Axes now: A, R, S1, N1, S2, N2, ..
    axes = {"R": 1, "A": 0}
    axes |= {f"S{i}": 2 * i for i in range(1, n + 1)} | {f"N{i}": 2 * i + 1 for i in range(1, n + 1)}

    def entropy(labels: list[str]) -> float:
        """-log Tr rho^2, which is the entropy if the spectrum is flat: if Tr rho^3 = (Tr rho^2)^2."""
        kept = [axes[label] for label in labels]
        order = kept + [axis for axis in range(size) if axis not in kept]
        amplitudes = state.transpose(order).reshape(d ** len(kept), -1)
        amplitudes = amplitudes if len(kept) <= n + 1 else amplitudes.T
        rho = amplitudes @ amplitudes.conj().T
        purity = np.sum(np.abs(rho) ** 2)  # rho is Hermitian.
        assert np.sum((rho @ rho) * rho.conj()).real == pytest.approx(purity**2, rel=1e-9)
        return float(-np.log(purity) / np.log(d))

    found = {}
    for one in symmetry_classes(scheme):
        held = representative(one)
        found[one] = 1 + entropy(held) - entropy(["R", *held])
    return found


# d^(2n+2) amplitudes: what dense algebra reaches.
DENSE = (
    [(d, 1) for d in range(2, 13)] + [(d, 2) for d in range(2, 9)] + [(2, 3), (3, 3), (4, 3), (2, 4), (3, 4)]
)


@pytest.mark.parametrize(("d", "n"), DENSE)
def test_qudits_by_formula_by_ranks_and_by_dense_entropies(d, n):
    # Leakage depends on the product of the phases alone.
    for unit in units(d):
        scheme = QuditScheme(n, d, (1, unit))
        for one, bits in dense_information(scheme).items():
            assert one.bits == pytest.approx(bits, abs=1e-6)
            assert classify(scheme, representative(one)).bits == pytest.approx(one.bits, abs=1e-12)


@given(n=st.integers(1, 6), d=st.integers(2, 12), data=st.data())
def test_qudits_by_formula_and_by_ranks(n, d, data):
    phases = data.draw(st.none() | st.tuples(st.sampled_from(units(d)), st.sampled_from(units(d))))
    scheme = QuditScheme(n, d, phases)
    classes = symmetry_classes(scheme)
    aligned = [one for one in classes if one.complete == one.absent == 0]
    one = data.draw(st.sampled_from(classes) | st.sampled_from(aligned))
    verdict = classify(scheme, representative(one))
    assert (verdict.bits, verdict.verdict) == (pytest.approx(one.bits, abs=1e-12), one.verdict)


@given(n=st.integers(1, 4), d=st.integers(3, 12), data=st.data())
def test_leaked_operators_of_qudits_are_those_of_the_congruences(n, d, data):
    """X^kappa Z^lambda with lambda in (d/g) Z_d and a kappa = p lambda, a = -1/v."""
    u, v = data.draw(st.tuples(st.sampled_from(units(d)), st.sampled_from(units(d))))
    scheme = QuditScheme(n, d, (u, v))
    p = data.draw(st.integers(0, n))
    verdict = classify(scheme, [f"{'S' if i <= p else 'N'}{i}" for i in range(1, n + 1)])
    g = gcd(d, pow(u * v, -1, d) - p * (n - p + 1))
    expected = {(-v * p * lam % d, lam) for lam in range(0, d, d // g)}
    generated = {(0, 0)}
    for leak in verdict.leaks:
        powers = {"X": 0, "Z": 0} | {t[0]: int(t[2:] or 1) for t in leak.split()}
        multiples = [(k * powers["X"] % d, k * powers["Z"] % d) for k in range(d)]
        generated = {((x + a) % d, (z + b) % d) for x, z in generated for a, b in multiples}
    assert generated == expected


def test_only_for_pairs_that_look_alike():
    with pytest.raises(InvalidInputError, match="no closed form"):
        closed_form(Parallel(Canonical(2), 2), ["q0.A"])


@pytest.mark.parametrize(
    "scheme",
    [*(Canonical(n) for n in range(1, 9)), QuditScheme(3, 4), QuditScheme(2, 6), QuditScheme(4, 3)],
    ids=str,
)
def test_sets_are_counted_as_they_are_listed(scheme):
    listed = Counter()
    for one in symmetry_classes(scheme):
        listed[one.verdict] += one.num_sets
    assert count_sets(scheme) == {name: listed[name] for name in ("nothing", "leaks", "recovers")}


def test_many_clones_are_counted_and_not_listed():
    counted = count_sets(Canonical(1001))
    assert counted["leaks"] == 2**1001
    assert sum(counted.values()) == 2**2003
    with pytest.raises(InvalidInputError, match="classes of sets"):
        symmetry_classes(Canonical(1000))
