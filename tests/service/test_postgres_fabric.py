"""The fabric on PostgreSQL under many hands: registers are independent, the world changes alone."""

import secrets
import threading
import time
from contextlib import suppress

import pytest

from qclone.errors import KeyConsumedError, NotRecoverableError, QcloneError, StorageError
from qclone.service import PostgresFabric
from qclone.store import (
    ADVERSARY,
    CLIENT,
    RECEIPT_KEY,
    LocalityError,
    Memory,
    Order,
    Party,
    Preparation,
    Receipts,
    SiteState,
)

ME = Party(CLIENT, "secret")


@pytest.fixture
def open_fabric(postgres, tmp_path):
    """Return a function that opens the same fabric of three servers again, as another worker does."""
    schema, opened = f"fabric_{secrets.token_hex(4)}", []
    PostgresFabric.create(postgres, ["s1", "s2", "s3"], Memory(), schema=schema)

    def one():
        fabric = PostgresFabric(postgres, Receipts(tmp_path / RECEIPT_KEY), schema=schema, connections=4)
        opened.append(fabric)
        return fabric

    yield one
    for fabric in opened:
        fabric.close()


def together(*acts):
    """Run functions at once and return what each returned or raised."""
    results, start = [None] * len(acts), threading.Barrier(len(acts))

    def run(i):
        start.wait()
        try:
            results[i] = acts[i]()
        except QcloneError as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def test_a_wire_that_two_workers_move_at_once_goes_to_one_place(open_fabric):
    one, two = open_fabric(), open_fabric()
    for i in range(10):
        one.load(ME, f"r{i}", Preparation(b"core", 2, (0,), to={"s1": (1,)}))
        done = together(
            *(
                lambda fabric=fabric, site=site, i=i: fabric.move(Party("s1"), f"r{i}", {site: [1]})
                for fabric, site in ((one, "s2"), (two, "s3"), (one, CLIENT), (two, CLIENT))
            )
        )
        refused = [error for error in done if error is not None]
        assert len(refused) == 3
        assert all(isinstance(error, LocalityError) for error in refused)
        places = [site for site, wires in one.whereabouts(f"r{i}").items() if 1 in wires]
        assert len(places) == 1


def test_one_receipt_opens_a_register_whoever_asks_first(open_fabric, tmp_path):
    one, two = open_fabric(), open_fabric()
    receipts, order = Receipts(tmp_path / RECEIPT_KEY), Order("", (0,))
    for i in range(10):
        one.load(ME, f"a{i}", Preparation(b"core", 1, (0,)))
        claims = [receipts.issue(f"a{i}", f"claim {who}") for who in range(4)]
        done = together(
            *(
                lambda fabric=fabric, claim=claim, i=i: fabric.deliver(ME, f"a{i}", order, claim)
                for fabric, claim in zip((one, two, one, two), claims, strict=True)
            )
        )
        assert sum(isinstance(error, KeyConsumedError) for error in done) == 3
        (delivery,) = (result for result in done if not isinstance(result, QcloneError))
        assert delivery.core == b"core"


def test_registers_do_not_wait_for_each_other(open_fabric):
    one, two = open_fabric(), open_fabric()
    for register in ("r", "q"):
        one.load(ME, register, Preparation(b"core", 1, (0,), to={"s1": (0,)}))
    with one._database.transaction("r"):
        begun = time.monotonic()
        two.run(Party("s1"), "q", "X 0")
        assert time.monotonic() - begun < 4  # the other would be given up after five seconds
    two.run(Party("s1"), "r", "X 0")


def test_the_world_changes_alone(open_fabric):
    one, two, three = open_fabric(), open_fabric(), open_fabric()
    for i in range(30):
        one.load(ME, f"r{i}", Preparation(b"core", 3, (0,), to={"s1": (1,), "s2": (2,)}))

    def travel(fabric, numbers):
        for i in numbers:
            with suppress(NotRecoverableError, LocalityError):  # s1 is lost by now
                fabric.move(Party("s1"), f"r{i}", {"s2": [1]})

    together(
        lambda: travel(one, range(30)),
        lambda: travel(two, reversed(range(30))),
        lambda: three.set_state(["s1"], SiteState.LOST),
        lambda: [three.advance(1.0) for _ in range(10)],
    )
    for i in range(30):
        where = one.whereabouts(f"r{i}")
        assert "s1" not in where  # moved before, or lost
        assert where[CLIENT] == (0,)
        assert where["s2"] in ((2,), (1, 2))
    assert one.now() == 10.0
    with pytest.raises(NotRecoverableError, match="s1 is lost"):
        one.move(Party("s2"), "r0", {"s1": [2]})


def test_a_forgotten_register_is_not_made_by_a_load_that_is_late(open_fabric):
    one, two = open_fabric(), open_fabric()
    for i in range(20):
        together(
            lambda i=i: one.load(ME, f"r{i}", Preparation(b"core", 1, (0,))),
            lambda i=i: two.forget(ME, f"r{i}"),
        )
        assert one.whereabouts(f"r{i}") == {}
        with pytest.raises(LocalityError, match="is or was"):
            one.load(ME, f"r{i}", Preparation(b"core", 1, (0,)))


def test_an_adversary_takes_many_registers_at_once(open_fabric):
    fabric = open_fabric()
    for i in range(50):
        fabric.load(ME, f"r{i}", Preparation(b"core", 2, (0,), to={"s1": (1,)}))
    fabric.set_state(["s1"], SiteState.COMPROMISED)
    assert fabric.qubits_at() == {CLIENT: 50, ADVERSARY + "s1": 50}


def test_a_database_without_a_fabric_is_said_so(postgres, tmp_path):
    with pytest.raises(StorageError, match="no fabric"):
        PostgresFabric(postgres, Receipts(tmp_path / RECEIPT_KEY), schema=f"none_{secrets.token_hex(4)}")


def test_a_fabric_is_made_once(postgres):
    schema = f"once_{secrets.token_hex(4)}"
    made = together(
        *(lambda: PostgresFabric.create(postgres, ["s1"], Memory(), schema=schema) for _ in range(4))
    )
    assert sorted(made) == [False, False, False, True]
