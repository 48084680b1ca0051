"""The pad of a clone: key Paulis and measured decryption, against tableaux, state vectors, closed forms."""

import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import classify, key_measurement, key_paulis, narrow
from qclone.access._key_paulis import by_decryption
from qclone.bench.computing import (
    closed_form,
    decrypt_densely,
    decrypt_with_reference,
    information_bits,
    measured_fidelity,
)
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import (
    FIVE_QUBIT,
    STEANE,
    Canonical,
    GraphState,
    Iterated,
    Parallel,
    SecretSharing,
    find_families,
)

RING = GraphState(tuple((i, (i + 1) % 4) for i in range(4)), sectors=((0, 1),))


def _is_a_pad(scheme, clone):
    """F X F^dag on the clone times (-1)^b on the key is logical X, signs included; Z and a alike."""
    found = key_paulis(scheme, clone)
    whole = scheme.prepare() + scheme.encrypt()
    whole.append("I", [scheme.num_qubits - 1])
    every = (*found.a, *found.b)
    assert all(p.commutes(q) for p in every for q in every)
    for i, (wire, source) in enumerate(zip(found.wires, scheme.indices(scheme.inputs), strict=True)):
        for letter, key in (("X", found.b[i]), ("Z", found.a[i])):
            here = stim.PauliString(scheme.num_qubits)
            here[wire] = letter
            image = here.after(found.public) * key
            origin = image.before(whole)
            logical = stim.PauliString(scheme.num_qubits)
            logical[source] = letter
            for w in range(scheme.num_qubits):
                if origin[w] == 3 and w not in scheme.indices(scheme.inputs):
                    origin = origin * stim.PauliString({w: "Z"})
            assert origin == logical, (scheme, clone, letter)


@pytest.mark.parametrize("n", range(1, 41))
def test_canonical_against_tableaux(n):
    scheme = Canonical(n)
    for clone in scheme.clones:
        _is_a_pad(scheme, clone)
        assert key_measurement(scheme, clone).num_two_qubit_gates == n // 2
        if n <= 8:
            closed, by_ranks = key_paulis(scheme, clone), by_decryption(scheme, clone)
            assert (closed.public, closed.a, closed.b) == (by_ranks.public, by_ranks.a, by_ranks.b)


@pytest.mark.parametrize(
    "scheme",
    [Iterated.full(Canonical(2), 1), RING, Parallel(Canonical(2), 3), Parallel(Canonical(3), 2)],
    ids=str,
)
def test_other_schemes_against_tableaux(scheme):
    for clone in scheme.clones:
        _is_a_pad(scheme, clone)


_INPUTS = {"+Z": "", "-Z": "X 0", "+X": "H 0", "-X": "X 0\nH 0", "+Y": "H 0\nS 0", "-Y": "H 0\nS_DAG 0"}


def _measured_decryption(scheme, clone, prepared, seed):
    """Run one shot and undo the pad; return the outputs' Paulis."""
    found = key_measurement(scheme, clone)
    simulator = stim.TableauSimulator(seed=seed)
    simulator.set_num_qubits(scheme.num_qubits)
    simulator.do(stim.Circuit(prepared))
    simulator.do(scheme.prepare() + scheme.encrypt())
    simulator.do(found.circuit)
    a, b = found.pad([int(simulator.measure(w)) for w in found.measured])
    simulator.do(found.paulis.public.inverse())
    for wire, x, z in zip(found.paulis.wires, a, b, strict=True):
        if x:
            simulator.x(wire)
        if z:
            simulator.z(wire)
    return simulator, found.paulis.wires


@pytest.mark.parametrize("n", range(1, 13))
def test_measured_decryption_of_all_six_states(n):
    """A channel on one qubit that fixes six Pauli eigenstates is the identity."""
    scheme = Canonical(n)
    for seed, (name, prepared) in enumerate(_INPUTS.items()):
        for clone in scheme.clones:
            simulator, (wire,) = _measured_decryption(scheme, clone, prepared, seed)
            observable = stim.PauliString(scheme.num_qubits)
            observable[wire] = name[1]
            assert simulator.peek_observable_expectation(observable) == (1 if name[0] == "+" else -1)


@pytest.mark.parametrize("seed", range(3))
def test_measured_decryption_of_random_states_as_amplitudes(seed):
    """Dense, from the definition of the protocol by matrices; see `decrypt_densely`."""
    found = decrypt_densely(range(1, 7), seed)
    assert found.cases == 24 and found.wrong == 0


def test_measured_decryption_of_half_a_bell_pair():
    assert decrypt_with_reference(range(1, 13), shots=3).wrong == 0


