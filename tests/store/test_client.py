"""Put and get: any survivor is enough, once; what physics forbids is refused and changes nothing."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import Isometry, PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp, Statevector, state_fidelity

from qclone.access import classify
from qclone.circuits import read_register
from qclone.errors import (
    InvalidInputError,
    KeyConsumedError,
    NoSuchObjectError,
    NotRecoverableError,
    StorageError,
    UnsupportedCircuitError,
)
from qclone.scheme import Role, from_spec
from qclone.store import (
    CLIENT,
    Cloud,
    KeyState,
    LocalityError,
    Memory,
    Party,
    Preparation,
    check,
    notices_of,
)

REGISTERS = Path(__file__).parents[1] / "data/registers"
NAMES = sorted(path.stem for path in REGISTERS.glob("*.qasm") if path.stem != "shor_n5")


def names(*numbers):
    return tuple(f"server-{i}" for i in numbers)


def test_what_is_no_preparation_is_refused_before_anything_happens(make_cloud):
    cloud, circuit = make_cloud(3), QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    with pytest.raises(UnsupportedCircuitError, match="instruction 2: 'measure' in the middle"):
        cloud.client.put(circuit)
    assert not cloud.ledger.manifests()
    assert not cloud.client.keyring.ids()


def test_a_gate_that_qpy_does_not_read_back_comes_back(make_cloud):
    cloud, circuit = make_cloud(3), QuantumCircuit(2)
    circuit.append(Isometry(np.array([[1], [1j], [-1], [1j]]) / 2, 0, 0), [0, 1])
    back = cloud.client.get(cloud.client.put(circuit).object_id)
    assert state_fidelity(Statevector(back.circuit), Statevector(circuit)) == pytest.approx(1)


@pytest.mark.parametrize("num_clones", [2, 4, 8])
@pytest.mark.parametrize("name", NAMES)
def test_every_register_survives_all_servers_but_one(make_cloud, name, num_clones):
    register = read_register(REGISTERS / f"{name}.qasm").circuit
    cloud = make_cloud(num_clones + 1)
    survivor = 1 + (len(name) + num_clones) % (num_clones + 1)
    stored = cloud.client.put(register, name, num_clones=num_clones, source="server")
    assert len(stored.clones) == num_clones + 1
    cloud.fail(*names(*(i for i in range(1, num_clones + 2) if i != survivor)))
    back = cloud.client.get(stored.object_id[:8])
    assert back.manifest.key.server == f"server-{survivor}"
    assert back.entanglement_fidelity == 1
    assert cloud.client.fidelity(stored.object_id, back.circuit) >= 1 - 1e-9
    with pytest.raises(KeyConsumedError, match=f"decrypting the clone from server-{survivor}"):
        cloud.client.get(stored.object_id)


def test_what_is_no_pure_state_is_refused():
    with pytest.raises(
        UnsupportedCircuitError, match=r"shor_n5\.qasm is not a pure state preparation: line 9"
    ):
        read_register(REGISTERS / "shor_n5.qasm")


@pytest.mark.parametrize(
    ("servers", "num_clones", "source", "expected"),
    [
        (1, None, "discard", {"S1": 1, "S2": 1}),
        (2, None, "discard", {"S1": 1, "S2": 2}),
        (3, None, "discard", {"S1": 1, "S2": 2, "S3": 3, "S4": 1}),
        (5, None, "discard", {"S1": 1, "S2": 2, "S3": 3, "S4": 4, "S5": 5, "S6": 1}),
        (60, None, "discard", {f"S{i}": i for i in range(1, 61)}),
        (4, None, "client", {"S1": 1, "S2": 2, "S3": 3, "S4": 4, "A": CLIENT}),
        (5, None, "server", {"S1": 1, "S2": 2, "S3": 3, "S4": 4, "A": 5}),
        (4, None, "server", {"S1": 1, "S2": 2, "A": 3}),
        (2, None, "server", {"S1": 1, "S2": 2, "A": 1}),
        (2, 5, "discard", {"S1": 1, "S2": 2, "S3": 1, "S4": 2, "S5": 1}),
        (3, 1, "discard", {"S1": 1}),
    ],
)
def test_where_clones_go(make_cloud, register, *, servers, num_clones, source, expected):
    cloud = make_cloud(servers)
    stored = cloud.client.put(register(2), num_clones=num_clones, source=source)
    assert stored.clones == {k: v if v == CLIENT else f"server-{v}" for k, v in expected.items()}
    n = stored.num_clones
    wires = {site: len(w) for site, w in cloud.fabric.whereabouts(stored.object_id).items()}
    assert wires.pop(CLIENT) == 2 * (n + (source == "client"))
    assert sum(wires.values()) == 2 * sum(v != CLIENT for v in expected.values())


@pytest.mark.parametrize("iterate", [0, 1])
@pytest.mark.parametrize("servers", [1, 2, 3, 4, 5, 6, 60])
def test_by_default_no_servers_learn_anything_and_any_one_is_enough(make_cloud, register, servers, iterate):
    cloud = make_cloud(servers)
    stored = cloud.client.put(register(1), num_clones=2 if iterate else None, iterate=iterate)
    report = check(cloud.client.holdings(stored))
    assert (report.servers_together.verdict, notices_of(stored)) == ("nothing", [])
    cloud.compromise(*stored.servers)  # by what the fabric says is where, not by what was planned
    report = check(cloud.client.holdings(stored))
    assert (report.adversary.bits, len(report.compromised)) == (0, len(stored.servers))
    if not iterate:
        cloud.heal(*stored.servers)
        again = check(cloud.client.holdings(cloud.client.put(register(1))))
        assert again.recoverable_from == stored.servers == names(*range(1, servers + 1))


@pytest.mark.parametrize(("servers", "num_clones"), [(1, None), (1, 4), (5, 3), (5, 1)])
def test_a_source_has_no_place_at_a_server_that_would_know_everything(
    make_cloud, register, servers, num_clones
):
    cloud = make_cloud(servers)
    with pytest.raises(NotRecoverableError if servers == 1 else InvalidInputError, match="source"):
        cloud.client.put(register(1), num_clones=num_clones, source="server")
    assert not cloud.ledger.manifests()
    assert not cloud.client.keyring.ids()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(servers=st.integers(1, 7), num_clones=st.integers(1, 4).map(lambda half: 2 * half))
def test_a_source_at_a_server_is_said_to_cost_all_secrecy_and_no_server_alone(
    make_cloud, register, servers, num_clones
):
    cloud = make_cloud(servers + 1)
    stored = cloud.client.put(register(1), num_clones=num_clones, source="server")
    report = check(cloud.client.holdings(stored))
    assert report.servers_together.recovers
    assert "All servers together hold A" in notices_of(stored)[0]
    scheme, at = from_spec(stored.scheme), cloud.fabric.whereabouts(stored.object_id)
    for server in stored.servers:
        assert classify(scheme, [scheme.wires[w].label for w in at[server]]).bits == 0


def test_a_source_that_was_kept_recovers(make_cloud, register):
    cloud = make_cloud(4)
    stored = cloud.client.put(register(3), source="client")
    cloud.lose(*names(1, 2, 3, 4))
    back = cloud.client.get(stored.object_id)
    assert back.manifest.key.server == CLIENT
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    servers=st.integers(1, 6),
    num_clones=st.integers(1, 7),
    qubits=st.integers(1, 3),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_recovered_whenever_a_clone_survives(
    make_cloud, register, *, servers, num_clones, qubits, seed, data
):
    cloud = make_cloud(servers)
    circuit = register(qubits, seed)
    stored = cloud.client.put(circuit, num_clones=num_clones)
    gone = data.draw(st.dictionaries(st.sampled_from(names(*range(1, servers + 1))), st.sampled_from("flc")))
    for name, event in gone.items():
        {"f": cloud.fail, "l": cloud.lose, "c": cloud.compromise}[event](name)
    before = cloud.fabric.whereabouts(stored.object_id)
    if set(stored.servers) <= set(gone):
        with pytest.raises(NotRecoverableError, match="S1 "):
            cloud.client.get(stored.object_id)
        assert cloud.fabric.whereabouts(stored.object_id) == before
        assert cloud.ledger.find(stored.object_id).key.state is KeyState.SEALED
    else:
        back = cloud.client.get(stored.object_id)
        assert back.manifest.key.server not in gone
        assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_a_server_that_comes_back_still_has_its_clone(make_cloud, register):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(2))
    cloud.fail(*names(1, 2, 3))
    with pytest.raises(NotRecoverableError, match=r"missing are S1 \(server-1 is down\)") as refused:
        cloud.client.get(stored.object_id)
    assert refused.value.remedy.endswith("qclone server heal server-1")
    cloud.heal("server-2")
    assert cloud.client.get(stored.object_id).manifest.key.server == "server-2"


@pytest.mark.parametrize("event", ["lose", "compromise"])
def test_a_replaced_server_is_empty(make_cloud, register, event):
    cloud = make_cloud(1)
    stored = cloud.client.put(register(1))
    getattr(cloud, event)("server-1")
    cloud.heal("server-1")
    with pytest.raises(NotRecoverableError, match=r"missing are S1 \((lost|compromised) with server-1\)"):
        cloud.client.get(stored.object_id)


def test_from_a_server_of_choice(make_cloud, register):
    cloud = make_cloud(5)
    stored = cloud.client.put(register(1), num_clones=2, source="server")
    with pytest.raises(InvalidInputError, match="server-5 was given no clone"):
        cloud.client.get(stored.object_id, "server-5")
    cloud.fail("server-2")
    with pytest.raises(NotRecoverableError, match=r"S2 \(server-2 is down\)"):
        cloud.client.get(stored.object_id, "server-2")
    assert cloud.client.get(stored.object_id, "server-3").manifest.key.server == "server-3"


def test_without_its_secret_nothing_opens(make_cloud, register):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(1))
    secret = cloud.client.keyring.secret(stored.object_id)
    cloud.client.keyring.drop(stored.object_id)
    with pytest.raises(NotRecoverableError, match="holds no key"):
        cloud.client.get(stored.object_id)
    cloud.client.keyring.new(stored.object_id)
    with pytest.raises(LocalityError, match="another client"):
        cloud.client.get(stored.object_id)
    assert len(secret) == 64


def test_noise_on_the_clock(make_cloud, register):
    t1, t2, elapsed, n = 1.0, 0.7, 0.01, 2
    cloud = make_cloud(3, Memory(t1, t2))
    stored = cloud.client.put(register(1), num_clones=n)
    cloud.fabric.advance(elapsed)
    back = cloud.client.get(stored.object_id, "server-1")
    # Decryption without checks: every one of the n + 1 wires it uses must be unharmed, or its error cancel;
    # to first order the infidelity is the sum over the clone (any Pauli) and the n noise qubits.
    px, pz = (1 - math.exp(-elapsed / t1)) / 4, (1 - math.exp(-elapsed / t2)) / 2
    any_pauli = px + pz
    infidelity = 1 - back.entanglement_fidelity
    assert infidelity == pytest.approx((n + 1) * any_pauli, abs=6 * (any_pauli * (n + 1)) ** 2)


def test_no_server_no_put(make_cloud, register):
    cloud = make_cloud(2)
    cloud.fail(*names(1, 2))
    with pytest.raises(NotRecoverableError, match="No server is up"):
        cloud.client.put(register(1))
    with pytest.raises(NoSuchObjectError):
        cloud.client.get("abc")
    assert cloud.ledger.manifests() == [] == cloud.ledger.unfinished()


@pytest.mark.parametrize("num_clones", [0, -1, 10**9, 2_000_000])
def test_impossible_numbers_of_clones(make_cloud, register, num_clones):
    cloud = make_cloud(2)
    with pytest.raises(InvalidInputError, match="clones"):
        cloud.client.put(register(1), num_clones=num_clones)


def test_a_thousand_servers(make_cloud, register):
    cloud = make_cloud(1000)
    stored = cloud.client.put(register(5))
    assert len(stored.servers) == 1000
    cloud.lose(*names(*range(1, 1000)))
    back = cloud.client.get(stored.object_id)
    assert back.manifest.key.server == "server-1000"
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(num_clones=st.integers(1, 5), iterate=st.sampled_from([0, 0, 1]), data=st.data())
def test_recovered_whenever_physics_allows(make_cloud, register, num_clones, iterate, data):
    """With servers gone and part of the key lost, `get` works exactly when the access structure says so."""
    num_clones = min(num_clones, 2) if iterate else num_clones
    cloud = make_cloud(data.draw(st.sampled_from([num_clones, num_clones + 1])))
    stored = cloud.client.put(register(2), num_clones=num_clones, iterate=iterate, source="client")
    scheme = from_spec(stored.scheme)
    key = [w.label for w in scheme.wires if w.role is Role.NOISE]
    cloud.client.lose_key(stored.object_id, *data.draw(st.lists(st.sampled_from(key), max_size=3)))
    for name in data.draw(st.sets(st.sampled_from(stored.servers), max_size=2)) - {CLIENT}:
        cloud.lose(name)
    held = {w for wires in cloud.fabric.whereabouts(stored.object_id).values() for w in wires}
    report = check(cloud.client.holdings(stored))
    if classify(scheme, [scheme.wires[w].label for w in held]).recovers:
        assert report.recoverable
        back = cloud.client.get(stored.object_id)
        assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)
    else:
        assert not report.recoverable
        with pytest.raises(NotRecoverableError, match="missing are"):
            cloud.client.get(stored.object_id)
        assert cloud.ledger.find(stored.object_id).key.state is KeyState.SEALED


@pytest.mark.parametrize(
    ("lost_key", "lost_servers", "groups"),
    [
        # All S and one N; A, one S and its N: minimal authorized sets of the canonical scheme.
        (["N1", "N2", "N4"], [5], {names(1, 2, 3, 4)}),
        (["N1", "N2", "N4"], [1, 2, 4], {names(3, 5)}),
        (["N1"], [], {names(1, 2), names(1, 3), names(1, 4), names(2, 5), names(3, 5), names(4, 5)}),
    ],
)
def test_minimal_sets_with_a_damaged_key(make_cloud, register, lost_key, lost_servers, groups):
    cloud = make_cloud(5)
    stored = cloud.client.put(register(2), source="server")
    cloud.client.lose_key(stored.object_id, *lost_key)
    cloud.lose(*names(*lost_servers))
    report = check(cloud.client.holdings(stored))
    assert report.recoverable_from == ()
    assert set(report.groups) >= groups
    back = cloud.client.get(stored.object_id)
    assert tuple(back.manifest.key.server.split(", ")) in report.groups
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_a_damaged_key_and_many_servers(make_cloud, register):
    cloud = make_cloud(100)
    stored = cloud.client.put(register(2))
    cloud.client.lose_key(stored.object_id, "N1", "N50")
    back = cloud.client.get(stored.object_id)
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


def test_a_register_that_came_back_is_handed_over_whatever_its_books_do(make_cloud, register):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(1))

    class Full:
        def __getattr__(self, name):
            return getattr(cloud.ledger, name)

        def consumed(self, object_id):
            raise StorageError("the disk is full", "")

    cloud.client.ledger = Full()
    back = cloud.client.get(stored.object_id)
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1)
    assert back.manifest.key.state is KeyState.CONSUMED
    with pytest.raises(KeyConsumedError):
        cloud.client.get(stored.object_id)


def test_a_request_that_comes_after_its_register_was_given_up_makes_nothing(make_cloud, register):
    fabric, party = make_cloud(2).fabric, Party(CLIENT, "secret")
    fabric.forget(party, "late")
    with pytest.raises(LocalityError, match="is or was"):
        fabric.load(party, "late", Preparation(b"", 3, [0]))
    assert fabric.whereabouts("late") == {}


def test_a_put_that_completes_while_it_is_swept_stays(make_cloud, register):
    cloud = make_cloud(2)
    stored = cloud.client.put(register(1))
    cloud.ledger.unfinished = lambda: [stored.object_id]  # as it was a moment ago
    cloud.client.sweep()
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1


@pytest.mark.parametrize(("terms", "is_told"), [(["XX", "ZI"], True), (["XX", "ZZ"], False)])
def test_what_could_be_read_in_another_way_is_told(tmp_path, terms, is_told):
    """The state that comes back is the product formula's: that of the definition, not of the exponential."""
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.append(PauliEvolutionGate(SparsePauliOp(terms), time=0.7), [0, 1])
    circuit.measure(0, 0)
    cloud = Cloud.create(tmp_path / "cloud", servers=1)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        stored = cloud.client.put(circuit)
    said = [w for w in told if "product formula" in str(w.message)]
    assert len(said) == is_told and all(w.filename == __file__ for w in said)
    circuit.remove_final_measurements()
    state = Statevector(cloud.client.get(stored.object_id).circuit)
    assert abs(state.inner(Statevector(circuit.decompose("PauliEvolution")))) ** 2 == pytest.approx(1)
