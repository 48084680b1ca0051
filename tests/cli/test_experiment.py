"""qclone experiment and qclone report from the command line."""

import json

import pytest
from qiskit.providers.fake_provider import GenericBackendV2

from qclone.cli import main

KEYS = {"n", "layers", "gates", "fidelity", "error", "published", "published_layers"}


def call(capsys, *arguments: str) -> tuple[int, str]:
    status = main(list(arguments))
    return status, capsys.readouterr().out


def test_rows_as_documented(capsys, tmp_path):
    command = ["experiment", "sensitivity", "--clones", "2", "--out", str(tmp_path / "kept"), "--json"]
    status, out = call(capsys, *command)
    document = json.loads(out)
    assert status == 0 and len(document["rows"]) == 2
    for row in document["rows"]:
        assert row.keys() >= KEYS
        assert 0.75 < row["fidelity"] < 1 and row["approximate_cloning"] == pytest.approx(2 / 3)
    assert document["deviation"]["I"]["rows"] == 2
    assert call(capsys, *command) == (status, out)

    status, out = call(capsys, "report", str(tmp_path / "kept"), "--json")
    document = json.loads(out)
    page = (tmp_path / "kept" / "report.html").read_text()
    assert status == 0 and len(document["figures"]) == 2
    assert page.count("<figure") == 2 and "0.823 ± 0.004" in page
    # Self-contained: what is not a link is inside, and the page's own policy lets nothing else in.
    assert "<script src" not in page and "<img" not in page and "stylesheet" not in page
    assert "default-src 'none'" in page.replace("&#39;", "'") and "unsafe" not in page.split("<style>")[0]


def test_chsh_and_registers(capsys):
    status, out = call(capsys, "experiment", "interleaving", "--clones", "2", "--json")
    rows = json.loads(out)["rows"]
    assert status == 0 and [r["order"] for r in rows] == ["2-1", "2-2", "2-3", "undecrypted"]
    assert all(r["chsh"] > 2 for r in rows[:3]) and abs(rows[3]["chsh"]) < 0.1
    status, out = call(capsys, "experiment", "parallel", "--sizes", "1-2", "--json")
    assert status == 0 and [r["r"] for r in json.loads(out)["rows"]] == [1, 2]


def test_rows_without_a_native_circuit_are_left_out(capsys):
    command = ["experiment", "interleaving", "--circuits", "native", "--clones", "2"]
    status, out = call(capsys, *command, "--json")
    document = json.loads(out)
    assert status == 0 and [r["order"] for r in document["rows"]] == ["2-2"]
    assert [name[-3:] for name in document["left_out"]] == ["2-1", "2-3", "ted"]
    assert "No native circuit for interleaving n=2 order=2-1, " in call(capsys, *command)[1]
    status, out = call(capsys, "experiment", "parallel", "--circuits", "native", "--sizes", "3", "--json")
    (row,) = json.loads(out)["rows"]
    assert status == 0 and row["layers"] == 11 and row["fidelity"] > row["published"]


def test_text_for_people(capsys):
    status, out = call(capsys, "experiment", "sensitivity", "--clones", "2", "--device", "aachen")
    assert status == 0
    assert "n=2 method=bsm" in out and "0.823 ± 0.004" in out and "rms deviation" in out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--device", "atlantis"], 2, "kingston"),
        (["--shots", "1000000000"], 2, "10000000"),
        (["--shots", "0"], 2, "--shots"),
        (["--clones", "5-2"], 2, "2-5"),
        (["--clones", "two"], 2, "2-5"),
        (["--clones", "2-100000"], 2, "15"),
        (["--clones", "200"], 2, "larger device"),
        (["--clones", "0"], 2, "1 and"),
        (["--seed", "-1"], 2, "seed"),
        (["--tries", "0"], 2, "tries"),
        (["--tries", "3", "--engine", "aer"], 2, "twin only"),
        (["--circuits", "native", "--clones", "2", "--out", "/dev/null/here"], 1, "cannot be written"),
        (["--engine", "ibm"], 1, "save_account"),
    ],
)
def test_messages(capsys, arguments, status, said):
    got, out = call(capsys, "experiment", "sensitivity", *arguments, "--json")
    error = json.loads(out)["error"]
    assert got == status and said in error["remedy"] + error["message"]


def test_an_unknown_experiment(capsys):
    status, out = call(capsys, "experiment", "teleportation", "--json")
    assert status == 2 and "sensitivity" in json.loads(out)["error"]["remedy"]


def test_aer_samples_the_same_rows(capsys):
    command = ["experiment", "sensitivity", "--clones", "2", "--layout", "topology", "--tries", "1", "--json"]
    (status, exact), (also, sampled) = (call(capsys, *command, *e) for e in ((), ("--engine", "aer")))
    assert status == also == 0
    for a, b in zip(json.loads(exact)["rows"], json.loads(sampled)["rows"], strict=True):
        assert a["layers"] == b["layers"] and abs(a["fidelity"] - b["fidelity"]) < 5 * b["error"]


