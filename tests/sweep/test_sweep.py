"""Sweeps: every point once, whatever dies on the way."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress

import pytest
from distributed import Client, Future, LocalCluster
from distributed.comm import CommClosedError

from qclone.cli import main
from qclone.device import line
from qclone.errors import InvalidInputError, QcloneError
from qclone.scheme import Canonical
from qclone.simulate import UniformNoise, round_trip_fidelity
from qclone.sweep import Results, Sweep, key_of, read_sweep, run_sweep
from qclone.sweep import _run as sweeping

SPEC = """
experiment = "round_trip"
[fixed]
p1 = 0.001
[grid]
n = "2-10/4"
p2 = [0.0, 0.01]
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def test_every_point_of_the_product(spec):
    sweep = read_sweep(spec)
    points = list(sweep.points())
    assert sweep.num_points == len(points) == 6
    assert [p["n"] for p in points] == [2, 2, 6, 6, 10, 10]
    assert len({key_of(sweep.experiment, p) for p in points}) == 6


def test_results_are_the_values_and_a_second_run_computes_nothing(spec, cluster, tmp_path):
    sweep, folder = read_sweep(spec), tmp_path / "out"
    first = run_sweep(sweep, folder, cluster.scheduler_address)
    again = run_sweep(sweep, folder, cluster.scheduler_address)
    assert (first.computed, first.resumed, again.computed, again.resumed) == (6, 0, 0, 6)
    for row in Results(folder).table().to_pylist():
        noise = UniformNoise(p1=row["p1"], p2=row["p2"])
        assert row["fidelity"] == round_trip_fidelity(Canonical(row["n"]), "S1", noise)


def test_a_larger_grid_computes_the_new_points_only(cluster, tmp_path):
    run_sweep(Sweep("round_trip", {"n": [2, 4]}, {}), tmp_path, cluster.scheduler_address)
    summary = run_sweep(Sweep("round_trip", {"n": [2, 4, 6]}, {}), tmp_path, cluster.scheduler_address)
    assert (summary.computed, summary.resumed) == (1, 2)


def test_a_point_that_fails_does_not_stop_the_others(cluster, tmp_path):
    summary = run_sweep(Sweep("round_trip", {"n": [0, 2]}, {}), tmp_path, cluster.scheduler_address)
    assert (summary.computed, summary.failed) == (1, 1)
    assert "number of clones" in summary.first_failure


def test_nothing_is_lost_when_a_worker_is_killed(tmp_path):
    sweep = Sweep("round_trip", {"n": [100], "p2": [i / 1e5 for i in range(100)]}, {})
    killed = threading.Event()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        victim = next(iter(client.run(os.getpid).values()))

        def kill_one(done: int, _total: int) -> None:
            if done and not killed.is_set():
                os.kill(victim, signal.SIGKILL)
                killed.set()

        summary = run_sweep(sweep, tmp_path, cluster.scheduler_address, progress=kill_one)
    assert killed.is_set()
    assert (summary.computed, summary.failed) == (100, 0)
    keys = Results(tmp_path).table().column("key").to_pylist()
    assert sorted(keys) == sorted(key_of(sweep.experiment, p) for p in sweep.points())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs `experiment`"),
        ("experiment = 3", "needs `experiment`"),
        ("experiment = 'x'\nfoo = 1", "does not know foo"),
        ("experiment = 'x'\n[grid]\nn = 'a-b'", "neither a list nor a range"),
        ("experiment = 'x'\n[grid]\nn = []", "no value for 'n'"),
        ("experiment = 'x'\n[grid]\nn = [1]\n[fixed]\nn = 1", "both fixed and in the grid"),
        ("experiment = 'x'\n[grid]\nn = [1, 1]", "'n' a value twice"),
        ("experiment = 'x'\n[grid]\np = [1, 1.0]", "'p' a value twice"),
        ("experiment = 'x'\n[grid]\nn = '10-2'", "runs backwards"),
        ("experiment = 'x'\n[grid]\nn = '1-100000'\nr = '1-10000'", "1,000,000,000 points"),
        (f"experiment = 'x'\n[grid]\nn = '1-{10**30}'", "too large numbers"),
        ("experiment = 'x'\n[grid]", "grid is empty"),
        ("experiment = 'x'\nfixed = 3\n[grid]\nn = [1]", "perhaps .fixed."),
        ("not toml", "is not TOML"),
    ],
)
def test_refuses_what_is_no_sweep(text, message, tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=message):
        read_sweep(path)


