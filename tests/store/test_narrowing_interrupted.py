"""Who narrows a key may die or lose noise qubits half way, and others of the same tenant ask meanwhile."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.errors import InvalidInputError, KeyConsumedError, NotRecoverableError
from qclone.scheme import from_spec
from qclone.store import Client, Cloud, Keyring, Party, check
from qclone.store._delivering import Delivering
from qclone.store._receipts import digest_of
from qclone.store._spool import Spool


@pytest.fixture
def cloud(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=4)
    yield cloud
    cloud.close()


def put(cloud, **how):
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.t(1)
    return circuit, cloud.client.put(circuit, num_clones=4, **how).object_id


def interrupted(cloud, object_id, act):
    """Do something, and die before the key is read."""
    read_key = cloud.fabric.read_key

    def dies(*_):
        raise KeyboardInterrupt

    cloud.fabric.read_key = dies
    with pytest.raises(KeyboardInterrupt):
        act(object_id)
    cloud.fabric.read_key = read_key


def require_same(circuit, back):
    assert np.isclose(abs(np.vdot(Statevector(circuit).data, Statevector(back).data)) ** 2, 1)


def test_another_client_does_not_call_it_done(cloud, tmp_path):
    circuit, object_id = put(cloud)
    interrupted(cloud, object_id, lambda name: cloud.client.narrow(name, ["server-1"]))
    other = Client(cloud.fabric, cloud.ledger, Keyring(tmp_path / "other.db"), cloud.client.servers)
    with pytest.raises(NotRecoverableError):
        other.get(object_id, "server-1")
    assert not cloud.ledger.find(object_id).uses.narrowed
    require_same(circuit, cloud.client.get(object_id, "server-1").circuit)


@pytest.mark.parametrize("which", [("{0}",), ("q1.{1}",), ("{0}", "{1}")])
def test_what_was_lost_before_it_was_read_is_no_bit(cloud, which):
    """The first narrowing is taken back; with A, one pair of a signal and a noise qubit is enough."""
    circuit, object_id = put(cloud, source="client")
    interrupted(cloud, object_id, lambda name: cloud.client.narrow(name, ["server-1"]))
    manifest = cloud.ledger.find(object_id)
    wires = from_spec(manifest.scheme).base.wires
    pair = [wires[i].label for i in manifest.uses.pairs[0]]
    cloud.client.lose_key(object_id, *(name.format(*pair) for name in which))
    require_same(circuit, cloud.client.get(object_id).circuit)


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("happens", ["compromise", "fail", "nothing"])
def test_a_narrowing_that_measured_nothing_gives_nothing_up(tmp_path, earlier, happens):
    """Neither for a clone that is lost since, nor for one that is out of reach now, nor for another wish."""
    cloud = Cloud.create(tmp_path / "six", servers=6)
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.t(1)
    object_id = cloud.client.put(circuit, num_clones=6).object_id
    if earlier:
        cloud.client.narrow(object_id, ["server-1", "server-2", "server-3", "server-4"])
    interrupted(cloud, object_id, lambda name: cloud.client.narrow(name, ["server-1"]))
    kept = cloud.ledger.find(object_id).uses.kept
    for label, server in cloud.ledger.find(object_id).clones.items():
        if label in kept and happens != "nothing":
            getattr(cloud, happens)(server)
    assert "server-3" in check(cloud.client.holdings(cloud.ledger.find(object_id))).recoverable_from
    with pytest.raises(InvalidInputError, match="has not finished"):
        cloud.client.commit(object_id, "server-3")
    require_same(circuit, cloud.client.get(object_id, "server-3").circuit)
    with pytest.raises(KeyConsumedError):
        cloud.client.get(object_id)
    cloud.close()


def test_a_commitment_that_came_to_nothing_binds_nobody(cloud, monkeypatch):
    """It was written down, and the disk was full when the claim was to be."""
    for then in "get", "narrow", "commit":
        circuit, object_id = put(cloud)
        with monkeypatch.context() as patch:
            patch.setattr(cloud.client.keyring.spool, "begin", lambda entry: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                cloud.client.commit(object_id, "server-1")
        assert cloud.ledger.find(object_id).uses.committed == "server-1"
        if then == "narrow":
            cloud.client.narrow(object_id, ["server-2"])
        if then == "commit":
            cloud.client.commit(object_id, "server-2")
        back = cloud.client.get(object_id, "server-2")
        require_same(circuit, back.circuit)
        assert back.manifest.key.server == "server-2"


def test_a_committed_key_that_was_lost_before_it_was_read_gives_no_wrong_register(cloud):
    _, object_id = put(cloud)
    interrupted(cloud, object_id, lambda name: cloud.client.commit(name, "server-2"))
    cloud.client.lose_key(object_id, "N1")
    with pytest.raises(NotRecoverableError, match="lost before they were read"):
        cloud.client.get(object_id)


@pytest.mark.parametrize("lost", ["S1", "A"])
def test_a_server_with_two_clones_gives_the_one_that_is_whole(tmp_path, lost):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    stored = cloud.client.put(circuit, num_clones=2, source="server")
    assert stored.clones == {"S1": "server-1", "S2": "server-2", "A": "server-1"}
    cloud.client.narrow(stored.object_id, stored.servers)
    scheme = from_spec(stored.scheme)
    for label, server in (f"q1.{lost}", "server-1"), ("q0.S2", "server-2"):
        cloud.fabric.discard(Party(server), stored.object_id, [scheme.index(label)])
    back = cloud.client.get(stored.object_id)
    cloud.close()
    require_same(circuit, back.circuit)
    assert back.manifest.key.server == "server-1"


@pytest.mark.parametrize("lost", ["S1", "A"])
def test_a_key_is_committed_to_the_clone_that_is_whole(tmp_path, lost):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    circuit = QuantumCircuit(1)
    circuit.ry(0.7, 0)
    stored = cloud.client.put(circuit, num_clones=2, source="server")
    assert stored.clones == {"S1": "server-1", "S2": "server-2", "A": "server-1"}
    wire = from_spec(stored.scheme).index(f"q0.{lost}")
    cloud.fabric.discard(Party("server-1"), stored.object_id, [wire])
    interrupted(cloud, stored.object_id, lambda name: cloud.client.commit(name, "server-1"))
    cloud.client.commit(stored.object_id, "server-1")
    require_same(circuit, cloud.client.get(stored.object_id).circuit)
    cloud.close()


def test_a_consumption_that_comes_late_changes_no_commitment(cloud):
    """An earlier recovery from another server had written the same claim down; its request took a detour."""
    circuit, object_id = put(cloud)
    cloud.client.commit(object_id, "server-1")
    claim = digest_of(cloud.client.keyring.spool.entry(object_id).claim)
    cloud.ledger.consume(object_id, "server-2", claim)
    assert cloud.ledger.find(object_id).committed_to == "server-1"
    require_same(circuit, cloud.client.get(object_id).circuit)


@pytest.mark.parametrize("happens", ["lose", "compromise"])
def test_what_lives_is_not_given_up_for_what_is_lost(cloud, happens):
    circuit, object_id = put(cloud)
    getattr(cloud, happens)("server-1")
    with pytest.raises(NotRecoverableError, match="is lost"):
        cloud.client.narrow(object_id, ["server-1"])
    with pytest.raises(NotRecoverableError, match="is lost"):
        cloud.client.narrow(object_id, ["server-2", "server-1"])
    require_same(circuit, cloud.client.get(object_id).circuit)


@pytest.mark.parametrize("where", [(Delivering, "deliver"), (Spool, "keep"), (Spool, "done")])
def test_who_released_and_died_releases(cloud, monkeypatch, where):
    circuit, object_id = put(cloud)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*where, dies)
        with pytest.raises(KeyboardInterrupt):
            cloud.client.release(object_id, "server-1")
    with pytest.raises(KeyConsumedError, match="has begun here"):
        cloud.client.commit(object_id, "server-1")
    require_same(circuit, cloud.client.release(object_id, "server-1").circuit)
