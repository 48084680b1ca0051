"""The ledger of a service: PostgreSQL, one database for all tenants, migrated when it is opened."""

from __future__ import annotations

from qclone.errors import StorageError
from qclone.service._database import CONNECTIONS, PostgresDatabase
from qclone.store import (
    DEFAULT_TENANT,
    Deadline,
    KeyState,
    Manifest,
    Receipts,
    Uses,
    register_name,
    utc_now,
)
from qclone.store.rows import (
    COLUMNS,
    FACTS,
    facts,
    manifest_of,
    no_such_object,
    only_match,
    prefix_range,
    put_complete,
    require_noted,
)

# Applied in order; what has been applied is never changed, only added to.
MIGRATIONS = (
    """
    CREATE TABLE objects (
        number BIGINT GENERATED ALWAYS AS IDENTITY, tenant TEXT NOT NULL, id TEXT COLLATE "C" NOT NULL,
        name TEXT NOT NULL, qubits INTEGER NOT NULL, num_clones INTEGER NOT NULL, scheme TEXT NOT NULL,
        clones TEXT NOT NULL, created_at TEXT NOT NULL, clock_s DOUBLE PRECISION NOT NULL,
        stored BOOLEAN NOT NULL DEFAULT FALSE,
        key_state TEXT NOT NULL DEFAULT 'sealed', key_server TEXT, key_at TEXT,
        PRIMARY KEY (tenant, id)
    );
    CREATE TABLE done (key TEXT PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now());
    """,
    "CREATE INDEX done_by_age ON done (at)",
    "ALTER TABLE objects ADD COLUMN abandoned BOOLEAN NOT NULL DEFAULT FALSE;",
    "CREATE INDEX unfinished ON objects (tenant, id) WHERE NOT stored",
    # Calls are forgotten by their number, as in every ledger: clocks jump.
    """
    DROP INDEX done_by_age;
    ALTER TABLE done DROP COLUMN at, ADD COLUMN number BIGINT GENERATED ALWAYS AS IDENTITY;
    CREATE INDEX done_by_number ON done (number);
    """,
    # A key belongs to one call; which one, was not written down before.
    """
    DELETE FROM done;
    ALTER TABLE done ADD COLUMN call TEXT NOT NULL;
    """,
    "CREATE INDEX stored_by_number ON objects (tenant, number) WHERE stored",
    "ALTER TABLE objects ADD COLUMN key_claim TEXT",
    "ALTER TABLE objects ADD COLUMN uses TEXT NOT NULL DEFAULT ''",
)


