"""Results for analysis: what is written is what was kept, read back by the readers that users have."""

import csv
import json
import math
import subprocess
import sys

import pandas as pd
import pytest

from qclone.cli import main
from qclone.device import line
from qclone.errors import InvalidInputError
from qclone.experiments import Sensitivity, Series, Setup, read_results, run
from qclone.sweep import Results, axes_of


@pytest.fixture(scope="module")
def experiments(tmp_path_factory):
    """Two experiments with different parameters: series has levels that are numbers and words."""
    folder = tmp_path_factory.mktemp("kept")
    setup = Setup(line(20))
    rows = [*Sensitivity(clones=(2, 3)).rows(), *Series().rows()[:2]]
    return folder, run(rows, setup, folder)


@pytest.fixture
def sweep(tmp_path):
    """What three batches of a sweep leave; values that are easy to know."""
    folder = tmp_path / "swept"
    results = Results(folder)
    points = [(n, p2) for n in (2, 4, 6) for p2 in (1e-4, 1e-2)]
    for i in range(3):
        results.append(
            [
                {"key": f"{n}-{p2}", "experiment": "round_trip", "n": n, "p2": p2, "fidelity": 1 - n * p2}
                for n, p2 in points[i::3]
            ]
        )
    return folder


def written(folder, tmp_path, form, *more):
    path = tmp_path / f"out.{form}"
    assert main(["results", str(folder), "-o", str(path), *more]) == 0
    return path


def test_every_format_holds_the_same_rows(experiments, tmp_path):
    folder, results = experiments
    frames = {
        "csv": pd.read_csv(written(folder, tmp_path, "csv")),
        "parquet": pd.read_parquet(written(folder, tmp_path, "parquet")),
        "json": pd.DataFrame(json.loads(written(folder, tmp_path, "json").read_text())["results"]),
        "python": read_results(folder).to_pandas(),
    }
    known = {result.key: result for result in results}
    for name, frame in frames.items():
        assert set(frame["key"]) == set(known), name
        for row in frame.to_dict("records"):
            result = known[row["key"]]
            # Before 3.0 pandas rounds the last digit of what it reads from CSV.
            told = pytest.approx((result.estimate.value, result.estimate.error), rel=1e-15)
            assert (row["value"], row["error"]) == told
            assert row["experiment"] == result.experiment and row["quantity"] == result.quantity
            for parameter, value in result.parameters.items():
                assert str(row[parameter]).removesuffix(".0") == str(value), name
            published = result.published and result.published.value
            assert row["published"] == published or (published is None and pd.isna(row["published"]))


def test_a_sweep_is_read_whole(sweep, tmp_path, capsys):
    with written(sweep, tmp_path, "csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(int(row["n"]), float(row["p2"])): float(row["fidelity"]) for row in rows} == {
        (n, p2): 1 - n * p2 for n in (2, 4, 6) for p2 in (1e-4, 1e-2)
    }
    assert len(Results(sweep).to_pandas()) == 6
    capsys.readouterr()
    assert main(["results", str(sweep), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["rows"], len(document["results"])) == ("sweep", 6, 6)
    assert main(["results", str(sweep), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == document


def test_rows_and_columns_are_chosen(sweep, capsys):
    assert (
        main(["results", str(sweep), "--where", "p2=1e-2", "--columns", "fidelity,n", "--format", "csv"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "fidelity,n" and len(lines) == 4
    assert sorted(float(one.split(",")[0]) for one in lines[1:]) == pytest.approx([0.94, 0.96, 0.98])


def test_the_table_fits_a_window(experiments, sweep, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    for folder in (experiments[0], sweep):
        assert main(["results", str(folder)]) == 0
        said = capsys.readouterr().out
        assert max(map(len, said.splitlines())) <= 60 and "\x1b" not in said
        assert "VALUE" in said or "FIDELITY" in said


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["{}", "--columns", "nothing"], 2, "no column 'nothing'"),
        (["{}", "--where", "n"], 2, "no condition"),
        (["{}", "--where", "n=99"], 2, "No row is so"),
        (["{}", "--where", "m=1"], 2, "no column 'm'"),
        (["{}", "-o", "x.xlsx"], 2, "names no format"),
        (["{}", "-o", "x.json", "--format", "csv"], 2, "would hold csv"),
        (["{}", "-o", "nowhere/x.csv"], 1, "No such file or directory (nowhere/x.csv)"),
        (["{}", "--json", "--format", "csv"], 2, "--json"),
        (["{}", "--x", "n"], 2, "would do nothing without --plot"),
        (["{}", "--plot", "p.png", "--x", "experiment"], 2, "holds no numbers"),
        (["{}", "--plot", "p.png", "--y", "nothing"], 2, "no column 'nothing'"),
        (["."], 2, "holds no results"),
        (["nowhere"], 2, "does not exist"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    arguments, status, said, sweep, tmp_path, monkeypatch, capsys
):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert main(["results", *(word.format(sweep) for word in arguments)]) == status
    printed = capsys.readouterr()
    assert said in (json.loads(printed.out)["error"]["message"] if "--json" in arguments else printed.err)
    assert not list(empty.iterdir())


def test_a_sweep_is_drawn(sweep, tmp_path, capsys):
    picture = tmp_path / "sweep.svg"
    assert main(["results", str(sweep), "--plot", str(picture)]) == 0
    assert "Drew fidelity against n, a line for each p2" in capsys.readouterr().out
    assert picture.read_text().count("<svg") == 1


def test_experiments_are_not_drawn_as_a_sweep(experiments, tmp_path, capsys):
    assert main(["results", str(experiments[0]), "--plot", str(tmp_path / "x.png")]) == 2
    assert "qclone report" in capsys.readouterr().err


def test_too_many_lines_are_refused(tmp_path, capsys):
    Results(tmp_path).append(
        [{"key": f"{n}.{s}", "n": n, "seed": s, "fidelity": 0.5} for n in range(30) for s in range(25)]
    )
    assert main(["results", str(tmp_path), "--plot", str(tmp_path / "x.png")]) == 2
    assert "25 lines" in capsys.readouterr().err


def test_what_is_no_number_is_null(tmp_path, capsys):
    Results(tmp_path).append([{"key": "a", "n": 2, "infidelity": math.nan}])
    assert main(["results", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["infidelity"] is None


def test_axes_need_a_number_that_varies():
    with pytest.raises(InvalidInputError, match="no number varies"):
        axes_of([{"n": 2, "fidelity": 0.9}])


WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from qclone.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(("package", "form"), [("pyarrow", "parquet"), ("pandas", "csv")])
def test_which_extra_is_missing(package, form, experiments, tmp_path):
    arguments = [package, "results", str(experiments[0]), "-o", str(tmp_path / f"x.{form}")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments], capture_output=True, text=True, check=False
    )
    if package == "pandas":  # nothing but to_pandas needs it
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 1 and "pip install 'qclone[sweep]'" in done.stderr
