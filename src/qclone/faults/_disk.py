"""Disks that fill up, are kept busy by others, and processes that die around a commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
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

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            self.disk.before_transaction(self)
        if sql == "COMMIT":
            return self.disk.commit(self)
        return super().execute(sql, *parameters)

    def write(self) -> sqlite3.Cursor:
        """Commit."""
        return super().execute("COMMIT")

    def limit(self, pages: int) -> None:
        """From now on the file cannot grow beyond so many pages (or its present size)."""
        super().execute(f"PRAGMA max_page_count = {pages}")

    def close(self) -> None:
        """A process closes it; the file stays."""


class FaultyDisk(Disk):
    """Files in memory on a disk with faults.

    SQLite's own promise, that a transaction is there whole or not at all, is taken as given (real processes
    and SIGKILL test it elsewhere): dying before COMMIT has returned loses the transaction, later keeps it.

    Parameters
    ----------
    committed : called with a file after each of its transactions.
    """

    def __init__(self, schedule: Schedule, committed: Callable[[Path, sqlite3.Connection], None]) -> None:
        self._schedule = schedule
        self._committed = committed
        self._files: dict[Path, _File] = {}
        self.wall_s = 1_000_000_000.0
        """The time on the wall, which can jump."""

    def has(self, path: Path) -> bool:
        return path in self._files

    def connect(self, path: Path) -> sqlite3.Connection:
        if path not in self._files:
            file = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=_File)
            file.disk, file.path = self, path
            sqlite3.Connection.execute(file, f"PRAGMA page_size = {PAGE_BYTES}")
            file.create_function("unixepoch", 0, lambda: self.wall_s)
            self._files[path] = file
        return self._files[path]

    def free_bytes(self, path: Path) -> int:
        return 0 if self._is_full(self._files[path]) else _NO_LIMIT

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
        if not self._is_full(file) and self._schedule.strikes("disk_full", where):
            file.full_until = self._schedule.step + self._schedule.random.randint(*FULL_FOR_STEPS)
            file.limit(1)
        file.limit(1 if self._is_full(file) else _NO_LIMIT)

    def commit(self, file: _File) -> sqlite3.Cursor:
        if self._schedule.strikes("dies_before_commit", file.path.name):
            file.execute("ROLLBACK")
            raise Crash
        done = file.write()
        self._committed(file.path, file)
        if self._schedule.strikes("dies_after_commit", file.path.name):
            raise Crash
        return done

    def _is_full(self, file: _File) -> bool:
        return self._schedule.step < file.full_until and not self._schedule.calm
