"""Figures as data, against the published tables and results on disk."""

import csv
import io

import pytest

from qclone.device import load_device
from qclone.errors import InvalidInputError
from qclone.experiments import Sensitivity, Setup, run, table
from qclone.web import Rooms
from qclone.web import _results_room as room
from qclone.web._rooms import playground


def test_the_published_tables_are_drawn_whole():
    told = room.folder(None, {"folder": "published"})
    figures = {figure["name"]: figure for figure in told["figures"]}
    pom = next(one for one in figures["sensitivity"]["series"] if one["of"] == "pom")
    rows = table("experiment1_sensitivity")
    assert [(p["x"], p["y"], p["error"]) for p in pom["points"]] == [
        (float(row["n"]), float(row["fidelity_pom"]), float(row["error_pom"])) for row in rows
    ]
    assert len(figures["parallel"]["series"][0]["points"]) == len(table("experiment4_parallel"))
    assert figures["series_physical"]["x"]["categories"][:4] == ["l = 0", "l = 1", "l = 2", "l = 2*"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs")
    run(Sensitivity(clones=(2, 3)).rows(), Setup(load_device("kingston"), circuits="pair_tree"), path)
    return path


def test_results_stand_beside_what_was_published(folder):
    with playground((folder,)) as rooms:
        assert room.shelf(rooms, {})["folders"][0]["title"] == folder.name
        told = room.folder(rooms, {"folder": "0"})
    figure, deviation = told["figures"]
    assert (deviation["name"], len(deviation["series"])) == ("deviation", 1)
    assert all(p["told"].startswith("n = ") for p in deviation["series"][0]["points"])
    assert {(one["of"], one["role"]) for one in figure["series"]} == {
        (method, role) for method in ("bsm", "pom") for role in ("ours", "published")
    }
    ours = [point for one in figure["series"] if one["role"] == "ours" for point in one["points"]]
    assert {point["key"] for point in ours} == set(told["provenance"])
    assert all(told["provenance"][point["key"]]["device"] == "kingston" for point in ours)
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    assert sorted(float(row["fidelity"]) for row in rows) == sorted(point["y"] for point in ours)


def test_a_sweep_is_a_table(tmp_path):
    pytest.importorskip("pyarrow")
    from qclone.sweep import Results

    Results(tmp_path).append([{"key": "a", "n": 2, "fidelity": 0.5}, {"key": "b", "n": 3, "fidelity": 0.25}])
    with playground((tmp_path,)) as rooms:
        told = room.folder(rooms, {"folder": "0"})
    assert [column["name"] for column in told["columns"] if column["number"]] == ["n", "fidelity"]
    assert told["rows"] == [["a", 2, 0.5], ["b", 3, 0.25]]


def test_only_folders_that_the_page_was_given_are_read(cloud):
    for name in ("0", "../../etc", "/etc", "-1", ""):
        with pytest.raises(InvalidInputError):
            room.folder(Rooms(cloud), {"folder": name})
