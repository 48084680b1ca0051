"""One way to open a durable SQLite file; whatever the disk does becomes one clear sentence."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import RLock

from qclone import durable
from qclone.errors import StorageError, UnavailableError
from qclone.store._intact import DAMAGED
from qclone.store._obstacles import WAIT_FOR_OTHERS_S, trouble
from qclone.store._once import CALLS_REMEMBERED, current_call
from qclone.store._versions import Format

SPARE_BYTES = 4 << 20
_FORGET_DONE = f"DELETE FROM done WHERE number <= last_insert_rowid() - {CALLS_REMEMBERED}"


class Disk:
    """Where files are; another one can stand in for it, and fail."""

    def has(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.is_file()

    def which(self, path: Path) -> object:
        """What tells the file that has this name now from every other; None if there is none."""
        try:
            found = path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def is_writable(self, path: Path) -> bool:
        """Whether a file, and what SQLite puts beside it, can be written; not on a read-only mount."""
        return os.access(path.parent, os.W_OK) and (os.access(path, os.W_OK) or not path.exists())

    def create(self, path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
        """Make a SQLite file that is there whole, or not at all; one that another makes meanwhile stays.

        So an empty file is never a new one: it has lost what was in it.
        """
        temporary = path.with_name(f".qclone.{secrets.token_hex(8)}")
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(temporary, isolation_level=None)) as sql:
                sql.execute("PRAGMA journal_mode = MEMORY")
                sql.execute("PRAGMA synchronous = OFF")  # all of it is synced below
                fill(sql)
            durable.sync_file(temporary)
            with suppress(FileExistsError):
                durable.name_new(temporary, path)
        except OSError as error:
            raise trouble(path, error, lambda: self.free_bytes(path)) from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open a SQLite file; only its owner may read it and what SQLite puts beside it.

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
            if not disk.has(path):
                if not new:
                    raise StorageError(f"{path} is missing.", DAMAGED)
                disk.create(path, partial(form.bring_up_to_date, name=path.name, new=True))
            self._which = disk.which(path)
            self._connection = disk.connect(path)
            form.check(self._connection, path.name)
            if disk.is_writable(path):
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
            form.bring_up_to_date(self._connection, path.name)

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
            raise UnavailableError(
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
                self._require_its_name()
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
                self._require_its_name()
                yield self._connection
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _require_its_name(self) -> None:
        # A file that was deleted can be written as long as it is open, and is gone with whatever was in it.
        if self._disk.which(self.path) != self._which:
            raise UnavailableError(
                f"{self.path.name} is not the file that was opened: the cloud's directory was deleted, moved "
                "or replaced; nothing was changed.",
                "Put it back, or open again what is there now.",
            )

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
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise trouble(self.path, error, lambda: self._disk.free_bytes(self.path)) from error
