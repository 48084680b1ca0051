"""The fabric on PostgreSQL: any number of processes, on any number of machines, work on its registers."""

from __future__ import annotations

from collections.abc import Sequence

from qclone.errors import StorageError
from qclone.service._database import CONNECTIONS
from qclone.service._locking import Locking
from qclone.store import Links, Memory, Receipts, Sql, SqlFabric

SCHEMA = "qclone_fabric"
MIGRATIONS = (
    """
    CREATE TABLE clock (
        now_s DOUBLE PRECISION NOT NULL, t1_s DOUBLE PRECISION NOT NULL, t2_s DOUBLE PRECISION NOT NULL
    );
    CREATE TABLE links (fidelity DOUBLE PRECISION NOT NULL, loss DOUBLE PRECISION NOT NULL);
    CREATE TABLE sites (
        rowid BIGINT GENERATED ALWAYS AS IDENTITY, name TEXT PRIMARY KEY, state TEXT NOT NULL
    );
    CREATE TABLE registers (
        id TEXT COLLATE "C" PRIMARY KEY, owner TEXT NOT NULL, num_wires INTEGER NOT NULL,
        inputs TEXT NOT NULL, core BYTEA NOT NULL, aged_at_s DOUBLE PRECISION NOT NULL,
        released INTEGER NOT NULL DEFAULT 0, version BIGINT NOT NULL DEFAULT 0, opened_by TEXT, ordered TEXT
    );
    CREATE TABLE results (
        register TEXT COLLATE "C" PRIMARY KEY, ordered TEXT NOT NULL, version BIGINT NOT NULL,
        at_s DOUBLE PRECISION NOT NULL, frame TEXT NOT NULL, outcomes TEXT NOT NULL, fidelity DOUBLE PRECISION
    );
    CREATE TABLE forgotten (register TEXT COLLATE "C" PRIMARY KEY);
    CREATE TABLE history (
        register TEXT COLLATE "C", step INTEGER, circuit TEXT NOT NULL, PRIMARY KEY (register, step)
    );
    CREATE TABLE placement (
        register TEXT COLLATE "C", site TEXT COLLATE "C", wires TEXT NOT NULL, PRIMARY KEY (register, site)
    );
    CREATE INDEX placement_by_site ON placement (site);
    CREATE TABLE done (
        key TEXT PRIMARY KEY, call TEXT NOT NULL, number BIGINT GENERATED ALWAYS AS IDENTITY
    );
    CREATE INDEX done_by_number ON done (number);
    """,
    "ALTER TABLE registers ADD COLUMN computed TEXT NOT NULL DEFAULT ''",
)


class PostgresFabric(SqlFabric):
    """The same fabric as in one SQLite file, its tables in a schema of a PostgreSQL database.

    Who acts on a register locks that register, so acts on different registers do not wait for each other.
    Who changes the world (the clock, which servers fail) waits until nobody acts, and then acts alone.

    Parameters
    ----------
    url : such as postgresql://user@host/database; see `create`.
    receipts : of the ledger.
    seed : fixes the noise that this process draws; None takes it from the operating system.
    schema : of the database, one a fabric.
    connections : how many at most.

    Raises
    ------
    StorageError : there is no fabric in it.
    """

    def __init__(
        self,
        url: str,
        receipts: Receipts,
        seed: int | None = None,
        schema: str = SCHEMA,
        connections: int = CONNECTIONS,
    ) -> None:
        storage = Locking(url, MIGRATIONS, schema, connections)
        super().__init__(storage, receipts, seed)
        with storage.reading() as sql:
            made = _is_made(sql)
        if not made:
            storage.close()
            raise StorageError(
                "There is no fabric in this database.",
                "Make one with: qclone serve fabric --postgres URL",
            )

    @staticmethod
    def is_in(url: str, schema: str = SCHEMA) -> bool:
        """Whether there is a fabric in a database."""
        storage = Locking(url, MIGRATIONS, schema, 1)
        try:
            with storage.reading() as sql:
                return _is_made(sql)
        finally:
            storage.close()

    @classmethod
    def create(
        cls,
        url: str,
        servers: Sequence[str],
        memory: Memory,
        links: Links | None = None,
        schema: str = SCHEMA,
    ) -> bool:
        """Make a fabric with these servers, unless there is one. Returns whether there was none."""
        storage = Locking(url, MIGRATIONS, schema, 1)
        try:
            with storage.transaction() as sql:
                new = not _is_made(sql)
                if new:
                    cls._fill(sql, servers, memory, links or Links())
            return new
        finally:
            storage.close()


def _is_made(sql: Sql) -> bool:
    return sql.execute("SELECT 1 FROM clock").fetchone() is not None
