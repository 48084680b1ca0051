"""Die anywhere: a put is there whole or not at all, and a register comes back to who consumed its key.

First by stopping before and after every single call that a put or a get makes to the fabric, the ledger
and the keyring; then with real processes and SIGKILL at random instants.
"""

import multiprocessing
import os
import signal
import time
from random import Random

import pytest

from qclone.errors import KeyConsumedError, NotRecoverableError
from qclone.store import Client, Cloud, KeyState


class Died(BaseException):
    """The process is gone: no handler of the code under test may see this."""


class Mortal:
    """Stands in for a part of the client and dies around one of the calls, counted over all parts."""

    def __init__(self, part, clock, fatal=None):
        self._part, self._clock, self._fatal = part, clock, fatal

    def __getattr__(self, name):
        method = getattr(self._part, name)

        def call(*args, **kwargs):
            moment = len(self._clock)
            self._clock.append(name)
            if self._fatal == (moment, "before"):
                raise Died
            result = method(*args, **kwargs)
            if self._fatal == (moment, "after"):
                raise Died
            return result

        return call


WRITES = [
    *("surrender", "rehearse", "begin", "consume", "deliver", "keep"),
    *("done", "acknowledge", "consumed", "drop"),
]


def mortal_client(cloud, fatal=None):
    clock = []
    parts = [Mortal(part, clock, fatal) for part in (cloud.fabric, cloud.ledger, cloud.client.keyring)]
    parts[2].spool = Mortal(cloud.client.keyring.spool, clock, fatal)
    servers = {name: Mortal(server, clock, fatal) for name, server in cloud.client.servers.items()}
    return Client(*parts, servers, cloud._putting), clock


def moments(calls):
    return [(i, when) for i in range(len(calls)) for when in ("before", "after")]


def assert_consistent(cloud):
    """The ledger and the fabric agree, and nothing unfinished is left."""
    assert cloud.ledger.unfinished() == []
    stored = {m.object_id: m for m in cloud.ledger.manifests()}
    with cloud.fabric._database.reading() as sql:
        released = dict(sql.execute("SELECT id, released FROM registers").fetchall())
    assert set(released) == set(stored)
    for object_id, manifest in stored.items():
        if manifest.key.state is KeyState.SEALED:
            assert not released[object_id]
            cloud.client.keyring.secret(object_id)
        if manifest.key.state is KeyState.CONSUMED:
            assert released[object_id] == 2


def test_a_put_that_dies_anywhere_is_there_whole_or_not_at_all(make_cloud, register):
    client, calls = mortal_client(make_cloud(2))
    client.put(register(2))
    assert [c for c in calls if c not in ("sites", "now", "links")] == ["new", "reserve", "load", "stored"]
    for fatal in moments(calls):
        cloud = make_cloud(2)
        client, _ = mortal_client(cloud, fatal)
        with pytest.raises(Died):
            client.put(register(2))
        survivor = Cloud(cloud.directory)
        assert_consistent(survivor)
        stored = survivor.ledger.manifests()
        assert len(stored) == (fatal == (len(calls) - 1, "after"))
        for manifest in stored:
            back = survivor.client.get(manifest.object_id)
            assert survivor.client.fidelity(manifest.object_id, back.circuit) == pytest.approx(1)
        survivor.close()


@pytest.mark.parametrize("correct", [False, True])
def test_a_get_that_dies_anywhere_loses_nothing(make_cloud, register, correct):
    """The same client recovers it after a death before or after any call; nobody else ever does."""
    cloud = make_cloud(3)
    stored = cloud.client.put(register(2))
    client, calls = mortal_client(cloud)
    client.get(stored.object_id, correct=correct)
    assert list(dict.fromkeys(c for c in calls if c in WRITES)) == WRITES
    done = calls.index("done")
    for fatal in moments(calls):
        cloud = make_cloud(3)
        stored, delivered = cloud.client.put(register(2)), []
        client, _ = mortal_client(cloud, fatal)
        with pytest.raises(Died):
            client.get(stored.object_id, correct=correct, deliver=delivered.append)
        survivor = Cloud(cloud.directory)
        assert_consistent(survivor)
        if fatal[0] < done or fatal == (done, "before"):
            back = survivor.client.get(stored.object_id, deliver=delivered.append)
            assert survivor.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1)
        # What was handed over twice to one client is the same; once it is acknowledged there is no more.
        assert len(delivered) in (1, 2)
        assert all(circuit == delivered[0] for circuit in delivered)
        with pytest.raises(KeyConsumedError, match=r"server-1"):
            survivor.client.get(stored.object_id, deliver=delivered.append)
        assert_consistent(survivor)
        assert survivor.ledger.find(stored.object_id).key.state is KeyState.CONSUMED
        assert survivor.client.keyring.ids() == set()
        survivor.close()


