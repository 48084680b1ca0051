"""One way to open a durable SQLite file; whatever the disk does becomes one clear sentence."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from qclone.errors import StorageError
from qclone.store._intact import DAMAGED
from qclone.store._once import CALLS_REMEMBERED, current_call
from qclone.store._versions import Format

WAIT_FOR_OTHERS_S = 60.0
SPARE_BYTES = 4 << 20
_FORGET_DONE = f"DELETE FROM done WHERE number <= last_insert_rowid() - {CALLS_REMEMBERED}"


class Disk:
    """Where files are; another one can stand in for it, and fail."""

    def has(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.is_file()

    def is_writable(self, path: Path) -> bool:
        """Whether a file, and what SQLite puts beside it, can be written; not on a read-only mount."""
        return os.access(path.parent, os.W_OK) and (os.access(path, os.W_OK) or not path.exists())

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open a SQLite file, or make one; only its owner may read it and what SQLite puts beside it.

        Where nothing can be written, the file is only read.
        """
        if not self.is_writable(path):
            # With a log beside the file its other users are waited for; where there is none, SQLite would
            # make one, unless it is told that the file stays as it is.
            log = path.with_name(f"{path.name}-wal")
            uri = f"{path.absolute().as_uri()}?mode=ro{'' if log.exists() else '&immutable=1'}"
            return sqlite3.connect(
                uri, uri=True, timeout=WAIT_FOR_OTHERS_S, isolation_level=None, check_same_thread=False
            )
        with suppress(OSError):  # what is wrong, SQLite says
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            for file in (path, *(path.with_name(f"{path.name}-{kind}") for kind in ("wal", "shm"))):
                file.chmod(0o600)
        return sqlite3.connect(path, timeout=WAIT_FOR_OTHERS_S, isolation_level=None, check_same_thread=False)

    def free_bytes(self, path: Path) -> int:
        """How much room there is beside a file."""
        return shutil.disk_usage(path).free


DISK = Disk()


class Database:
    """A SQLite file in which a finished transaction survives kill -9 and power loss.

    Parameters
    ----------
    form : what the file holds; one that an earlier version wrote is brought up to date.
    new : make the file if it is not there.
    """

    def __init__(self, path: Path, form: Format, disk: Disk = DISK, *, new: bool = False) -> None:
        self.path = path
        self._disk = disk
        self._lock = RLock()
        with self._explained():
            if not new and not disk.has(path):
                raise StorageError(f"{path} is missing.", DAMAGED)
            self._connection = disk.connect(path)
            form.check(self._connection, path.name, new)
            if disk.is_writable(path):
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
            form.bring_up_to_date(self._connection, path.name, new)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def revision(self) -> str:
        """Sizes and times of the files: also what other processes write is seen, and nothing is read."""
        stats = []
        for end in ("", "-wal"):
            with suppress(OSError):
                found = self.path.with_name(f"{self.path.name}{end}").stat()
                stats.append(f"{found.st_size:x}-{found.st_mtime_ns:x}")
        return ".".join(stats)

    def require_room(self) -> None:
        """Raise StorageError unless there is room for what must not fail half way."""
        if self._disk.free_bytes(self.path) < SPARE_BYTES:
            raise StorageError(
                "The disk is almost full; nothing was changed.", "Make room on it and try again."
            )

    @contextmanager
    def transaction(self, of: str = "") -> Iterator[sqlite3.Connection]:
        """All of the block or nothing; on disk when the block has ended.

        One writer at a time, whatever the transaction is `of`.
        """
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._once()
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._commit()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the file."""
        with self._lock, self._explained():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _once(self) -> None:
        if (call := current_call()) is None:
            return
        row = call.key, call.what
        if (
            self._connection.execute("INSERT OR IGNORE INTO done (key, call) VALUES (?, ?)", row).rowcount
            == 0
        ):
            first = self._connection.execute("SELECT call FROM done WHERE key = ?", (call.key,)).fetchone()
            call.check_repeats(first[0])
        self._connection.execute(_FORGET_DONE)

    def _commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"{self.path.name}: {_sentence(error)}", _remedy(error)) from error
        except UnicodeDecodeError as error:  # SQLite quotes what it found
            raise StorageError(f"{self.path.name}: it is damaged.", DAMAGED) from error


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "")


def _is_of_another_version(error: sqlite3.Error) -> bool:
    return str(error).startswith("no such column") or "has no column named" in str(error)


def _sentence(error: sqlite3.Error) -> str:
    name = _name(error)
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "the disk is full or failing; nothing was changed."
    if name.startswith("SQLITE_BUSY"):
        return f"another process has kept it locked for {WAIT_FOR_OTHERS_S:.0f} s; nothing was changed."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "there is no permission to write it."
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return "it is damaged or not a file of qclone."
    if _is_of_another_version(error):
        return f"it is incomplete, or another version of qclone wrote it ({error})."
    return f"{error}."


def _remedy(error: sqlite3.Error) -> str:
    name = _name(error)
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "Make room on the disk and try again."
    if name.startswith("SQLITE_BUSY"):
        return "Try again when it has finished."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "Check the owner and the mode of the cloud's directory."
    if _is_of_another_version(error):
        return "Get what is in it with the version that wrote it, and put it into a new cloud."
    return DAMAGED
