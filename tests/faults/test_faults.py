"""Schedules of faults keep every invariant, replay exactly, and are not idle."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from qclone.cli import main
from qclone.faults import TYPICAL, run_schedule
from tests.faults.broken import BROKEN
from tests.faults.caught import caught

CHUNK = 110
"""In which every kind of fault and of end comes about; `qclone bench faults` runs as many as one likes."""


@pytest.mark.parametrize("first_seed", [2 * CHUNK, 5 * CHUNK])
def test_schedules_keep_every_invariant(first_seed):
    faults, outcomes = Counter(), Counter()
    for seed in range(first_seed, first_seed + CHUNK):
        done = run_schedule(seed)
        assert done.violations == (), f"qclone bench faults --seeds 1 --first-seed {seed} --trace"
        faults += done.faults
        outcomes += done.outcomes
    # Every kind of fault struck, and every kind of end came about.
    assert set(TYPICAL) <= set(faults)
    assert {"fail", "heal", "lose", "compromise", "wait", "switch"} <= set(faults)
    assert {f"tampered: {what}" for what in ("one", "two", "T", "look")} <= set(faults)
    for outcome in (
        "put acknowledged",
        "recovered",
        "process died",
        "part died",
        "power lost",
        "repeated call refused",
        "get refused: key_consumed",
        "get refused: unreachable",
        "intruder refused",
        "in the end recovered",
        "in the end key_consumed",
        "computed",
        "narrowed",
        "committed",
        "removed",
    ):
        assert outcomes[outcome] > 0, outcome


@pytest.mark.parametrize("seed", [3, 8, 1_001_095, 1_001_171])
def test_a_seed_is_one_schedule(seed):
    assert run_schedule(seed) == run_schedule(seed)


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_noticed(name):
    assert caught(name, BROKEN[name]).violations


def test_the_command(capsys):
    assert main(["bench", "faults", "--seeds", "3", "--workers", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schedules"], document["violations"], document["violating"]) == (3, 0, [])
    assert sum(document["outcomes"].values()) > 0
    assert main(["bench", "faults", "--seeds", "1", "--first-seed", "7", "--trace"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("seed 7\n")
    assert all(line in printed for line in run_schedule(7).trace)


def test_workers_end_with_a_parent_that_is_killed():
    command = [sys.executable, "-m", "qclone", "bench", "faults", "--seeds", "5000", "--workers", "2"]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")

    def wait_until(true):
        deadline = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    wait_until(lambda: len(children.read_text().split()) >= 3)  # two, and what multiprocessing starts
    workers = children.read_text().split()
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_a_violation_is_told_with_the_command_that_replays_it(capsys, monkeypatch):
    monkeypatch.setattr("qclone.faults._run.Code", lambda: BROKEN["Copies"])
    seed = next(seed for seed in range(300) if run_schedule(seed).violations)
    assert main(["bench", "faults", "--seeds", "1", "--first-seed", str(seed)]) == 1
    printed = capsys.readouterr().out
    assert f"qclone bench faults --seeds 1 --first-seed {seed} --trace" in printed
    assert "object-1 is at client and at server-" in printed
