"""Disks that fill up, are kept busy by others and lose power; processes that die around a commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from qclone.faults._schedule import Crash, Schedule
from qclone.store import Disk

PAGE_BYTES = 512
"""Small, so that a full disk is met soon."""
FULL_FOR_STEPS = (5, 60)
CLOCK_JUMPS_S = (-1e9, -3600.0, 3600.0, 90_000.0, 1e9)
_NO_LIMIT = 1 << 30


class _File(sqlite3.Connection):
    """An SQLite file in memory; processes that take turns share it, and what was committed outlives them."""

    disk: FaultyDisk
    path: Path
    full_until = 0
    is_synced = True
    is_named = False

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql.startswith("PRAGMA synchronous ="):
            self.is_synced = sql.endswith(("FULL", "EXTRA"))
        if sql == "BEGIN IMMEDIATE":
            self.disk.before_transaction(self)
        if sql == "COMMIT":
            return self.disk.commit(self)
        return super().execute(sql, *parameters)

    def write(self) -> sqlite3.Cursor:
        """Commit."""
        done = super().execute("COMMIT")
        if self.is_synced:
            self.is_named = True
            self.unsynced.clear()
        return done

    @cached_property
    def unsynced(self) -> list[bytes]:
        """What was in the file before each transaction since the last that was synced."""
        return []

    def limit(self, pages: int) -> None:
        """From now on the file cannot grow beyond so many pages (or its present size)."""
        super().execute(f"PRAGMA max_page_count = {pages}")

    def close(self) -> None:
        """A process closes it; the file stays."""


class FaultyDisk(Disk):
    """Files in memory on a disk with faults.

    SQLite's own promise, that a transaction is there whole or not at all, is taken as given (real processes
    and SIGKILL test it elsewhere): dying before COMMIT has returned loses the transaction, later keeps it.
    When power is lost, a file opened with `synchronous = FULL` keeps what was committed. Any other keeps some
    of its transactions since the last synced one, from the first on, as with SQLite's log. A file in which
    nothing was ever synced may be gone with its name. Of plain files what was not synced is gone.

    Parameters
    ----------
    committed : called with a file after each of its transactions.
    """

    def __init__(self, schedule: Schedule, committed: Callable[[Path, sqlite3.Connection], None]) -> None:
        self._schedule = schedule
        self._committed = committed
        self._files: dict[Path, _File] = {}
        self._outputs: dict[Path, bool] = {}
        self.power_lost: Callable[[Path], None] = lambda path: None
        """Called with a file whose machine loses its power while it is written."""
        self.wall_s = 1_000_000_000.0
        """The time on the wall, which can jump."""

    def has(self, path: Path) -> bool:
        return path in self._files

    def which(self, path: Path) -> object:
        return path if path in self._files else None

    def create(self, path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
        file = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=_File)
        file.disk, file.path = self, path
        sqlite3.Connection.execute(file, f"PRAGMA page_size = {PAGE_BYTES}")
        file.create_function("unixepoch", 0, lambda: self.wall_s)
        fill(file)
        self._files[path] = file

    def connect(self, path: Path) -> sqlite3.Connection:
        return self._files[path]

    def free_bytes(self, path: Path) -> int:
        return 0 if self._is_full(self._files[path]) else _NO_LIMIT

    def write(self, path: Path) -> None:
        """Write a plain file; it is in memory only."""
        self._outputs[path] = False

    def sync(self, path: Path) -> None:
        """Put a plain file on the disk, its name as well."""
        self._outputs[path] = True

    def has_plain(self, path: Path) -> bool:
        """Whether there is such a plain file."""
        return path in self._outputs

    def lose_power(self, is_there: Callable[[Path], bool]) -> None:
        """Drop what was not synced of the files of a machine."""
        random = self._schedule.random
        for path in [path for path, synced in self._outputs.items() if is_there(path) and not synced]:
            del self._outputs[path]
            self._schedule.note(f"{path.name} is gone")
        for path, file in [(path, file) for path, file in self._files.items() if is_there(path)]:
            if not file.is_named and random.random() < 0.5:
                del self._files[path]
                self._schedule.note(f"{path.name} is gone")
            elif file.unsynced and (kept := random.randint(0, len(file.unsynced))) < len(file.unsynced):
                file.deserialize(file.unsynced[kept])
                self._schedule.note(f"{path.name} is as it was {len(file.unsynced) - kept} transactions ago")
            file.unsynced.clear()

    def erase(self) -> None:
        """Give the memory back."""
        for file in self._files.values():
            sqlite3.Connection.close(file)

    def before_transaction(self, file: _File) -> None:
        where = file.path.name
        if self._schedule.strikes("clock_jumps", where):
            self.wall_s += self._schedule.random.choice(CLOCK_JUMPS_S)
        if self._schedule.strikes("disk_busy", where):
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorname = "SQLITE_BUSY"
            raise busy
        if not file.is_synced:
            file.unsynced.append(file.serialize())
        if not self._is_full(file) and self._schedule.strikes("disk_full", where):
            file.full_until = self._schedule.step + self._schedule.random.randint(*FULL_FOR_STEPS)
            file.limit(1)
        file.limit(1 if self._is_full(file) else _NO_LIMIT)

    def commit(self, file: _File) -> sqlite3.Cursor:
        if self._power_fails(file) or self._schedule.strikes("dies_before_commit", file.path.name):
            file.execute("ROLLBACK")
            raise Crash
        done = file.write()
        self._committed(file.path, file)
        if self._power_fails(file) or self._schedule.strikes("dies_after_commit", file.path.name):
            raise Crash
        return done

    def _power_fails(self, file: _File) -> bool:
        if not self._schedule.strikes("power_lost", file.path.name):
            return False
        self.power_lost(file.path)
        return True

    def _is_full(self, file: _File) -> bool:
        return self._schedule.step < file.full_until and not self._schedule.calm
