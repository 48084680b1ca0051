"""Figures as data, against the published tables and results on disk."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from qclone.device import load_device
from qclone.errors import InvalidInputError, StorageError
from qclone.experiments import Sensitivity, Setup, run, table
from qclone.web import Rooms
from qclone.web import _lattice_room as lattice
from qclone.web import _results_room as room
from qclone.web._app import _answered
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


def test_a_sweep_is_told_whole(tmp_path, monkeypatch):
    """What has no end is in the CSV as it is; how many points are left out is said."""
    pytest.importorskip("pyarrow")
    from qclone.sweep import Results

    Results(tmp_path).append([{"key": str(i), "t1_s": float("inf") if i else 1.5} for i in range(5)])
    monkeypatch.setattr(room, "MAX_ROWS", 3)
    with playground((tmp_path,)) as rooms:
        told = room.folder(rooms, {"folder": "0"})
    assert (told["total"], len(told["rows"])) == (5, 3)
    assert [row["t1_s"] for row in csv.DictReader(io.StringIO(told["csv"]))] == ["1.5", "inf", "inf"]


def test_a_folder_that_went_is_not_made_again(tmp_path):
    """Nor does one that is none, or whose files are nothing, bring down more than itself."""
    gone, file, nothing = (tmp_path / name for name in ("gone", "file", "nothing"))
    file.write_text("x")
    nothing.mkdir()
    (nothing / "deep.json").write_text("[" * 10**5)
    (nothing / "half.json").write_bytes(b"\xff\xfe")
    with playground((gone, file, nothing)) as rooms:
        assert len(room.shelf(rooms, {})["folders"]) == 4
        for i in range(3):
            with pytest.raises(InvalidInputError):
                room.folder(rooms, {"folder": str(i)})
    assert not gone.exists()


def test_parts_that_do_not_belong_together(tmp_path):
    pytest.importorskip("pyarrow")
    from qclone.sweep import Results

    Results(tmp_path).append([{"key": "a", "n": 2}])
    Results(tmp_path).append([{"key": "b", "n": "two"}])
    with playground((tmp_path,)) as rooms, pytest.raises(StorageError, match="do not belong together"):
        room.folder(rooms, {"folder": "0"})


def test_names_that_are_no_text_are_told(tmp_path):
    """A folder and a file called by a byte that no encoding knows, and by what a shell would read."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff; id"))
    odd.mkdir()
    (odd / "\udcff.json").write_text("{}")
    with playground((odd,), odd) as rooms:
        for ask in (room.shelf, lattice.shelf):
            assert json.loads(_answered(lambda ask=ask: ask(rooms, {})).body)
        assert _answered(lambda: room.folder(rooms, {"folder": "0"})).status_code == 422
        told = room.shelf(rooms, {})["folders"][0]["command"]
        assert told == f"qclone report $'{tmp_path}/\\xff; id'"
        found = {"device": "found", "title": "\udcff.json"}
        assert _answered(lambda: lattice.placed(rooms, found)).status_code == 422
        (odd / "\udcff.json").unlink()
        (odd / "to.json").symlink_to(odd / "nowhere")
        assert _answered(lambda: lattice.placed(rooms, found | {"title": "to.json"})).status_code == 422


def test_only_folders_that_the_page_was_given_are_read(cloud):
    for name in ("0", "../../etc", "/etc", "-1", "", "²", "\u0661", "9" * 5000):
        with pytest.raises(InvalidInputError):
            room.folder(Rooms(cloud), {"folder": name})