def test_a_clone_that_was_fetched_in_vain_is_not_lost(make_cloud, register):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(1))
    cloud.client.servers["server-1"].surrender(stored.object_id, (1,))
    cloud.lose("server-1", "server-2", "server-3")
    assert cloud.client.holdings(stored).clone_state("S1") == "with the client"
    back = cloud.client.get(stored.object_id)
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1)


def test_a_server_that_fails_while_it_is_asked_is_replaced_by_another(make_cloud, register):
    cloud = make_cloud(3)
    stored = cloud.client.put(register(1))

    class Failing:
        name = "server-1"

        def surrender(self, *_):
            cloud.lose("server-1")
            raise NotRecoverableError("gone", "")

    cloud.client.servers["server-1"] = Failing()
    assert cloud.client.get(stored.object_id).manifest.key.server == "server-2"


def run_and_kill(work, after_s):
    """Fork a process that does `work`, kill it after a while; True if it was killed at work."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    time.sleep(after_s)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(12))
def test_sigkill_during_puts(make_cloud, register, seed):
    directory, circuit = make_cloud(3).directory, register(2)

    def work():
        cloud = Cloud(directory)
        while True:
            cloud.client.put(circuit)

    assert run_and_kill(work, Random(seed).uniform(0.0, 0.15))
    cloud = Cloud(directory)
    assert_consistent(cloud)
    for manifest in cloud.ledger.manifests():
        back = cloud.client.get(manifest.object_id, f"server-{1 + seed % 3}")
        assert cloud.client.fidelity(manifest.object_id, back.circuit) == pytest.approx(1)
    cloud.close()


@pytest.mark.parametrize("seed", range(12))
def test_sigkill_during_gets(make_cloud, register, tmp_path, seed):
    maker = make_cloud(3)
    ids = [maker.client.put(register(2)).object_id for _ in range(8)]

    def recover(folder):
        cloud = Cloud(maker.directory)
        for object_id in ids:
            try:
                cloud.client.get(object_id, deliver=lambda _, i=object_id: (folder / i).touch())
            except KeyConsumedError:
                continue
        cloud.close()

    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()

    def work():
        recover(folders[0])
        time.sleep(60)

    assert run_and_kill(work, Random(seed).uniform(0.0, 0.3))
    assert_consistent(maker)
    sealed = {m.object_id for m in maker.ledger.manifests() if m.key.state is KeyState.SEALED}
    recover(folders[1])
    first, second = ({path.name for path in folder.iterdir()} for folder in folders)
    # None is lost; one at most was handed over twice, as nobody had said that it is safe.
    assert first | second == set(ids)
    assert len(first & second) <= 1
    assert sealed <= second
    assert {m.key.state for m in maker.ledger.manifests()} == {KeyState.CONSUMED}


def test_processes_that_race_for_one_key(make_cloud, register):
    cloud = make_cloud(3)
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        object_id = cloud.client.put(register(2)).object_id
        start, outcomes = context.Barrier(6), context.SimpleQueue()

        def race(object_id=object_id, start=start, outcomes=outcomes):
            mine = Cloud(cloud.directory)
            start.wait()
            try:
                mine.client.get(object_id)
                outcomes.put("won")
            except KeyConsumedError as error:
                outcomes.put(type(error).__name__)

        racers = [context.Process(target=race) for _ in range(6)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert sorted(outcomes.get() for _ in racers) == ["KeyConsumedError"] * 5 + ["won"]
