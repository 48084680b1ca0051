"""The keyring: private, durable, shared by processes."""

import os
import stat
import threading

import pytest

from qclone.errors import NotRecoverableError, StorageError
from qclone.store import Keyring


def test_a_secret_is_kept_until_it_is_dropped(tmp_path):
    path = tmp_path / "keyring.db"
    secret = Keyring(path).new("a")
    assert len(secret) == 64
    assert Keyring(path).secret("a") == secret
    assert Keyring(path).new("b") != secret
    Keyring(path).drop("a")
    Keyring(path).drop("a")
    assert Keyring(path).ids() == {"b"}
    with pytest.raises(NotRecoverableError, match="holds no key for a: all its noise qubits are missing"):
        Keyring(path).secret("a")


def test_only_its_owner_may_read_it(tmp_path):
    before = os.umask(0)
    try:
        Keyring(tmp_path / "keyring.db").new("a")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_many_writers_lose_nothing(tmp_path):
    path = tmp_path / "keyring.db"
    threads = [threading.Thread(target=Keyring(path).new, args=(f"{i}",)) for i in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Keyring(path).ids() == {f"{i}" for i in range(32)}


def test_the_secrets_of_an_old_keyring_are_taken_over(tmp_path):
    old = tmp_path / "keyring.json"
    old.write_text('{"version": 1, "keys": {"a": "secret of a"}}')
    path = tmp_path / "keyring.db"
    assert Keyring(path).secret("a") == "secret of a"
    assert not old.exists()
    Keyring(path).drop("a")
    assert Keyring(path).ids() == set()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": 3}', "{", "\x00\x01"])
def test_a_damaged_old_keyring_says_so(tmp_path, content):
    old = tmp_path / "keyring.json"
    old.write_text(content)
    for act in (Keyring(tmp_path / "keyring.db").secret, Keyring(tmp_path / "keyring.db").new):
        with pytest.raises(StorageError, match="damaged or not a keyring"):
            act("a")
    assert old.read_text() == content


def test_a_damaged_keyring_says_so(tmp_path):
    path = tmp_path / "keyring.db"
    path.write_bytes(b"no keyring" * 1000)
    with pytest.raises(StorageError, match="damaged or not a file of qclone"):
        Keyring(path).new("a")
