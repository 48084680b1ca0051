"""Counts of circuits that were measured elsewhere: of these circuits, of no others, and all of them."""

import json

import pytest
from qiskit import qpy
from qiskit_aer import AerSimulator

from qclone.cli import main
from qclone.device import line
from qclone.errors import InvalidInputError
from qclone.experiments import Sensitivity, Setup, export, import_counts

CLEAN = Setup(line(6), shots=200)


def exported(folder, setup=CLEAN, clones=2):
    """Write circuits and what Aer counts for them."""
    experiment = Sensitivity(clones=(clones,))
    manifest = export([experiment], experiment.rows(), setup, folder).manifest
    counts = {}
    for row in json.loads(manifest.read_text())["rows"]:
        for name, _ in row["circuits"]:
            with open(folder / f"{name}.qpy", "rb") as file:
                (circuit,) = qpy.load(file)
            counts[name] = AerSimulator().run(circuit, shots=200, seed_simulator=1).result().get_counts()
    (folder / "counts.json").write_text(json.dumps(counts))
    return folder / "counts.json", counts


@pytest.mark.parametrize(
    "setup, clones",
    [
        (Setup(line(6, readout_error=0.2), shots=200), 2),
        (Setup(line(8), shots=200), 2),
        (Setup(line(8), shots=200), 3),
    ],
    ids=["calibration", "lattice", "clones"],
)
def test_counts_of_another_export_are_not_taken_for_these(setup, clones, tmp_path):
    (tmp_path / "here").mkdir()
    counts, _ = exported(tmp_path / "here")
    assert [r.provenance["device"] for r in import_counts(counts)] == ["line 6"] * 2
    (tmp_path / "there").mkdir()
    exported(tmp_path / "there", setup, clones)
    with pytest.raises(InvalidInputError, match="that were not exported"):
        import_counts(counts, tmp_path / "there")


def _otherwise(manifest):
    manifest["rows"][0]["identity"]["measurement"][1] = {"bell": [[0.1, 0.0], [0.0, 0.0]]}


WRONG = {
    "another version's settings": (_otherwise, "whose settings were others"),
    "no such row": (lambda m: m["rows"][0]["parameters"].update(clones=9), "has no row"),
    "no rows": (lambda m: m.pop("rows"), "names no exported circuits"),
    "no list": (lambda m: m.update(rows=3), "names no exported circuits"),
    "no names": (lambda m: m["rows"][0].update(circuits=[3]), "names no exported circuits"),
}


@pytest.mark.parametrize("change, said", WRONG.values(), ids=WRONG)
def test_a_manifest_that_is_none_is_refused(change, said, tmp_path):
    counts, _ = exported(tmp_path)
    manifest = json.loads((tmp_path / "circuits.json").read_text())
    change(manifest)
    (tmp_path / "circuits.json").write_text(json.dumps(manifest))
    with pytest.raises(InvalidInputError, match=said):
        import_counts(counts)


def test_counts_that_are_none_are_refused(tmp_path):
    path, counts = exported(tmp_path)
    name = next(iter(counts))
    for wrong in ({"00": True}, {"00": 10**400}, {"00": 1.5}, {"0x0": 5}, [["00", 5]]):
        path.write_text(json.dumps(counts | {name: wrong}))
        with pytest.raises(InvalidInputError, match=f"{name}"):
            import_counts(path)
    for text in ("[" * 100_000, f'{{"{name}": {{"00": 3, "00": 400}}}}'):
        path.write_text(text)
        with pytest.raises(InvalidInputError, match="cannot be read"):
            import_counts(path)
    path.write_text(json.dumps(counts))
    (tmp_path / f"{name}.qpy").write_bytes(b"QISKIT")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        import_counts(path)


def test_rows_that_lack_circuits_are_named_with_them(tmp_path, capsys):
    """They were left out without a word."""
    path, counts = exported(tmp_path)
    *_, last = counts  # of the second row, which has several
    path.write_text(json.dumps({name: n for name, n in counts.items() if name != last}))
    found = import_counts(path)
    assert len(found) == 1 and found.lacking == {"sensitivity n=2 method=pom": [last]}
    assert repr(found).endswith("1 of the export lack circuits>")
    assert main(["experiment", "import", str(path)]) == 0
    assert f"Left out: sensitivity n=2 method=pom lacks {last}." in capsys.readouterr().out
    assert main(["experiment", "import", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lacking"] == found.lacking
    path.write_text(json.dumps({last: counts[last]}))
    with pytest.raises(InvalidInputError, match=r"were all measured: sensitivity .* lacks 000-"):
        import_counts(path)


def test_how_many_shots_came_back_is_told(tmp_path, capsys):
    path, counts = exported(tmp_path)
    first, *_ = counts
    path.write_text(json.dumps(counts | {first: {"00": 150}}))
    bell, parity = import_counts(path)
    assert bell.provenance["returned"] == {"bell": 150} and bell.provenance["shots"] == 200
    assert set(parity.provenance["returned"].values()) == {200}
    assert bell.told_shots == "150 shots a setting of 200 that were asked for"
    assert [r.to_record()["returned"] for r in (bell, parity)] == [150, 200]
    assert main(["experiment", "import", str(path)]) == 0
    assert "150 shots a setting of 200 that were asked for" in capsys.readouterr().out