@pytest.mark.parametrize("scheme", [Iterated.full(Canonical(2), 1), RING, Parallel(Canonical(4), 2)], ids=str)
def test_measured_decryption_of_other_schemes(scheme):
    for seed, clone in enumerate(scheme.clones):
        for name, prepared in _INPUTS.items():
            simulator, wires = _measured_decryption(scheme, clone, prepared, seed)
            observable = stim.PauliString(scheme.num_qubits)
            observable[wires[0]] = name[1]
            assert simulator.peek_observable_expectation(observable) == (1 if name[0] == "+" else -1)


@given(st.integers(2, 9), st.floats(0, 0.2), st.floats(0, 0.2), st.data())
def test_noisy_measured_decryption_is_the_closed_form(n, p, q, data):
    """Depolarising p after each two-qubit gate of the measurement, readout flips q; feed-forward in stim."""
    clone = data.draw(st.sampled_from(Canonical(n).clones))
    assert measured_fidelity(n, clone, p, q) == pytest.approx(closed_form(n, p, q), abs=1e-12)


def test_one_bit_of_the_key_dephases_the_other_clones_and_two_consume_it():
    """I(R : another clone and N) is 2 whole, 1 after one bit of the key was measured, 0 after both."""
    for n in (2, 3, 4, 5):
        clones = Canonical(n).clones
        for kept in clones[:: len(clones) - 1]:
            for clone in clones:
                seen = [information_bits(n, clone, kept, bits) for bits in ("", "a", "b", "ab")]
                assert seen == ([2, 1, 1, 0] if clone != kept else [2, 2, 2, 2]), (n, clone, kept)


@given(st.integers(2, 7), st.data())
def test_a_narrowed_key_reads_the_clones_that_were_kept(n, data):
    scheme = Canonical(n)
    keep = data.draw(st.sets(st.sampled_from(scheme.clones), min_size=1))
    found = narrow(scheme, keep)
    assert set(keep) <= set(found.clones)
    signals = len([c for c in keep if c != "A"])
    assert len(found.key) == n - 2 * ((n - signals) // 2)
    clone = data.draw(st.sampled_from(found.clones))
    late = key_measurement(scheme, clone, found.pairs)
    for name, prepared in _INPUTS.items():
        simulator = stim.TableauSimulator(seed=data.draw(st.integers(0, 99)))
        simulator.set_num_qubits(scheme.num_qubits)
        simulator.do(stim.Circuit(prepared))
        simulator.do(scheme.prepare() + scheme.encrypt() + found.circuit)
        early = [int(simulator.measure(w)) for pair in found.pairs for w in pair]
        simulator.do(late.circuit)
        a, b = late.pad([*early, *(int(simulator.measure(w)) for w in late.measured[late.before :])])
        simulator.do(late.paulis.public.inverse())
        (wire,) = late.paulis.wires
        observable = stim.PauliString(scheme.num_qubits)
        observable[wire] = name[1]
        expected = (1 if name[0] == "+" else -1) * (-1) ** (
            (a[0] and name[1] in "YZ") + (b[0] and name[1] in "XY")
        )
        assert simulator.peek_observable_expectation(observable) == expected


def test_what_was_given_up_is_refused():
    scheme = Canonical(4)
    found = narrow(scheme, ["S1"])
    assert found.clones == ("S1", "S2", "A") or "S1" in found.clones
    gone = next(c for c in scheme.clones if c not in found.clones)
    with pytest.raises(InvalidInputError, match=f"Clone {gone} was given up"):
        key_measurement(scheme, gone, found.pairs)
    with pytest.raises(NotRecoverableError, match="given up when the key was narrowed"):
        narrow(scheme, [gone], [w for pair in found.pairs for w in pair])
    with pytest.raises(InvalidInputError, match="at least one"):
        narrow(scheme, [])
    with pytest.raises(InvalidInputError, match="cannot be narrowed"):
        narrow(RING, ["S1"])
    assert classify(scheme, ["S1", *found.key]).bits == 0  # the bits of the others are needed as well


def test_a_key_that_is_no_pad_is_refused_with_the_reason():
    steane = next(find_families(STEANE, key_size=1, clone_size=2))
    with pytest.raises(NotRecoverableError, match="is no pad: it has 2 wires for 1 inputs"):
        key_paulis(steane, next(c for c in steane.clones if len(steane.clone(c).wires) == 2))


def test_every_one_wire_clone_of_the_five_qubit_code_is_a_pad():
    scheme = SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))
    for clone in scheme.clones:
        found = key_paulis(scheme, clone)
        assert found.a[0].commutes(found.b[0])
        assert key_measurement(scheme, clone).num_two_qubit_gates == 1
