"""The ledger of a service: PostgreSQL, one database for all tenants, migrated when it is opened."""

from __future__ import annotations

from qclone.service._database import CONNECTIONS
from qclone.service._locking import Locking
from qclone.store import DEFAULT_TENANT, Receipts, SqlLedger

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


class PostgresLedger(SqlLedger):
    """One tenant's ledger in a PostgreSQL database.

    Parameters
    ----------
    database : as `opened` returns it, shared by the ledgers of all tenants.
    tenant, receipts : as of `SqlLedger`.
    """

    def __init__(
        self, database: Locking, tenant: str = DEFAULT_TENANT, receipts: Receipts | None = None
    ) -> None:
        super().__init__(database, tenant, receipts, shared=True)

    @staticmethod
    def opened(url: str, connections: int = CONNECTIONS) -> Locking:
        """Return the database that holds the ledgers of all tenants."""
        return Locking(url, MIGRATIONS, None, connections)

    def close(self) -> None:
        """Others use the database, too: who opened it closes it."""
