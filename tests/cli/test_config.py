"""The file of defaults, and how much is said: what is given on the command line goes before."""

import json
import subprocess
import sys

import pytest

from qclone.cli import main
from qclone.cli._config import default_path


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Write a configuration, in the place where users have it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QCLONE_CONFIG")
    monkeypatch.delenv("QCLONE_CLOUD", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "etc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    path = default_path()
    assert path.is_relative_to(tmp_path)
    path.parent.mkdir(parents=True)

    def write(text):
        path.write_text(text)
        return path

    return write


def printed(capsys, *words, status=0):
    capsys.readouterr()
    assert main(list(words)) == status, capsys.readouterr()
    return capsys.readouterr()


def test_defaults_come_from_the_file_and_give_way(configured, capsys, monkeypatch):
    configured('cloud = "mine"\n[init]\nservers = 3\n[put]\nsource = "client"\n')
    assert "3 servers" in printed(capsys, "init").out
    assert json.loads(printed(capsys, "put", "example:qft_n4", "--json").out)["clones"]["A"] == "client"
    given = json.loads(printed(capsys, "put", "example:qft_n4", "--source", "discard", "--json").out)
    assert "A" not in given["clones"]
    monkeypatch.setenv("QCLONE_CLOUD", "theirs")  # the environment goes before the file
    printed(capsys, "init")
    assert json.loads(printed(capsys, "stats", "--json").out)["objects"] == 0
    assert json.loads(printed(capsys, "stats", "--cloud", "mine", "--json").out)["objects"] == 2


def test_tables_reach_commands_below_others(configured, capsys):
    configured(
        'cloud = "c"\n[server.ls]\ncloud = "d"\n[experiment.logical]\nclones = 4\n[access]\nclones = 2\n'
    )
    printed(capsys, "init")
    printed(capsys, "init", "--servers", "2", "--cloud", "d")
    assert len(json.loads(printed(capsys, "server", "ls", "--json").out)["servers"]) == 2
    shown = json.loads(printed(capsys, "config", "experiment", "logical", "--json").out)["options"]
    assert {"command": "experiment logical", "option": "clones", "value": "4", "from": "file"} in shown
    assert "S1" in printed(capsys, "access", "--hold", "S1").out


def test_what_applies_and_where_it_comes_from_is_shown(configured, capsys, monkeypatch):
    path = configured('cloud = "mine"\n[put]\nclones = 4\n')
    monkeypatch.setenv("QCLONE_CLOUD", "theirs")
    document = json.loads(printed(capsys, "config", "put", "--json").out)
    assert (document["file"], document["exists"]) == (str(path), True)
    rows = {row["option"]: (row["value"], row["from"]) for row in document["options"]}
    assert rows["clones"] == ("4", "file") and rows["cloud"] == ("theirs", "QCLONE_CLOUD")
    assert rows["iterate"] == (0, "built in") and rows["name"] == (None, "built in")
    whole = json.loads(printed(capsys, "config", "--json").out)["options"]
    assert [(row["command"], row["option"]) for row in whole] == [("", "cloud"), ("put", "clones")]
    path.unlink()
    assert "is not there" in printed(capsys, "config").out
    assert "No such command 'pot'" in printed(capsys, "config", "pot", status=2).err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clod = 'x'", "'clod' above the tables is not an option of qclone.\nDid you mean cloud?"),
        ("json = true", "'json' above the tables"),
        ("put = 3", "'put' is a command, and its options stand in a table.\nWrite: [put]"),
        ("quiet = 3", "'quiet' is true or false"),
        ("cloud = 3", "'cloud' is a text"),
        ("quiet = true\nverbose = true", "'quiet' and 'verbose' are opposites"),
        ("[putt]", "[putt] is not a command of qclone.\nDid you mean put?"),
        ("[put]\nsources = 'x'", "'sources' of [put] is not an option of qclone.\nDid you mean source?"),
        ("[put]\njson = true", "'json' of [put] is not an option"),
        ("[put]\nfiles = 'x'", "'files' of [put] is not an option"),
        ("[put]\nsource = 'x'", "'source' of [put]: 'x' is not one of"),
        ("[put]\nclones = true", "'clones' of [put] is no flag"),
        ("[put]\nclones = -1", "'clones' of [put]: -1 is not in the range"),
        ("[put]\nclones = [1]", "'clones' of [put] is one text or number"),
        ("[put]\nclones = 2026-11-29", "'clones' of [put] is one text or number"),
        ("[put]\nquiet = 'yes'", "'quiet' of [put] is a flag"),
        ("[put.more]\nx = 1", "[put.more] is not a command"),
        ("[server.fails]", "[server.fails] is not a command of qclone.\nDid you mean fail?"),
        ("[server.fail]\nx = 1", "'x' of [server.fail] is not an option"),
        ("x=", "is not TOML"),
    ],
)
def test_what_is_unknown_is_refused_in_a_sentence(text, said, configured, tmp_path, capsys):
    configured(text)
    error = printed(capsys, "config", status=2).err
    assert error.startswith("qclone: ") and said in error and "Traceback" not in error
    assert len(error.splitlines()) == 2


