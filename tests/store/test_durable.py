"""What was said to be there is there after a power cut: contents are synced, then names."""

import os
import sqlite3
from contextlib import closing

import pytest

from qclone import durable
from qclone.errors import LossError
from qclone.store import RECEIPT_KEY, Cloud, Receipts, _moved, backup, restore
from qclone.store._journal import Journal
from qclone.store._keyring import Keyring


@pytest.fixture
def cut(tmp_path, monkeypatch):
    """Return the names that were given; each must be synced in the end, its content before."""
    synced, named = set(), set()
    real = {name: getattr(os, name) for name in ("fsync", "link", "replace", "mkdir")}

    def fsync(descriptor):
        synced.add(os.fstat(descriptor).st_ino)
        pending.discard(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        real["fsync"](descriptor)

    pending = set()

    def gives(act):
        def give(source, target, **more):
            if not os.path.isdir(source):
                assert os.stat(source).st_ino in synced, f"{target} had its name before its content"
            real[act](source, target, **more)
            named.add(os.path.basename(target))
            pending.add(os.path.realpath(os.path.dirname(target)))

        return give

    def mkdir(path, *mode, **more):
        real["mkdir"](path, *mode, **more)
        pending.add(os.path.realpath(os.path.dirname(path)))

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", gives("link"))
    monkeypatch.setattr(os, "replace", gives("replace"))
    monkeypatch.setattr(os, "mkdir", mkdir)
    yield named
    assert not [path for path in pending if os.path.isdir(path)], "names that no directory has for certain"


def test_a_cloud_its_keys_and_its_copies(cut, tmp_path):
    at = tmp_path / "new" / "cloud"
    Cloud.create(at, servers=1).close()
    Receipts(at / RECEIPT_KEY).issue("3f", "a claim")
    with closing(Keyring(at / "keyring.db")) as keyring:
        keyring.new("3f")
    with closing(Journal(tmp_path / "state" / "opened.db")):
        pass
    backup(at, tmp_path / "aside")
    restore(tmp_path / "aside", tmp_path / "back")
    _moved.note_moved(at, "fabric")
    expected = {"cloud", RECEIPT_KEY, "keyring.db", "opened.db", "aside", "back", "fabric.postgres"}
    assert expected <= cut


def test_what_is_new_is_new_and_whole(tmp_path):
    path = tmp_path / "file"
    durable.create_file(path, b"first")
    with pytest.raises(FileExistsError):
        durable.create_file(path, b"second")
    durable.replace_file(path, b"third")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"third", [path])
    with pytest.raises(ZeroDivisionError), durable.new_directory(tmp_path / "directory"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_what_a_user_names_stays_what_it_is(tmp_path):
    """`--out /dev/null` is not to make an ordinary file of that, nor of a link."""
    file, link, pipe = (tmp_path / name for name in ("file", "link", "pipe"))
    file.write_bytes(b"first")
    link.symlink_to("file")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    durable.write_out(link, b"second")
    durable.write_out(pipe, b"third")
    assert (file.read_bytes(), os.read(reader, 9), link.is_symlink(), pipe.is_fifo()) == (
        *(b"second", b"third"),
        *(True, True),
    )
    os.close(reader)
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        durable.write_out(tmp_path, b"fourth")
    assert set(tmp_path.iterdir()) == {file, link, pipe}


def test_an_empty_file_is_never_a_new_one(tmp_path):
    """Whatever dies while a database is made, there is none, or all of it."""
    path = tmp_path / "keyring.db"
    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(durable, "name_new", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        Keyring(path).new("3f")
    assert list(tmp_path.iterdir()) == []
    path.touch()
    with pytest.raises(LossError, match="the secret of every sealed object is lost") as lost:
        Keyring(path).new("3f")
    assert lost.value.exit_code == 13
    assert path.stat().st_size == 0
    path.unlink()
    with closing(Keyring(path)) as keyring:
        keyring.new("3f")
    with closing(sqlite3.connect(path)) as sql:
        assert sql.execute("SELECT count(*) FROM keys").fetchone() == (1,)
