"""`get --correct`: any single Pauli error is undone, and the exact fidelity is what sampling gives."""

from collections import defaultdict

import numpy as np
import pytest
import stim
from scipy.optimize import brentq

from qclone.access import Correction, bell_checks
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical
from qclone.store import CLIENT, Feedback, Memory, Order, Party, _tables
from qclone.store._measured import carry_out, look


@pytest.mark.parametrize("pauli", "XYZ")
@pytest.mark.parametrize("n", [2, 4])
def test_any_single_error_is_corrected(make_cloud, register, n, pauli):
    """A server (or a cosmic ray at home) applies a Pauli to one wire of each qubit; checks find it."""
    for wire in range(2 * n + 1):
        cloud = make_cloud(n + 1)
        stored = cloud.client.put(register(2, wire), source="server")
        hit = [wire, (wire + 1) % (2 * n + 1) + 2 * n + 1]
        for site, wires in cloud.fabric.whereabouts(stored.object_id).items():
            mine = sorted(set(hit) & set(wires))
            if mine and site != CLIENT:
                cloud.fabric.run(Party(site), stored.object_id, f"{pauli} {' '.join(map(str, mine))}")
            elif mine:
                with cloud.fabric._database.transaction() as sql:
                    _tables.remember(sql, stored.object_id, f"{pauli} {' '.join(map(str, mine))}")
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
    cloud = make_cloud(5, Memory(t1_s=1.0, t2_s=0.7))
    plain, *checked = (cloud.client.put(register(2), source="server") for _ in range(7))
    cloud.fabric.advance(0.01)
    # p = 2 px + pz a wire: (n + 1) p without checks and of order p^2 with them, for each of two qubits.
    p = sum(Memory(1.0, 0.7).channel(0.01))
    assert 1 - cloud.client.get(plain.object_id).entanglement_fidelity == pytest.approx(2 * 5 * p, rel=0.1)
    for stored in checked:
        back = cloud.client.get(stored.object_id, correct=True)
        seen = sum(map(any, np.reshape(back.outcomes, (2, -1))))
        # If nothing fired, three errors must have hidden; an error that was seen may have been two others.
        assert 1 - back.entanglement_fidelity < (seen * 9 * p if seen else 2 * 40 * p**3)


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
    """Given each pattern of outcomes, the share of deliveries without an error is the fidelity it says."""
    scheme, memory, elapsed = Canonical(2), Memory(1.0, 0.8), 0.08
    checks = bell_checks(scheme, "S1")
    correction = Correction(checks, memory.channel(elapsed))
    history = scheme.prepare() + scheme.encrypt() + stim.Circuit(memory.decay(list(range(5)), elapsed))
    outputs, measured = scheme.indices(checks.outputs), scheme.indices(checks.measured)
    feedback = Feedback((measured,), (outputs,), tuple(correction.table.tolist()))
    order = Order(str(checks.circuit), outputs, measured, (feedback,))
    random, shots, seen = np.random.default_rng(5), 800, defaultdict(list)
    for _ in range(shots):
        drawn = carry_out(history, 5, (0,), order, random)
        seen[drawn.outcomes].append((drawn.frame == "", drawn.fidelity))
    assert len(seen) > 12
    for outcomes, draws in seen.items():
        unharmed, (exact, *others) = [good for good, _ in draws], {fidelity for _, fidelity in draws}
        syndrome = sum(bit << i for i, bit in enumerate(outcomes))
        given = correction.distribution[syndrome]
        assert exact == pytest.approx(given.max() / given.sum(), abs=1e-12)
        assert not others
        assert abs(np.mean(unharmed) - exact) < 5 * np.sqrt(exact * (1 - exact) / len(draws)) + 1e-9
    average = np.mean([fidelity for draws in seen.values() for _, fidelity in draws])
    assert average == pytest.approx(1 - correction.infidelity, abs=0.03)


def test_outcomes_that_are_not_certain_are_drawn():
    scheme = Canonical(2)
    encrypted = scheme.prepare() + scheme.encrypt()
    for wire in range(1, 5):
        drawn = [look(encrypted, 5, (0,), [wire], np.random.default_rng(seed)) for seed in range(40)]
        assert {outcomes for outcomes, _ in drawn} == {(0,), (1,)}
        for outcomes, history in drawn:  # who looks again sees the same
            assert look(history, 5, (0,), [wire], np.random.default_rng())[0] == outcomes
    assert look(stim.Circuit("X 1"), 2, (0,), [1], np.random.default_rng())[0] == (1,)
    with pytest.raises(InvalidInputError, match="depends on the state"):
        look(stim.Circuit(), 2, (0,), [0], np.random.default_rng())


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
