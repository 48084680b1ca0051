"""The ledger: what must be true after a crash is one transaction here, whatever the tables are kept in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qclone.errors import KeyConsumedError, StorageError, TooLateError
from qclone.store._formats import LEDGER
from qclone.store._intact import intact
from qclone.store._journal import Journal, Opened, journal_here
from qclone.store._manifest import KeyState, Manifest
from qclone.store._names import DEFAULT_TENANT, register_name
from qclone.store._receipts import Receipts
from qclone.store._sql import Sql, Storage
from qclone.store._sqlite import DISK, Database, Disk
from qclone.store._uses import Uses
from qclone.store.rows import (
    COLUMNS,
    FACTS,
    facts,
    folded,
    manifest_of,
    no_such_object,
    only_match,
    prefix_range,
    put_complete,
    require_begun,
    require_noted,
    require_removable,
)

_ALL = 2**62
"""More objects than there can be: no limit, in the SQL of every database."""
_READ_AT_ONCE = 5_000


class SqlLedger:
    """One tenant's ledger in a table; see `Ledger` for what each call promises.

    Parameters
    ----------
    storage : where the table `objects` is.
    tenant : whose objects these are.
    receipts : what the fabric believes; None for who consumes nothing.
    shared : whether the table holds the objects of other tenants, too, and says whose each is.
    """

    def __init__(
        self,
        storage: Storage,
        tenant: str = DEFAULT_TENANT,
        receipts: Receipts | None = None,
        *,
        shared: bool = False,
    ) -> None:
        self._database = storage
        self._tenant = tenant
        self._receipts = receipts
        self._whose = "tenant = ? AND " if shared else ""
        self._owner: tuple[str, ...] = (tenant,) if shared else ()

    def close(self) -> None:
        self._database.close()

    def reserve(self, manifest: Manifest) -> None:
        row = self._mine(*facts(manifest))
        columns, places = ("tenant, " if self._owner else "") + FACTS, ", ".join("?" * len(row))
        with self._database.transaction(self._of(manifest.object_id)) as sql:
            sql.execute(f"INSERT INTO objects ({columns}) VALUES ({places})", row)

    def stored(self, object_id: str) -> None:
        complete = f"UPDATE objects SET stored = TRUE WHERE {self._whose}id = ? AND NOT abandoned"
        with self._database.transaction(self._of(object_id)) as sql:
            if sql.execute(complete, self._mine(object_id)).rowcount == 0:
                raise no_such_object(object_id)

    def abandon(self, object_id: str) -> None:
        give_up = f"UPDATE objects SET abandoned = TRUE WHERE {self._whose}id = ? AND NOT stored"
        with self._database.transaction(self._of(object_id)) as sql:
            sql.execute(give_up, self._mine(object_id))
            complete = f"SELECT 1 FROM objects WHERE {self._whose}id = ? AND stored"
            if sql.execute(complete, self._mine(object_id)).fetchone():
                raise put_complete(object_id)

    def strike(self, object_id: str) -> None:
        with self._database.transaction(self._of(object_id)) as sql:
            delete = f"DELETE FROM objects WHERE {self._whose}id = ? AND NOT stored"
            sql.execute(delete, self._mine(object_id))

    def remove(self, object_id: str) -> None:
        with self._database.transaction(self._of(object_id)) as sql:
            query = f"SELECT {COLUMNS} FROM objects WHERE {self._whose}id = ? AND (stored OR abandoned)"
            row = sql.execute(query, self._mine(object_id)).fetchone()
            if row is None:
                raise no_such_object(object_id)
            manifest = manifest_of(row)
            require_removable(manifest)
            if manifest.key.state is KeyState.CONSUMED:
                delete = f"DELETE FROM objects WHERE {self._whose}id = ?"
                sql.execute(delete, self._mine(object_id))
            else:
                give_up = f"UPDATE objects SET stored = FALSE, abandoned = TRUE WHERE {self._whose}id = ?"
                sql.execute(give_up, self._mine(object_id))

    def unfinished(self) -> list[str]:
        with self._database.reading() as sql:
            query = f"SELECT id FROM objects WHERE {self._whose}NOT stored ORDER BY number"
            return [row[0] for row in sql.execute(query, self._mine()).fetchall()]

    def find(self, prefix: str) -> Manifest:
        bounds = prefix_range(prefix)
        with self._database.reading() as sql:
            rows = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE {self._whose}stored AND id >= ? AND id < ? "
                "ORDER BY id LIMIT 3",
                self._mine(*bounds),
            ).fetchall()
        return only_match(rows, prefix)

    def manifests(self, after: str = "", limit: int | None = None) -> list[Manifest]:
        with self._database.reading() as sql:
            query = f"SELECT number FROM objects WHERE {self._whose}id = ?"
            since = sql.execute(query, self._mine(after)).fetchone()
            if after and since is None:
                raise no_such_object(after)
            rows = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE {self._whose}stored AND number > ? "
                "ORDER BY number LIMIT ?",
                self._mine(since[0] if since else 0, _ALL if limit is None else limit),
            ).fetchall()
        return [manifest_of(row) for row in rows]

    def search(self, text: str = "", start: int = 0, limit: int = 100) -> tuple[int, list[Manifest]]:
        with self._database.reading() as sql:
            if text:
                numbers = self._holding(sql, folded(text))
                return len(numbers), self._numbered(sql, numbers[start : start + limit])
            query = f"SELECT COUNT(*) FROM objects WHERE {self._whose}stored"
            total = int(sql.execute(query, self._mine()).fetchone()[0])
            query = (
                f"SELECT {COLUMNS} FROM objects WHERE {self._whose}stored "
                "ORDER BY number DESC LIMIT ? OFFSET ?"
            )
            rows = sql.execute(query, self._mine(limit, start)).fetchall()
        return total, [manifest_of(row) for row in rows]

    def _holding(self, sql: Sql, wanted: str) -> list[int]:
        """The numbers of those whose name holds a folded text or whose id starts so, newest first.

        Compared here: of other cases of a letter databases know ASCII's alone, or each by its locale.
        """
        query = (
            f"SELECT number, id, name FROM objects WHERE {self._whose}stored AND number < ? "
            "ORDER BY number DESC LIMIT ?"
        )
        found: list[int] = []
        below = _ALL
        while rows := sql.execute(query, self._mine(below, _READ_AT_ONCE)).fetchall():
            found += [
                number for number, id_, name in rows if wanted in folded(name) or id_.startswith(wanted)
            ]
            below = rows[-1][0]
        return found

    def _numbered(self, sql: Sql, numbers: Sequence[int]) -> list[Manifest]:
        found: list[Manifest] = []
        for chosen in (numbers[i : i + _READ_AT_ONCE] for i in range(0, len(numbers), _READ_AT_ONCE)):
            wanted = f"{self._whose}number IN ({', '.join('?' * len(chosen))})"
            query = f"SELECT {COLUMNS} FROM objects WHERE {wanted} ORDER BY number DESC"
            found += map(manifest_of, sql.execute(query, self._mine(*chosen)).fetchall())
        return found

    def revision(self) -> str:
        return self._database.revision()

    def consume(self, object_id: str, server: str, claim: str, within_s: float | None = None) -> str:
        deadline = Deadline(within_s)
        if self._receipts is None:
            raise StorageError("This ledger has no key for receipts.", "Give it the cloud's receipt.key.")
        self._require_room()
        receipt = self._receipts.issue(register_name(self._tenant, object_id), claim)
        with self._database.transaction(self._of(object_id)) as sql:
            row = sql.execute(
                f"SELECT key_claim, {COLUMNS} FROM objects WHERE {self._whose}stored AND id = ?",
                self._mine(object_id),
            ).fetchone()
            if row is None:
                raise no_such_object(object_id)
            key = manifest_of(row[1:]).key
            if key.state is KeyState.SEALED:
                self._require_not_opened_elsewhere(object_id, claim)
                sql.execute(
                    "UPDATE objects SET key_server = ?, key_state = 'consuming', key_at = ?, key_claim = ? "
                    f"WHERE {self._whose}id = ?",
                    (server, utc_now(), claim, *self._mine(object_id)),
                )
            elif row[0] != claim:
                key.require_sealed(object_id)
            elif key.state is KeyState.CONSUMING:  # its holder goes on another way: what is named is used
                query = f"UPDATE objects SET key_server = ? WHERE {self._whose}id = ?"
                sql.execute(query, (server, *self._mine(object_id)))
            else:
                server = key.server or server
            deadline.require()
        if key.state is not KeyState.CONSUMED:
            self._write_down(object_id, claim, server)
        return receipt

    def note(self, object_id: str, before: Uses, after: Uses) -> None:
        with self._database.transaction(self._of(object_id)) as sql:
            query = f"SELECT {COLUMNS} FROM objects WHERE {self._whose}stored AND id = ?"
            row = sql.execute(query, self._mine(object_id)).fetchone()
            if require_noted(object_id, row, before, after):
                query = f"UPDATE objects SET uses = ? WHERE {self._whose}id = ?"
                sql.execute(query, (after.text, *self._mine(object_id)))

    def consumed(self, object_id: str) -> None:
        with self._database.transaction(self._of(object_id)) as sql:
            query = f"SELECT key_claim, {COLUMNS} FROM objects WHERE {self._whose}stored AND id = ?"
            row = sql.execute(query, self._mine(object_id)).fetchone()
            if row is None:
                raise no_such_object(object_id)
            require_begun(manifest_of(row[1:]))
            self._say_safe(object_id, row[0])  # first, for a copy of this ledger must not miss it
            query = f"UPDATE objects SET key_state = 'consumed' WHERE {self._whose}id = ?"
            sql.execute(query, self._mine(object_id))

    def _mine(self, *values: Any) -> Sequence[Any]:
        """The parameters of a statement that begins with whose object it is."""
        return (*self._owner, *values)

    def _of(self, object_id: str) -> str:
        """What a transaction is alone with."""
        return register_name(self._tenant, object_id)

    def _require_room(self) -> None:
        """Raise StorageError unless there is room for what must not fail half way."""

    def _require_not_opened_elsewhere(self, object_id: str, claim: str) -> None:
        """Raise KeyConsumedError if a copy of this ledger consumed the key, before it is consumed here."""

    def _write_down(self, object_id: str, claim: str, server: str) -> None:
        """A claim whose consumption was not written down gets no receipt; it asks again and does."""

    def _say_safe(self, object_id: str, claim: str) -> None:
        """No copy of this ledger goes on with a claim whose register is safe with its owner."""


class SqliteLedger(SqlLedger):
    """The ledger of one tenant in one SQLite file.

    Parameters
    ----------
    receipts : what the fabric believes; by default those whose key is beside the file.
    journal : where consumptions are also written down, so that copies of this file know of them.
    """

    _database: Database

    def __init__(
        self,
        path: Path,
        disk: Disk = DISK,
        tenant: str = DEFAULT_TENANT,
        receipts: Receipts | None = None,
        journal: Callable[[], Journal | None] | None = None,
    ) -> None:
        super().__init__(Database(path, LEDGER, disk), tenant, receipts or Receipts.beside(path))
        with self._database.reading() as sql, intact("the ledger"):
            self._identity = str(sql.execute("SELECT id FROM identity").fetchone()[0])
        self._journal = journal or (journal_here if disk is DISK else lambda: None)

    @classmethod
    def create(cls, path: Path, disk: Disk = DISK) -> None:
        """Make the file of an empty ledger; one that is there keeps what is in it."""
        Database(path, LEDGER, disk, new=True).close()

    def closing(self) -> Callable[[], None]:
        """Return what closes the file, for who outlives this ledger."""
        return self._database.close

    def identity(self) -> str:
        """What all copies of this ledger have in common."""
        return self._identity

    def sealed(self) -> list[str]:
        """The ids of the stored objects whose keys can still open."""
        return [one for one, state in self.open_ended().items() if state == KeyState.SEALED]

    def open_ended(self) -> dict[str, str]:
        """The stored objects whose registers are not safe with anybody yet, and the states of their keys."""
        query = "SELECT id, key_state FROM objects WHERE stored AND key_state <> 'consumed'"
        with self._database.reading() as sql:
            return dict(sql.execute(query).fetchall())

    def was_opened(self, object_id: str, opened: Opened) -> None:
        """Write down that a key was consumed without this ledger: in a copy of it, or after it was copied."""
        with self._database.transaction() as sql:
            sql.execute(
                "UPDATE objects SET key_state = 'consumed', key_server = ?, key_at = ?, key_claim = ? "
                "WHERE id = ? AND key_state <> 'consumed'",
                (opened.server, opened.at, opened.claim, object_id),
            )

    def _require_room(self) -> None:
        self._database.require_room()

    def _require_not_opened_elsewhere(self, object_id: str, claim: str) -> None:
        if (journal := self._journal()) is not None:
            first = journal.first(self._identity, object_id)
            if first is not None and first.claim != claim:
                raise _opened_elsewhere(object_id, first)

    def _write_down(self, object_id: str, claim: str, server: str) -> None:
        if (journal := self._journal()) is not None:
            first = journal.opened(self._identity, object_id, claim, server, utc_now())
            if first.claim != claim or first.is_safe:
                raise _opened_elsewhere(object_id, first)

    def _say_safe(self, object_id: str, claim: str) -> None:
        if (journal := self._journal()) is not None:
            journal.safe(self._identity, object_id, claim)


class Deadline:
    """Until when somebody waits; looked at last, before a transaction that nobody waits for is committed.

    Parameters
    ----------
    within_s : from now; None if there is no limit.
    """

    def __init__(self, within_s: float | None) -> None:
        self._at = None if within_s is None else time.monotonic() + within_s

    def require(self) -> None:
        """Raise TooLateError if nobody waits any more."""
        if self._at is not None and time.monotonic() >= self._at:
            raise TooLateError(
                "Who asked for this does not wait any more; nothing was changed.", "Ask again."
            )


def _opened_elsewhere(object_id: str, first: Opened) -> KeyConsumedError:
    return KeyConsumedError(
        f"The key of {object_id} was consumed at {first.at}, in another copy of this cloud.",
        "A register is recovered once, however often its cloud is copied. See what is older: qclone fsck",
    )


def utc_now() -> str:
    """Return the time on the wall, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
