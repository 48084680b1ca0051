"""Files of every earlier version open, with all that is in them; those of a later one are refused."""

import json
import re
import secrets
import sqlite3
import stat
from pathlib import Path

import psycopg
import pytest
from qiskit import QuantumCircuit
from qiskit.qpy.common import QPY_VERSION
from qiskit.quantum_info import Statevector, state_fidelity

from qclone.cli import main
from qclone.errors import KeyConsumedError, StorageError, UnsupportedCircuitError
from qclone.service import RemoteCloud, down, up
from qclone.store import Cloud, SqliteLedger, _formats

FORMATS = {"fabric.db": _formats.FABRIC, "ledger.db": _formats.LEDGER, "keyring.db": _formats.KEYRING}
ALL = sorted((Path(__file__).parents[1] / "data" / "clouds").glob("*.json"))
ON_POSTGRES = [file for file in ALL if file.stem.endswith("postgres")]
CLOUDS = [file for file in ALL if file not in ON_POSTGRES]

# They were written by Qiskit 2.6.2, in the version of QPY that it writes by itself.
OLD_QISKIT = QPY_VERSION < 18


def put_back(file, directory):
    """Make the cloud that was written down in a file."""
    directory.mkdir()
    for name, content in json.loads(file.read_text()).items():
        if name.endswith(".db"):
            with sqlite3.connect(directory / name) as sql:
                sql.executescript(content)
            sql.close()
            (directory / name).chmod(0o644)
        elif name.endswith(".sql"):
            continue
        elif name.endswith(".key"):
            (directory / name).write_bytes(bytes.fromhex(content))
            (directory / name).chmod(0o600)
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
    assert len(CLOUDS) >= 22


def test_there_is_one_of_every_format():
    """Each number of each kind of file, from those that had none to today's."""
    found = {kind: set() for kind in FORMATS}
    for file in CLOUDS:
        for name, content in json.loads(file.read_text()).items():
            if name in found:
                said = re.search(r"PRAGMA user_version = (\d+)", content)
                found[name].add(int(said[1]) if said else 0)
    # The first keyring was no database.
    assert found == {name: set(range(len(of.migrations) + 1)) for name, of in FORMATS.items()}


def nothing_is_lost(cloud):
    """Whatever was recoverable in a cloud of `make.py` is; what was consumed is not; it goes on."""
    put = {manifest.name: manifest.object_id for manifest in cloud.ledger.manifests()}
    assert list(put) == ["sealed", "consumed", "not acknowledged", "narrowed"][: len(put)]
    with pytest.raises(KeyConsumedError):
        cloud.client.get(put.pop("consumed"))
    cloud.fail("server-1")
    for name, object_id in put.items():
        back = cloud.client.get(object_id)
        assert back.entanglement_fidelity == 1, name
        assert circuit_fidelity(back.circuit, put_in()) == pytest.approx(1, abs=1e-12), name
        with pytest.raises(KeyConsumedError):
            cloud.client.get(object_id)
    cloud.heal("server-1")
    again = cloud.client.put(put_in())
    assert cloud.client.get(again.object_id).entanglement_fidelity == 1


def circuit_fidelity(one, other):
    """By Qiskit, of what two circuits prepare."""
    return state_fidelity(Statevector(one), Statevector(other))


@pytest.mark.parametrize("file", CLOUDS, ids=lambda file: file.stem)
def test_a_cloud_of_an_earlier_version_opens(file, tmp_path):
    cloud = Cloud(put_back(file, tmp_path / "cloud"))
    if OLD_QISKIT:
        (sealed,) = (m for m in cloud.ledger.manifests() if m.name == "sealed")
        with pytest.raises(UnsupportedCircuitError, match=r"Qiskit 2\.6\.2") as refused:
            cloud.client.get(sealed.object_id)
        assert "Install qiskit 2.6.2" in refused.value.remedy
        cloud.close()
        return
    nothing_is_lost(cloud)
    cloud.close()
    assert main(["fsck", "--cloud", str(tmp_path / "cloud")]) == 0
    for path in (tmp_path / "cloud").glob("*.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(OLD_QISKIT, reason="this Qiskit cannot read what is in them, which is said: above")
@pytest.mark.parametrize("commit", ["b300127", "32d6f74", "1f22243", "9cbbae6", "64be018"])
def test_a_service_of_an_earlier_version_is_started(commit, tmp_path, monkeypatch):
    """One of each format: the supervisor opens the files, and the client its keyring."""
    monkeypatch.setenv("QCLONE_STATE", str(tmp_path / "state"))  # elsewhere its keys were opened before
    (file,) = (file for file in CLOUDS if file.stem == f"{commit}-service")
    directory = put_back(file, tmp_path / "cloud")
    up(directory)
    try:
        cloud = RemoteCloud(directory)
        nothing_is_lost(cloud)
        cloud.close()
    finally:
        down(directory)


@pytest.mark.skipif(OLD_QISKIT, reason="this Qiskit cannot read what is in them, which is said: above")
@pytest.mark.parametrize("file", ON_POSTGRES, ids=lambda file: file.stem)
def test_a_database_of_an_earlier_version_is_opened(file, tmp_path, postgres):
    directory = put_back(file, tmp_path / "cloud")
    with psycopg.connect(postgres, autocommit=True) as sql:
        sql.execute(f"CREATE DATABASE {(name := f'old_{secrets.token_hex(4)}')}")
    url = psycopg.conninfo.make_conninfo(postgres, dbname=name)
    with psycopg.connect(url, autocommit=True) as sql:
        sql.execute(json.loads(file.read_text())["database.sql"])
    up(directory, postgres=url)
    try:
        cloud = RemoteCloud(directory)
        nothing_is_lost(cloud)
        cloud.close()
    finally:
        down(directory)


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
