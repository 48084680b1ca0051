"""Plans against closed forms, against the published storage table and against the store itself."""

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit

from qclone.access import classify
from qclone.cli import main
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.plan import Scenario, advice, corrected_recovery, key_outcomes, outcomes, ways
from qclone.plan._four_qubits import FourQubits
from qclone.scheme import Canonical
from qclone.simulate import entanglement_fidelity
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
    scenario, n = Scenario(servers, server_loss=s, link_loss=link), servers + servers % 2
    way = next(way for way in ways(servers) if way.name == f"clone n={n}")
    sent, _ = way.evaluate(scenario)
    lost = 1 - (1 - link) ** 2
    first = s + (1 - s) * lost ** (1 + servers % 2)  # with an odd number of servers two clones are on one
    assert sent == pytest.approx(1 - first * (s + (1 - s) * lost) ** (servers - 1), abs=1e-12)
    teleported, _ = way.evaluate(replace(scenario, teleported=True))
    assert teleported == pytest.approx(1 - s**servers, abs=1e-12)


def test_every_way_has_the_same_links():
    """Perfect gates teleport for nothing, and so every way that sends qubits does where links lose some."""
    for link, gate, teleports in ((0.1, 0.0, True), (0.0, 0.0, False), (1e-6, 0.05, False)):
        found = outcomes(Scenario(5, 0.1, 0.2, link, gate_error=gate))
        assert {o.meaning.endswith("; teleported") for o in found if o.strategy != "keep"} == {teleports}


@pytest.mark.parametrize("error", [0.0, 0.01, 0.1])
def test_teleporting_is_the_noise_of_two_gates(error):
    """Against the circuit of a teleportation, noise on both of its gates and on the half that travels."""
    scenario = Scenario(2, link_fidelity=0.9, gate_error=error, teleported=True)
    noisy = scenario.gates.apply
    circuit = stim.Circuit("H 0\nCX 0 1\nH 2") + noisy(stim.Circuit("CX 2 3"))
    circuit.append("DEPOLARIZE1", 3, 0.1)
    circuit += noisy(stim.Circuit("CX 1 2")) + stim.Circuit("H 1\nM 1 2\nCX rec[-1] 3\nCZ rec[-2] 3")
    direct = stim.Circuit("H 0\nCX 0 1") + scenario.link([1])
    assert entanglement_fidelity(circuit, 0, 3) == pytest.approx(
        entanglement_fidelity(direct, 0, 1), abs=1e-12
    )


@given(p=st.floats(0, 1))
def test_four_qubits_survive_one_loss_and_keep_one_component_of_two(p):
    scheme, kept = FourQubits(), 1 - p
    labels = [wire.label for wire in scheme.wires]
    probability, fidelity = corrected_recovery(scheme, labels, Scenario(4, server_loss=p))
    whole = kept**4 + 4 * p * kept**3
    half = 6 * p**2 * kept**2
    assert probability == pytest.approx(whole, abs=1e-12)
    assert fidelity == pytest.approx(whole + half / 2 + (1 - whole - half) / 4, abs=1e-12)


@given(p=st.floats(0, 1), c=st.floats(0, 1), kept=st.sampled_from([0, 1, 4, 5]))
def test_five_qubits_survive_two_losses_wherever_they_are(p, c, kept):
    """At most two of the wires at servers and of those that the client keeps are lost, each on its own."""

    def lost(wires, p, most):
        return sum(math.comb(wires, k) * p**k * (1 - p) ** (wires - k) for k in range(min(most, wires) + 1))

    expected = sum(
        math.comb(kept, k) * c**k * (1 - c) ** (kept - k) * lost(5 - kept, p, 2 - k)
        for k in range(min(kept, 2) + 1)
    )
    where = {0: "[[5,1,3]], corrected", 5: "[[5,1,3]], kept by the client, corrected"}
    meaning = where.get(kept, f"[[5,1,3]], {kept} of 5 wires kept, corrected")
    way = next(way for way in ways(5) if way.meaning == meaning)
    probability, _ = way.evaluate(Scenario(5, server_loss=p, client_loss=c))
    assert probability == pytest.approx(expected, abs=1e-12)
    assert (way.server_bits == 0) == (kept >= 3)  # any three recover, any two hold nothing


@given(p=st.floats(0, 1), c=st.floats(0, 1))
def test_wires_that_share_a_server_are_lost_together(p, c):
    """Against the sum over servers, each pattern recovered or not by ranks."""
    scheme = Canonical(2)
    at = {"S1": 0, "S2": 0, "A": 1}
    probability, _ = corrected_recovery(scheme, at, Scenario(2, server_loss=p, client_loss=c))
    expected = 0.0
    for gone in itertools.product([False, True], repeat=4):
        first, second, *key = gone
        held = [w for w, lost in (("S1", first), ("S2", first), ("A", second)) if not lost]
        held += [f"N{i}" for i, lost in enumerate(key, 1) if not lost]
        weight = math.prod(q if lost else 1 - q for lost, q in zip(gone, (p, p, c, c), strict=True))
        expected += weight * classify(scheme, held).recovers
    assert probability == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("servers", [1, 2, 4, 5, 9])
