"""Sweeps as labelled arrays, against their rows."""

import math
import sys

import pytest

from qclone.errors import InvalidInputError, MissingPackageError
from qclone.sweep import Results

ROWS = [
    {"key": f"{n} {p2} {synthesis}", "experiment": "round_trip", "n": n, "p1": 1e-4, "p2": p2}
    | {"synthesis": synthesis, "fidelity": 1 - n * p2, "quantity": f"Fe {n}"}
    for n in (4, 2)
    for p2 in (3e-3, 1e-3)
    for synthesis in ("ladder", "tree")
]


def kept(tmp_path, rows) -> Results:
    results = Results(tmp_path / "kept")
    for row in rows:
        results.append([row])
    return results


def test_every_point_is_found_by_its_parameters(tmp_path):
    pytest.importorskip("xarray")
    grid = kept(tmp_path, ROWS).to_xarray()
    assert dict(grid.sizes) == {"n": 2, "p2": 2, "synthesis": 2}
    assert grid.attrs == {"experiment": "round_trip", "p1": 1e-4}
    for row in ROWS:
        point = grid.sel(n=row["n"], p2=row["p2"], synthesis=row["synthesis"])
        assert (point["fidelity"].item(), point["quantity"].item()) == (row["fidelity"], row["quantity"])
    assert list(grid["n"].values) == [2, 4]


def test_a_point_that_is_missing_is_no_number(tmp_path):
    pytest.importorskip("xarray")
    grid = kept(tmp_path, ROWS[1:]).to_xarray()
    assert math.isnan(grid["fidelity"].sel(n=4, p2=3e-3, synthesis="ladder"))
    assert int(grid["fidelity"].notnull().sum()) == len(ROWS) - 1


def test_one_point_and_none(tmp_path):
    pytest.importorskip("xarray")
    grid = kept(tmp_path, ROWS[:1]).to_xarray()
    assert not grid.sizes and grid["fidelity"].item() == ROWS[0]["fidelity"] and grid.attrs["n"] == 4
    assert not Results(tmp_path / "empty").to_xarray()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"experiment": "logical"}, "points of logical, round_trip"),
        ({"p1": None}, "do not state p1"),
        ({}, "more than once"),
    ],
)
def test_what_has_no_grid_is_said(tmp_path, change, said):
    pytest.importorskip("xarray")
    with pytest.raises(InvalidInputError, match=said):
        kept(tmp_path, [*ROWS, ROWS[0] | change | {"key": "other"}]).to_xarray()


def test_without_xarray_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingPackageError, match=r"xarray.*qclone\[notebook\]"):
        kept(tmp_path, ROWS).to_xarray()


def test_a_point_that_two_processes_computed_is_there_once(tmp_path):
    pytest.importorskip("xarray")
    results = kept(tmp_path, ROWS)
    (results.folder / "part-copy.parquet").write_bytes(next(results.folder.glob("part-4*")).read_bytes())
    assert results.table().num_rows == len(ROWS)
    assert dict(results.to_xarray().sizes) == {"n": 2, "p2": 2, "synthesis": 2}
