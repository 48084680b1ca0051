"""A result is kept under its content: whatever decides it changes the key, and nothing else does."""

import json
import sys
from dataclasses import replace
from html import unescape
from types import ModuleType

import pytest

from qclone.device import line, load_device
from qclone.experiments import (
    IDENTITY,
    Folder,
    Sensitivity,
    Setup,
    Variability,
    code_digest,
    run,
    write_report,
)
from qclone.experiments import _identity as identities
from qclone.experiments import _routes as routes
from qclone.experiments._identity import key_of
from qclone.native import _families as families
from qclone.simulate import TwinSampler, _options, machine_of

BELL, PARITY = Sensitivity(clones=(3,)).rows()


def test_a_changed_draft_is_not_resumed(tmp_path, monkeypatch):
    """The placed circuit is in the key: another circuit under the same names is another result."""
    setup = Setup(load_device("kingston"), circuits="native")
    (first,) = run([PARITY], setup, tmp_path)
    shipped = families.shipped

    def changed(name):
        """Two gates that cancel, behind the others of decryption."""
        return [
            replace(e, draft=replace(e.draft, decrypt=(*e.draft.decrypt, *2 * e.draft.decrypt[-1:])))
            for e in shipped(name)
        ]

    monkeypatch.setattr(families, "shipped", changed)
    (second,) = run([PARITY], setup, tmp_path)
    assert (second.key, second.gates) != (first.key, first.gates)
    assert second.estimate.value < first.estimate.value and second == run([PARITY], setup)[0]


def test_a_changed_device_of_the_same_name_is_not_resumed(tmp_path):
    rows = Variability(clones=(2,), devices=(str(tmp_path / "mine.json"),), seeds=(0,)).rows()[:1]
    found = []
    for error in (0.001, 0.03):
        line(6, two_qubit_error=error).save(tmp_path / "mine.json")
        found += run(rows, Setup(load_device("kingston")), tmp_path / "kept")
    assert found[0].estimate.value > found[1].estimate.value + 0.1
    assert found == sorted(Folder(tmp_path / "kept").results(), key=lambda r: -r.estimate.value)


def test_the_name_of_a_device_is_no_content(tmp_path):
    setup = Setup(line(8))
    (first,) = run([BELL], setup, tmp_path)
    assert run([BELL], replace(setup, device=replace(setup.device, name="another")), tmp_path) == [first]