@pytest.mark.parametrize(
    ("experiment", "grid", "message"),
    [
        ("magic", {"n": [2]}, "no experiment 'magic'"),
        ("round_trip", {"n": [2], "foo": [1]}, "no parameter 'foo'"),
        ("sensitivity", {"n": [2], "p2": [1]}, "no parameter 'p2'"),
        ("round_trip", {"p2": [0.1]}, "needs 'n'"),
        ("round_trip", {"n": ["two"]}, "'n' is a whole number, not 'two'"),
        ("round_trip", {"n": [True]}, "'n' is a whole number"),
        ("round_trip", {"n": [2], "p2": [math.nan]}, "'p2' is a number"),
        ("round_trip", {"n": [2], "clone": range(3)}, "'clone' is a text, not 0"),
    ],
)
def test_what_no_point_could_be_fails_before_any_work(experiment, grid, message, tmp_path):
    with pytest.raises(InvalidInputError, match=message):
        run_sweep(Sweep(experiment, grid, {}), tmp_path, "tcp://127.0.0.1:1")


def test_command_line(spec, cluster, capsys):
    arguments = ["sweep", str(spec), "--scheduler", cluster.scheduler_address, "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["computed"] == 6
    assert main(["sweep", "missing.toml"]) == 2


def test_a_scheduler_that_does_not_answer(tmp_path):
    with pytest.raises(InvalidInputError, match="No dask scheduler answers"):
        run_sweep(Sweep("round_trip", {"n": [2]}, {}), tmp_path, "tcp://127.0.0.1:1")


def test_a_published_experiment_against_the_noise_scale(cluster, tmp_path):
    grid = {"scale": [0.0, 1.0], "n": [2], "method": ["bsm"]}
    run_sweep(Sweep("sensitivity", grid, {}), tmp_path, cluster.scheduler_address)
    values = {row["scale"]: row["value"] for row in Results(tmp_path).table().to_pylist()}
    assert values[0.0] == pytest.approx(1, abs=1e-12)
    assert 0.5 < values[1.0] < 1
    summary = run_sweep(Sweep("sensitivity", {"n": [2]}, {}), tmp_path, cluster.scheduler_address)
    assert "a point is one row" in summary.first_failure


def test_a_device_whose_file_changed_is_computed_anew(cluster, tmp_path):
    """The name stays, the content does not: what was kept is of another device."""
    path = tmp_path / "mine.json"
    sweep = Sweep("sensitivity", {"device": [str(path)]}, {"n": 2, "method": "bsm"})
    values = []
    for error in (0.001, 0.04):
        line(6, two_qubit_error=error).save(path)
        summary = run_sweep(sweep, tmp_path / "out", cluster.scheduler_address)
        assert (summary.computed, summary.resumed) == (1, 0)
        values.append(Results(tmp_path / "out").table().to_pylist())
    first, second = (row["value"] for row in sorted(values[1], key=lambda row: -row["value"]))
    assert first > 0.8 and second < 0.6
    assert run_sweep(sweep, tmp_path / "out", cluster.scheduler_address).resumed == 1


def test_a_worker_with_other_code_computes_nothing(tmp_path, monkeypatch):
    sweep = Sweep("round_trip", {"n": [2]}, {})
    real = sweeping.key_of
    calls = []

    def older(*arguments):
        calls.append(arguments)
        return real(*arguments) if len(calls) == 1 else "the key of another version"

    monkeypatch.setattr(sweeping, "key_of", older)
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as here:
        summary = run_sweep(sweep, tmp_path, here.scheduler_address)
    assert (summary.computed, summary.failed) == (0, 1)
    assert "other code or another device" in summary.first_failure


def test_rows_are_told_apart_by_device_and_seed_too(cluster, tmp_path):
    grid = {"device": ["kingston", "aachen"], "seed": [0, 1]}
    sweep = Sweep("variability", grid, {"n": 2, "option": "plain"})
    summary = run_sweep(sweep, tmp_path, cluster.scheduler_address)
    assert (summary.computed, summary.first_failure) == (4, "")
    assert len(set(Results(tmp_path).table().column("value").to_pylist())) > 1


def test_a_scheduler_of_its_own_that_dies(tmp_path, monkeypatch):
    """Processes as a cluster starts them: no worker, one that is killed, another; then no scheduler."""
    monkeypatch.setattr("qclone.sweep._run.PATIENCE_S", 1)
    file, dask = tmp_path / "scheduler.json", [sys.executable, "-m", "dask"]
    sweep = Sweep("round_trip", {"n": [100], "p2": [i / 1e5 for i in range(80)]}, {})
    with ExitStack() as stack:

        def start(*arguments):
            process = subprocess.Popen(
                [*dask, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)
        )
        address = address_in(file, scheduler)
        with pytest.raises(InvalidInputError, match="has no workers"):
            run_sweep(sweep, tmp_path / "out", address)
        for victim, message in ("worker", "No dask worker is left"), ("scheduler", "scheduler is gone"):
            worker = start("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
            with Client(address) as client:
                client.wait_for_workers(1)
            dies = worker if victim == "worker" else scheduler
            there = len(Results(tmp_path / "out").keys())
            with pytest.raises(QcloneError, match=message):
                run_sweep(sweep, tmp_path / "out", address, progress=after(there, dies.kill))
    kept = Results(tmp_path / "out").keys()
    assert kept
    assert kept < {key_of(sweep.experiment, point) for point in sweep.points()}


def test_a_scheduler_that_dies_while_results_are_fetched(tmp_path, monkeypatch):
    def closed(_future, timeout):
        raise CommClosedError("in <TCP (closed)>: ConnectionResetError")

    sweep = Sweep("round_trip", {"n": [2], "p2": [0.0]}, {})
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        with monkeypatch.context() as patch:
            patch.setattr(Future, "result", closed)
            with pytest.raises(QcloneError, match="scheduler is gone"):
                run_sweep(sweep, tmp_path, cluster.scheduler_address)
        assert run_sweep(sweep, tmp_path, cluster.scheduler_address).computed == 1


def after(there, strike):
    """Progress that strikes once more points are done than were there."""
    return lambda done, _total: strike() if done > there else None


def address_in(file, process):
    while process.poll() is None:
        with suppress(OSError, ValueError):
            return json.loads(file.read_text())["address"]
        time.sleep(0.05)
    raise AssertionError("the scheduler did not start")


def test_encoded_clones_and_their_statistics(cluster, tmp_path):
    """Rows, and a file of sinter's in which no shot is counted twice, whatever the checks are used for."""
    sinter = pytest.importorskip("sinter")
    grid = {"outer": ["none", "corrected"], "p": [1e-3, 3e-3]}
    sweep = Sweep("logical", grid, {"d": 3, "shots": 200, "every": 8, "decoder": "matching"})
    first = run_sweep(sweep, tmp_path / "out", scheduler=cluster.scheduler_address)
    assert (first.computed, first.failed) == (4, 0)
    rows = Results(tmp_path / "out").table().to_pylist()
    assert {"infidelity", "error", "accepted", "bare", "rounds"} <= rows[0].keys()
    stats = sinter.read_stats_from_csv_files(tmp_path / "out" / "stats.csv")
    assert [s.shots for s in stats] == [200, 200]
    again = run_sweep(sweep, tmp_path / "out", scheduler=cluster.scheduler_address)
    assert (again.computed, again.resumed) == (0, 4)
    # Another seed adds shots; more shots of the same seed take the place of fewer.
    for fixed in ({"seed": 1, "shots": 200}, {"shots": 300}):
        more = Sweep("logical", {"outer": ["none"], "p": [1e-3]}, {**sweep.fixed, **fixed})
        run_sweep(more, tmp_path / "out", scheduler=cluster.scheduler_address)
    stats = sinter.read_stats_from_csv_files(tmp_path / "out" / "stats.csv")
    assert sorted(s.shots for s in stats) == [200, 500]


def test_a_wrong_case_fails_alone(cluster, tmp_path):
    sweep = Sweep("logical", {"d": [3, 4]}, {"shots": 20, "decoder": "matching"})
    found = run_sweep(sweep, tmp_path / "out", scheduler=cluster.scheduler_address)
    assert (found.computed, found.failed) == (1, 1) and "odd distances" in found.first_failure
