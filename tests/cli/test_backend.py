"""--backend, --dry-run, --export and import; devices by every kind of name."""

import json

import pytest
from qiskit import qasm3, qpy
from qiskit_aer import AerSimulator

from qclone.cli import main
from qclone.device import PRESETS, from_backend, load_device
from qclone.errors import InvalidInputError, QcloneError


def call(capsys, *arguments: str) -> tuple[int, dict]:
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_an_experiment_on_a_backend_by_name(capsys, tmp_path):
    command = ["experiment", "sensitivity", "--clones", "2", "--backend", "fake:guadalupe", "--shots", "500"]
    status, taken = call(capsys, *command, "--dry-run")
    assert status == 0 and (taken["circuits"], taken["jobs"], taken["shots"]) == (4, 2, 2000)
    status, document = call(capsys, *command, "--out", str(tmp_path))
    assert status == 0 and all(0.4 < row["fidelity"] < 0.95 for row in document["rows"])
    assert {row["device"] for row in document["rows"]} == {"guadalupe"}
    assert call(capsys, *command, "--out", str(tmp_path)) == (status, document)


def test_what_was_exported_is_measured_elsewhere_and_comes_back(capsys, tmp_path):
    """OpenQASM 3 read by Qiskit, run by Aer with bits in Qiskit's order."""
    command = ["experiment", "sensitivity", "--clones", "2", "--device", "fake:guadalupe", "--shots", "400"]
    status, written = call(capsys, *command, "--export", str(tmp_path))
    assert status == 0 and written["circuits"] == 4
    counts = {}
    for row in json.loads((tmp_path / "circuits.json").read_text())["rows"]:
        for name, _ in row["circuits"]:
            circuit = qasm3.loads((tmp_path / f"{name}.qasm").read_text())
            with open(tmp_path / f"{name}.qpy", "rb") as file:
                assert qpy.load(file)[0].count_ops() == circuit.count_ops()
            counts[name] = AerSimulator().run(circuit, shots=400, seed_simulator=1).result().get_counts()
    (tmp_path / "counts.json").write_text(json.dumps(counts))
    importing = ["experiment", "import", str(tmp_path / "counts.json")]
    status, found = call(capsys, *importing, "--out", str(tmp_path / "k"))
    assert status == 0 and len(found["rows"]) == 2
    for row in found["rows"]:
        assert row["fidelity"] == pytest.approx(1, abs=5 * max(row["error"], 0.01))
    assert call(capsys, "report", str(tmp_path / "k"))[0] == 0
    name = next(iter(counts))
    for wrong, message in (
        ({**counts, "another": {"00": 1}}, "not exported: another"),
        ({**counts, name: {"000": 1}}, "measures 2 bits"),
        ({**counts, name: {}}, "no counts of"),
        ({name: counts[name]} if "M" in name else {}, "no row whose settings"),
    ):
        (tmp_path / "counts.json").write_text(json.dumps(wrong))
        status, document = call(capsys, *importing)
        assert status == 2 and message in document["error"]["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["sensitivity", "--backend", "nowhere"], "names no backend"),
        (["sensitivity", "--backend", "fake:nothing"], "no snapshot"),
        (["sensitivity", "--backend", "no.module:Thing"], "neither a known provider"),
        (["sensitivity", "--backend", "fake:manila", "--engine", "aer"], "either on the engine"),
        (["sensitivity", "--device", "fake:manila", "--assume", "t9=1"], "nothing that can be assumed"),
        (["sensitivity", "--device", "fake:manila", "--assume", "t1_s"], "assumes nothing"),
        (["import", "absent.json"], "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(capsys, options, message):
    status, document = call(capsys, "experiment", *options)
    assert status == 2 and message in document["error"]["message"]


def test_a_manifest_that_is_none_is_refused(capsys, tmp_path):
    (tmp_path / "circuits.json").write_text("{}")
    status, document = call(capsys, "experiment", "import", str(tmp_path / "circuits.json"))
    assert status == 2 and "names no exported circuits" in document["error"]["message"]


def test_devices_by_every_kind_of_name(tmp_path, monkeypatch):
    assert load_device("pittsburgh").num_qubits == 156
    assert len(load_device("pittsburgh").working_qubits) == 155
    assert load_device("fake:manila") == load_device("qiskit_ibm_runtime.fake_provider:FakeManilaV2")
    (tmp_path / "laboratory.py").write_text(
        "from qclone.device import line\nmine = line(4)\ndef made():\n    return line(5)\nwrong = 3\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_device("laboratory:mine").num_qubits == 4
    assert load_device("laboratory:made").num_qubits == 5
    with pytest.raises(InvalidInputError, match="neither a Device nor a backend"):
        load_device("laboratory:wrong")
    with pytest.raises(QcloneError, match="pip install 'iqm-client"):
        load_device("iqm:adonis")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_say_where_they_are_from_and_are_kept_as_json(name, tmp_path):
    device = load_device(name)
    assert any("arXiv:" in note for note in device.notes)
    device.save(tmp_path / "d.json")
    kept = load_device(tmp_path / "d.json")
    assert kept == device and kept.notes == device.notes and kept.digest == device.digest
    assert len(repr(device)) < 120


def test_what_is_assumed_is_used_and_said():
    from qiskit.providers.fake_provider import GenericBackendV2

    from qclone.device import Assumed

    backend = GenericBackendV2(3, noise_info=False)
    given = from_backend(backend, Assumed(t1_s=1e-4, two_qubit_error=0.01, source="a guess"))
    assert given.qubit(0).t1_s == 1e-4 and given.couplers[0].error == 0.01
    assert any("0.0001 is assumed (a guess)" in note for note in given.notes)
    assert from_backend(backend).couplers[0].error == 0


def test_jobs_in_a_batch_of_the_runtime_which_is_closed(capsys, monkeypatch):
    from qiskit_ibm_runtime import Batch

    closed = []
    close = Batch.close
    monkeypatch.setattr(Batch, "close", lambda self: (closed.append(self), close(self)))
    command = ["experiment", "sensitivity", "--clones", "2", "--backend", "aer:", "--mode", "batch"]
    assert main([*command, "--shots", "100", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["fidelity"] == 1 for row in rows) and len(closed) == 1
    assert main(["experiment", "sensitivity", "--mode", "batch"]) == 2
    assert "--mode would do nothing without --backend ibm:NAME" in capsys.readouterr().err
