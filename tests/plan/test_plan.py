"""Plans against closed forms, against the published storage table and against the store itself."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.plan import Scenario, advice, corrected_recovery, outcomes
from qclone.scheme import Canonical
from qclone.store import Cloud, Links, Memory


def everywhere(scheme):
    return [wire.label for wire in scheme.wires]


def depolarising(p):
    """A scenario whose two passages of a link together depolarise every wire with probability p."""
    return Scenario(5, link_fidelity=1 - 3 / 4 * (1 - math.sqrt(1 - 4 * p / 3)))


# Leading coefficients of the infidelity with maximum-likelihood correction and p on every stored qubit.
@pytest.mark.parametrize(("n", "coefficient"), [(2, 10), (4, 28 / 3)])
def test_correction_leaves_the_known_order_p_squared(n, coefficient):
    scheme, p = Canonical(n), 1e-4
    _, fidelity = corrected_recovery(scheme, everywhere(scheme), depolarising(p))
    assert (1 - fidelity) / p**2 == pytest.approx(coefficient, rel=1e-2)


@pytest.mark.parametrize(("n", "threshold"), [(2, 0.1376), (4, 0.1229)])
def test_correction_beats_a_bare_qubit_up_to_the_known_noise(n, threshold):
    scheme = Canonical(n)
    for p, wins in ((threshold - 1e-4, True), (threshold + 1e-4, False)):
        _, fidelity = corrected_recovery(scheme, everywhere(scheme), depolarising(p))
        assert (fidelity > 1 - p) is wins


@pytest.mark.parametrize(("n", "coefficient"), [(2, 7.5), (4, 3.0)])
def test_erasures_leave_the_known_order_p_cubed(n, coefficient):
    scheme, p = Canonical(n), 1e-4
    _, fidelity = corrected_recovery(scheme, everywhere(scheme), Scenario(5, server_loss=p))
    assert (1 - fidelity) / p**3 == pytest.approx(coefficient, rel=1e-2)


@given(p=st.floats(0, 1), n=st.sampled_from([2, 4]))
def test_recovery_probability_is_the_closed_form(p, n):
    """P = p [(x+y)^n - y^n] + (1-p) [1 - (1-x)^n + y^n], x = (1-p)^2, y = 2p(1-p), for even n."""
    x, y = (1 - p) ** 2, 2 * p * (1 - p)
    expected = p * ((x + y) ** n - y**n) + (1 - p) * (1 - (1 - x) ** n + y**n)
    scheme = Canonical(n)
    probability, _ = corrected_recovery(scheme, everywhere(scheme), Scenario(5, server_loss=p))
    assert probability == pytest.approx(expected, abs=1e-12)


@given(s=st.floats(0, 1), link=st.floats(0, 1), servers=st.integers(2, 12))
def test_one_clone_is_enough(s, link, servers):
    found = {o.strategy: o for o in outcomes(Scenario(servers, server_loss=s, link_loss=link))}
    n = servers - servers % 2
    lost = 1 - (1 - s) * (1 - link) ** 2
    assert found[f"clone n={n}"].recovery_probability == pytest.approx(1 - lost**n, abs=1e-12)
    assert found["teleport"].recovery_probability == pytest.approx(1 - s, abs=1e-12)


def test_what_servers_learn_is_said():
    bits = {o.strategy: o.server_bits for o in outcomes(Scenario(5))}
    assert bits["clone n=4"] == bits["keep"] == 0
    # A and every S together undo the encryption without any key.
    assert bits["clone n=4+A"] == bits["five-qubit code"] == bits["one server"] == 2


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        (Scenario(1), "needs at least two servers"),
        (Scenario(5, server_loss=0.1, gate_error=0.05), "is not the better choice here"),
        (Scenario(5, server_loss=0.1, memories=Memory(t2_s=1.0), time_s=0.1), "not to act together"),
        (Scenario(4, server_loss=0.05, client_loss=0.2), "is the better choice either way"),
        (Scenario(2, server_loss=1, client_loss=1), "Nothing survives these losses"),
        (Scenario(5, server_loss=0.001, client_loss=0.2, gate_error=0.01), "only for its privacy"),
    ],
)
def test_advice_is_plain(scenario, sentence):
    assert sentence in advice(outcomes(scenario))


@pytest.mark.parametrize(
    ("servers", "strategy", "server_loss", "client_loss"),
    [
        (5, "clone n=4+A", 0.6, 0.0),
        (3, "clone n=2+A corrected", 0.3, 0.2),
        (4, "clone n=4 corrected", 0.3, 0.2),
    ],
)
def test_agrees_with_monte_carlo_on_the_store(servers, strategy, server_loss, client_loss, tmp_path):
    """Lose servers and key qubits at random, wait, get: the mean over runs is the plan within five errors."""
    runs, memory, links = 60, Memory(263e-6, 149e-6), Links(fidelity=0.97)
    scenario = Scenario(
        servers, server_loss, client_loss, memories=memory, time_s=10e-6, link_fidelity=links.fidelity
    )
    planned = next(o for o in outcomes(scenario) if o.strategy == strategy)
    generator = np.random.default_rng(11)
    cloud = Cloud.create(tmp_path / "cloud", servers, memory, links)
    names = list(cloud.fabric.sites())
    register = QuantumCircuit(1)
    register.ry(0.3, 0)
    fidelities, recovered = [], 0
    for _ in range(runs):
        stored = cloud.client.put(register)
        gone = [name for name in names if generator.random() < server_loss]
        cloud.lose(*gone)
        key = [f"N{i}" for i in range(1, 2 * (servers // 2) + 1)]
        if lost_key := [label for label in key if generator.random() < client_loss]:
            cloud.client.lose_key(stored.object_id, *lost_key)
        cloud.fabric.advance(scenario.time_s)
        try:
            found = cloud.client.get(stored.object_id, correct="corrected" in strategy)
            fidelities.append(found.entanglement_fidelity)
            recovered += 1
        except NotRecoverableError:
            fidelities.append(1 / 4)
        cloud.heal(*gone)
    cloud.close()
    probability = planned.recovery_probability
    spread = math.sqrt(probability * (1 - probability) / runs)
    assert abs(recovered / runs - probability) <= 5 * spread
    # Fidelities spread because some runs recover nothing and because losses leave more or less to correct.
    error = math.hypot(spread * planned.fidelity, np.std(fidelities) / math.sqrt(runs))
    assert abs(np.mean(fidelities) - planned.fidelity) <= 5 * error


@pytest.mark.parametrize(
    "bad",
    [
        {"servers": 0},
        {"servers": 3, "server_loss": 1.5},
        {"servers": 3, "link_fidelity": 0.1},
        {"servers": 3, "time_s": -1.0},
        {"servers": 3, "time_s": math.nan},
    ],
)
def test_refuses_hardware_that_cannot_be(bad):
    with pytest.raises(InvalidInputError):
        Scenario(**bad)


def test_command_line(tmp_path, capsys):
    chart = tmp_path / "plan.png"
    arguments = ["plan", "--servers", "3", "--loss", "0.1", "--t1", "1ms", "--time", "1us"]
    assert main([*arguments, "--chart", str(chart), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {o["strategy"] for o in document["outcomes"]} >= {"keep", "teleport", "clone n=2"}
    assert "If the servers are trusted" in document["advice"]
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert main(["plan", "--servers", "0"]) == 2
