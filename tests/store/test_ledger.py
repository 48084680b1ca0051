"""The ledger's promises, by a suite that any other ledger must pass too."""

import secrets
import sqlite3
import threading
from dataclasses import replace

import psycopg
import pytest

from qclone.errors import (
    InvalidInputError,
    KeyConsumedError,
    KeySealedError,
    NoSuchObjectError,
    StorageError,
    TooLateError,
)
from qclone.scheme import Canonical, to_spec
from qclone.service import (
    HttpLedger,
    Kind,
    Link,
    PostgresLedger,
    Principal,
    _postgres,
    ledger_part,
    tokens_of,
)
from qclone.store import (
    AlreadyDone,
    Key,
    KeyReusedError,
    KeyState,
    Manifest,
    Receipts,
    SqliteLedger,
    _ledger,
    digest_of,
    once,
)
from tests.listening import listening

CAT = Manifest(
    "cafe01", "cat.qasm", 4, 2, to_spec(Canonical(2)), {"S1": "s1", "A": "s3"}, "2026-01-01T00:00:00Z"
)
ONE, TWO = digest_of("one claim"), digest_of("another claim")
DOG = replace(CAT, object_id="cafe02", name="dog.qasm")


@pytest.fixture(params=["sqlite", "postgres", "http"])
def ledger(request, tmp_path):
    """Every ledger there is, empty."""
    if request.param == "postgres":
        database = PostgresLedger.opened(request.getfixturevalue("postgres"))
        yield PostgresLedger(database, f"tenant-{secrets.token_hex(4)}", Receipts(tmp_path / "receipt.key"))
        database.close()
        return
    SqliteLedger.create(tmp_path / "ledger.db")
    if request.param == "sqlite":
        ledger = SqliteLedger(tmp_path / "ledger.db")
        yield ledger
        ledger.close()
        return
    token = tokens_of(tmp_path).issue(Principal(Kind.TENANT, "default"))
    with listening(ledger_part(tmp_path)) as url:
        ledger = HttpLedger(Link(url, token))
        yield ledger
        ledger.close()


def store(ledger, *manifests):
    for manifest in manifests:
        ledger.reserve(manifest)
        ledger.stored(manifest.object_id)


def test_a_reserved_object_is_not_there(ledger):
    ledger.reserve(CAT)
    assert ledger.manifests() == []
    assert ledger.unfinished() == ["cafe01"]
    with pytest.raises(NoSuchObjectError):
        ledger.find("cafe01")
    with pytest.raises(NoSuchObjectError):
        ledger.consume("nothing", "s1", ONE)
    ledger.stored("cafe01")
    assert ledger.unfinished() == []
    assert ledger.manifests() == [CAT]
    assert CAT.servers == ("s1", "s3")


def test_striking_removes_unfinished_objects_only(ledger):
    ledger.reserve(CAT)
    ledger.strike("cafe01")
    assert ledger.unfinished() == []
    store(ledger, DOG)
    ledger.strike("cafe02")
    assert ledger.manifests() == [DOG]


def test_an_abandoned_put_cannot_be_completed(ledger):
    ledger.reserve(CAT)
    ledger.abandon("cafe01")
    with pytest.raises(NoSuchObjectError):  # its call was only late
        ledger.stored("cafe01")
    assert ledger.manifests() == []
    assert ledger.unfinished() == ["cafe01"]
    ledger.abandon("cafe01")
    ledger.strike("cafe01")
    with pytest.raises(NoSuchObjectError):
        ledger.stored("cafe01")


def test_a_complete_put_cannot_be_abandoned(ledger):
    store(ledger, CAT)
    with pytest.raises(InvalidInputError, match="is complete"):
        ledger.abandon("cafe01")
    ledger.stored("cafe01")
    ledger.abandon("cafe02")
    assert ledger.manifests() == [CAT]


def test_ids_by_prefix(ledger):
    store(ledger, CAT, DOG)
    assert ledger.find("cafe01") == CAT
    assert ledger.find("cafe02") == DOG
    with pytest.raises(InvalidInputError, match=r"Several objects .*: cafe01, cafe02"):
        ledger.find("cafe")
    for hostile in ("", "d", "cafe01x", "%", "c%", "_afe01", "cafe01' OR 1=1 --", "\udcff", "\0"):
        with pytest.raises(NoSuchObjectError):
            ledger.find(hostile)
    store(ledger, replace(CAT, object_id="cafe"))
    assert ledger.find("cafe").object_id == "cafe"


