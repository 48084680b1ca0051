"""The ledger of one machine: what must be true after a crash is one SQLite transaction here."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from qclone.errors import InvalidInputError, NoSuchObjectError
from qclone.store._manifest import Key, KeyState, Manifest
from qclone.store._sqlite import Database

_SCHEMA = """
CREATE TABLE objects (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, qubits INTEGER NOT NULL,
    num_clones INTEGER NOT NULL, scheme TEXT NOT NULL, clones TEXT NOT NULL, created_at TEXT NOT NULL,
    clock_s REAL NOT NULL, stored INTEGER NOT NULL DEFAULT 0,
    key_state TEXT NOT NULL DEFAULT 'sealed', key_server TEXT, key_at TEXT
);
"""
_FACTS = "id, name, qubits, num_clones, scheme, clones, created_at, clock_s"
_COLUMNS = f"{_FACTS}, key_state, key_server, key_at"


class SqliteLedger:
    """The ledger in one SQLite file; see `Ledger` for what each call promises."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the file of an empty ledger."""
        Database(path, _SCHEMA).close()

    def close(self) -> None:
        self._database.close()

    def reserve(self, manifest: Manifest) -> None:
        scheme, clones = json.dumps(dict(manifest.scheme)), json.dumps(dict(manifest.clones))
        m = manifest
        row = (m.object_id, m.name, m.qubits, m.num_clones, scheme, clones, m.created_at, m.clock_s)
        with self._database.transaction() as sql:
            sql.execute(f"INSERT INTO objects ({_FACTS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def stored(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute("UPDATE objects SET stored = 1 WHERE id = ?", (object_id,))

    def strike(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM objects WHERE id = ? AND NOT stored", (object_id,))

    def unfinished(self) -> list[str]:
        with self._database.reading() as sql:
            return [row[0] for row in sql.execute("SELECT id FROM objects WHERE NOT stored").fetchall()]

    def find(self, prefix: str) -> Manifest:
        if not (prefix.isascii() and prefix.isalnum()):
            raise _no_such_object(prefix)
        # A range, not LIKE: the index serves it.
        with self._database.reading() as sql:
            rows = sql.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE stored AND id >= ? AND id < ? ORDER BY id LIMIT 3",
                (prefix, prefix + "~"),
            ).fetchall()
        if not rows:
            raise _no_such_object(prefix)
        if len(rows) > 1 and rows[0][0] != prefix:
            listed = ", ".join(row[0] for row in rows[:2]) + (", ..." if len(rows) > 2 else "")
            raise InvalidInputError(
                f"Several objects have ids that start with {prefix!r}: {listed}.",
                "Give more digits of the id.",
            )
        return _manifest(rows[0])

    def manifests(self) -> list[Manifest]:
        with self._database.reading() as sql:
            rows = sql.execute(f"SELECT {_COLUMNS} FROM objects WHERE stored ORDER BY number").fetchall()
        return [_manifest(row) for row in rows]

    def consume(self, object_id: str, server: str) -> None:
        # Past this point nothing is tried twice, so what follows must not fail for want of room.
        self._database.require_room()
        with self._database.transaction() as sql:
            won = sql.execute(
                "UPDATE objects SET key_state = 'consuming', key_server = ?, key_at = ? "
                "WHERE id = ? AND stored AND key_state = 'sealed'",
                (server, utc_now(), object_id),
            ).rowcount
            row = sql.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE stored AND id = ?", (object_id,)
            ).fetchone()
        if row is None:
            raise _no_such_object(object_id)
        if not won:
            _manifest(row).key.require_sealed(object_id)

    def consumed(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute(
                "UPDATE objects SET key_state = 'consumed' WHERE id = ? AND key_state = 'consuming'",
                (object_id,),
            )


def utc_now() -> str:
    """Return the time on the wall, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _no_such_object(prefix: str) -> NoSuchObjectError:
    return NoSuchObjectError(f"There is no object {prefix!r}.", "List the objects with: qclone ls")


def _manifest(row: sqlite3.Row) -> Manifest:
    object_id, name, qubits, num_clones, scheme, clones, created_at, clock_s, state, server, at = row
    key = Key(KeyState(state), server, at)
    return Manifest(
        object_id, name, qubits, num_clones, json.loads(scheme), json.loads(clones), created_at, clock_s, key
    )
