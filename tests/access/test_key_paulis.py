"""The pad of a clone: key Paulis and measured decryption, against tableaux, state vectors, closed forms."""

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import classify, key_measurement, key_paulis, narrow
from qclone.access._key_paulis import by_decryption
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
from qclone.simulate import entanglement_fidelity

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


def _random_state(rng):
    psi = rng.normal(size=2) + 1j * rng.normal(size=2)
    return psi / np.linalg.norm(psi)


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


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_measured_decryption_of_random_states_by_state_vector(n):
    """Dense: U psi, projection on the outcomes, F^-1, X^a Z^b; nothing of stim's but the gates' matrices."""
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import Statevector, partial_trace

    from qclone.circuits import to_qiskit

    rng = np.random.default_rng(n)
    scheme = Canonical(n)
    for clone in scheme.clones:
        psi = _random_state(rng)
        found = key_measurement(scheme, clone)
        circuit = QuantumCircuit(scheme.num_qubits)
        circuit.initialize(psi, 0)
        circuit.compose(to_qiskit(scheme.prepare() + scheme.encrypt(), scheme.num_qubits), inplace=True)
        circuit.compose(to_qiskit(found.circuit, scheme.num_qubits), inplace=True)
        circuit.compose(to_qiskit(found.paulis.public.inverse(), scheme.num_qubits), inplace=True)
        state = Statevector(circuit)
        state.seed(n)
        outcomes, after = state.measure(list(found.measured))
        a, b = found.pad([int(bit) for bit in outcomes[::-1]])
        wire = found.paulis.wires[0]
        pad = QuantumCircuit(scheme.num_qubits)
        if a[0]:
            pad.x(wire)
        if b[0]:
            pad.z(wire)
        rho = partial_trace(after.evolve(pad), [w for w in range(scheme.num_qubits) if w != wire])
        assert abs(np.vdot(psi, rho.data @ psi) - 1) < 1e-12


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
    scheme = Canonical(n)
    clone = data.draw(st.sampled_from([c for c in scheme.clones if c != "A" or n % 4 == 0]))
    found = key_measurement(scheme, clone)
    reference = scheme.num_qubits
    circuit = stim.Circuit(f"H {reference}\nCX {reference} 0") + scheme.prepare() + scheme.encrypt()
    for gate in found.circuit:
        circuit.append(gate)
        if gate.name == "CX":
            circuit.append("DEPOLARIZE2", gate.targets_copy(), p)
    circuit.append("M", list(found.measured), q)
    circuit += found.paulis.public.inverse()
    (wire,) = found.paulis.wires
    for pauli, (constant, which) in zip("XZ", found.rules, strict=True):
        if constant:
            circuit.append(pauli, [wire])
        for i in which:
            circuit.append(f"C{pauli}", [stim.target_rec(i - len(found.measured)), wire])
    lam, r, m, o = 1 - 16 * p / 15, 1 - 2 * q, n // 2, n % 2
    expected = (1 + 2 * lam**m * r ** (m + o) + lam**m * r ** (2 * m)) / 4
    assert entanglement_fidelity(circuit, reference, wire) == pytest.approx(expected, abs=1e-12)


def test_one_bit_of_the_key_dephases_the_other_clones_and_two_consume_it():
    """I(R : another clone and N) is 2 whole, 1 after one bit of the key was measured, 0 after both."""
    for n in (2, 3, 4, 5):
        scheme = Canonical(n)
        for clone in scheme.clones[1:]:
            found = key_paulis(scheme, "S1")
            wires = scheme.indices((*scheme.clone(clone).wires, *scheme.clone(clone).key))
            seen = [
                _information(scheme, wires, measured)
                for measured in ((), found.a, found.b, found.a + found.b)
            ]
            assert seen == [2, 1, 1, 0], (n, clone)
        wires = scheme.indices(("S1", *scheme.clone("S1").key))
        assert _information(scheme, wires, found.a + found.b) == 2


def _information(scheme, wires, measured):
    """I(R : wires and the outcomes), by entropies of the state with each Pauli copied to a fresh qubit."""
    size = scheme.num_qubits
    circuit = stim.Circuit(f"H {size}\nCX {size} 0") + scheme.prepare() + scheme.encrypt()
    extra = [*wires]
    fresh = size + 1
    for pauli in measured:
        # The outcome is in two records, one with the holder and one with everybody else.
        for record in (fresh, fresh + 1):
            circuit.append("H", [record])
            for w in pauli.pauli_indices():
                circuit.append("CXYZ"[0] + "XYZ"[pauli[w] - 1], [record, w])
            circuit.append("H", [record])
        extra.append(fresh)
        fresh += 2
    tableau_size = fresh
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(tableau_size)
    simulator.do(circuit)
    stabilizers = simulator.canonical_stabilizers()

    def entropy(subset):
        keep = sorted(subset)
        rows = np.array([np.concatenate([x[keep], z[keep]]) for x, z in (s.to_numpy() for s in stabilizers)])
        return _rank(rows.astype(np.uint8)) - len(keep)

    return entropy({size}) + entropy(set(extra)) - entropy({size, *extra})


def _rank(rows):
    rows, rank = rows.copy(), 0
    for column in range(rows.shape[1]):
        pivots = np.flatnonzero(rows[rank:, column]) + rank
        if pivots.size:
            rows[[rank, pivots[0]]] = rows[[pivots[0], rank]]
            others = np.flatnonzero(rows[:, column])
            rows[others[others != rank]] ^= rows[rank]
            rank += 1
            if rank == len(rows):
                break
    return rank


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
