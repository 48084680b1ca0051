"""`qclone access`: its JSON, its table and its picture."""

import json

import pytest

from qclone.cli import main
from qclone.scheme import Canonical, to_spec


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    status = main(["access", *arguments, "--json"])
    printed = capsys.readouterr()
    assert printed.err == ""
    return {"status": status} | json.loads(printed.out)


@pytest.mark.parametrize(
    ("arguments", "verdict", "bits", "leaks", "operator"),
    [
        (("--clones", "2", "--hold", "A S1"), "nothing", 0, [], None),
        (("--clones", "2", "--hold", "S1 S2"), "nothing", 0, [], None),
        (("--clones", "2", "--hold", "S1 N1 N2"), "recovers", 2, ["X", "Z"], "-Y_S1 Z_N1 X_N2"),
        (("--clones", "3", "--hold", "S1 S2 S3"), "leaks", 1, ["Y"], "-Y_S1 Y_S2 Y_S3"),
        (("--clones", "1", "--hold", "S1"), "leaks", 1, ["Y"], "Y_S1"),
        (("--clones", "3", "--dimension", "4", "--phases", "1,1", "--hold", "S1,S2,S3"), "leaks", 0.5,
         ["X^2 Z^2"], None),
        (("--clones", "3", "--dimension", "3", "--hold", "S1 S2 S3"), "nothing", 0, [], None),
        (("--clones", "2", "--iterate", "1", "--hold", "S1/S1 N1 N2 S1/N1 S1/N2"), "recovers", 2,
         ["X", "Z"], None),
        (("--clones", "3", "--copies", "2", "--hold", "q1.S1 q1.S2 q1.S3"), "leaks", 1, ["IY"], None),
    ],
)  # fmt: skip
def test_held(arguments, verdict, bits, leaks, operator, capsys):
    found = run(capsys, *arguments)
    assert (found["status"], found["verdict"], found["bits"]) == (0, verdict, bits)
    assert found["leaks"] == leaks
    assert operator in (None, found["operator"])
    assert (found["operator"] is None) == (verdict == "nothing")


def test_text_says_it_in_a_sentence(capsys):
    assert main(["access", "--clones", "3", "--hold", "S1 S2 S3"]) == 0
    printed = capsys.readouterr().out
    assert "S1 S2 S3 of the canonical scheme with n = 3: learns something, 1 of 2 bits." in printed
    assert "logical Y is -Y_S1 Y_S2 Y_S3" in printed
    assert "even n leaks nothing" in printed


@pytest.mark.parametrize(("phases", "said"), [("1,1", "(1, 2) leak nothing"), ("1,2", None)])
def test_phases_that_leak_for_no_reason_are_said_to(phases, said, capsys):
    arguments = ("--clones", "4", "--dimension", "3", "--phases", phases, "--hold", "S1 S2 S3 S4")
    found = run(capsys, *arguments)
    assert found["verdict"] == ("leaks" if said else "nothing")
    assert [said in one for one in found["notices"]] == ([True] if said else [])


