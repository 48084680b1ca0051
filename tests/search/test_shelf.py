"""What is better is put into the data file, for the aim for which it is, and nothing gets worse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest

pytest.importorskip("numba")

from qclone.device import load_device
from qclone.errors import InvalidInputError, StorageError
from qclone.native import ContractError, build
from qclone.native._catalog import Entry, shipped, written
from qclone.native._placer import Found
from qclone.scheme import Canonical, Iterated
from qclone.search import _shelf
from qclone.search.__main__ import main

KNOWN = shipped("kingston")
(BOTH,) = (e for e in KNOWN if e.scheme == Canonical(3))
BEST, SHALLOWEST = (e for e in KNOWN if e.scheme == Canonical(5))
OTHERS = (KNOWN[0], next(e for e in KNOWN if e.clone == "A"), KNOWN[-1])


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of one's own, with a few of the entries that ship."""
    monkeypatch.setattr(_shelf, "DATA", tmp_path)
    path = tmp_path / "kingston.json"
    path.write_text(written("kingston", sorted((*OTHERS, BEST, SHALLOWEST, BOTH), key=_shelf._place)))
    return path


def of(entry: Entry) -> list[tuple[tuple[str, ...], float]]:
    there = [e for e in _shelf.on_shelf("kingston") if e.scheme == entry.scheme and e.clone == entry.clone]
    return [(e.aims, e.fidelity) for e in there]


def test_what_is_no_better_changes_nothing(shelf: Path) -> None:
    before = shelf.read_text()
    for entry in (BOTH, BEST):
        worse = replace(entry, fidelity=entry.fidelity - 0.01, found_by={}, draft=SHALLOWEST.draft)
        _shelf.keep("kingston", {"fidelity": worse, "layers": replace(worse, layers=entry.layers + 9)})
    assert shelf.read_text() == before


def test_what_is_better_for_one_aim_is_there_beside_the_other(shelf: Path) -> None:
    better = replace(BOTH, fidelity=BOTH.fidelity + 0.001, layers=BOTH.layers + 1, draft=BEST.draft)
    kept = _shelf.keep("kingston", {"fidelity": better, "layers": better})
    assert of(BOTH) == [(("fidelity",), better.fidelity), (("layers",), BOTH.fidelity)]
    assert kept["fidelity"].draft == better.draft and kept["layers"].draft == BOTH.draft


def test_what_is_better_for_both_is_there_once(shelf: Path) -> None:
    better = replace(BEST, fidelity=BEST.fidelity + 0.001, layers=SHALLOWEST.layers - 1)
    _shelf.keep("kingston", {"fidelity": better, "layers": better})
    assert of(BEST) == [(("fidelity", "layers"), better.fidelity)]
    assert {e.clone for e in _shelf.on_shelf("kingston")} >= {e.clone for e in OTHERS}
    assert sum(e in _shelf.on_shelf("kingston") for e in OTHERS) == len(OTHERS)


def test_a_folder_that_cannot_be_written_is_said_and_left_whole(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_shelf, "replace_file", full)
    better = replace(BOTH, fidelity=BOTH.fidelity + 0.001)
    before = shelf.read_text()
    with pytest.raises(StorageError, match="cannot be written: No space left"):
        _shelf.keep("kingston", {"fidelity": better})
    assert shelf.read_text() == before


@pytest.mark.parametrize("clones", ["x", "5-2", "-3"])
def test_what_is_no_range_is_said(clones: str) -> None:
    with pytest.raises(click.BadParameter, match="is no number and no range"):
        main(["kingston", f"--clones={clones}", "--steps", "0"], standalone_mode=False)


def test_of_as_many_layers_the_better_one_is_kept(shelf: Path) -> None:
    better = replace(SHALLOWEST, fidelity=SHALLOWEST.fidelity + 1e-5, gates=SHALLOWEST.gates + 5)
    assert _shelf.keep("kingston", {"layers": better})["layers"].gates == better.gates


