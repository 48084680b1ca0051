"""A database that is restarted, frozen, or wanted by many: few connections, bounded waits, promises kept."""

import os
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pgserver
import psutil
import psycopg
import pytest
from pgserver._commands import pg_ctl

from qclone.errors import InvalidInputError, StorageError
from qclone.scheme import Canonical, to_spec
from qclone.service import (
    HttpLedger,
    Kind,
    Link,
    PostgresLedger,
    Principal,
    UnreachableError,
    _database,
    ledger_part,
    tokens_of,
)
from qclone.service._ledgers import SqliteLedgers
from qclone.store import Manifest, Receipts, SqliteLedger, digest_of
from tests.listening import listening

CAT = Manifest("cafe01", "cat.qasm", 4, 2, to_spec(Canonical(2)), {"S1": "s1"}, "2026-01-01T00:00:00Z")


class Mortal:
    """A PostgreSQL that a test may restart and freeze."""

    def __init__(self, folder):
        self._server = pgserver.get_server(folder, cleanup_mode="stop")
        self.url = self._server.get_uri()

    def control(self, *what):
        pg_ctl([*what], pgdata=self._server.pgdata, user=self._server.system_user)

    def restart(self, how="immediate"):
        options = f'-h "" -k {self._server.pgdata}'
        self.control("-w", "-m", how, "-l", str(self._server.log), "-o", options, "restart")

    @contextmanager
    def frozen(self):
        postmaster = psutil.Process(int((self._server.pgdata / "postmaster.pid").read_text().split()[0]))
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                process.send_signal(signal.SIGCONT)

    def connections(self):
        with psycopg.connect(self.url) as sql:
            query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            return sql.execute(query).fetchone()[0] - 1


@pytest.fixture(scope="module")
def mortal():
    with tempfile.TemporaryDirectory() as folder:
        database = Mortal(folder)
        yield database
        database._server.cleanup()


@pytest.fixture
def database(mortal):
    with psycopg.connect(mortal.url, autocommit=True) as sql:
        sql.execute("DROP DATABASE IF EXISTS fresh WITH (FORCE)")
        sql.execute("CREATE DATABASE fresh")
        sql.execute("ALTER DATABASE fresh SET synchronous_commit = off")
    database = PostgresLedger.opened(psycopg.conninfo.make_conninfo(mortal.url, dbname="fresh"), 3)
    yield database
    database.close()


def store(ledger, manifest):
    ledger.reserve(manifest)
    ledger.stored(manifest.object_id)


def test_many_tenants_share_a_few_connections(mortal, database):
    def work(number):
        ledger = PostgresLedger(database, f"tenant-{number}")
        store(ledger, CAT)
        assert ledger.manifests() == [CAT]
        done.append(number)

    done = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(200))
    assert 1 <= mortal.connections() <= 3


def test_what_is_acknowledged_is_on_disk_whatever_the_database_says(database):
    with database.transaction("a") as one, database.transaction("b") as two, database.reading() as three:
        for sql in (one, two, three):
            assert sql.execute("SHOW synchronous_commit").fetchone() == ("on",)
            assert sql.execute("SHOW statement_timeout").fetchone() == ("8s",)


def test_a_stronger_promise_is_left_alone(mortal):
    url = psycopg.conninfo.make_conninfo(mortal.url, options="-c synchronous_commit=remote_apply")
    database = PostgresLedger.opened(url)
    with database.reading() as sql:
        assert sql.execute("SHOW synchronous_commit").fetchone() == ("remote_apply",)
    database.close()


def test_a_database_that_does_not_write_to_disk_is_refused(mortal):
    with psycopg.connect(mortal.url, autocommit=True) as sql:
        sql.execute("ALTER SYSTEM SET fsync = off")
        sql.execute("SELECT pg_reload_conf()")
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                PostgresLedger.opened(mortal.url).close()
            except StorageError as error:
                assert "fsync" in error.message
                break
            assert time.monotonic() < deadline
    finally:
        with psycopg.connect(mortal.url, autocommit=True) as sql:
            sql.execute("ALTER SYSTEM RESET fsync")
            sql.execute("SELECT pg_reload_conf()")


def test_the_first_call_after_a_restart_succeeds(mortal, database, monkeypatch, tmp_path):
    monkeypatch.setattr(_database, "CONNECTION_WITHIN_S", 60.0)
    ledger = PostgresLedger(database, receipts=Receipts(tmp_path / "receipt.key"))
    store(ledger, CAT)
    mortal.restart()
    assert ledger.manifests() == [CAT]
    mortal.restart("fast")
    ledger.consume("cafe01", "s1", digest_of("a claim"))
    assert ledger.find("cafe01").key.server == "s1"


