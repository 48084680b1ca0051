"""Transactions in PostgreSQL that are alone with one register, or with everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg

from qclone.service._database import CONNECTIONS, PostgresDatabase


class _Sql:
    """Takes parameters written as ?, as SQLite does."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, query: str, parameters: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        return self._connection.execute(_in_postgres(query), parameters)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> None:
        self._connection.cursor().executemany(_in_postgres(query), list(rows))


@cache
def _in_postgres(query: str) -> bytes:
    return query.replace("%", "%%").replace("?", "%s").encode()


class Locking:
    """Transactions that are alone with the register they are of, or with everything.

    Locks are taken in the same order by all, everything before one register, so nobody waits in a circle.

    Parameters
    ----------
    url, migrations, schema, connections : as of `PostgresDatabase`.
    """

    def __init__(
        self, url: str, migrations: Sequence[str], schema: str | None, connections: int = CONNECTIONS
    ) -> None:
        self._database = PostgresDatabase(url, migrations, schema, connections)
        self._name = schema or "qclone"

    def close(self) -> None:
        self._database.close()

    def revision(self) -> str:
        """Which transactions have begun and ended, in all of the database server."""
        with self._database.reading() as connection:
            return str(connection.execute("SELECT pg_current_snapshot()::text").fetchone()[0])  # type: ignore[index]

    @contextmanager
    def transaction(self, of: str = "") -> Iterator[_Sql]:
        with self._database.transaction() as connection:
            if of:
                both = (
                    "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)), "
                    "pg_advisory_xact_lock(hashtextextended(%s, 1))"
                )
                connection.execute(both, (self._name, f"{self._name} {of}"))
            else:
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (self._name,))
            yield _Sql(connection)

    @contextmanager
    def reading(self) -> Iterator[_Sql]:
        with self._database.reading() as connection:
            yield _Sql(connection)