def test_what_moving_gives_is_not_kept(shelf: Path) -> None:
    """For each aim apart: of two moved circuits one has the fidelity, the other the layers."""
    moved = [Found(e.draft, e.fidelity) for e in (BEST, SHALLOWEST)]
    assert [f.layers for f in moved] == [BEST.layers, SHALLOWEST.layers]
    same = {"fidelity": BEST, "layers": SHALLOWEST}
    assert _shelf.beyond(same, moved) == {} and _shelf.beyond(same, []) == same
    better = replace(BEST, fidelity=BEST.fidelity + 0.001)
    assert _shelf.beyond({"fidelity": better, "layers": better}, moved) == {"fidelity": better}
    shallower = replace(SHALLOWEST, layers=SHALLOWEST.layers - 1)
    assert _shelf.beyond({"fidelity": BEST, "layers": shallower}, moved) == {"layers": shallower}


def test_what_is_found_for_one_aim_may_be_best_for_both() -> None:
    """What a search counts differs a little from what is proved."""
    both = replace(SHALLOWEST, fidelity=BEST.fidelity + 0.001)
    assert _shelf.beyond({"fidelity": BEST, "layers": both}, []) == {"fidelity": both, "layers": both}


def test_nothing_is_kept_unproved() -> None:
    made = _shelf.Made(Canonical(3), load_device("kingston"), "canonical", 1, 5)
    entry = made.proved(BOTH.draft, "S1")
    assert (entry.layers, entry.gates, entry.fidelity) == (BOTH.layers, BOTH.gates, BOTH.fidelity)
    assert entry.found_by.keys() == {"strategy", "seed", "steps", "version"}
    roles = {**BOTH.draft.roles, "S2": BOTH.draft.roles["N2"], "N2": BOTH.draft.roles["S2"]}
    with pytest.raises(ContractError):
        made.proved(replace(BOTH.draft, roles=roles), "S1")


def test_the_command_searches_and_keeps(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On an empty shelf the first that is found is kept; the same seed and steps find the same."""
    shelf.unlink()
    texts = []
    for _ in range(2):
        with pytest.raises(SystemExit, match="0"):
            main(["kingston", "--clones", "2", "--steps", "2", "--seed", "3"])
        texts.append(shelf.read_text())
        assert "n = 2, fidelity: kept 0.9" in capsys.readouterr().out
        shelf.unlink()
    assert texts[0] == texts[1]
    (first, *_) = json.loads(texts[0])["circuits"]
    assert first["found_by"]["steps"] == 2 and first["fidelity"] <= BOTH.fidelity + 0.05
    assert first["fidelity"] <= next(e for e in KNOWN if e.scheme == Canonical(2)).fidelity
    assert build(Canonical(2), "kingston").cost.layers == 11


def test_registers_are_not_polished(shelf: Path) -> None:
    before = shelf.read_text()
    with pytest.raises(InvalidInputError, match="can be polished"):
        main(
            ["kingston", "--family", "register", "--clones", "2", "--sizes", "1", "--polish", "--steps", "1"],
            standalone_mode=False,
        )
    assert shelf.read_text() == before


def test_iterated_schemes_are_searched_in_their_last_generation(shelf: Path) -> None:
    """On layouts of what ships, one of which is on the shelf; what is no better than it is not kept."""
    ones = [e for e in KNOWN if e.scheme == Iterated.virtual(Canonical(2), 1)]
    shelf.write_text(written("kingston", ones))
    main(
        ["kingston", "--family", "virtual", "--clones", "2", "--sizes", "1", "--steps", "1"],
        standalone_mode=False,
    )
    kept = _shelf.on_shelf("kingston")
    assert {e.clone.count("/") for e in kept} == {1}
    for old in ones:
        (new,) = (e for e in kept if old.aims[0] in e.aims)
        assert new.fidelity >= old.fidelity or new.layers < old.layers