def test_advice_follows_from_the_numbers(servers):
    generator = np.random.default_rng(servers)
    for _ in range(2):
        s, c, link, gate = generator.uniform(0, [0.5, 0.5, 0.2, 0.01])
        found = outcomes(Scenario(servers, s, c, link, gate_error=gate))
        best = max(found, key=lambda o: o.fidelity)
        private = max((o for o in found if o.server_bits == 0), key=lambda o: o.fidelity)
        said = advice(found)
        assert f"trusted: {best.strategy} (" in said and f"together: {private.strategy} (" in said
        assert ("is the best either way" in said) == (best.is_cloning and private.is_cloning)
        assert ("is not the better choice" in said) == (
            servers > 1 and not best.is_cloning and not private.is_cloning
        )


def test_what_servers_learn_is_said():
    bits = {o.strategy: o.server_bits for o in outcomes(Scenario(5))}
    assert bits["clone n=6"] == bits["clone n=6, A kept"] == bits["keep"] == 0
    assert bits["clone n=4 corrected"] == bits["clone n=2, A kept corrected"] == 0
    # A and every S together undo the encryption without any key.
    assert bits["clone n=4+A"] == bits["five-qubit code"] == bits["one server"] == 2


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        (Scenario(1), "needs at least two servers"),
        (Scenario(5, server_loss=0.1, gate_error=0.05), "is not the better choice here"),
        # The two that a code over the same servers answers better: .9705 and .957 was the best listed.
        (Scenario(4, server_loss=0.05, client_loss=0.5), "trusted: five-qubit code (fidelity 0.994563)"),
        (Scenario(9, server_loss=0.2, client_loss=0.3), "trusted: nine-wire code (fidelity 0.972043)"),
        (Scenario(5, server_loss=0.1, memories=Memory(t2_s=1.0), time_s=0.1), "not the better choice here"),
        (Scenario(4, server_loss=0.05, client_loss=0.2), "trusted: five-qubit code (fidelity 0.997608)"),
        (Scenario(3, server_loss=0.05, client_loss=0.3), "is the best either way"),
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
        (3, "clone n=4 corrected", 0.4, 0.1),
        (3, "clone n=2, A kept corrected", 0.4, 0.1),
    ],
)
def test_agrees_with_monte_carlo_on_the_store(servers, strategy, server_loss, client_loss, tmp_path):
    """Lose servers and key qubits at random, wait, get: the mean over runs is the plan within five errors."""
    runs, memory, links = 30, Memory(263e-6, 149e-6), Links(fidelity=0.97)
    scenario = Scenario(
        servers, server_loss, client_loss, memories=memory, time_s=10e-6, link_fidelity=links.fidelity
    )
    planned = next(o for o in outcomes(scenario) if o.strategy == strategy)
    n = int(strategy.partition("n=")[2][0])
    source = "server" if "+A" in strategy else "client" if "A kept" in strategy else "discard"
    generator = np.random.default_rng(11)
    cloud = Cloud.create(tmp_path / "cloud", servers, memory, links)
    names = list(cloud.fabric.sites())
    register = QuantumCircuit(1)
    register.ry(0.3, 0)
    fidelities, recovered = [], 0
    for _ in range(runs):
        stored = cloud.client.put(register, num_clones=n, source=source)
        gone = [name for name in names if generator.random() < server_loss]
        cloud.lose(*gone)
        key = [*(f"N{i}" for i in range(1, n + 1)), *(["A"] if source == "client" else [])]
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
        {"servers": 1_000_000},
        {"servers": 3, "server_loss": math.nan},
        {"servers": 3, "gate_error": math.nan},
        {"servers": 3, "time_s": math.inf},
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
    assert {o["strategy"] for o in document["outcomes"]} >= {"keep", "one server", "clone n=2 corrected"}
    assert "If the servers are trusted" in document["advice"]
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert main(["plan", "--servers", "0"]) == 2


@pytest.mark.parametrize(
    ("useless", "what"),
    [
        (["--t1", "5us"], "--t1 would do nothing without --time or --chart."),
        (["--t1", "5us", "--t2", "5us", "--time", "0s"], "--t1 and --t2 would do nothing"),
        (["--time", "5us"], "--time would do nothing without --t1 or --t2."),
    ],
)
def test_decay_takes_a_time_and_a_memory(useless, what, capsys):
    assert main(["plan", "--servers", "3", *useless]) == 2
    assert what in capsys.readouterr().err


@pytest.mark.parametrize("servers", [2, 3, 4, 6])
def test_what_a_key_costs_in_memory(servers):
    """(1 + 3 l_S l_N^m)/4 with m noise qubits in memory; depolarising for T1 = T2."""
    scenario = Scenario(servers, memories=Memory(t1_s=1.0, t2_s=1.0), time_s=0.05)
    n, kept = servers + servers % 2, math.exp(-0.05)
    found = {key.name: key for key in key_outcomes(scenario)}
    for name, key_qubits in {"whole": n, "committed": 0, **({"narrowed": 2} if n > 2 else {})}.items():
        assert found[name].key_qubits == key_qubits
        assert found[name].fidelity == pytest.approx((1 + 3 * kept ** (1 + key_qubits)) / 4, abs=1e-12)


def test_the_reference_of_one_percent():
    """p = .01 a qubit, n = 4: 4.9 % whole, 3.0 % narrowed to two, 1.0 % committed."""
    time_s = -math.log(1 - 4 * 0.01 / 3)
    scenario = Scenario(4, memories=Memory(t1_s=1.0, t2_s=1.0), time_s=time_s)
    assert [round(100 * (1 - key.fidelity), 1) for key in key_outcomes(scenario)] == [4.9, 3.0, 1.0]
