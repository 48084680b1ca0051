"""The ledger of one machine: what must be true after a crash is one SQLite transaction here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from qclone.store._formats import LEDGER
from qclone.store._manifest import Manifest
from qclone.store._sqlite import DISK, Database, Disk
from qclone.store.rows import (
    COLUMNS,
    FACTS,
    facts,
    manifest_of,
    no_such_object,
    only_match,
    prefix_range,
    put_complete,
)


class SqliteLedger:
    """The ledger in one SQLite file; see `Ledger` for what each call promises."""

    def __init__(self, path: Path, disk: Disk = DISK) -> None:
        self._database = Database(path, LEDGER, disk)

    @classmethod
    def create(cls, path: Path, disk: Disk = DISK) -> None:
        """Make the file of an empty ledger; one that is there keeps what is in it."""
        Database(path, LEDGER, disk, new=True).close()

    def close(self) -> None:
        self._database.close()

    def closing(self) -> Callable[[], None]:
        """Return what closes the file, for who outlives this ledger."""
        return self._database.close

    def reserve(self, manifest: Manifest) -> None:
        with self._database.transaction() as sql:
            sql.execute(f"INSERT INTO objects ({FACTS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", facts(manifest))

    def stored(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            complete = "UPDATE objects SET stored = 1 WHERE id = ? AND NOT abandoned"
            if sql.execute(complete, (object_id,)).rowcount == 0:
                raise no_such_object(object_id)

    def abandon(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute("UPDATE objects SET abandoned = 1 WHERE id = ? AND NOT stored", (object_id,))
            if sql.execute("SELECT 1 FROM objects WHERE id = ? AND stored", (object_id,)).fetchone():
                raise put_complete(object_id)

    def strike(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM objects WHERE id = ? AND NOT stored", (object_id,))

    def unfinished(self) -> list[str]:
        with self._database.reading() as sql:
            return [row[0] for row in sql.execute("SELECT id FROM objects WHERE NOT stored").fetchall()]

    def find(self, prefix: str) -> Manifest:
        with self._database.reading() as sql:
            rows = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE stored AND id >= ? AND id < ? ORDER BY id LIMIT 3",
                prefix_range(prefix),
            ).fetchall()
        return only_match(rows, prefix)

    def manifests(self, after: str = "", limit: int | None = None) -> list[Manifest]:
        with self._database.reading() as sql:
            since = sql.execute("SELECT number FROM objects WHERE id = ?", (after,)).fetchone()
            if after and since is None:
                raise no_such_object(after)
            rows = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE stored AND number > ? ORDER BY number LIMIT ?",
                (since[0] if since else 0, -1 if limit is None else limit),
            ).fetchall()
        return [manifest_of(row) for row in rows]

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
                f"SELECT {COLUMNS} FROM objects WHERE stored AND id = ?", (object_id,)
            ).fetchone()
        if row is None:
            raise no_such_object(object_id)
        if not won:
            manifest_of(row).key.require_sealed(object_id)

    def consumed(self, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute(
                "UPDATE objects SET key_state = 'consumed' WHERE id = ? AND key_state = 'consuming'",
                (object_id,),
            )


def utc_now() -> str:
    """Return the time on the wall, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
