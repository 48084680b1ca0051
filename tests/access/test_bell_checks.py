"""Checks after decryption, against simulation of every error and the published storage table."""

import itertools

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from qclone.access import Checks, Correction, bell_checks, depolarizing, recovery_probability
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import Canonical, Iterated, Parallel

# Depolarising p on every stored wire: coefficients without checks (p), corrected (p^2), post-selected (p^3),
# rejected (p), and the p below which correction beats a bare qubit. Erasure p: coefficient of p^3.
STORAGE = {
    2: (3, 10, 10 / 9, 5, 0.1376, 7.5),
    4: (5, 28 / 3, 4 / 9, 9, 0.1229, 3.0),
    6: (7, 14, 2 / 3, 13, 0.1243, 4.5),
}


@pytest.mark.parametrize("n", STORAGE)
def test_storage_table(n):
    unchecked, corrected, accepted, rejected, threshold, erasures = STORAGE[n]
    checks = bell_checks(Canonical(n), "S1")
    p = 1e-4
    found = Correction(checks, depolarizing(p))
    # The next order is at most some tens of p away.
    assert found.infidelity_unchecked / p == pytest.approx(unchecked, rel=20 * p)
    assert found.infidelity / p**2 == pytest.approx(corrected, rel=20 * p)
    assert found.infidelity_if_accepted / p**3 == pytest.approx(accepted, rel=20 * p)
    assert found.rejected / p == pytest.approx(rejected, rel=20 * p)
    crossing = brentq(lambda q: Correction(checks, depolarizing(q)).infidelity - q, 0.05, 0.3)
    assert crossing == pytest.approx(threshold, abs=0.5e-4)
    lost = (1 - recovery_probability(Canonical(n), p)) * 3 / 4  # A qubit that is gone is right a quarter.
    assert lost / p**3 == pytest.approx(erasures, rel=20 * p)


def simulate(checks: Checks, error: str) -> tuple[tuple[bool, ...], str]:
    """Outcomes of the checks and the Pauli left on the output, by stim's simulator with a reference."""
    scheme = checks.scheme
    simulator = stim.TableauSimulator()
    (source,), (output,) = scheme.indices(scheme.inputs), scheme.indices(checks.outputs)
    reference = scheme.num_qubits
    simulator.h(reference)
    simulator.cx(reference, source)
    simulator.do(scheme.prepare() + scheme.encrypt())
    for label, letter in zip(checks.held, error, strict=True):
        if letter != "_":
            getattr(simulator, letter.lower())(scheme.index(label))
    simulator.do(checks.circuit)
    pairs = (stim.PauliString({reference: letter, output: letter}) for letter in "XZ")
    x_holds, z_holds = (simulator.peek_observable_expectation(pair) == 1 for pair in pairs)
    for wire in scheme.indices(checks.measured):
        assert simulator.peek_z(wire) != 0
    outcomes = tuple(simulator.measure_many(*scheme.indices(checks.measured)))
    # X on the output breaks Z Z with the reference.
    return outcomes, {(1, 1): "I", (1, 0): "X", (0, 1): "Z", (0, 0): "Y"}[x_holds, z_holds]


@pytest.mark.parametrize("clone", ["S1", "S2", "A", None])
def test_distribution_is_that_of_all_errors(clone):
    """All 4^5 errors of the five-qubit code, a different channel on every wire."""
    checks = bell_checks(Canonical(2), clone)
    generator = np.random.default_rng(5)
    noise = {label: tuple(generator.dirichlet([6, 1, 1, 1])[1:]) for label in checks.held}
    found = Correction(checks, noise)
    expected = np.zeros_like(found.distribution)
    for error in itertools.product("_XYZ", repeat=5):
        outcomes, logical = simulate(checks, "".join(error))
        weight = np.prod(
            [
                dict(zip("_XYZ", (1 - sum(noise[w]), *noise[w]), strict=True))[e]
                for w, e in zip(checks.held, error, strict=True)
            ]
        )
        expected[sum(bit << i for i, bit in enumerate(outcomes)), "IXZY".index(logical)] += weight
    assert np.allclose(found.distribution, expected, atol=1e-15)
    assert found.infidelity == pytest.approx((expected.sum(axis=1) - expected.max(axis=1)).sum())
    assert found.infidelity_unchecked == pytest.approx(expected[:, 1:].sum())


CASES = st.one_of(
    st.builds(bell_checks, st.builds(Canonical, st.integers(2, 5)), st.sampled_from(["S1", "S2", None])),
    st.just(bell_checks(Iterated.virtual(Canonical(2), 1), "S1/S2")),
    st.just(bell_checks(Canonical(4), held=["S1", "S2", "S3", "S4", "N1", "N3", "A"])),
)


@given(checks=CASES, data=st.data())
def test_correction_mends_what_it_is_most_likely(checks, data):
    """One error somewhere, more likely than two: correction leaves nothing of it."""
    where = data.draw(st.integers(0, len(checks.held) - 1))
    letter = data.draw(st.sampled_from("_XYZ"))
    outcomes, logical = simulate(checks, "_" * where + letter + "_" * (len(checks.held) - where - 1))
    assert letter != "_" or (not any(outcomes) and logical == "I")
    only_here = Correction(checks, {checks.held[where]: depolarizing(0.1)})
    if len(checks.held) == checks.scheme.num_qubits:  # distance three
        anywhere = Correction(checks, depolarizing(1e-3)) if checks.num_checks <= 10 else only_here
        assert str(anywhere.correct(outcomes)).replace("_", "")[1:] == logical.replace("I", "")
        assert only_here.infidelity == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_every_further_wire_adds_two_checks(n):
    key = [f"N{i}" for i in range(1, n + 1)]
    spare = ["A", *(f"S{i}" for i in range(2, n + 1))]
    for count in range(n + 1):
        checks = bell_checks(Canonical(n), "S1", ["S1", *key, *spare[:count]])
        assert checks.num_checks == 2 * count
        two_qubit = [g for g in checks.circuit if stim.gate_data(g.name).is_two_qubit_gate]
        decrypt = [g for g in Canonical(n).decrypt("S1") if stim.gate_data(g.name).is_two_qubit_gate]
        assert sum(len(g.target_groups()) for g in two_qubit) == count + sum(
            len(g.target_groups()) for g in decrypt
        )


@pytest.mark.parametrize("n", [2, 4, 6])
def test_a_alone_detects_every_single_error(n):
    checks = bell_checks(Canonical(n), "S1", ["A", "S1", *(f"N{i}" for i in range(1, n + 1))])
    for label in checks.held:
        found = Correction(checks, {label: depolarizing(0.2)})
        assert found.infidelity_if_accepted == pytest.approx(0, abs=1e-12)
        assert found.infidelity_unchecked + found.rejected > 0.1


def test_says_what_cannot_be_done():
    with pytest.raises(NotRecoverableError, match="missing are N2"):
        bell_checks(Canonical(2), "S1", ["A", "S1", "N1"])
    with pytest.raises(InvalidInputError, match="one by one"):
        bell_checks(Parallel(Canonical(2), 2))
    checks = bell_checks(Canonical(2), "S1")
    with pytest.raises(InvalidInputError, match="not held"):
        Correction(bell_checks(Canonical(2), "S1", ["S1", "N1", "N2"]), {"A": depolarizing(0.1)})
    with pytest.raises(InvalidInputError, match="probabilities"):
        Correction(checks, (0.5, 0.5, 0.5))
    with pytest.raises(InvalidInputError, match="4 checks, not 1"):
        Correction(checks, depolarizing(0.1)).correct([1])