def test_calls_wait_for_a_database_that_is_being_restarted(mortal, database, monkeypatch):
    ledger = PostgresLedger(database)
    store(ledger, CAT)
    mortal.control("-m", "fast", "stop")
    with monkeypatch.context() as impatient, pytest.raises(UnreachableError, match=r"database fails: .*fail"):
        impatient.setattr(_database, "CONNECTION_WITHIN_S", 0.5)
        ledger.manifests()
    monkeypatch.setattr(_database, "CONNECTION_WITHIN_S", 60.0)  # the machine may have other work
    starting = threading.Timer(1.0, mortal.restart, ["fast"])
    starting.start()
    assert ledger.manifests() == [CAT]
    starting.join()


def test_a_statement_that_takes_too_long_is_cancelled(database, monkeypatch):
    with (
        pytest.raises(UnreachableError, match="statement timeout"),
        database.transaction() as sql,
    ):
        sql.execute("SET LOCAL statement_timeout = '50ms'")
        sql.execute("SELECT pg_sleep(5)")
    with database.reading() as sql:
        assert sql.execute("SELECT 1").fetchone() == (1,)


def test_a_frozen_database_is_said_so_and_holds_up_nobody(mortal, database, monkeypatch, tmp_path):
    monkeypatch.setattr(_database, "STATEMENT_WITHIN_S", 0.5)
    monkeypatch.setattr(_database, "CONNECTION_WITHIN_S", 1.0)
    monkeypatch.setattr("qclone.service._probe.ANSWERS_WITHIN_S", 0.5)
    tokens = tokens_of(tmp_path)
    link_token = tokens.issue(Principal(Kind.TENANT, "default"))
    url = psycopg.conninfo.make_conninfo(mortal.url, dbname="fresh")
    with listening(ledger_part(tmp_path, url)) as part:
        ledger = HttpLedger(Link(part, link_token))
        store(ledger, CAT)
        assert httpx.get(f"{part}/readyz").status_code == 200
        headers = {"Authorization": f"Bearer {link_token}"}
        answers = []

        def call():
            answers.append(httpx.get(f"{part}/v1/objects", headers=headers, timeout=30).status_code)

        callers = [threading.Thread(target=call) for _ in range(50)]  # more than there are threads
        with mortal.frozen():
            for caller in callers:
                caller.start()
            time.sleep(0.2)
            for path, status in (("/healthz", 200), ("/readyz", 503)):
                assert httpx.get(part + path, timeout=5).status_code == status
            for caller in callers:
                caller.join(40)
            assert answers == [503] * 50
        assert ledger.manifests() == [CAT]
        deadline = time.monotonic() + 10
        while httpx.get(f"{part}/readyz").status_code != 200:
            assert time.monotonic() < deadline
        ledger.close()


def test_what_was_given_up_does_not_happen_later(mortal, database, monkeypatch, tmp_path):
    ledger = PostgresLedger(database, receipts=Receipts(tmp_path / "receipt.key"))
    store(ledger, CAT)
    monkeypatch.setattr(_database, "STATEMENT_WITHIN_S", 0.5)
    with mortal.frozen(), pytest.raises(UnreachableError):
        ledger.consume("cafe01", "s1", digest_of("a claim"))
    time.sleep(0.5)
    assert ledger.find("cafe01").key.state == "sealed"


def test_an_address_that_is_none_is_not_repeated():
    with pytest.raises(InvalidInputError, match="no address") as refused:
        PostgresLedger.opened("qclone:secret-word@host")
    assert "secret-word" not in str(refused.value)


def test_hundreds_of_tenants_in_sqlite_need_few_descriptors(tmp_path):
    SqliteLedger.create(tmp_path / "ledger.db")
    before = len(os.listdir("/proc/self/fd"))
    ledgers = SqliteLedgers(tmp_path, at_most=4)
    for round_ in range(2):
        for number in range(20):
            ledger = ledgers.of(f"t{number}")
            if round_ == 0:
                store(ledger, replace(CAT, object_id=f"{number:04x}"))
            assert [m.object_id for m in ledger.manifests()] == [f"{number:04x}"]
    assert len(os.listdir("/proc/self/fd")) - before <= 5 * 3
    ledgers.close()
    del ledger
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_ledger_in_use_is_not_closed_under_its_user(tmp_path):
    ledgers = SqliteLedgers(tmp_path, at_most=1)
    mine = ledgers.of("mine")
    ledgers.of("other")
    ledgers.of("another")
    store(mine, CAT)
    assert ledgers.of("mine") is mine
    ledgers.close()