def test_pages(ledger, monkeypatch):
    monkeypatch.setattr("qclone.service._remote.PAGE", 3)
    kept = [replace(CAT, object_id=f"beef{(7 * i) % 10}") for i in range(10)]
    store(ledger, *kept[:4])
    ledger.reserve(replace(CAT, object_id="beefunfinished"))
    store(ledger, *kept[4:])
    assert ledger.manifests() == kept
    for size in range(1, 12):
        seen = []
        while page := ledger.manifests(seen[-1].object_id if seen else "", size):
            assert len(page) <= size
            seen += page
        assert seen == kept
    with pytest.raises(NoSuchObjectError):
        ledger.manifests("beef")
    with pytest.raises(NoSuchObjectError):
        ledger.manifests("cafe")


def test_a_key_is_consumed_once(ledger):
    store(ledger, CAT)
    receipt = ledger.consume("cafe01", "s3", ONE)
    key = ledger.find("cafe01").key
    assert (key.state, key.server) == (KeyState.CONSUMING, "s3")
    with pytest.raises(KeyConsumedError, match=r"from s3 began at .* has not finished"):
        ledger.consume("cafe01", "s1", TWO)
    assert ledger.consume("cafe01", "s1", ONE) == receipt  # the same claim goes on from another server
    moved = ledger.find("cafe01").key
    assert (moved.server, moved.at, moved.state) == ("s1", key.at, KeyState.CONSUMING)
    assert ledger.consume("cafe01", "s3", ONE) == receipt
    ledger.consumed("cafe01")
    with pytest.raises(KeyConsumedError, match=f"consumed at {key.at}, .* from s3"):
        ledger.consume("cafe01", "s1", TWO)
    assert ledger.consume("cafe01", "s1", ONE) == receipt
    assert ledger.find("cafe01").key == Key(KeyState.CONSUMED, "s3", key.at)


def test_what_was_not_begun_is_not_over(ledger):
    store(ledger, CAT)
    with pytest.raises(KeySealedError, match="is sealed: nothing was recovered"):
        ledger.consumed("cafe01")
    with pytest.raises(NoSuchObjectError):
        ledger.consumed("beef")
    receipt = ledger.consume("cafe01", "s3", ONE)
    ledger.consumed("cafe01")
    ledger.consumed("cafe01")  # the same call, once more
    assert ledger.consume("cafe01", "s3", ONE) == receipt


def test_an_unfinished_put_cannot_be_consumed(ledger):
    ledger.reserve(CAT)
    with pytest.raises(NoSuchObjectError):
        ledger.consume("cafe01", "s1", ONE)


def test_a_consumption_that_outlived_its_caller_does_not_take_effect(ledger):
    store(ledger, CAT)
    with pytest.raises(TooLateError, match="does not wait any more"):
        ledger.consume("cafe01", "s1", ONE, within_s=-0.001)
    assert ledger.find("cafe01").key.state is KeyState.SEALED
    ledger.consume("cafe01", "s1", ONE, within_s=60)
    with pytest.raises(KeyConsumedError):
        ledger.consume("cafe01", "s1", TWO, within_s=60)


def test_a_receipt_is_for_one_register_and_one_claim(tmp_path):
    receipts = Receipts(tmp_path / "receipt.key")
    receipt = receipts.issue("cafe01", ONE)
    assert Receipts(tmp_path / "receipt.key").claim("default:cafe01", receipt) == ONE
    assert (tmp_path / "receipt.key").stat().st_mode & 0o777 == 0o600
    others = [receipt[:-1], receipt.replace(ONE, TWO), f"{ONE}.", "", ONE, "é"]
    for register, forged in [
        ("alice:cafe01", receipt),
        ("cafe02", receipt),
        *(("cafe01", o) for o in others),
    ]:
        with pytest.raises(KeyConsumedError, match="no receipt"):
            receipts.claim(register, forged)
    with pytest.raises(KeyConsumedError):
        Receipts(tmp_path / "another.key").claim("cafe01", receipt)


