"""The client's file: for each object the secret that proves its key to be this client's. Mode 0600."""

from __future__ import annotations

import json
import secrets
from functools import cached_property
from pathlib import Path

from qclone.errors import NotRecoverableError, StorageError
from qclone.store._formats import KEYRING
from qclone.store._kept_programs import KeptPrograms
from qclone.store._spool import Entry, Spool
from qclone.store._sqlite import DISK, Database, Disk


class Keyring:
    """The secrets of one client, by object id.

    The noise qubits themselves sit in the fabric at the client's site; the secret proves that they are
    this client's. Without it no one decrypts, the client included.

    Parameters
    ----------
    path : the SQLite file; made when the first secret is. Secrets in a JSON file of the same name, as they
        were kept once, are taken over from there.
    disk : where the file is.
    """

    def __init__(self, path: Path, disk: Disk = DISK) -> None:
        self._path = path
        self._disk = disk

    def new(self, object_id: str) -> str:
        """Make a secret for an object; it is on disk when this returns."""
        secret = secrets.token_hex(32)
        with self._database.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (object_id, secret))
        return secret

    def secret(self, object_id: str) -> str:
        """Return the secret of an object. Raises NotRecoverableError if this keyring has none."""
        with self._database.reading() as sql:
            row = sql.execute("SELECT secret FROM keys WHERE id = ?", (object_id,)).fetchone()
        if row is None:
            raise NotRecoverableError(
                f"{self._path.name} holds no key for {object_id}: all its noise qubits are missing.",
                "Use the keyring of the client that put it.",
            )
        return str(row[0])

    def holds(self, object_id: str) -> bool:
        """Whether there is a secret for an object."""
        if self._is_nowhere():
            return False
        with self._database.reading() as sql:
            return sql.execute("SELECT 1 FROM keys WHERE id = ?", (object_id,)).fetchone() is not None

    def ids(self) -> set[str]:
        """The objects this keyring has a secret for."""
        if self._is_nowhere():
            return set()
        with self._database.reading() as sql:
            return {row[0] for row in sql.execute("SELECT id FROM keys").fetchall()}

    def drop(self, object_id: str) -> None:
        """Delete the secret of an object, if there is one."""
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM keys WHERE id = ?", (object_id,))
            sql.execute("DELETE FROM programs WHERE id = ?", (object_id,))

    @cached_property
    def programs(self) -> KeptPrograms:
        """What servers were asked to run."""
        return KeptPrograms(self._database)

    @cached_property
    def spool(self) -> Spool:
        """What was consumed and is not yet acknowledged."""
        return Spool(self._database)

    def begun(self) -> dict[str, Entry]:
        """The recoveries of this client that are not over, by object."""
        if self._is_nowhere():
            return {}
        return {entry.object_id: entry for entry in self.spool.entries(done=False)}

    def close(self) -> None:
        """Let go of the file."""
        if "_database" in self.__dict__:
            self._database.close()

    def _is_nowhere(self) -> bool:
        # Who only looks makes no file.
        return not self._disk.has(self._path) and not self._path.with_suffix(".json").exists()

    @cached_property
    def _database(self) -> Database:
        # Opened by the first who needs it: a damaged keyring is no trouble to who only looks around.
        database = Database(self._path, KEYRING, self._disk, new=True)
        old = self._path.with_suffix(".json")
        if old.exists():
            keys = _read(old)
            with database.transaction() as sql:
                sql.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", keys.items())
            old.unlink(missing_ok=True)
        return database


def _read(old: Path) -> dict[str, str]:
    try:
        entries = json.loads(old.read_text())["keys"].items()
        return {str(object_id): str(secret) for object_id, secret in entries}
    except FileNotFoundError:  # another process has just taken it over
        return {}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StorageError(
            f"{old.name} is damaged or not a keyring.", "Restore it: without it nothing can be decrypted."
        ) from None