def test_a_command_says_what_is_wrong_with_its_own_table(configured, capsys, tmp_path):
    configured("[put]\nsources = 'x'")
    assert "'sources' of [put]" in printed(capsys, "put", "example:qft_n4", status=2).err
    assert json.loads(printed(capsys, "put", "x", "--json", status=2).out)["error"]["code"] == "invalid_input"
    printed(capsys, "examples")  # another command's table is not in its way
    assert "error" not in json.loads(printed(capsys, "--config", "", "config", "--json").out)


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_file_that_is_named_has_to_be_there(name, configured, monkeypatch, capsys):
    assert "cannot be read" in printed(capsys, "--config", name, "examples", status=2).err
    monkeypatch.setenv("QCLONE_CONFIG", name)
    assert "cannot be read" in printed(capsys, "examples", status=2).err


def test_quiet_says_the_result_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert printed(capsys, "init", "-q").out == ""
    stored = printed(capsys, "-q", "put", "example:wstate_n3", "example:qft_n4").out.split()
    objects = json.loads(printed(capsys, "ls", "--json").out)["objects"]
    assert stored == [one["id"] for one in objects]
    assert printed(capsys, "check", "-q").out == ""
    printed(capsys, "server", "fail", "-q", "server-1", "server-2", "server-3", "server-4", "server-5")
    assert printed(capsys, "check", "-q", status=14).out.count("recoverable: not now") == 2
    assert printed(capsys, "-q", "server", "heal", *(f"server-{i}" for i in range(1, 6))).out == ""
    assert printed(capsys, "get", "-q", stored[0], "-o", "w.qasm").out == ""
    assert printed(capsys, "get", "-q", stored[1]).out.startswith("OPENQASM")
    assert printed(capsys, "-q", "circuit", "--clones", "2").err == ""


def test_verbose_cuts_nothing_short(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    printed(capsys, "init")
    said = printed(capsys, "put", "-v", "example:qft_n4")
    assert "  S6: server-1\n" in said.out and "It took " in said.err
    (one,) = json.loads(printed(capsys, "ls", "--json").out)["objects"]
    assert one["id"] in printed(capsys, "ls", "-v").out
    assert one["id"] not in printed(capsys, "ls").out


def test_quiet_and_verbose_are_opposites(configured, capsys):
    for words in (["-q", "-v", "examples"], ["-q", "examples", "-v"], ["examples", "-qv"]):
        assert "are opposites" in printed(capsys, *words, status=2).err
    configured("[examples]\nverbose = true\n")
    assert printed(capsys, "examples", "-q").err == ""  # the command line goes before the file
    assert "It took" in printed(capsys, "examples").err


def test_a_file_without_quiet_costs_no_import(configured):
    configured("")
    script = "import sys; from qclone.cli import main; main(['ls', '-h']); print('qiskit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