def test_code_that_computes_is_in_the_key_and_comments_are_not(tmp_path, monkeypatch):
    (tmp_path / "computing.py").write_text('"""Said."""\ndef f(x):\n    """Told."""\n    return x + 1\n')
    (tmp_path / "documented.py").write_text('"""Else."""\n# why\ndef f(x):\n    return (x + 1)\n')
    (tmp_path / "different.py").write_text("def f(x):\n    return x + 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from qclone.experiments._code import _of

    same, also, other = (_of(n).removeprefix(n) for n in ("computing", "documented", "different"))
    assert same == also != other
    assert code_digest(["computing"]) != code_digest(["different"])


def test_a_result_says_what_its_key_covers(tmp_path):
    (result,) = run([BELL], Setup(line(8)), tmp_path)
    assert result.identity.keys() == IDENTITY.keys()
    assert key_of(result.identity) == result.key
    page = unescape(write_report(tmp_path).read_text())
    assert all(meaning in page for meaning in IDENTITY.values())
    # A file that was moved to another key's place answers nothing.
    (tmp_path / f"{result.key}.json").rename(tmp_path / "0123456789abcdef01234567.json")
    assert Folder(tmp_path).read("0123456789abcdef01234567") is None


def test_a_route_is_made_once(tmp_path, monkeypatch):
    """In memory for rows that share it, on disk for another process."""
    made = []
    real = routes.place
    monkeypatch.setattr(routes.Routes, "_made", {})
    monkeypatch.setattr(routes, "place", lambda *a: made.append(a) or real(*a))
    setup = Setup(line(8), tries=2)
    run([PARITY], setup, tmp_path)
    run([PARITY], replace(setup, shots=77), tmp_path)
    assert len(made) == 2
    monkeypatch.setattr(routes.Routes, "_made", {})
    run([PARITY], replace(setup, shots=78), tmp_path)
    assert len(made) == 2


def test_a_route_that_was_cut_short_is_made_again(tmp_path, monkeypatch):
    setup = Setup(line(8))
    first = run([PARITY], setup, tmp_path)
    for path in (tmp_path / "routes").glob("*.qpy"):
        path.write_bytes(b"junk")
    monkeypatch.setattr(routes.Routes, "_made", {})
    assert run([PARITY], setup, tmp_path) == first


@pytest.mark.parametrize("change", [{"seed": 5}, {"shots": 9}, {"tries": 3}, {"layout": "topology"}])
def test_what_was_asked_is_in_the_key(change):
    assert Setup(line(8)).key(BELL) != Setup(line(8), **change).key(BELL)


def test_no_release_of_qclone_by_itself_makes_a_result_another(monkeypatch):
    """What its own samplers count is decided by their code; the version of a checkout moves by itself."""
    pytest.importorskip("qiskit_aer")
    aer = Setup(line(8), engine="aer", seed=1)
    before, given = aer.key(BELL), Setup(line(8), seed=1).key(BELL, machine_of(TwinSampler(line(8), seed=1)))
    monkeypatch.setattr(_options, "version", lambda package: "another")
    assert aer.key(BELL) == before
    assert Setup(line(8), seed=1).key(BELL, machine_of(TwinSampler(line(8), seed=1))) == given
    monkeypatch.setattr(identities, "code_digest", lambda names: "another")
    assert aer.key(BELL) != before
    assert Setup(line(8), seed=1).key(BELL, machine_of(TwinSampler(line(8), seed=1))) != given


def test_what_a_module_from_outside_imports_is_in_the_key(tmp_path, monkeypatch):
    """Of its author's files; what is installed has a version, and one edited while it runs is as it was."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "outermost.py").write_text("import numpy\nfrom innermost import g\n")
    found = []
    for body in ("x", "x + 1"):
        (tmp_path / "innermost.py").write_text(f"def g(x):\n    return {body}\n")
        found.append(code_digest(["outermost"]))
    assert found[0] != found[1]
    __import__("outermost")
    loaded = code_digest(["outermost"])
    (tmp_path / "innermost.py").write_text("def g(x):\n    return -x\n")
    assert code_digest(["outermost"]) == loaded == found[1]


def test_code_that_is_in_no_file_is_never_known_again(monkeypatch):
    """A notebook's: nothing says that a cell was not edited."""
    monkeypatch.setitem(sys.modules, "notebook", ModuleType("notebook"))
    assert code_digest(["notebook"]) != code_digest(["notebook"])


def test_what_a_result_stands_beside_is_the_present_one(tmp_path):
    (first,) = run([BELL], Setup(line(8)), tmp_path)
    other = replace(BELL, bounds=replace(BELL.bounds, threshold=0.9), published=None)
    (again,) = run([other], Setup(line(8)), tmp_path)
    assert again.estimate == first.estimate and again.bounds.threshold == 0.9 and again.published is None


def test_files_that_no_run_wrote_hold_no_result(tmp_path):
    (first,) = run([BELL], Setup(line(8)), tmp_path)
    path = tmp_path / f"{first.key}.json"
    said = json.loads(path.read_text())
    (tmp_path / "copy.json").write_text(path.read_text())
    assert Folder(tmp_path).results() == [first]
    for wrong in ({"estimate": {"value": float("nan"), "error": 0.0}}, {"data": 5}, {"parameters": [1]}):
        path.write_text(json.dumps(said | wrong))
        assert Folder(tmp_path).read(first.key) is None
