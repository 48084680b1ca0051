"""Objects by name, several at once, what is listed of them, and how they are given up."""

import io
import json
import subprocess

import pytest

from qclone.cli import main


@pytest.fixture(autouse=True)
def cloud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCLONE_CLOUD", "cloud")
    assert main(["init", "--servers", "3"]) == 0


@pytest.fixture
def run(capsys):
    def run(*arguments):
        capsys.readouterr()
        status = main([*arguments, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def stored(run):
    status, put = run("put", "example:qft_n4", "example:wstate_n3")
    assert status == 0
    return [one["id"] for one in put["objects"]]


def names(listed):
    return [one["name"] for one in listed[1]["objects"]]


def test_words_that_name_objects(run, stored):
    assert run("show", "latest")[1]["id"] == run("show", "wstate_n3.qasm")[1]["id"] == stored[1]
    assert run("show", stored[0][:6])[1]["id"] == stored[0]
    assert run("check", "qft_n4.qasm")[1]["id"] == stored[0]
    assert run("get", "no-such-name")[0] == 10
    run("put", "example:qft_n4")
    assert "2 objects are called" in run("get", "qft_n4.qasm")[1]["error"]["message"]
    assert run("put", "example:qft_n4", "--name", "mine")[1]["name"] == "mine"
    assert run("get", "mine", "-o", "back.qasm")[0] == 0


@pytest.mark.parametrize("name", ["latest", "cafe", "", " "])
def test_a_name_is_never_taken_for_an_id(run, name):
    assert run("put", "example:qft_n4", "--name", name)[0] == 2
    assert run("ls")[1]["objects"] == []


def test_nothing_is_stored_if_one_file_is_none(run):
    assert run("put", "example:qft_n4", "absent.qasm")[0] == 2
    assert run("put", "example:qft_n4", "example:qft_n4", "--name", "two")[0] == 2
    assert run("ls")[1]["objects"] == []


def test_listings(run, stored):
    assert run("get", stored[0], "-o", "back.qasm")[0] == 0
    assert names(run("ls", "--sort", "qubits")) == ["wstate_n3.qasm", "qft_n4.qasm"]
    assert names(run("ls", "--reverse", "--limit", "1")) == ["wstate_n3.qasm"]
    assert names(run("ls", "--key", "sealed")) == names(run("ls", "--name", "w*")) == ["wstate_n3.qasm"]
    assert run("ls", "--server", "server-9")[0] == 2
    _, stats = run("stats")
    assert stats["keys"] == {"sealed": 1, "consuming": 0, "consumed": 1}
    assert sum(stats["held_qubits"].values()) == 3 * stats["held_per_qubit"]


def test_what_is_given_up(run, stored, capsys, monkeypatch):
    assert run("rm", "latest")[0] == 2  # nobody is there to be asked
    assert run("rm", "latest", "--dry-run")[1]["objects"][0]["destroyed"]
    assert len(run("ls")[1]["objects"]) == 2
    assert run("get", stored[0], "-o", "back.qasm")[0] == 0
    assert run("rm", "--consumed")[1]["removed"] == [stored[0]]
    assert run("get", stored[0])[0] == 10
    terminal = io.StringIO("n\ny\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["rm", stored[1]]) == 130
    assert main(["rm", stored[1]]) == 0
    assert "Removed" in capsys.readouterr().out
    assert run("stats")[1]["held_qubits"] == {}
    assert run("rm", "latest")[0] == 10
    assert run("rm")[0] == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_is_told_how_to_complete(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_QCLONE_COMPLETE" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
