"""Files of every earlier version open, with all that is in them; those of a later one are refused."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest
from qiskit import QuantumCircuit
from qiskit.qpy.common import QPY_VERSION

from qclone.errors import KeyConsumedError, StorageError, UnsupportedCircuitError
from qclone.service import RemoteCloud, down, up
from qclone.store import Cloud, SqliteLedger

CLOUDS = sorted((Path(__file__).parents[1] / "data" / "clouds").glob("*.json"))


def put_back(file, directory):
    """Make the cloud that was written down in a file."""
    directory.mkdir()
    for name, content in json.loads(file.read_text()).items():
        if name.endswith(".db"):
            with sqlite3.connect(directory / name) as sql:
                sql.executescript(content)
            sql.close()
            (directory / name).chmod(0o644)
        else:
            (directory / name).write_text(content)
    return directory


def put_in():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.t(1)
    return circuit


def test_there_are_clouds_of_earlier_versions():
    assert len(CLOUDS) >= 14


@pytest.mark.parametrize("file", CLOUDS, ids=lambda file: file.stem)
def test_a_cloud_of_an_earlier_version_opens(file, tmp_path):
    cloud = Cloud(put_back(file, tmp_path / "cloud"))
    sealed, consumed = cloud.ledger.manifests()
    assert (sealed.name, consumed.name) == ("sealed", "consumed")
    with pytest.raises(KeyConsumedError):
        cloud.client.get(consumed.object_id)
    cloud.fail("server-1")
    if QPY_VERSION < 18:  # they were written by Qiskit 2.6.2, in the version that it writes by itself
        with pytest.raises(UnsupportedCircuitError, match=r"Qiskit 2\.6\.2") as refused:
            cloud.client.get(sealed.object_id)
        assert "Install qiskit 2.6.2" in refused.value.remedy
        cloud.close()
        return
    back = cloud.client.get(sealed.object_id)
    assert back.entanglement_fidelity == 1
    assert cloud.client.fidelity(sealed.object_id, put_in()) == pytest.approx(1, abs=1e-12)
    again = cloud.client.put(put_in())
    assert cloud.client.get(again.object_id).entanglement_fidelity == 1
    cloud.close()
    for path in (tmp_path / "cloud").glob("*.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["fabric.db", "ledger.db", "keyring.db"])
def test_a_cloud_of_a_later_version_is_refused_and_not_touched(name, tmp_path, register):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    stored = cloud.client.put(register(1))
    cloud.close()
    path = tmp_path / "cloud" / name
    with sqlite3.connect(path) as sql:
        (version,) = sql.execute("PRAGMA user_version").fetchone()
        sql.execute(f"PRAGMA user_version = {version + 1}")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="written by a newer qclone"):
        Cloud(tmp_path / "cloud").client.get(stored.object_id)
    assert path.read_bytes() == before


def test_a_file_in_the_place_of_another_is_refused(tmp_path):
    Cloud.create(tmp_path / "cloud", servers=2).close()
    (tmp_path / "cloud/ledger.db").write_bytes((tmp_path / "cloud/fabric.db").read_bytes())
    with pytest.raises(StorageError, match="a file of another kind"):
        Cloud(tmp_path / "cloud")
    with sqlite3.connect(tmp_path / "other.db") as sql:
        sql.execute("CREATE TABLE notes (text)")
    with pytest.raises(StorageError, match="a file of another kind"):
        SqliteLedger(tmp_path / "other.db")


def test_one_name_for_a_register_embedded_and_as_a_service(tmp_path):
    directory = tmp_path / "cloud"
    cloud = Cloud.create(directory, servers=2)
    first = cloud.client.put(put_in()).object_id
    cloud.close()
    up(directory)
    service = RemoteCloud(directory)
    assert service.client.get(first).entanglement_fidelity == 1
    assert service.client.fidelity(first, put_in()) == pytest.approx(1, abs=1e-12)
    second = service.client.put(put_in()).object_id
    service.close()
    down(directory)
    cloud = Cloud(directory)
    assert cloud.client.get(second).entanglement_fidelity == 1
    cloud.close()


@pytest.mark.parametrize("dies_as_service", [False, True])
def test_a_put_that_died_on_one_side_is_swept_on_the_other(tmp_path, dies_as_service, monkeypatch):
    directory = tmp_path / "cloud"
    Cloud.create(directory, servers=2).close()
    if dies_as_service:
        up(directory)
    cloud = RemoteCloud(directory) if dies_as_service else Cloud(directory)

    class Died(BaseException):
        pass

    def die(object_id):
        raise Died

    monkeypatch.setattr(cloud.ledger, "stored", die)
    with pytest.raises(Died):
        cloud.client.put(put_in())
    assert len(cloud.ledger.unfinished()) == 1
    cloud.close()
    if dies_as_service:
        down(directory)
    else:
        up(directory)
    other = Cloud(directory) if dies_as_service else RemoteCloud(directory)
    assert other.ledger.unfinished() == []
    assert other.fabric.qubits_at() == {}
    other.close()
    if not dies_as_service:
        down(directory)
