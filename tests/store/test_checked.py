"""`get --correct`: any single Pauli error is undone, and the exact fidelity is what sampling gives."""

import numpy as np
import pytest
import stim
from scipy.optimize import brentq

from qclone.access import Correction, bell_checks
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical
from qclone.store import CLIENT, Memory, Party
from qclone.store._frame import Frame


@pytest.mark.parametrize("pauli", "XYZ")
@pytest.mark.parametrize("n", [2, 4])
def test_any_single_error_is_corrected(make_cloud, register, n, pauli):
    """A server (or a cosmic ray at home) applies a Pauli to one wire of each qubit; checks find it."""
    for wire in range(2 * n + 1):
        cloud = make_cloud(n + 1)
        stored = cloud.client.put(register(2, wire), source="server")
        hit = [wire, (wire + 1) % (2 * n + 1) + 2 * n + 1]
        secret = cloud.client.keyring.secret(stored.object_id)
        for site, wires in cloud.fabric.whereabouts(stored.object_id).items():
            mine = sorted(set(hit) & set(wires))
            if mine:
                party = Party(site, secret if site == CLIENT else "")
                cloud.fabric.run(party, stored.object_id, f"{pauli} {' '.join(map(str, mine))}")
        back = cloud.client.get(stored.object_id, correct=True)
        assert len(back.outcomes) == 2 * 2 * n
        assert any(back.outcomes)
        assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_without_checks_an_error_goes_through(make_cloud, register):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(1))
    cloud.fabric.run(Party("server-1"), stored.object_id, "X 1")
    back = cloud.client.get(stored.object_id, "server-1")
    assert cloud.client.fidelity(stored.object_id, back.circuit) < 0.99


@pytest.mark.parametrize(
    ("lost", "checks_per_qubit"),
    [([], 8), ([5], 6), ([2, 3, 4, 5], 0)],
)
def test_fewer_servers_fewer_checks(make_cloud, register, lost, checks_per_qubit):
    cloud = make_cloud(5)
    stored = cloud.client.put(register(3), source="server")
    cloud.lose(*(f"server-{i}" for i in lost))
    back = cloud.client.get(stored.object_id, correct=True)
    assert back.manifest.key.server == "server-1"
    assert back.outcomes == (0,) * (3 * checks_per_qubit)
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_checks_help_against_decay(make_cloud, register):
    fidelities = []
    for correct in (False, True):
        cloud = make_cloud(5, Memory(t1_s=1.0, t2_s=0.7))
        stored = cloud.client.put(register(2), source="server")
        cloud.fabric.advance(0.01)
        fidelities.append(cloud.client.get(stored.object_id, correct=correct).entanglement_fidelity)
    unchecked, corrected = fidelities
    # p = 2 px + pz a wire: (n + 1) p without checks and of order p^2 with them, for each of two qubits.
    p = sum(Memory(1.0, 0.7).channel(0.01))
    assert 1 - unchecked == pytest.approx(2 * 5 * p, rel=0.1)
    assert 2 * p**2 < 1 - corrected < 2 * 14 * p**2


@pytest.mark.parametrize("count", [50, 9])
def test_large_and_iterated_clouds(make_cloud, register, count):
    cloud = make_cloud(count)
    options = {"num_clones": 2, "iterate": 1} if count == 9 else {}
    stored = cloud.client.put(register(1), **options)
    cloud.fabric.run(
        Party("server-1"), stored.object_id, f"Y {cloud.fabric.whereabouts(stored.object_id)['server-1'][0]}"
    )
    back = cloud.client.get(stored.object_id, correct=True)
    assert any(back.outcomes)
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_with_a_damaged_key(make_cloud, register):
    cloud = make_cloud(5)
    stored = cloud.client.put(register(2), source="server")
    cloud.client.lose_key(stored.object_id, "N1")
    back = cloud.client.get(stored.object_id, correct=True)
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_exact_fidelity_is_what_sampling_gives():
    scheme, memory, elapsed = Canonical(2), Memory(1.0, 0.8), 0.08
    checks = bell_checks(scheme, "S1")
    correction = Correction(checks, memory.channel(elapsed))
    decay = stim.Circuit(memory.decay(list(range(5)), elapsed))
    frame = Frame(scheme.prepare() + scheme.encrypt() + decay + checks.circuit, 5, (0,))
    outputs, shots, unharmed = scheme.indices(checks.outputs), 3000, 0
    for seed in range(shots):
        outcomes, settled = frame.measured(scheme.indices(checks.measured), seed)
        undo = correction.correct(outcomes)
        left = settled.recovered(outputs).to_pauli_string()
        unharmed += left[0] == undo[outputs[0]]
    exact = 1 - correction.infidelity
    assert 0.6 < exact < 0.97
    assert abs(unharmed / shots - exact) < 5 * np.sqrt(exact * (1 - exact) / shots)


def test_only_certain_outcomes_are_measured():
    scheme = Canonical(2)
    frame = Frame(scheme.prepare() + scheme.encrypt(), 5, (0,))
    for wire in range(5):
        with pytest.raises(InvalidInputError, match=f"wire {wire} is not certain"):
            frame.measured([wire])
    assert Frame(stim.Circuit("X 1"), 2, (0,)).measured([1])[0] == (1,)
    with pytest.raises(InvalidInputError):
        Frame(stim.Circuit(), 2, (0,)).measured([0])


# Microseconds up to which correction beats a bare qubit, for T1 = 263 us and T2 = 149 us (medians of
# ibm_kingston in arXiv:2602.10695), from a study that used its own code.
@pytest.mark.parametrize(("n", "limit_us"), [(2, 35.6), (4, 32.0), (6, 31.9)])
def test_how_long_correction_beats_a_bare_qubit(n, limit_us):
    checks, memory = bell_checks(Canonical(n), "S1"), Memory(t1_s=263e-6, t2_s=149e-6)

    def excess(time_us):
        channel = memory.channel(time_us * 1e-6)
        return Correction(checks, channel).infidelity - sum(channel)

    assert excess(5) < 0 < excess(60)
    assert brentq(excess, 5, 60) == pytest.approx(limit_us, abs=0.05)