def test_the_real_service_in_local_mode(capsys, monkeypatch):
    """The path to a processor, with a fake backend where the account's processor would be."""
    edges = [pair for a in range(6) for pair in ((a, a + 1), (a + 1, a))]
    backend = GenericBackendV2(7, basis_gates=["cz", "rz", "sx", "x"], coupling_map=edges, seed=1)
    backend.name = "ibm_here"
    asked = []

    class Service:
        saved_accounts = staticmethod(lambda: {"default": {}})

        def backend(self, name, *, use_fractional_gates):
            assert not use_fractional_gates
            asked.append(name)
            return backend

    monkeypatch.setattr("qiskit_ibm_runtime.QiskitRuntimeService", Service)
    command = ["experiment", "sensitivity", "--clones", "2", "--device", "here", "--engine", "ibm"]
    command += ["--shots", "400", "--json"]
    status, out = call(capsys, *command)
    error = json.loads(out)["error"]
    # Two rows, one job each (2 s), 1 and 3 settings, 400 shots of 250 us and a little.
    assert status == 2 and "--yes" in error["remedy"] and "about 4 s of processor time" in error["message"]
    status, out = call(capsys, *command, "--yes")
    document = json.loads(out)
    assert status == 0 and set(asked) == {"ibm_here"} and document["provenance"]["engine"] == "ibm"
    assert all(0.6 < row["fidelity"] < 1 for row in document["rows"])


def test_a_result_that_cannot_be_used(capsys, tmp_path):
    """What is cut short or foreign is run again, and a report leaves it out."""
    command = ["experiment", "sensitivity", "--clones", "2", "--out", str(tmp_path), "--tries", "1", "--json"]
    status, out = call(capsys, *command)
    first, second = sorted(tmp_path.glob("*.json"))
    first.write_text("[]")
    second.unlink()
    second.mkdir()
    status, said = call(capsys, "report", str(tmp_path), "--json")
    assert status == 2 and "no results" in json.loads(said)["error"]["message"]
    second.rmdir()
    assert call(capsys, *command) == (0, out)
    first.write_text(first.read_text()[:-9])
    assert json.loads(call(capsys, "report", str(tmp_path), "--json")[1])["unused"] == [first.name]
    assert f"Left out {first.name}: cut short" in call(capsys, "report", str(tmp_path))[1]


def test_a_report_of_nothing(capsys, tmp_path):
    status, out = call(capsys, "report", str(tmp_path), "--json")
    assert status == 2 and "no results" in json.loads(out)["error"]["message"]


def test_correlations_of_several_numbers_of_clones_are_all_in_the_figure(capsys, tmp_path):
    command = ["experiment", "mixedness", "--clones", "2-3", "--tries", "1", "--out", str(tmp_path), "--json"]
    status, out = call(capsys, *command)
    assert status == 0 and [row["n"] for row in json.loads(out)["rows"]] == [2, 2, 3, 3]
    status, out = call(capsys, "report", str(tmp_path), "--json")
    assert status == 0
    page = (tmp_path / "report.html").read_text()
    data = page.split('id="figures">')[1].split("</script>")[0]
    (figure,) = (one for one in json.loads(data) if one["matrices"])
    shown = [(one["told"], [wire["wire"] for wire in one["wires"]]) for one in figure["matrices"]]
    for n in (2, 3):
        names = ["A", *(f"{role}{i}" for role in "SN" for i in range(1, n + 1))]
        assert [wires for told, wires in shown if f"n = {n}" in told] == [names, names]


def test_learned_noise_is_read_and_what_it_does_not_cover_is_said(capsys, tmp_path):
    pairs = [[28, 29], [29, 30]]
    layers = [{"gate": "cz", "pairs": [p], "qubits": p, "generators": {f"X{p[0]}": 0.01}} for p in pairs]
    file = tmp_path / "noise.json"
    file.write_text(json.dumps({"layers": layers, "source": "a test"}))
    command = ["experiment", "sensitivity", "--clones", "2", "--tries", "1", "--noise", str(file)]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "kingston: Noise of 2 layers was learned (a test)." in said.err
    assert "two-qubit gates are in learned layers; as calibrated: " in said.out
    status, out = call(capsys, *command, "--json")
    rows = json.loads(out)["rows"]
    assert status == 0 and all(row["learned_gates"] + len(row["as_calibrated"]) for row in rows)
    file.write_text("{}")
    assert main(command) == 2 and "no result of a NoiseLearner" in capsys.readouterr().err
    assert main([*command, "--engine", "fake"]) == 2
    assert "--noise would do nothing where noise is not simulated" in capsys.readouterr().err
