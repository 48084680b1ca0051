"""The scoreboard against what the experiments themselves say of the same device."""

import json

import pytest

from qclone.cli import main
from qclone.device import all_to_all, heavy_hex, line
from qclone.experiments import Sensitivity, Setup, run, score
from qclone.experiments._scoreboard import Reach, _on_chip


def test_the_reach_is_where_the_experiment_falls_below_a_half():
    """Every n of a noisy lattice, run one by one."""
    device = heavy_hex(3, two_qubit_error=0.025)
    found = score(device).clones
    rows = [row for row in Sensitivity(clones=(2, 3, 4, 5)).rows() if row.parameters["method"] == "pom"]
    results = run(rows, Setup(device, circuits="native"))
    values = {r.parameters["n"]: r.estimate.value for r in results}
    above = [n for n, value in values.items() if value > 0.5]
    assert found.size == max(above) and found.value == pytest.approx(values[found.size])
    assert 2 <= found.size < 5
    # That many shots show it by three standard deviations, and no fewer: chi and P are of three settings.
    error = run(
        [Sensitivity(clones=(found.size,)).rows()[1]], Setup(device, circuits="native", shots=found.shots)
    )[0].estimate.error
    assert found.value - 0.5 == pytest.approx(3 * error, rel=0.1)


def test_a_perfect_machine_is_limited_by_its_qubits():
    perfect = {"two_qubit_error": 0.0, "one_qubit_error": 0.0, "readout_error": 0.0}
    times = {"t1_s": float("inf"), "t2_s": float("inf")}
    found = score(all_to_all(11, **perfect, **times))
    assert (found.clones.size, found.chsh.size, found.register.size) == (4, 4, 2)
    assert found.clones.value == pytest.approx(1) and found.chsh.value == pytest.approx(8**0.5)
    assert found.on_chip.size == 3 and found.chip_77 is None


def test_a_useless_machine_reaches_nothing(capsys, tmp_path):
    line(6, two_qubit_error=0.3).save(tmp_path / "bad.json")
    figure = tmp_path / "score.png"
    assert main(["scoreboard", str(tmp_path / "bad.json"), "--figure", str(figure), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["scores"]
    assert row["clones"]["size"] == row["chsh"]["size"] == 0 and row["qubits"] == 6
    assert figure.stat().st_size > 5_000
    assert main(["scoreboard", str(tmp_path / "bad.json")]) == 0
    assert "none" in capsys.readouterr().out


def test_the_most_clones_are_counted_although_fewer_that_are_routed_fail():
    def judge(*_):
        raise AssertionError("nothing smaller is asked for")

    assert _on_chip(judge, 155, (0.65, 1.0, "native")) == Reach(77, 0.65, 400, "native")
    assert _on_chip(lambda *_: None, 155, (0.45, 1.0, "native")).size == 0
