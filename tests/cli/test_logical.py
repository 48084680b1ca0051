"""qclone experiment logical from the command line."""

import json

import pytest
import sinter
import stim

from qclone.cli import main


def call(capsys, *arguments: str) -> tuple[int, str]:
    status = main(["experiment", "logical", *arguments])
    return status, capsys.readouterr().out


def test_rows_and_what_stands_beside_them(capsys, tmp_path) -> None:
    out, figure, circuits = tmp_path / "stats.csv", tmp_path / "figure.svg", tmp_path / "circuits"
    options = ["--shots", "60", "--noise", "1e-3,2e-3", "--outer", "corrected", "--out", str(out), "--json"]
    status, text = call(capsys, *options, "--figure", str(figure), "--circuits", str(circuits), "--crumble")
    found = json.loads(text)
    assert status == 0
    assert [row["p"] for row in found["rows"]] == [1e-3, 2e-3]
    assert {"code", "d", "p", "outer", "infidelity", "error", "accepted"} <= found["rows"][0].keys()
    assert {row["what"] for row in found["baselines"]} == {"bare", "kept", "equal_qubits"}
    assert all("neither survives" in said for said in found["conclusions"])
    assert found["crumble"].startswith("https://algassert.com/crumble")
    assert "<svg" in figure.read_text()
    assert len(sinter.read_stats_from_csv_files(out)) == 6
    assert stim.Circuit.from_file(next(circuits.glob("*.stim"))).num_observables == 6
    # What is there is not sampled again.
    before = out.read_text()
    assert call(capsys, *options)[0] == 0 and out.read_text() == before


def test_text(capsys) -> None:
    status, text = call(capsys, "--code", "steane", "--shots", "30", "--lose", "S2", "--outer", "none")
    assert status == 0
    assert "bare protocol" in text and "kept, as many qubits" in text and "lost S2" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--distance", "4"],
        ["--distance", "three"],
        ["--code", "steane", "--distance", "5"],
        ["--code", "nothing"],
        ["--code", "bare"],
        ["--noise", "loud"],
        ["--noise", "0.9"],
        ["--rounds", "-1"],
        ["--every", "-2"],
        ["--decoder", "nothing"],
        ["--decoder", "no_such_module:Decoder"],
        ["--lose", "S9"],
        ["--clone", "S1", "--lose", "S1"],
        ["--lose", "N1,N2,S1"],
        ["--shots", "0"],
        ["--clones", "0"],
        ["--clones", "5000"],
        ["--loss", "2"],
        ["--outer", "perhaps"],
        ["--seed", "-1"],
        ["--scheme", "missing.json"],
        ["--figure", "x.txt"],
    ],
)
def test_wrong_input_is_one_sentence(capsys, arguments: list[str]) -> None:
    status, text = call(
        capsys, "--json", *(["--shots", "20"] if "--shots" not in arguments else []), *arguments
    )
    error = json.loads(text)["error"]
    assert status in (2, 12) and error["code"] not in ("bug", "failed")
    assert error["message"].endswith(".") and "\n" not in error["message"]


def test_its_options_are_its_own(capsys) -> None:
    assert main(["experiment", "logical", "--device", "kingston"]) == 2
    assert main(["experiment", "--help"]) == 0
    assert "logical" in capsys.readouterr().out


def test_ions(capsys, tmp_path) -> None:
    folder = tmp_path / "lab"
    assert main(["experiment", "logical-ions", "--export", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["infidelity"]["encoded"] < 2e-4 and found["infidelity"]["bare"] > 1e-2
    assert len(found["written"]) == 8 and all((folder / f"{w}-Z.qasm").exists() for w in ("bare", "encoded"))
    counts = {}
    for what in ("encoded", "bare"):
        circuit = stim.Circuit.from_file(folder / f"{what}-Z.stim")
        shot = "".join("01"[int(bit)] for bit in circuit.compile_sampler(seed=1).sample(1)[0])
        counts[what] = {"Z": {shot[::-1]: 7}}
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(counts))
    arguments = ["experiment", "logical-ions", "--counts", str(path), "--last-first"]
    assert main([*arguments, "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)["counted"]
    assert [(c["shots"], c["bad_shots"]) for c in counted] == [(7, 0)] * 4
    assert main(arguments) == 0 and "encoded" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"other": {}}', '{"encoded": 3}', '{"encoded": {"Z": 3}}', '{"bare": {"Z": {"01": 1}}}'],
)
def test_wrong_counts_are_one_sentence(capsys, tmp_path, content: str) -> None:
    path = tmp_path / "counts.json"
    path.write_text(content)
    assert main(["experiment", "logical-ions", "--counts", str(path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "invalid_input"
    assert main(["experiment", "logical-ions", "--code", "surface"]) == 2
