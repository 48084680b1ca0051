"""The programs that a client has asked servers to run, with the angles that these were not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qclone.store._sqlite import Database

if TYPE_CHECKING:
    from qclone.compute import Program


class KeptPrograms:
    """The table of programs; each call is on disk when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, object_id: str, server: str, program: bytes) -> None:
        """Write a program down, in place of an earlier one."""
        with self._database.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO programs VALUES (?, ?, ?)", (object_id, server, program))

    def find(self, object_id: str, server: str) -> Program | None:
        """Return what a server was asked to run."""
        from qclone.compute import Program

        with self._database.reading() as sql:
            row = sql.execute(
                "SELECT program FROM programs WHERE id = ? AND server = ?", (object_id, server)
            ).fetchone()
        return None if row is None else Program.from_bytes(row[0])

    def drop(self, object_id: str) -> None:
        """Forget the programs of an object."""
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM programs WHERE id = ?", (object_id,))