def test_one_of_many_racers_wins(ledger):
    for round_ in range(20):
        object_id = f"beef{round_:02}"
        store(ledger, replace(CAT, object_id=object_id))
        start, outcomes = threading.Barrier(8), []

        def race(name, object_id=object_id, start=start, outcomes=outcomes):
            start.wait()
            try:
                ledger.consume(object_id, name, digest_of(name))
                outcomes.append(name)
            except KeyConsumedError:
                outcomes.append(None)

        racers = [threading.Thread(target=race, args=(f"s{i}",)) for i in range(8)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        (winner,) = [name for name in outcomes if name]
        assert len(outcomes) == 8
        assert ledger.find(object_id).key.server == winner


def test_it_is_on_disk(tmp_path):
    SqliteLedger.create(tmp_path / "a.db")
    first = SqliteLedger(tmp_path / "a.db")
    store(first, CAT)
    first.consume("cafe01", "s3", ONE)
    second = SqliteLedger(tmp_path / "a.db")
    assert second.manifests() == first.manifests()
    first.close()
    second.close()


def test_damaged_and_missing_files(tmp_path):
    path = tmp_path / "ledger.db"
    with pytest.raises(StorageError, match=r"ledger.db is missing"):
        SqliteLedger(path)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError, match="damaged or not a file of qclone"):
        SqliteLedger(path)


def test_a_file_of_another_version_is_not_called_damaged(tmp_path):
    path = tmp_path / "ledger.db"
    SqliteLedger.create(path)
    with sqlite3.connect(path) as sql:
        sql.execute("ALTER TABLE objects DROP COLUMN abandoned")
    ledger = SqliteLedger(path)
    ledger.reserve(CAT)
    with pytest.raises(StorageError, match="another version of qclone wrote it") as refused:
        ledger.stored(CAT.object_id)
    assert "new cloud" in refused.value.remedy


def test_calls_that_came_long_ago_are_forgotten(ledger, request):
    if "http" in request.node.name:
        pytest.skip("the part behind it is one of the others")
    with once("a-key-of-a-call-1"):
        ledger.reserve(CAT)
    with pytest.raises(AlreadyDone), once("a-key-of-a-call-1"):
        ledger.reserve(DOG)
    with ledger._database.transaction() as sql:
        if isinstance(ledger, PostgresLedger):
            sql.execute("SELECT setval(pg_get_serial_sequence('done', 'number'), 1000001)")
        else:
            sql.execute("INSERT INTO done VALUES (1000001, 'a-key-a-million-calls-later', '')")
    with once("a-key-of-a-call-2"):
        ledger.stored(CAT.object_id)
    with ledger._database.reading() as sql:
        kept = {key for (key,) in sql.execute("SELECT key FROM done").fetchall()}
    assert "a-key-of-a-call-1" not in kept
    assert "a-key-of-a-call-2" in kept


# The first versions as they were published; kept here, so that nobody changes their order.
FIRST_MIGRATIONS = (_postgres.MIGRATIONS[0], "CREATE INDEX done_by_age ON done (at)")


@pytest.fixture(params=[1, 2])
def old_database(postgres, monkeypatch, request):
    """The URL of a database as an early version left it, with an object in it."""
    name = f"old_{secrets.token_hex(4)}"
    with psycopg.connect(postgres, autocommit=True) as sql:
        sql.execute(f"CREATE DATABASE {name}")
    url = psycopg.conninfo.make_conninfo(postgres, dbname=name)
    with monkeypatch.context() as patch:
        patch.setattr(_postgres, "MIGRATIONS", FIRST_MIGRATIONS[: request.param])
        database = PostgresLedger.opened(url)
        PostgresLedger(database).reserve(CAT)
        with database.transaction() as sql:
            sql.execute("UPDATE objects SET stored = TRUE")
        database.close()
    return url


