"""`qclone get` loses nothing, whatever becomes of its output, and replaces nothing unless it is told to."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from qiskit import QuantumCircuit

from qclone import durable
from qclone.cli import _safe, main
from qclone.errors import StorageError
from qclone.store import Cloud, SqlFabric, SqliteLedger


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCLONE_CLOUD", str(tmp_path / "cloud"))
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    yield cloud
    cloud.close()


@pytest.fixture
def stored(cloud):
    return put(cloud)


def put(cloud):
    circuit = QuantumCircuit(1)
    circuit.ry(0.7, 0)
    return cloud.client.put(circuit).object_id


def shell(command):
    """Run a command of bash in which `qclone` is this one; returns its exit status and what it says."""
    qclone = f'qclone() {{ {sys.executable} -m qclone "$@"; }}'
    run = subprocess.run(
        ["bash", "-c", f"{qclone}\n{command}"],
        check=False,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert "Traceback" not in run.stderr and "Exception ignored" not in run.stderr
    return run.returncode, run.stderr


def state(cloud, object_id):
    return cloud.ledger.find(object_id).key.state.value


@pytest.mark.parametrize(
    "command",
    [
        "qclone get {0} >/dev/full",
        "(exec 3> >(exec 0<&-; true); sleep 0.2; qclone get {0} >&3)",
        "ulimit -f 0; trap '' XFSZ; qclone get {0} -o out.qasm",
    ],
)
def test_what_could_not_be_written_is_handed_over_again(cloud, stored, command, capsys):
    status, said = shell(command.format(stored))
    assert status == 1, said
    if f"qclone get --again {stored}" not in said:  # the spool could not be written either
        assert f"qclone get {stored}" in said or state(cloud, stored) == "sealed"
    assert not Path("out.qasm").exists()
    assert main(["get", stored, "-o", "safe.qasm"]) == 0
    assert "ry(0.7)" in Path("safe.qasm").read_text()
    assert main(["get", stored, "-o", "more.qasm"]) == 11
    assert main(["get", "--again", stored]) == 10


def test_a_closed_output_is_refused_before_anything_is_decrypted(cloud, stored):
    status, said = shell(f"qclone get {stored} >&-")
    assert status == 2
    assert "standard output is closed" in said
    assert state(cloud, stored) == "sealed"
    assert shell(f"qclone get {stored} -o out.qasm >&-") == (0, "")
    assert "ry(0.7)" in Path("out.qasm").read_text()


def test_a_redirected_output_is_synced_and_then_safe(cloud, stored):
    assert shell(f"qclone get {stored} > out.qasm")[0] == 0
    assert "Kept" not in Path("out.qasm").read_text()
    assert state(cloud, stored) == "consumed"


def test_check_says_what_is_kept_and_what_was_interrupted(cloud, stored, capsys, monkeypatch):
    assert main(["get", stored]) == 0
    capsys.readouterr()
    assert main(["check", stored]) == 11
    assert f"is kept: qclone get --again {stored}" in capsys.readouterr().out
    assert main(["check", stored, "--json"]) == 11
    assert json.loads(capsys.readouterr().out)["kept"] is True
    other = put(cloud)
    with monkeypatch.context() as patch:
        patch.setattr(SqlFabric, "deliver", lambda *_: (_ for _ in ()).throw(StorageError("full")))
        assert main(["get", other]) == 1
    capsys.readouterr()
    assert main(["check", other]) == 11
    assert f"goes on with: qclone get {other}" in capsys.readouterr().out
    assert main(["get", other, "-o", "other.qasm"]) == 0


def test_what_went_to_a_pipe_is_kept_until_its_owner_says_so(cloud, stored, capsys):
    for command in (["get", stored], ["get", stored], ["get", "--again", stored[:6]]):
        assert main(command) == 0
        said = capsys.readouterr().out
        assert "ry(0.7)" in said
        assert f"// Kept until you say that you have it: qclone get --done {stored}" in said
    assert state(cloud, stored) == "consuming"
    assert main(["get", "--done", stored[:6]]) == 0
    assert state(cloud, stored) == "consumed"
    assert cloud.client.keyring.ids() == set()
    assert main(["get", stored]) == 11
    assert main(["get", "--done", stored]) == 10


def test_nothing_is_replaced_unless_it_is_said(cloud, stored, capsys):
    out = Path("out.qasm")
    out.write_text("the only copy of another register")
    assert main(["get", stored, "-o", "out.qasm"]) == 2
    assert "out.qasm exists. " in capsys.readouterr().err.replace("\n", " ")
    assert state(cloud, stored) == "sealed"
    assert main(["get", stored, "-o", "out.qasm", "--force"]) == 0
    assert "ry(0.7)" in out.read_text()


def test_a_link_to_nothing_is_a_name_that_is_taken(cloud, stored, capsys):
    Path("out.qasm").symlink_to("elsewhere/out.qasm")
    assert main(["get", stored, "-o", "out.qasm"]) == 2
    assert "out.qasm is a link to nothing" in capsys.readouterr().err
    assert state(cloud, stored) == "sealed"


def test_a_name_as_long_as_names_can_be_is_written(cloud, stored):
    out = Path("x" * 250 + ".qasm")
    assert main(["get", stored, "-o", str(out)]) == 0
    assert "ry(0.7)" in out.read_text()


def test_a_full_disk_before_consumption_is_named_with_its_remedy(cloud, stored, capsys, monkeypatch):
    def full(*_):
        raise StorageError("The disk is almost full; nothing was changed.", "Make room on it and try again.")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteLedger, "consume", full)
        assert main(["get", stored, "-o", "out.qasm"]) == 1
    said = capsys.readouterr().err.replace("\n", " ")
    assert "Make room" in said and f"qclone get {stored}" in said
    assert main(["get", stored, "-o", "out.qasm"]) == 0


def test_a_file_that_appears_meanwhile_is_not_replaced(cloud, stored, capsys, monkeypatch):
    def appears(temporary, path, name_new=durable.name_new):
        if path == Path("out.qasm"):
            path.write_text("somebody else's")
        name_new(temporary, path)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "name_new", appears)
        assert main(["get", stored, "-o", "out.qasm"]) == 2
    assert f"qclone get --again {stored}" in capsys.readouterr().err
    assert Path("out.qasm").read_text() == "somebody else's"
    assert main(["get", "--again", stored, "-o", "x.qasm"]) == 0


@pytest.mark.parametrize("kind", ["fifo", "directory", "no such directory", "read-only directory"])
def test_where_nothing_can_be_safe_nothing_is_decrypted(cloud, stored, kind, monkeypatch):
    if kind == "fifo":
        os.mkfifo("out.qasm")
    elif kind == "directory":
        Path("out.qasm").mkdir()
    elif kind == "read-only directory":

        def read_only(dir):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(_safe.tempfile, "TemporaryFile", read_only)
    out = "nowhere/out.qasm" if kind == "no such directory" else "out.qasm"
    assert main(["get", stored, "-o", out]) == 2
    assert state(cloud, stored) == "sealed"


def test_an_interruption_in_the_window_loses_nothing(cloud, stored, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("qclone.cli.get.place", interrupted)
        assert main(["get", stored, "-o", "out.qasm"]) == 130
    assert f"qclone get --again {stored}" in capsys.readouterr().err
    assert main(["get", "--again", stored, "-o", "out.qasm"]) == 0


def test_a_file_that_was_written_before_the_death_counts(cloud, stored, capsys):
    """A process dies after its file has its name and before it has said so: the same command ends well."""
    assert main(["get", stored]) == 0
    entry = cloud.client.keyring.spool.find(stored)
    assert main(["get", "--again", stored, "-o", "out.qasm"]) == 0
    cloud.client.keyring.spool.begin(entry)  # as if the acknowledgement had not happened
    cloud.client.keyring.spool.keep(stored, entry.receipt, entry.delivery)
    assert main(["get", "--again", stored, "-o", "out.qasm"]) == 0
    other = put(cloud)
    assert main(["get", other]) == 0
    Path("out.qasm").write_text("something else")
    assert main(["get", "--again", other, "-o", "out.qasm"]) == 2
    assert Path("out.qasm").read_text() == "something else"


@pytest.mark.parametrize(
    "options",
    [["--again", "--correct"], ["--done", "--from", "server-1"], ["--done", "--verify"], ["--force"]],
)
def test_options_that_say_nothing_are_refused(cloud, stored, options):
    assert main(["get", stored, *options]) == 2
    assert state(cloud, stored) == "sealed"
