"""What is fetched is what has arrived: lying servers, lossy links, and copies that lack different wires."""

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qclone.errors import NotRecoverableError, QcloneError, StorageError
from qclone.store import Cloud, Links, check


class Says:
    """A server that does nothing of what it is asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    def surrender(self, register, wires):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer


@pytest.mark.parametrize(
    "answer", [None, QcloneError("401", ""), OSError("reset"), NotRecoverableError("lost, I swear", "")]
)
@pytest.mark.parametrize("correct", [False, True])
def test_whatever_a_server_answers_another_is_asked(make_cloud, register, answer, correct):
    cloud = make_cloud(4)
    stored = cloud.client.put(register(2))
    liars = {name: Says(answer) for name in ("server-1", "server-2")}
    cloud.client.servers.update(liars)
    back = cloud.client.get(stored.object_id, correct=correct)
    assert back.manifest.key.server == "server-3"
    assert back.entanglement_fidelity == 1
    assert liars["server-1"].asked == 1


def test_a_full_disk_is_not_taken_for_servers_that_keep_their_clones(make_cloud, register, monkeypatch):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(1))

    def full(*_):
        raise StorageError("fabric.db: the disk is full; nothing was changed.", "Make room.")

    with monkeypatch.context() as patch:
        patch.setattr(cloud.fabric, "move", full)
        with pytest.raises(StorageError, match="the disk is full"):
            cloud.client.get(stored.object_id)
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1


def test_when_all_servers_lie_the_key_is_not_used(make_cloud, register):
    cloud = make_cloud(4)
    stored = cloud.client.put(register(1))
    honest = dict(cloud.client.servers)
    cloud.client.servers.update({name: Says(None) for name in honest})
    with pytest.raises(NotRecoverableError, match="server-1 does not give it back"):
        cloud.client.get(stored.object_id)
    assert cloud.ledger.find(stored.object_id).key.state == "sealed"
    cloud.client.servers.update(honest)
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1


@pytest.mark.parametrize("correct", [False, True])
def test_copies_may_lack_different_parts_of_the_key(make_cloud, register, correct):
    cloud = make_cloud(5)
    stored = cloud.client.put(register(2), num_clones=4)
    cloud.client.lose_key(stored.object_id, "q0.N1", "q1.N2")
    assert check(cloud.client.holdings(stored)).recoverable
    back = cloud.client.get(stored.object_id, correct=correct)
    assert back.entanglement_fidelity == 1
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("qubits", "servers", "loss"), [(1, 5, 0.01), (2, 4, 0.3), (3, 5, 0.3)])
@pytest.mark.parametrize("correct", [False, True])
def test_lossy_links_end_in_a_register_or_a_refusal(tmp_path, register, qubits, servers, loss, correct):
    cloud = Cloud.create(tmp_path / "cloud", servers, links=Links(loss=loss))
    cloud.fabric._random = np.random.default_rng(qubits)
    recovered = 0
    for seed in range(10):
        try:
            stored = cloud.client.put(register(qubits, seed))
        except NotRecoverableError:
            continue
        try:
            back = cloud.client.get(stored.object_id, correct=correct)
        except NotRecoverableError:
            assert cloud.ledger.find(stored.object_id).key.state == "sealed"
            continue
        recovered += 1
        assert back.entanglement_fidelity == 1
        assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)
    assert recovered > 2
    cloud.close()


def test_a_process_that_died_after_fetching_goes_on(make_cloud):
    """The wires are at the client already: nothing is fetched, and nothing is missed."""
    cloud = make_cloud(5)
    stored = cloud.client.put(QuantumCircuit(2))
    for wires in ("server-1", "server-2"):
        here = cloud.fabric.whereabouts(stored.object_id)[wires]
        cloud.client.servers[wires].surrender(stored.object_id, here)
    cloud.lose(*cloud.client.servers)
    assert cloud.client.get(stored.object_id, correct=True).entanglement_fidelity == 1
