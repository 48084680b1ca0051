"""An experiment is one file: defined outside, it runs, is reported and drawn like the others."""

import json
import subprocess
import sys

import pytest

from qclone.cli import main
from qclone.errors import InvalidInputError
from qclone.experiments import EXPERIMENTS, Experiment, Series, by_rank, experiment_named

OWN = """
from dataclasses import dataclass
from functools import partial

from qclone.experiments import (
    BellMeasurement, Drawing, Experiment, Row, clone_with_ancilla, fidelity_bounds,
)
from qclone.scheme import Canonical


@dataclass(frozen=True)
class Mine(Experiment):
    clones: tuple[int, ...] = (2, 3)
    name = "mine"
    title = "My own table"
    about = "what I measure"
    drawings = (Drawing("mine_points", "My own caption.", kind="points"),)

    def rows(self):
        return [
            Row(self.name, {"n": n}, Canonical(n), "S1",
                partial(clone_with_ancilla, Canonical(n), "S1", bell_measurement=True),
                BellMeasurement(), fidelity_bounds(n + 1))
            for n in self.clones
        ]
"""


def test_one_file_outside_works_everywhere(tmp_path):
    """In a process of its own, as the registry is global."""
    (tmp_path / "laboratory.py").write_text(OWN)
    python = [sys.executable, "-m", "qclone"]
    arguments = ["laboratory:Mine", "--clones", "2", "--out", "kept", "--tries", "1", "--json"]
    done = subprocess.run(
        [*python, "experiment", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (row,) = json.loads(done.stdout)["rows"]
    assert row["experiment"] == "mine" and 0.6 < row["fidelity"] < 1
    reported = (
        "import laboratory; from pathlib import Path; from qclone.experiments import write_report;"
        "print(write_report(Path('kept')).read_text())"
    )
    page = subprocess.run(
        [sys.executable, "-c", reported],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert "My own table" in page and "My own caption." in page


def test_names_are_found_and_refused():
    assert [kind.name for kind in by_rank()][:4] == ["sensitivity", "interleaving", "series", "parallel"]
    assert experiment_named("qclone.experiments:Series") is EXPERIMENTS["series"]
    for name, message in (
        ("nothing", "no experiment 'nothing'.*"),
        ("no.such.module:Mine", "cannot be imported"),
        ("qclone.experiments:Row", "is no experiment"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            experiment_named(name)


def test_a_name_is_given_once():
    with pytest.raises(InvalidInputError, match="two experiments 'series'"):

        class Other(Experiment):
            name = "series"

    assert EXPERIMENTS["series"] is Series


def test_the_command_names_them(capsys):
    assert main(["experiment", "--help"]) == 0
    assert "qubit by qubit (table IV)" in capsys.readouterr().out
    assert main(["experiment", "nothing"]) == 2
