"""What is in an SQLite file of qclone, and how a file that an earlier version wrote becomes one of today."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from qclone.errors import LossError, StorageError

_HELD = {
    "keyring": "the secret of every sealed object",
    "ledger": "the record of what was put and opened",
    "fabric": "every register",
    "opened": "the record of what was opened",
}
Migration = str | Callable[[sqlite3.Connection], None]


@dataclass(frozen=True)
class Format:
    """A kind of file; `PRAGMA application_id` says which, `PRAGMA user_version` how many migrations it had.

    Parameters
    ----------
    application_id : of this kind of file and no other.
    table : one that every file of this kind has had, also those from before versions were counted.
    migrations : SQL or functions, applied in order. What has been released is never changed, only added to.
        The first one makes a new file, and brings those without a version to the same form.
    """

    application_id: int
    table: str
    migrations: tuple[Migration, ...]

    def bring_up_to_date(self, sql: sqlite3.Connection, name: str, new: bool = False) -> None:
        """Make a new file, or bring an old one to this format; all of it or nothing. Raises as `check`."""
        if self._is_of_today(sql):
            return
        sql.execute("BEGIN EXCLUSIVE")
        try:
            self.check(sql, name, new)
            for migration in self.migrations[_pragma(sql, "user_version") :]:
                if callable(migration):
                    migration(sql)
                else:
                    for statement in migration.split(";"):
                        sql.execute(statement)
            sql.execute(f"PRAGMA application_id = {self.application_id}")
            sql.execute(f"PRAGMA user_version = {len(self.migrations)}")
        except BaseException:
            if sql.in_transaction:
                sql.execute("ROLLBACK")
            raise
        sql.execute("COMMIT")

    def _is_of_today(self, sql: sqlite3.Connection) -> bool:
        is_ours = _pragma(sql, "application_id") == self.application_id
        return is_ours and _pragma(sql, "user_version") == len(self.migrations)

    def check(self, sql: sqlite3.Connection, name: str, new: bool = False) -> None:
        """Look whether a file is of this kind and can be brought to this format, without touching it.

        Raises
        ------
        LossError : an empty file: every one is made with its tables.
        StorageError : a file of another kind, incomplete, or written by a newer qclone.
        """
        is_empty = not tables(sql)
        if is_empty and not new:
            raise emptied(name)
        kind, version = _pragma(sql, "application_id"), _pragma(sql, "user_version")
        if not is_empty and (kind not in (0, self.application_id) or self.table not in tables(sql)):
            raise StorageError(
                f"{name} is a file of another kind.",
                "Put back the file that belongs there, or make a new cloud.",
            )
        if version > len(self.migrations):
            raise StorageError(
                f"{name} was written by a newer qclone: its format is {version}, and this one knows "
                f"{len(self.migrations)}.",
                "Use that version; nothing was changed.",
            )


def emptied(name: str, remedy: str = "See what is left of the cloud with: qclone fsck") -> LossError:
    """What was in a file of qclone is there no more."""
    held = next((what for start, what in _HELD.items() if name.startswith(start)), "what was in it")
    return LossError(f"{name} is empty, and never was: {held} is lost.", remedy)


def tables(sql: sqlite3.Connection) -> set[str]:
    """Return the names of the tables in a file."""
    return {row[0] for row in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}


def columns(sql: sqlite3.Connection, table: str) -> set[str]:
    """Return the names of a table's columns; none if it is not there."""
    return {row[0] for row in sql.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()}


def _pragma(sql: sqlite3.Connection, name: str) -> int:
    return int(sql.execute(f"PRAGMA {name}").fetchone()[0])
