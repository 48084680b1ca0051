"""What an earlier call has settled is handed over and told as it is, whatever a later one asks for."""

import json

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

from qclone.cli import main
from qclone.compute import Program
from qclone.store import Cloud


def register():
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.t(1)
    return circuit


def program(name="theta"):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.rz(Parameter(name), 1)
    return circuit


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCLONE_CLOUD", str(tmp_path / "cloud"))
    cloud = Cloud.create(tmp_path / "cloud", servers=4)
    yield cloud
    cloud.close()


@pytest.fixture
def used(cloud):
    """A register that server-2 turned by 0.3, whose owner was interrupted before it was in a file."""
    stored = cloud.client.put(register()).object_id
    cloud.client.run(stored, Program.of(program()), "server-2")
    cloud.client.get(stored, "server-2", values={"theta": 0.3}, keep=True)
    return stored


def said(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("options", "late"),
    [
        ([], ""),
        (["--again"], ""),
        (["--from", "server-2", "--set", "theta=0.3"], ""),
        (["--from", "server-2", "--set", "theta=0.9"], "--set theta=0.9"),
        (["--from", "server-2"], ""),
        (["--from", "server-1"], "--from server-1"),
        (["--correct"], "--correct"),
    ],
)
def test_what_came_out_is_told_as_it_was_asked_for_then(used, capsys, options, late):
    assert main(["get", used, *options, "--verify", "-o", "out.qpy", "--json"]) == 0
    document = said(capsys)
    assert document["server"] == "server-2" and document["computed"]
    assert document["fidelity"] == pytest.approx(1, abs=1e-9)
    assert [f": {late} came too late." in one for one in document["notices"]] == [True] * bool(late)
    with open("out.qpy", "rb") as file:
        found = Statevector(qpy.load(file)[0])
    expected = Statevector(register().compose(program().assign_parameters({"theta": 0.3})))
    assert abs(np.vdot(expected.data, found.data)) ** 2 == pytest.approx(1, abs=1e-12)


def test_what_was_left_at_a_server_is_never_called_recovered(cloud, capsys):
    stored = cloud.client.put(register()).object_id
    cloud.client.release(stored, "server-1", keep=True)
    assert main(["get", stored, "-o", "out.qpy"]) == 0
    assert "server-1 was sent 4 bits" in capsys.readouterr().out


def test_a_claim_that_was_only_written_down_settles_nothing(cloud, capsys, monkeypatch):
    """An interruption before the ledger has the consumption: what the next call asks for is done."""
    stored = cloud.client.put(register()).object_id
    cloud.client.run(stored, Program.of(program()), "server-2")

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(cloud.ledger), "consume", dies)
        with pytest.raises(KeyboardInterrupt):
            cloud.client.get(stored, "server-1")
    options = ["--from", "server-2", "--set", "theta=0.9", "--verify", "--json", "-o", "out.qpy"]
    assert main(["get", stored, *options]) == 0
    document = said(capsys)
    assert document["server"] == "server-2" and not document["notices"]
    assert document["fidelity"] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", ["a=b", "x\x1b[31m", "two\nlines", "\u202eback", "long" * 30, " "])
def test_a_parameter_that_no_option_can_name_is_refused_before_a_server_computes(cloud, capsys, name):
    stored = cloud.client.put(register()).object_id
    with open("program.qpy", "wb") as file:
        qpy.dump(program(name), file)
    assert main(["run", stored, "program.qpy", "--on", "server-1"]) == 2
    error = capsys.readouterr().err
    assert "cannot be set with --set" in error and "\x1b" not in error and "\u202e" not in error
    assert not cloud.ledger.find(stored).uses.runs


def test_a_parameter_is_named_as_a_shell_reads_it(cloud, capsys):
    stored = cloud.client.put(register()).object_id
    with open("program.qpy", "wb") as file:
        qpy.dump(program("it's"), file)
    assert main(["run", stored, "program.qpy", "--on", "server-1"]) == 0
    assert """--set 'it'"'"'s=VALUE'""" in capsys.readouterr().out


def test_what_a_message_quotes_steers_no_terminal(cloud, capsys):
    assert main(["check", "red \x1b[31m"]) == 10
    assert main(["get", "latest", "--set", "\x1b[31m=1=2"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_remedy_names_the_option_of_the_command_that_was_typed(cloud, capsys):
    stored = cloud.client.put(register()).object_id
    assert main(["get", stored, "--measured"]) == 2
    assert "--from SERVER" in capsys.readouterr().err
    cloud.client.run(stored, Program.of(program()), "server-2")
    assert main(["get", stored, "--set", "theta=0.3"]) == 2
    assert "Say whose: --from server-2" in capsys.readouterr().err
    assert main(["get", stored, "--from", "server-2", "--set", "theta=" + "9" * 400]) == 2
    assert len(capsys.readouterr().err) < 200


def test_of_a_committed_key_it_is_said_what_is_left(cloud, capsys):
    stored = cloud.client.put(register()).object_id
    cloud.client.commit(stored, "server-2")
    main(["check", stored])
    assert f"from server-2 alone, to which its key was committed, with: qclone get {stored}" in (
        capsys.readouterr().out
    )
    cloud.lose("server-2")
    main(["check", stored])
    assert "committed; server-2 is lost" in capsys.readouterr().out
    assert main(["get", stored]) == 12
    assert "nothing is lost" not in capsys.readouterr().err


def test_an_interrupted_release_goes_on_with_its_own_angles(cloud, capsys, monkeypatch):
    stored = cloud.client.put(register()).object_id
    cloud.client.run(stored, Program.of(program()), "server-2")
    command = ["release", stored, "--to", "server-2", "--json"]
    with monkeypatch.context() as patch:
        patch.setattr("qclone.store._spool.Spool.keep", lambda *_: 1 / 0)
        assert main([*command, "--set", "theta=0.3"]) == 1
    capsys.readouterr()
    assert main([*command, "--set", "theta=0.9"]) == 11
    assert "without --set" in said(capsys)["error"]["remedy"]
    assert main([*command, "--set", "theta=0.3"]) == 0
    assert said(capsys)["server"] == "server-2"


@pytest.mark.parametrize("value", ["1_000", "nan", "-inf", "0x10", "", "1 2"])
def test_a_value_that_is_no_number_sets_nothing(cloud, capsys, value):
    stored = cloud.client.put(register()).object_id
    cloud.client.run(stored, Program.of(program()), "server-2")
    assert main(["get", stored, "--from", "server-2", "--set", f"theta={value}"]) == 2
    assert "sets nothing" in capsys.readouterr().err
    assert cloud.ledger.find(stored).key.state == "sealed"
