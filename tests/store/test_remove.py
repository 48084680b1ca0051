"""An object is given up for good: the ledger has it first; the next opening finishes what a crash left."""

import pytest
from qiskit import QuantumCircuit

from qclone.errors import InvalidInputError, NoSuchObjectError, NotRecoverableError
from qclone.store import Cloud, Keyring, KeyState


@pytest.fixture
def cloud(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=3)
    yield cloud
    cloud.close()


def test_qubits_key_and_record_are_gone(cloud):
    other = cloud.client.put(QuantumCircuit(1))
    before = cloud.fabric.qubits_at()
    stored = cloud.client.put(QuantumCircuit(2))
    assert cloud.client.remove(stored.object_id[:8]).object_id == stored.object_id
    assert cloud.fabric.qubits_at() == before
    assert cloud.client.keyring.ids() == {other.object_id}
    with pytest.raises(NoSuchObjectError):
        cloud.client.get(stored.object_id)
    assert cloud.client.get(other.object_id).entanglement_fidelity == 1


@pytest.mark.parametrize("dies_at", ["forget", "strike", "drop"])
def test_a_crash_on_the_way_is_finished_when_the_cloud_is_opened(cloud, dies_at, monkeypatch):
    stored = cloud.client.put(QuantumCircuit(2))
    where = {"forget": cloud.fabric, "strike": cloud.ledger, "drop": cloud.client.keyring}[dies_at]

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(where, dies_at, dies)
        with pytest.raises(KeyboardInterrupt):
            cloud.client.remove(stored.object_id)
    again = Cloud(cloud.directory)
    assert (again.ledger.manifests(), again.ledger.unfinished(), again.fabric.qubits_at()) == ([], [], {})
    again.close()


def test_what_another_client_needs_or_waits_for_here_is_kept(cloud, tmp_path):
    stored = cloud.client.put(QuantumCircuit(1))
    ours, cloud.client.keyring = cloud.client.keyring, Keyring(tmp_path / "another.db")
    with pytest.raises(NotRecoverableError, match="holds no key"):
        cloud.client.remove(stored.object_id)
    cloud.client.keyring = ours
    cloud.client.get(stored.object_id, keep=True)
    with pytest.raises(InvalidInputError, match="has begun here"):
        cloud.client.remove(stored.object_id)
    cloud.client.acknowledge(stored.object_id)
    cloud.client.remove(stored.object_id)
    assert cloud.ledger.manifests() == []


@pytest.mark.parametrize("act", ["get", "remove"])
def test_what_another_process_did_meanwhile_is_seen(cloud, act):
    """`remove` waits for its turn; then the object is looked at again."""
    object_id, turn = cloud.client.put(QuantumCircuit(1)).object_id, cloud.client._turn

    def late(waited_for):
        cloud.client._turn = turn
        getattr(cloud.client, act)(object_id)
        return turn(waited_for)

    cloud.client._turn = late
    if act == "get":
        assert cloud.client.remove(object_id).key.state is KeyState.CONSUMED
    else:
        with pytest.raises(NoSuchObjectError):
            cloud.client.remove(object_id)
    assert cloud.ledger.manifests() == cloud.ledger.unfinished() == []


@pytest.mark.parametrize("lost", [False, True])
def test_what_was_committed_goes_and_nothing_opens_it_later(cloud, lost):
    """Its owner alone could recover it, and cannot any more where the server is lost: the record may go."""
    stored = cloud.client.put(QuantumCircuit(2))
    cloud.client.commit(stored.object_id, "server-2")
    if lost:
        cloud.fabric.set_state(["server-2"], "lost")
        with pytest.raises(NotRecoverableError):
            cloud.client.get(stored.object_id)
    cloud.client.remove(stored.object_id)
    assert cloud.ledger.manifests() == cloud.ledger.unfinished() == []
    assert cloud.fabric.qubits_at() == {}
    with pytest.raises(NoSuchObjectError):
        cloud.client.get(stored.object_id)


def test_a_committed_key_of_another_client_stays_its(cloud, tmp_path):
    stored = cloud.client.put(QuantumCircuit(1))
    cloud.client.commit(stored.object_id, "server-2")
    ours, cloud.client.keyring = cloud.client.keyring, Keyring(tmp_path / "another.db")
    with pytest.raises(NotRecoverableError, match="holds no key"):
        cloud.client.remove(stored.object_id)
    cloud.client.keyring = ours
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1