class PostgresLedger:
    """One tenant's ledger in a PostgreSQL database; see `Ledger` for what each call promises.

    Parameters
    ----------
    database : as `opened` returns it, shared by the ledgers of all tenants.
    tenant : whose objects these are.
    receipts : what the fabric believes; None for who consumes nothing.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        tenant: str = DEFAULT_TENANT,
        receipts: Receipts | None = None,
    ) -> None:
        self._database = database
        self._receipts = receipts
        self._tenant = tenant

    @staticmethod
    def opened(url: str, connections: int = CONNECTIONS) -> PostgresDatabase:
        """Return the database that holds the ledgers of all tenants."""
        return PostgresDatabase(url, MIGRATIONS, connections=connections)

    def close(self) -> None:
        """Others use the database, too: who opened it closes it."""

    def reserve(self, manifest: Manifest) -> None:
        row = (self._tenant, *facts(manifest))
        with self._database.transaction() as sql:
            sql.execute(
                f"INSERT INTO objects (tenant, {FACTS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", row
            )

    def stored(self, object_id: str) -> None:
        mine = (self._tenant, object_id)
        with self._database.transaction() as sql:
            complete = "UPDATE objects SET stored = TRUE WHERE tenant = %s AND id = %s AND NOT abandoned"
            if sql.execute(complete, mine).rowcount == 0:
                raise no_such_object(object_id)

    def abandon(self, object_id: str) -> None:
        mine = (self._tenant, object_id)
        with self._database.transaction() as sql:
            # The row stays locked: what it says afterwards is still so at the commit.
            unless = (
                "UPDATE objects SET abandoned = NOT stored WHERE tenant = %s AND id = %s RETURNING stored"
            )
            row = sql.execute(unless, mine).fetchone()
            if row is not None and row[0]:
                raise put_complete(object_id)

    def strike(self, object_id: str) -> None:
        self._write("DELETE FROM objects WHERE tenant = %s AND id = %s AND NOT stored", object_id)

    def unfinished(self) -> list[str]:
        with self._database.reading() as sql:
            rows = sql.execute("SELECT id FROM objects WHERE tenant = %s AND NOT stored", (self._tenant,))
            return [row[0] for row in rows.fetchall()]

    def find(self, prefix: str) -> Manifest:
        bounds = prefix_range(prefix)
        with self._database.reading() as sql:
            rows = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE tenant = %s AND stored AND id >= %s AND id < %s "
                "ORDER BY id LIMIT 3",
                (self._tenant, *bounds),
            ).fetchall()
        return only_match(rows, prefix)

    def manifests(self, after: str = "", limit: int | None = None) -> list[Manifest]:
        mine = (self._tenant, after)
        with self._database.reading() as sql:
            row = sql.execute("SELECT number FROM objects WHERE tenant = %s AND id = %s", mine).fetchone()
            if after and row is None:
                raise no_such_object(after)
            rows = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE tenant = %s AND stored AND number > %s "
                "ORDER BY number LIMIT %s",
                (self._tenant, row[0] if row else 0, limit),
            ).fetchall()
        return [manifest_of(row) for row in rows]

    def consume(self, object_id: str, server: str, claim: str, within_s: float | None = None) -> str:
        deadline, mine = Deadline(within_s), (self._tenant, object_id)
        if self._receipts is None:
            raise StorageError("This ledger has no key for receipts.", "Give it the cloud's receipt.key.")
        receipt = self._receipts.issue(register_name(self._tenant, object_id), claim)
        with self._database.transaction() as sql:
            row = sql.execute(
                f"SELECT key_claim, {COLUMNS} FROM objects "
                "WHERE tenant = %s AND stored AND id = %s FOR UPDATE",
                mine,
            ).fetchone()
            if row is None:
                raise no_such_object(object_id)
            key = manifest_of(row[1:]).key
            if key.state is KeyState.SEALED:
                sql.execute(
                    "UPDATE objects SET key_state = 'consuming', key_server = %s, key_at = %s, "
                    "key_claim = %s WHERE tenant = %s AND id = %s",
                    (server, utc_now(), claim, *mine),
                )
            elif row[0] != claim:
                key.require_sealed(object_id)
            elif key.state is KeyState.CONSUMING:  # its holder goes on another way: what is named is used
                sql.execute(
                    "UPDATE objects SET key_server = %s WHERE tenant = %s AND id = %s", (server, *mine)
                )
            deadline.require()
        return receipt

    def note(self, object_id: str, before: Uses, after: Uses) -> None:
        with self._database.transaction() as sql:
            row = sql.execute(
                f"SELECT {COLUMNS} FROM objects WHERE tenant = %s AND stored AND id = %s FOR UPDATE",
                (self._tenant, object_id),
            ).fetchone()
            if require_noted(object_id, row, before, after):
                sql.execute(
                    "UPDATE objects SET uses = %s WHERE tenant = %s AND id = %s",
                    (after.text, self._tenant, object_id),
                )

    def consumed(self, object_id: str) -> None:
        self._write(
            "UPDATE objects SET key_state = 'consumed' "
            "WHERE tenant = %s AND id = %s AND key_state = 'consuming'",
            object_id,
        )

    def _write(self, query: str, object_id: str) -> None:
        with self._database.transaction() as sql:
            sql.execute(query, (self._tenant, object_id))
