"""Processes that die, crash at every start, or hang: at once, ever more slowly, or soon started again."""

import json
import os
import signal
import time
from itertools import pairwise

import pytest
from qiskit import QuantumCircuit

from qclone.service import RemoteCloud, _watch, down, status, up
from qclone.store import Cloud, LocalityError


def live(beat):
    while True:
        beat()
        time.sleep(0.01)


def crash(beat):
    raise SystemExit(3)


def hang(beat):
    beat()
    time.sleep(1000)


@pytest.fixture
def watched(monkeypatch):
    """Return a function that watches processes for a while and says when each was started."""
    monkeypatch.setattr(_watch, "HUNG_AFTER_S", 0.5)
    watches = []

    def watch(seconds, meanwhile=lambda pids: None, **runs):
        starts, begun = {name: {} for name in runs}, time.monotonic()

        def changed(pids):
            for name, pid in pids.items():
                starts[name].setdefault(pid, time.monotonic() - begun)

        watches.append(_watch.Watch(runs, changed))
        while time.monotonic() < begun + seconds:
            watches[-1].look()
            time.sleep(0.02)
            meanwhile({name: list(of)[-1] for name, of in starts.items()})
        return {name: list(of.values()) for name, of in starts.items()}

    yield watch
    for each in watches:
        each.stop()


def test_who_lives_is_left_alone_and_who_hangs_is_started_again(watched):
    starts = watched(2.5, alive=live, hung=hang)
    assert len(starts["alive"]) == 1
    # Killed after 0.5 s; then again at once, then after a pause of 0.5 s.
    assert 2 <= len(starts["hung"]) <= 4


def test_one_that_is_stopped_hangs(watched, monkeypatch):
    monkeypatch.setattr(_watch, "STARTED_WITHIN_S", 0.5)  # it may not even have begun
    stopped = []

    def stop(pids):
        if not stopped:
            stopped.append(pids["alive"])
            os.kill(pids["alive"], signal.SIGSTOP)

    assert len(watched(2.0, stop, alive=live)["alive"]) >= 2


def test_one_that_crashes_is_started_ever_more_slowly(watched, monkeypatch):
    monkeypatch.setattr(_watch, "FIRST_PAUSE_S", 0.2)
    starts = watched(3.5, broken=crash)["broken"]
    pauses = [after - before for before, after in pairwise(starts)]
    # 0.2, 0.4, 0.8, 1.6 s, and what a busy machine takes to start a process.
    assert 3 <= len(pauses) <= 6
    assert pauses[-1] > 1.5 * pauses[0]


def test_a_watcher_that_was_held_up_blames_nobody(watched, monkeypatch):
    held_up = []

    def hold_up(pids):
        if not held_up:
            held_up.append(True)
            os.kill(pids["alive"], signal.SIGSTOP)
            time.sleep(1.0)  # both were stopped together
            os.kill(pids["alive"], signal.SIGCONT)

    monkeypatch.setattr(_watch, "LOOK_EVERY_S", 0.1)
    assert len(watched(1.5, hold_up, alive=live)["alive"]) == 1


def test_many_servers_share_a_few_processes(tmp_path):
    directory = tmp_path / "cloud"
    parts = up(directory, servers=7, site_processes=2)
    try:
        servers = parts[2:]
        assert len(servers) == 7
        assert len({part.pid for part in servers}) == len({part.url for part in servers}) == 2
        assert len({part.pid for part in parts}) == 4
        cloud = RemoteCloud(directory)
        stored, other = (cloud.client.put(QuantumCircuit(2)).object_id for _ in range(2))
        cloud.fail(*(f"server-{i}" for i in (1, 2, 3, 5, 6)))
        assert cloud.client.get(stored, server="server-4").entanglement_fidelity == 1
        cloud.heal(*cloud.fabric.sites())
        # A server acts with the token of its own site, whoever shares its process.
        elsewhere = cloud.fabric.whereabouts(other)["server-3"]
        with pytest.raises(LocalityError, match="not there"):
            cloud.client.servers["server-4"].surrender(other, elsewhere)
        os.kill(servers[0].pid, signal.SIGKILL)
        assert cloud.client.get(other).entanglement_fidelity == 1
        cloud.close()
        deadline = time.monotonic() + 30
        while not all(part.serving and part.pid for part in status(directory)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert status(directory)[2].pid != servers[0].pid
        log = (directory / "logs/supervisor.log").read_text().splitlines()
        assert any(json.loads(line)["event"].startswith("servers-1 ended with -9") for line in log)
    finally:
        down(directory)
    embedded = Cloud(directory)
    assert len(embedded.ledger.manifests()) == 2
    embedded.close()
