"""Sweeps: every point once, whatever dies on the way."""

import json
import os
import signal
import threading

import pytest
from distributed import Client, LocalCluster

from qclone.cli import main
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical
from qclone.simulate import UniformNoise, round_trip_fidelity
from qclone.sweep import Results, Sweep, read_sweep, run_sweep

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
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


def test_every_point_of_the_product(spec):
    sweep = read_sweep(spec)
    points = list(sweep.points())
    assert sweep.num_points == len(points) == 6
    assert [p["n"] for p in points] == [2, 2, 6, 6, 10, 10]
    assert len({sweep.key(p) for p in points}) == 6


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
    sweep = Sweep("round_trip", {"n": [200], "p2": [i / 1e5 for i in range(600)]}, {})
    killed = threading.Event()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        victim = next(iter(client.run(os.getpid).values()))

        def kill_one(done: int, _total: int) -> None:
            if done and not killed.is_set():
                os.kill(victim, signal.SIGKILL)
                killed.set()

        summary = run_sweep(sweep, tmp_path, cluster.scheduler_address, progress=kill_one)
    assert killed.is_set()
    assert (summary.computed, summary.failed) == (600, 0)
    keys = Results(tmp_path).table().column("key").to_pylist()
    assert sorted(keys) == sorted(sweep.key(p) for p in sweep.points())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs `experiment`"),
        ("experiment = 3", "needs `experiment`"),
        ("experiment = 'x'\nfoo = 1", "does not know foo"),
        ("experiment = 'x'\n[grid]\nn = 'a-b'", "neither a list nor a range"),
        ("experiment = 'x'\n[grid]\nn = []", "no value for 'n'"),
        ("experiment = 'x'\n[grid]\nn = [1]\n[fixed]\nn = 1", "both fixed and in the grid"),
        ("not toml", "is not TOML"),
    ],
)
def test_refuses_what_is_no_sweep(text, message, tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=message):
        read_sweep(path)


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


def test_an_unknown_experiment_fails_before_any_work(tmp_path):
    with pytest.raises(InvalidInputError, match="no experiment 'magic'"):
        run_sweep(Sweep("magic", {"n": [2]}, {}), tmp_path)
