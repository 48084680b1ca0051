"""The keyring: private, atomic, shared by processes."""

import os
import stat
import threading

import pytest

from qclone.errors import NotRecoverableError, StorageError
from qclone.store import Keyring


def test_a_secret_is_kept_until_it_is_dropped(tmp_path):
    path = tmp_path / "keyring.json"
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
        Keyring(tmp_path / "keyring.json").new("a")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"keyring.json": 0o600, "keyring.json.lock": 0o600}


def test_many_writers_lose_nothing(tmp_path):
    path = tmp_path / "keyring.json"
    threads = [threading.Thread(target=Keyring(path).new, args=(f"{i}",)) for i in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Keyring(path).ids() == {f"{i}" for i in range(32)}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": 3}', "{", "\x00\x01"])
def test_a_damaged_keyring_says_so(tmp_path, content):
    path = tmp_path / "keyring.json"
    path.write_text(content)
    with pytest.raises(StorageError, match="damaged or not a keyring"):
        Keyring(path).secret("a")
    with pytest.raises(StorageError, match="damaged or not a keyring"):
        Keyring(path).new("a")
    assert path.read_text() == content
