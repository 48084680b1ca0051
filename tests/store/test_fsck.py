"""Copies, backups, and whether the books agree: nothing opens twice, and what is wrong is said."""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing

import pytest
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.compute import Program
from qclone.errors import InvalidInputError, KeyConsumedError, QcloneError, StorageError
from qclone.store import Cloud, KeyState, Severity, _journal, _obstacles, backup, digest_of, fsck, restore


@pytest.fixture
def cloud(tmp_path, register):
    """A cloud with a sealed object and a recovered one."""
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    cloud.client.put(register(2), "sealed")
    cloud.client.get(cloud.client.put(register(1), "recovered").object_id)
    yield cloud
    cloud.close()


def sealed_in(cloud):
    return next(m.object_id for m in cloud.ledger.manifests() if m.name == "sealed")


def bad(directory, **named):
    return [finding for finding in fsck(directory, **named) if finding.severity is not Severity.NOTE]


def test_a_cloud_that_is_whole(cloud, capsys):
    assert fsck(cloud.directory) == []
    assert main(["fsck", "--cloud", str(cloud.directory)]) == 0
    assert "is whole" in capsys.readouterr().out


def test_a_copy_of_the_whole_directory_opens_nothing_again(cloud, tmp_path, capsys):
    object_id = sealed_in(cloud)
    cloud.client.get(
        cloud.client.put(cloud.client.get(object_id).circuit, "sealed").object_id
    ) if False else None
    cloud.close()
    shutil.copytree(cloud.directory, tmp_path / "copy")
    first, second = Cloud(cloud.directory), Cloud(tmp_path / "copy")
    assert first.client.get(object_id).entanglement_fidelity == 1
    with pytest.raises(KeyConsumedError, match="in another copy of this cloud"):
        second.client.get(object_id)
    second.close()
    (found,) = bad(tmp_path / "copy")
    assert (found.where, found.severity) == (object_id, Severity.TROUBLE)
    assert "another copy of this cloud opened it" in found.message
    assert main(["fsck", "--cloud", str(tmp_path / "copy"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["where"] == object_id
    bad(tmp_path / "copy", repair=True)
    assert bad(tmp_path / "copy") != []  # the ledger is right now; the fabric of the copy is still older
    second = Cloud(tmp_path / "copy")
    assert second.ledger.find(object_id).key.state is KeyState.CONSUMED
    second.close()
    first.close()


def test_the_journal_names_the_server_that_was_decrypted_from(cloud, tmp_path):
    object_id, claim = sealed_in(cloud), digest_of("a claim")
    for server in ("server-1", "server-2"):  # the second way, for the first was cut off on its way
        cloud.ledger.consume(object_id, server, claim)
    cloud.ledger.consumed(object_id)
    cloud.ledger.consume(object_id, "server-1", claim)  # late: nothing is decrypted any more
    with closing(_journal.Journal()) as journal:
        assert journal.first(cloud.ledger.identity(), object_id).server == "server-2"
        other = journal.opened(cloud.ledger.identity(), object_id, digest_of("another"), "server-1", "now")
        assert (other.claim, other.server) == (claim, "server-2")


def test_no_copy_goes_on_with_a_commitment_whose_register_is_safe(cloud, tmp_path):
    """All copies have the claim: what tells them apart is that the register was handed over."""
    object_id = sealed_in(cloud)
    cloud.client.commit(object_id, "server-1")
    backup(cloud.directory, tmp_path / "backup")
    shutil.copytree(cloud.directory, tmp_path / "copy")
    cloud.client.get(object_id)
    with closing(Cloud(tmp_path / "copy")) as copy, pytest.raises(KeyConsumedError):
        copy.client.get(object_id)
    assert any("another copy" in one.message for one in bad(tmp_path / "copy"))
    restore(tmp_path / "backup", tmp_path / "restored")
    with closing(Cloud(tmp_path / "restored")) as restored:
        assert restored.ledger.find(object_id).key.state is KeyState.CONSUMED
        with pytest.raises(KeyConsumedError):
            restored.client.get(object_id)


def test_both_copies_at_once(cloud, tmp_path):
    object_id = sealed_in(cloud)
    cloud.close()
    copies = [cloud.directory, tmp_path / "copy"]
    shutil.copytree(*copies)
    outcomes, start = [], threading.Barrier(2)

    def open_it(directory):
        cloud = Cloud(directory)
        start.wait()
        try:
            outcomes.append(cloud.client.get(object_id).entanglement_fidelity)
        except QcloneError as error:
            outcomes.append(type(error))
        cloud.close()

    threads = [threading.Thread(target=open_it, args=(directory,)) for directory in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == sorted([1.0, KeyConsumedError], key=str)


def test_a_backup_that_is_put_back_opens_what_is_sealed_and_nothing_else(cloud, tmp_path, register, capsys):
    opened_since, still_sealed = sealed_in(cloud), cloud.client.put(register(1), "later").object_id
    assert main(["backup", str(tmp_path / "aside"), "--cloud", str(cloud.directory)]) == 0
    for path in (tmp_path / "aside").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    cloud.client.get(opened_since)
    shutil.rmtree(cloud.directory)
    assert main(["restore", str(tmp_path / "aside"), "--cloud", str(tmp_path / "back")]) == 0
    assert "1 object that it calls sealed had been recovered since" in capsys.readouterr().out
    back = Cloud(tmp_path / "back")
    with pytest.raises(KeyConsumedError):
        back.client.get(opened_since)
    assert back.client.get(still_sealed).entanglement_fidelity == 1
    back.close()


def test_a_backup_is_of_one_moment_while_others_put_and_get(cloud, tmp_path, register):
    stop = threading.Event()

    def work():
        mine = Cloud(cloud.directory)
        while not stop.is_set():
            mine.client.get(mine.client.put(register(1)).object_id)
        mine.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for i in range(5):
            backup(cloud.directory, tmp_path / f"aside-{i}")
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    for i in range(5):
        restore(tmp_path / f"aside-{i}", tmp_path / f"back-{i}")
        found = [f for f in bad(tmp_path / f"back-{i}") if "the fabric still has it" not in f.message]
        assert found == []  # what was opened since is consumed in the ledger, and the fabric is older
        back = Cloud(tmp_path / f"back-{i}")
        back.close()


def test_what_a_backup_refuses(cloud, tmp_path):
    with pytest.raises(InvalidInputError, match="something at"):
        backup(cloud.directory, cloud.directory)
    with pytest.raises(StorageError, match="no cloud"):
        backup(tmp_path / "nowhere", tmp_path / "aside")
    with pytest.raises(StorageError, match="no backup"):
        restore(cloud.directory, tmp_path / "back")
    backup(cloud.directory, tmp_path / "aside")
    with pytest.raises(InvalidInputError, match="something at"):
        restore(tmp_path / "aside", cloud.directory)
    for content in (b"", b"[]", b'{"files": {"../x": "y"}, "format": 1, "made_at": ""}'):
        manifest = (tmp_path / "aside/backup.json").read_bytes()
        (tmp_path / "aside/backup.json").write_bytes(content)
        with pytest.raises(StorageError, match="damaged"):
            restore(tmp_path / "aside", tmp_path / "back")
        (tmp_path / "aside/backup.json").write_bytes(manifest)
    (tmp_path / "aside/fabric.db").write_bytes(b"x" + (tmp_path / "aside/fabric.db").read_bytes()[1:])
    with pytest.raises(StorageError, match="not as it was backed up"):
        restore(tmp_path / "aside", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def change(directory, file, statement):
    with sqlite3.connect(directory / file) as sql:
        assert sql.execute(statement).rowcount > 0
    sql.close()


WRONG = {
    "ledger.db": [
        ("DELETE FROM objects WHERE name = 'sealed'", "in the fabric and in no ledger"),
        ("UPDATE objects SET scheme = '{}' WHERE name = 'sealed'", "describes no scheme"),
        ("UPDATE objects SET key_state = 'open' WHERE name = 'sealed'", "makes no sense"),
        ("UPDATE objects SET key_state = 'sealed', key_server = NULL, key_at = NULL, key_claim = NULL "
         "WHERE name = 'recovered'", "has opened it"),
        ("UPDATE objects SET key_state = 'consumed', key_server = 's', key_at = 'now' WHERE name = 'sealed'",
         "still has it"),
    ],
    "fabric.db": [
        ("DELETE FROM registers WHERE released = 0", "does not have it"),
        ("UPDATE registers SET num_wires = 1 WHERE released = 0", "wires of it"),
        ("UPDATE registers SET owner = 'x' WHERE released = 0", "is not the one it was put with"),
        ("UPDATE registers SET released = 1 WHERE released = 0", "has opened it"),
    ],
    "keyring.db": [("UPDATE keys SET secret = 'x'", "is not the one it was put with")],
}  # fmt: skip


@pytest.mark.parametrize(("file", "wrong"), [(file, wrong) for file in WRONG for wrong in WRONG[file]])
def test_what_does_not_agree_is_said_with_what_to_do(cloud, file, wrong):
    statement, said = wrong
    cloud.close()
    change(cloud.directory, file, statement)
    found = bad(cloud.directory)
    assert any(said in finding.message for finding in found), found
    assert all(finding.remedy for finding in found)
    assert main(["fsck", "--cloud", str(cloud.directory)]) == 1


@pytest.mark.parametrize("name", ["fabric.db", "ledger.db", "keyring.db", "receipt.key"])
@pytest.mark.parametrize("how", ["missing", "empty", "garbage", "cut"])
def test_a_damaged_file_is_said_and_the_rest_is_looked_at(cloud, name, how, capsys):
    cloud.close()
    path = cloud.directory / name
    content = path.read_bytes()
    path.unlink()
    for left in cloud.directory.glob(f"{name}-*"):
        left.unlink()
    if how != "missing":
        path.write_bytes({"empty": b"", "garbage": b"x" * 5000, "cut": content[: len(content) * 2 // 3]}[how])
    status = main(["fsck", "--cloud", str(cloud.directory)])
    told = capsys.readouterr().out
    if how == "missing" and name in ("keyring.db", "receipt.key"):
        assert status == 0  # another client's, or none has been needed
        return
    assert status == (13 if how == "empty" else 1)
    assert name in told
    assert ("loss: " in told and "empty, and never was" in told) is (how == "empty")


def test_an_empty_keyring_stays_a_loss_whoever_looks_and_is_not_backed_up(cloud, tmp_path, capsys):
    object_id = sealed_in(cloud)
    cloud.close()
    backup(cloud.directory, tmp_path / "aside")
    for left in cloud.directory.glob("keyring.db*"):
        left.unlink()
    (cloud.directory / "keyring.db").touch()
    for command in (["get", object_id], ["fsck"], ["backup", str(tmp_path / "empty")], ["fsck"]):
        assert main([*command, "--cloud", str(cloud.directory)]) == 13, command
        said = capsys.readouterr()
        assert "the secret of every sealed object is lost" in said.out + said.err
    assert not (tmp_path / "empty").exists()
    backed_up = json.loads((tmp_path / "aside/backup.json").read_text())
    (tmp_path / "aside/keyring.db").write_bytes(b"")  # as an earlier version backed it up
    backed_up["files"]["keyring.db"] = hashlib.sha256(b"").hexdigest()
    (tmp_path / "aside/backup.json").write_text(json.dumps(backed_up))
    assert main(["restore", str(tmp_path / "aside"), "--cloud", str(tmp_path / "back")]) == 13
    assert not (tmp_path / "back").exists()


OBSTACLES = {
    "SQLITE_FULL": ("the disk is full", Severity.TROUBLE),
    "SQLITE_IOERR_WRITE": ("full or failing", Severity.TROUBLE),
    "SQLITE_READONLY_DIRECTORY": ("no permission to write", Severity.TROUBLE),
    "SQLITE_BUSY": ("kept it locked", Severity.TROUBLE),
    "SQLITE_IOERR_READ": ("the disk fails", Severity.DAMAGE),
    "SQLITE_CORRUPT_VTAB": ("damaged", Severity.DAMAGE),
}


@pytest.mark.parametrize("name", OBSTACLES)
@pytest.mark.parametrize("when", ["PRAGMA journal_mode", "PRAGMA integrity_check"])
def test_what_stands_in_the_way_is_not_called_damage(cloud, name, when, monkeypatch):
    cloud.close()
    real = sqlite3.connect

    class Fails(sqlite3.Connection):
        def execute(self, sql, *rest):
            if sql.startswith(when):
                error = sqlite3.OperationalError("it fails")
                error.sqlite_errorname = name
                raise error
            return super().execute(sql, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", lambda path, **named: real(path, **named, factory=Fails))
        found = [finding for finding in fsck(cloud.directory) if finding.where.endswith(".db")]
    said, severity = OBSTACLES[name]
    assert found
    for finding in found:
        assert (finding.severity, said in finding.message) == (severity, True), finding
        assert finding.remedy
    assert fsck(cloud.directory) == []


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_a_read_only_disk_and_a_missing_permission_are_told_apart(cloud, monkeypatch):
    path, error = cloud.directory / "ledger.db", OSError(errno.EACCES, "Permission denied")
    assert "no permission to write" in _obstacles.trouble(path, error, lambda: 1 << 30).message
    read_only = os.statvfs_result([0] * 8 + [os.ST_RDONLY, 255])
    monkeypatch.setattr(os, "statvfs", lambda _: read_only)
    error = OSError(errno.EROFS, "Read-only file system")
    assert "its disk is read-only" in _obstacles.trouble(path, error, lambda: 1 << 30).message


def test_repair_lets_the_ledger_say_what_the_fabric_opened(cloud):
    object_id = sealed_in(cloud)
    cloud.close()
    change(cloud.directory, "fabric.db", "UPDATE registers SET released = 1 WHERE released = 0")
    assert main(["fsck", "--repair", "--cloud", str(cloud.directory)]) == 1
    assert fsck(cloud.directory) == []
    again = Cloud(cloud.directory)
    assert again.ledger.find(object_id).key.state is KeyState.CONSUMED
    again.close()


def test_where_nothing_can_be_written_down_fsck_says_so(cloud, tmp_path, monkeypatch):
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("QCLONE_STATE", str(tmp_path / "a-file"))
    object_id = sealed_in(cloud)
    assert cloud.client.get(object_id).entanglement_fidelity == 1
    (found,) = fsck(cloud.directory)
    assert found.severity is Severity.NOTE
    assert "QCLONE_STATE" in found.remedy


def test_no_remedy_puts_an_old_copy_back_unseen(cloud):
    cloud.close()
    (cloud.directory / "ledger.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError) as damaged:
        Cloud(cloud.directory)
    assert "fsck" in damaged.value.remedy
    assert "estore the cloud" not in damaged.value.remedy


def test_a_cloud_without_its_ledger_is_not_called_none(cloud):
    cloud.close()
    (cloud.directory / "ledger.db").unlink()
    with pytest.raises(StorageError, match=r"ledger\.db is missing") as missing:
        Cloud(cloud.directory)
    assert "qclone fsck" in missing.value.remedy


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_what_fsck_finds_it_does_not_send_to_fsck(cloud, content):
    cloud.close()
    (cloud.directory / "ledger.db").write_bytes(content)
    (found,) = bad(cloud.directory)
    assert "qclone restore" in found.remedy and "qclone fsck" not in found.remedy


def test_the_tails_of_programs_are_wires_that_the_ledger_knows(cloud, register):
    program = QuantumCircuit(2)
    program.t([0, 1])
    cloud.client.run(sealed_in(cloud), Program.of(program), "server-1")
    assert fsck(cloud.directory) == []
    cloud.client.get(sealed_in(cloud), "server-1")
    assert fsck(cloud.directory) == []


def test_tails_that_the_fabric_lost_are_damage(cloud):
    program = QuantumCircuit(2)
    program.t(0)
    cloud.client.run(sealed_in(cloud), Program.of(program), "server-1")
    with sqlite3.connect(cloud.directory / "fabric.db") as sql:
        sql.execute("UPDATE registers SET num_wires = num_wires - 1")
    assert any("wires of it" in finding.message for finding in fsck(cloud.directory))