def test_a_database_of_an_older_version_is_migrated_once(old_database):
    opened, start = [], threading.Barrier(8)

    def race():
        start.wait()
        opened.append(PostgresLedger.opened(old_database))

    openers = [threading.Thread(target=race) for _ in range(8)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [PostgresLedger(database).manifests() for database in opened] == [[CAT]] * 8
    with opened[0].reading() as sql:
        versions = sql.execute("SELECT version FROM schema_version ORDER BY 1").fetchall()
    assert versions == [(i,) for i in range(1, len(_postgres.MIGRATIONS) + 1)]
    for database in opened:
        database.close()


def test_a_database_of_a_newer_version_is_refused(old_database):
    with psycopg.connect(old_database, autocommit=True) as sql:
        sql.execute("INSERT INTO schema_version VALUES (%s)", (len(_postgres.MIGRATIONS) + 1,))
    with pytest.raises(StorageError, match="newer qclone"):
        PostgresLedger.opened(old_database)


def test_a_key_belongs_to_one_call(ledger, request):
    if "http" in request.node.name:
        pytest.skip("over HTTP the service says what the call is: test_a_key_of_another_call_is_refused")
    with once("a-key-of-one-call", "alice puts CAT"):
        ledger.reserve(CAT)
    with pytest.raises(AlreadyDone), once("a-key-of-one-call", "alice puts CAT"):
        ledger.reserve(CAT)
    with pytest.raises(KeyReusedError), once("a-key-of-one-call", "alice puts DOG"):
        ledger.reserve(DOG)
    assert ledger.unfinished() == [CAT.object_id]


def test_a_sealed_object_that_is_removed_is_consumed_by_nobody(ledger):
    store(ledger, CAT, DOG)
    ledger.remove("cafe01")
    assert ledger.manifests() == [DOG]
    assert ledger.unfinished() == ["cafe01"]  # what is still to be thrown away, should the client die here
    with pytest.raises(NoSuchObjectError):
        ledger.consume("cafe01", "s1", ONE)
    with pytest.raises(NoSuchObjectError):
        ledger.stored("cafe01")
    ledger.remove("cafe01")  # the same call, once more
    ledger.strike("cafe01")
    assert ledger.unfinished() == []
    with pytest.raises(NoSuchObjectError):
        ledger.remove("cafe01")


def test_what_is_being_recovered_is_not_removed_and_what_is_consumed_is(ledger):
    store(ledger, CAT)
    ledger.consume("cafe01", "s1", ONE)
    with pytest.raises(InvalidInputError, match="A recovery of cafe01 began at"):
        ledger.remove("cafe01")
    ledger.consumed("cafe01")
    ledger.remove("cafe01")
    assert ledger.manifests() == ledger.unfinished() == []


def test_a_put_under_way_is_not_removed(ledger):
    ledger.reserve(CAT)
    with pytest.raises(NoSuchObjectError):
        ledger.remove("cafe01")
    ledger.stored("cafe01")


def test_a_search_is_a_window(ledger):
    """Newest first; what is special to SQL is a letter like any other; of others nothing is counted."""
    names = [f"cat {i}" for i in range(4)] + ["Dog_50%", r"back\slash", "<b>é</b>"]
    for i, name in enumerate(names):
        store(ledger, replace(CAT, object_id=f"{i}afe{i}", name=name))
    ledger.reserve(replace(DOG, name="cat, not yet stored"))
    total, found = ledger.search(start=1, limit=2)
    assert (total, [one.name for one in found]) == (7, [names[5], names[4]])
    assert ledger.search("cAt", 3, 2) == (4, [replace(CAT, object_id="0afe0", name="cat 0")])
    for text, number in (
        ("%", 1), ("_", 1), ("\\", 1), ("0%", 1), ("é", 1), ("b>", 1), ("5afe", 1), ("afe", 0), ("x", 0),
    ):  # fmt: skip
        assert ledger.search(text)[0] == number, text


def test_a_search_knows_the_case_of_every_letter(ledger):
    """Pairs of Unicode's CaseFolding.txt: one letter, one that is two, three cases of one, no case at all."""
    names = {"ÉTAT": "état", "Жук": "жУК", "Straße": "STRASSE",
             "Ὀδύσσεύς": "ὀΔΎΣΣΕΎΣ",
             "\u212a": "K", "量子": "量子", "50%_Ä": "%_ä"}  # fmt: skip
    for i, name in enumerate(names):
        store(ledger, replace(CAT, object_id=f"{i}afe{i}", name=name))
    for name, text in names.items():
        for wanted in (name, text, name.upper()):
            assert [one.name for one in ledger.search(wanted)[1] if one.name == name] == [name], wanted
    # A letter and its accent, apart as some file systems write them, are that letter; without it another.
    assert ledger.search("E\u0301tat")[0] == 1 and ledger.search("etat")[0] == 0


def test_a_search_goes_on_beyond_what_is_read_at_once(ledger, monkeypatch):
    monkeypatch.setattr(_ledger, "_READ_AT_ONCE", 2)
    for i in range(7):
        store(ledger, replace(CAT, object_id=f"{i}afe{i}", name=f"{'éÈ'[i % 2]}{i}"))
    total, found = ledger.search("É", 1, 3)
    assert (total, [one.name for one in found]) == (4, ["é4", "é2", "é0"])


def test_a_revision_tells_of_changes(ledger):
    before = ledger.revision()
    store(ledger, CAT)
    assert (stored := ledger.revision()) != before
    ledger.consume(CAT.object_id, "s1", ONE)
    assert ledger.revision() != stored
