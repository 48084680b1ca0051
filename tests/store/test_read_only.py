"""A cloud on a disk that cannot be written: who looks is answered, who would change it is told."""

import re

import pytest
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.errors import StorageError
from qclone.store import Cloud, fsck
from qclone.store._sqlite import Disk

LOOKING = (["ls"], ["show", "{id}"], ["check"], ["check", "{id}", "--json"], ["fsck"])
CHANGING = (["put", "example:wstate_n3"], ["server", "fail", "server-1"])


@pytest.fixture
def stored(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=3)
    object_id = cloud.client.put(QuantumCircuit(2)).object_id
    yield cloud, object_id
    cloud.close()


@pytest.fixture
def never_written(monkeypatch):
    """What a read-only mount says, also to root."""

    def switch():
        monkeypatch.setattr(Disk, "is_writable", lambda self, path: False)

    return switch


def said(capsys, cloud, object_id, command):
    status = main([*(word.format(id=object_id) for word in command), "--cloud", str(cloud.directory)])
    return status, *capsys.readouterr()


@pytest.mark.parametrize("log", [False, True], ids=["closed", "open elsewhere"])
def test_looking_needs_no_writing(stored, never_written, capsys, log):
    cloud, object_id = stored
    if not log:
        cloud.close()
    before = [said(capsys, cloud, object_id, command) for command in LOOKING]
    files = {p.name: p.read_bytes() for p in cloud.directory.iterdir() if not p.name.endswith("-shm")}
    assert any(name.endswith("-wal") for name in files) == log
    never_written()
    assert [said(capsys, cloud, object_id, command) for command in LOOKING] == before
    assert all(status == 0 for status, *_ in before)
    assert files == {p.name: p.read_bytes() for p in cloud.directory.iterdir() if p.name[-4:] != "-shm"}


@pytest.mark.parametrize("command", CHANGING, ids=lambda command: command[0])
def test_changing_is_refused_in_a_sentence(stored, never_written, capsys, command):
    cloud, object_id = stored
    cloud.close()
    never_written()
    status, _, error = said(capsys, cloud, object_id, command)
    assert status == StorageError.exit_code
    assert re.search(r"no permission to write it", error) and "Check the owner" in error
    assert fsck(cloud.directory) == []


def test_a_get_that_cannot_write_consumes_nothing(stored, capsys):
    cloud, object_id = stored
    cloud.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Disk, "is_writable", lambda self, path: False)
        assert said(capsys, cloud, object_id, ["get", "{id}"])[0] != 0
    with_room = Cloud(cloud.directory)
    assert with_room.client.get(object_id).entanglement_fidelity == 1
    with_room.close()


def test_without_a_keyring_looking_makes_none(stored, never_written, capsys):
    cloud, object_id = stored
    cloud.close()
    (cloud.directory / "keyring.db").unlink()
    never_written()
    assert "another client's keyring" in said(capsys, cloud, object_id, ["check"])[1]
    assert not (cloud.directory / "keyring.db").exists()


def test_locks_that_cannot_be_made(stored):
    cloud, _ = stored
    (cloud.directory / "puts.lock").unlink()
    (cloud.directory / "puts.lock").mkdir()
    with pytest.raises(StorageError, match=r"puts\.lock cannot be written in the cloud's directory"):
        cloud.client.put(QuantumCircuit(1))
