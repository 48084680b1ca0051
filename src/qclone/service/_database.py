"""PostgreSQL as a place of transactions: few connections for all, each durable, none waited for too long."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from select import POLLIN, poll
from threading import BoundedSemaphore
from typing import Any, TypeVar

import psycopg
from psycopg import sql as quoting
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from qclone.errors import InvalidInputError, StorageError
from qclone.service._wire import UnreachableError
from qclone.store import CALLS_REMEMBERED, current_call

CONNECTIONS = 8
"""Of one process to its database, whatever the number of tenants."""
CONNECTION_WITHIN_S = 5.0
"""Long enough for a database that is restarted."""
TRY_AGAIN_S = 0.2
STATEMENT_WITHIN_S = 10.0
"""No statement of a ledger or a fabric takes a second; one that does is cancelled there, or given up here."""

# Any number; the same for everyone who migrates.
_MIGRATING = 7_102_026
_FORGET_DONE = (
    # A batch, and past rows that others forget just now: forgetting makes nobody wait.
    "DELETE FROM done WHERE number IN (SELECT number FROM done WHERE number <= %s "
    f"- {CALLS_REMEMBERED} ORDER BY number LIMIT 100 FOR UPDATE SKIP LOCKED)"
)
_SESSION = f"""
SET statement_timeout = '{STATEMENT_WITHIN_S * 0.8:g}s';
SET lock_timeout = '{STATEMENT_WITHIN_S * 0.5:g}s';
SET idle_in_transaction_session_timeout = '60s';
SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');
"""
_R = TypeVar("_R")


class _Patient(psycopg.Connection[Any]):
    """A connection that waits for an answer, but not for ever.

    The server's own time limits do not run while it is frozen, and a frozen machine still acknowledges
    packets. What was given up is closed: its transaction ends there without a commit.
    """

    waits_for_ever = False

    def wait(self, gen: Generator[Any, Any, _R], *args: Any, **named: Any) -> _R:
        return super().wait(self._in_time(gen), *args, **named)

    def _in_time(self, gen: Generator[Any, Any, _R]) -> Generator[Any, Any, _R]:
        deadline = math.inf if self.waits_for_ever else time.monotonic() + STATEMENT_WITHIN_S
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > deadline:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer within {STATEMENT_WITHIN_S:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


class _Connections:
    """Connections that are kept for the next who needs one, and a bound on how many there are.

    Who needs one connects, if none is left, and tries again for a while: a database that comes back is used
    at once, and what is wrong with one that does not is said to who waited. (Pools that connect in the
    background wait longer from one try to the next than a call may take.)
    """

    def __init__(self, connect: Callable[[float], _Patient], at_most: int) -> None:
        self._connect = connect
        self._at_most = at_most
        self._room = BoundedSemaphore(at_most)
        self._idle: deque[_Patient] = deque()

    @contextmanager
    def one(self) -> Iterator[_Patient]:
        deadline = time.monotonic() + CONNECTION_WITHIN_S
        if not self._room.acquire(timeout=CONNECTION_WITHIN_S):
            raise UnreachableError(
                f"All {self._at_most} connections to the database are busy.", "Wait a moment and try again."
            )
        try:
            connection = self._kept() or self._made(deadline)
            try:
                yield connection
            finally:
                if connection.pgconn.transaction_status == TransactionStatus.IDLE:
                    self._idle.append(connection)
                else:
                    connection.close()
        finally:
            self._room.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> _Patient | None:
        while self._idle:
            with suppress(IndexError):  # another was faster
                connection = self._idle.pop()
                # One at rest has nothing to say, unless that its server has closed it.
                news = poll()
                news.register(connection, POLLIN)
                if not news.poll(0):
                    return connection
                connection.close()
        return None

    def _made(self, deadline: float) -> _Patient:
        while True:
            try:
                return self._connect(max(1.0, deadline - time.monotonic()))
            except psycopg.OperationalError as error:
                refused = error.sqlstate is not None and error.sqlstate[:2] not in ("53", "57")
                if refused or time.monotonic() + TRY_AGAIN_S > deadline:
                    raise
            time.sleep(TRY_AGAIN_S)


class PostgresDatabase:
    """Tables of one kind in a PostgreSQL database, migrated when it is opened.

    Parameters
    ----------
    url : such as postgresql://user@host/database.
    migrations : statements, applied in order and each once; what has been applied is never changed.
    schema : the PostgreSQL schema to keep them in; None for the one that the database says.
    connections : how many at most.

    Raises
    ------
    InvalidInputError : no address of a database.
    UnreachableError : it does not answer.
    StorageError : a newer qclone wrote it, or it is told not to write to disk.
    """

    def __init__(
        self, url: str, migrations: Sequence[str], schema: str | None = None, connections: int = CONNECTIONS
    ) -> None:
        try:
            conninfo_to_dict(url)
        except psycopg.ProgrammingError:  # it quotes the address, which may hold a password
            raise InvalidInputError(
                "This is no address of a PostgreSQL database.", "Give postgresql://user@host/database."
            ) from None
        self._url = url
        self._schema = schema
        self._connections = _Connections(self._connect, connections)
        with explained(), self._connections.one() as connection:
            _require_durable(connection)
            connection.waits_for_ever = True  # for who migrates now; and an index of millions takes long
            _migrate(connection, migrations, schema)
            connection.waits_for_ever = False

    def close(self) -> None:
        """Close the connections; a call under way keeps its own until it ends."""
        self._connections.close()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """All of the block or nothing; durable when it has ended."""
        with explained(), self._connections.one() as connection, connection.transaction():
            _once(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """One consistent view of the tables."""
        with explained(), self._connections.one() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.execute("ROLLBACK")

    def _connect(self, within_s: float) -> _Patient:
        connection = _Patient.connect(self._url, autocommit=True, connect_timeout=math.ceil(within_s))
        connection.execute(_SESSION)
        if self._schema is not None:
            path = quoting.SQL("SET search_path = {}").format(quoting.Identifier(self._schema))
            connection.execute(path)
        return connection


def _once(connection: psycopg.Connection[Any]) -> None:
    if (call := current_call()) is None:
        return
    done = "INSERT INTO done (key, call) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING number"
    number = connection.execute(done, (call.key, call.what)).fetchone()
    if number is None:
        row = connection.execute("SELECT call FROM done WHERE key = %s", (call.key,)).fetchone()
        call.check_repeats(row[0] if row else call.what)
    connection.execute(_FORGET_DONE, number)


def _require_durable(connection: psycopg.Connection[Any]) -> None:
    if connection.execute("SHOW fsync").fetchone() == ("off",):
        raise StorageError(
            "This database is told not to write to disk (fsync = off): a power cut would open keys again.",
            "Set fsync = on in its postgresql.conf.",
        )


def _migrate(connection: psycopg.Connection[Any], migrations: Sequence[str], schema: str | None) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        if schema is not None:
            make = quoting.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(quoting.Identifier(schema))
            connection.execute(make)
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
        version = row[0] or 0 if row else 0
        if version > len(migrations):
            raise StorageError(
                "This database was written by a newer qclone.", "Use that version, or another database."
            )
        for number, migration in enumerate(migrations[version:], start=version + 1):
            connection.execute(migration.encode())
            connection.execute("INSERT INTO schema_version VALUES (%s)", (number,))


@contextmanager
def explained() -> Iterator[None]:
    """Say in one sentence what a database does not do."""
    try:
        yield
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        if error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "55", "57"):
            if error.sqlstate == "53100":
                raise StorageError("The database's disk is full.", "Make room on it and try again.") from None
            raise UnreachableError(f"The database fails: {reason}.", "Start it and try again.") from None
        raise StorageError(f"The database fails: {reason}.", "Its log says why.") from None
    except psycopg.Error as error:
        raise StorageError(f"The database refuses: {error}.", "Nothing was changed.") from None
