"""The client's file: for each object the secret that proves its key to be this client's.

Mode 0600, replaced atomically.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qclone.errors import NotRecoverableError, StorageError

VERSION = 1


class Keyring:
    """The secrets of one client, by object id.

    The noise qubits themselves sit in the fabric at the client's site; the secret proves that they are
    this client's. Without it no one decrypts, the client included.

    Parameters
    ----------
    path : the file; a keyring with no keys need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def new(self, object_id: str) -> str:
        """Make a secret for an object; it is on disk when this returns."""
        secret = secrets.token_hex(32)
        with self._changing() as keys:
            keys[object_id] = secret
        return secret

    def secret(self, object_id: str) -> str:
        """Return the secret of an object. Raises NotRecoverableError if this keyring has none."""
        try:
            return self._read()[object_id]
        except KeyError:
            raise NotRecoverableError(
                f"{self._path.name} holds no key for {object_id}: all its noise qubits are missing.",
                "Use the keyring of the client that put it.",
            ) from None

    def ids(self) -> set[str]:
        """The objects this keyring has a secret for."""
        return set(self._read())

    def drop(self, object_id: str) -> None:
        """Delete the secret of an object, if there is one."""
        with self._changing() as keys:
            keys.pop(object_id, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        lock = self._path.with_name(f"{self._path.name}.lock")
        with open(lock, "a", opener=_private) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            keys = self._read()
            yield keys
            self._write(keys)

    def _read(self) -> dict[str, str]:
        try:
            entries = json.loads(self._path.read_text())["keys"].items()
            keys = {str(object_id): str(secret) for object_id, secret in entries}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise StorageError(
                f"{self._path.name} is damaged or not a keyring.",
                "Restore it: without it nothing can be decrypted.",
            ) from None
        return keys

    def _write(self, keys: dict[str, str]) -> None:
        replace(self._path, json.dumps({"version": VERSION, "keys": keys}, indent=1).encode(), mode=0o600)


def replace(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Put `content` in place of a file: after a crash the old or the new content is there, never a part."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