def test_table_has_every_class_and_every_set(capsys):
    found = run(capsys, "--clones", "5", "--table")
    assert sum(one["num_sets"] for one in found["classes"]) == 2**11
    leaky = sum(one["num_sets"] for one in found["classes"] if one["verdict"] == "leaks")
    assert leaky == 32
    assert main(["access", "--clones", "5", "--table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heading = next(i for i, line in enumerate(lines) if line.split()[:4] == ["C", "P", "Q", "E"])
    rows = [line.split() for line in lines[heading + 1 :] if line[:2].strip().isdigit()]
    assert len(rows) == len(found["classes"]) == 112
    assert sum(int(row[-1]) for row in rows if row[-2] == "leaks") == 32


def test_overview(capsys):
    found = run(capsys, "--clones", "4")
    assert found["sets"] == {"nothing": 256, "leaks": 0, "recovers": 256}
    assert (found["distance"], found["minimal_sets"][0], found["notices"]) == (3, ["A", "S1", "N1"], [])
    found = run(capsys, "--clones", "3")
    assert found["all_clones_together"] == {"verdict": "leaks", "bits": 1, "leaks": ["Y"]}
    assert "even n leaks nothing" in found["notices"][0]
    assert main(["access", "--clones", "3"]) == 0
    assert "Sets: 60 nothing, 8 leaks, 60 recovers." in capsys.readouterr().out


def test_overview_of_a_scheme_too_large_to_list(capsys):
    found = run(capsys, "--clones", "3", "--iterate", "1")
    assert found["status"] == 0
    assert "minimal_sets" not in found
    assert "even n leaks nothing" in found["notices"][0]
    assert main(["access", "--clones", "3", "--iterate", "1"]) == 0
    assert "All clones together" in capsys.readouterr().out


def test_loss(capsys):
    found = run(capsys, "--clones", "2", "--loss", "0.1")
    # Three of five: at most two wires are lost.
    assert found["recovery_probability"] == pytest.approx(0.9**5 + 5 * 0.1 * 0.9**4 + 10 * 0.01 * 0.9**3)


def test_any_scheme_from_a_file(capsys, tmp_path):
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps(to_spec(Canonical(3))))
    assert run(capsys, "--scheme", str(path), "--hold", "S1 S2 S3")["leaks"] == ["Y"]


@pytest.mark.parametrize("clones", ["1", "3", "4", "40"])
def test_plot(clones, capsys, tmp_path):
    path = tmp_path / "classes.png"
    assert run(capsys, "--clones", clones, "--plot", str(path))["plot"] == str(path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--hold", "A"), "usage", "--clones"),
        (("--clones", "2", "--hold", "S3"), "unknown_wire", "no wire 'S3'"),
        (("--clones", "0", "--hold", "A"), "usage", "--clones"),
        (("--clones", "2", "--dimension", "4", "--phases", "2,1"), "invalid_input", "not units"),
        (("--clones", "2", "--dimension", "4", "--phases", "one"), "invalid_input", "pair of phases"),
        (("--clones", "2", "--dimension", "3", "--copies", "2"), "invalid_input", "neither iterated"),
        (("--clones", "2", "--copies", "2", "--table"), "invalid_input", "no closed form"),
        (("--clones", "2", "--loss", "2"), "usage", "--loss"),
        (("--clones", "2", "--plot", "classes.odd"), "usage", "names no format"),
        (("--scheme", "absent.json"), "invalid_input", "cannot be read"),
    ],
)
def test_errors(arguments, code, words, capsys):
    found = run(capsys, *arguments)
    assert (found["status"], found["error"]["code"]) == (2, code)
    assert words in found["error"]["message"]


def test_sizes_that_would_take_for_ever_are_quick_or_refused(capsys):
    """Once over 60 s and 3.5 GB in silence: counted in closed form, skipped, or refused before the work."""
    found = run(capsys, "--clones", "1000")
    assert (sum(found["sets"].values()), found["sets"]["leaks"]) == (2**2001, 0)
    for arguments in (["--clones", "100000"], ["--clones", "1000", "--table"]):
        refused = run(capsys, *arguments)
        assert (refused["status"], refused["error"]["code"]) == (2, "invalid_input")
        assert "--hold" in refused["error"]["remedy"]
    assert "distance" not in run(capsys, "--clones", "6", "--iterate", "2")
    assert run(capsys, "--clones", "100000", "--hold", "S1")["bits"] == 0


def test_qudits_are_told_in_their_own_units(capsys):
    """An input of dimension d has two units of log2 d bits to learn, and not two bits."""
    found = run(capsys, "--clones", "3", "--dimension", "3", "--hold", "A S1 S2 S3")
    assert (found["bits"], found["of"], found["unit"]) == (2, 2, "units of log2 3 bits")
    assert main(["access", "--clones", "3", "--dimension", "3", "--hold", "A S1 S2 S3"]) == 0
    assert "2 of 2 units of log2 3 bits." in capsys.readouterr().out
