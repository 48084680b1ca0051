"""The commands of the cloud as a user meets them: JSON keys, exit codes, and what hostile input gets."""

import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from qiskit import qpy
from qiskit.quantum_info import Statevector, state_fidelity

from qclone.circuits import read_register
from qclone.circuits._formats import MAX_BYTES
from qclone.cli import main
from qclone.errors import LossError
from qclone.scheme import FIVE_QUBIT, SecretSharing, from_spec, to_spec

REGISTERS = Path(__file__).parents[1] / "data/registers"
OTHER = SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))
TOFFOLI = str(REGISTERS / "toffoli_n3.qasm")


@pytest.fixture(autouse=True)
def cloud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCLONE_CLOUD", "cloud")
    return tmp_path / "cloud"


@pytest.fixture
def run(capsys):
    """Run a command with --json: (exit status, document)."""

    def run(*arguments):
        status = main([*map(str, arguments), "--json"])
        printed = capsys.readouterr()
        assert printed.err == ""
        return status, json.loads(printed.out)

    return run


@pytest.fixture
def refused(capsys):
    """Run a command that must fail with one sentence, in text and as JSON; return the sentence."""

    def refused(*arguments, status):
        assert main([*map(str, arguments)]) == status
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("qclone: ")
        assert "Traceback" not in printed.err
        assert len(printed.err.splitlines()) <= 3
        assert main([*map(str, arguments), "--json"]) == status
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["code"] != "bug"
        assert f"qclone: {error['message']}" in printed.err
        return error["message"]

    return refused


def test_a_register_survives_all_servers_but_one(run, refused):
    assert run("init", "--servers", 5)[1]["servers"] == [f"server-{i}" for i in range(1, 6)]
    status, stored = run("put", TOFFOLI)
    assert status == 0
    assert (stored["qubits"], stored["num_clones"], len(stored["clones"])) == (3, 6, 6)
    _, listed = run("ls")
    assert [o["id"] for o in listed["objects"]] == [stored["id"]]
    run("server", "fail", "server-1", "server-2", "server-3", "server-5")
    _, servers = run("server", "ls")
    assert [(s["name"], s["state"]) for s in servers["servers"]] == [
        (f"server-{i}", "up" if i == 4 else "down") for i in range(1, 6)
    ]
    _, checked = run("check", stored["id"][:5])
    assert checked["recoverable"]
    assert checked["recoverable_from"] == ["server-4"]
    assert checked["minimal_sets"] == [["server-4"]]
    status, back = run("get", stored["id"][:5], "--verify", "-o", "out.qasm")
    assert status == 0
    assert (back["id"], back["server"], back["qubits"], back["consumed"]) == (
        stored["id"],
        "server-4",
        3,
        True,
    )
    assert back["fidelity"] >= 1 - 1e-9
    assert back["entanglement_fidelity"] == 1
    recovered, original = read_register("out.qasm").circuit, read_register(TOFFOLI).circuit
    assert state_fidelity(Statevector(recovered), Statevector(original)) == pytest.approx(1, abs=1e-9)
    message = refused("get", stored["id"], status=11)
    assert "from server-4" in message
    assert back["consumed_at"] in message
    _, shown = run("show", stored["id"])
    assert shown["key"] == {"state": "consumed", "server": "server-4", "at": back["consumed_at"]}
    assert {c["state"] for c in shown["clones"]} == {"spent"}
    _, checked = run("check", stored["id"])
    assert not checked["recoverable"]


def test_errors_change_nothing(run, refused):
    run("init", "--servers", 3)
    _, stored = run("put", TOFFOLI)
    run("server", "lose", "server-1", "server-2", "server-3")
    before = run("show", stored["id"])[1], run("server", "ls")[1]
    message = refused("get", stored["id"], status=12)
    assert all(f"{clone} (server-{i} is lost)" in message for i, clone in enumerate(("S1", "S2", "S3"), 1))
    refused("get", "feedfeed", status=10)
    refused("show", "feedfeed", status=10)
    refused("check", "feedfeed", status=10)
    refused("get", stored["id"], "--from", "server-9", status=2)
    refused("get", stored["id"], "-o", "nowhere/out.qasm", status=2)
    refused("get", stored["id"], "-o", "out.docx", status=2)
    refused("server", "fail", "server-1", "server-9", status=2)
    assert (run("show", stored["id"])[1], run("server", "ls")[1]) == before


@pytest.mark.parametrize("suffix", ["qasm", "qpy"])
def test_what_comes_out_can_be_put_again(run, suffix):
    run("init")
    _, stored = run("put", TOFFOLI)
    run("get", stored["id"], "-o", f"out.{suffix}")
    status, again = run("put", f"out.{suffix}")
    assert status == 0
    assert run("get", again["id"], "--verify")[1]["fidelity"] >= 1 - 1e-9
    if suffix == "qpy":
        with open("out.qpy", "rb") as file:
            assert qpy.load(file)[0].num_qubits == 3


def test_without_a_file_the_circuit_is_in_the_output(run, capsys):
    run("init")
    ids = [run("put", TOFFOLI)[1]["id"] for _ in range(2)]
    assert main(["get", ids[0], "--verify"]) == 0
    Path("text.qasm").write_text(capsys.readouterr().out)
    Path("json.qasm").write_text(run("get", ids[1])[1]["circuit"])
    for name in ("text.qasm", "json.qasm"):
        assert read_register(name).num_qubits == 3


def test_complex_amplitudes_come_back_as_text(run, tmp_path):
    np.save("amplitudes.npy", np.array([1, 1j, -1j, 1]) / 2)
    run("init", "--servers", 3)
    _, back = run("get", run("put", "amplitudes.npy")[1]["id"], "-o", "out.qasm", "--verify")
    assert back["fidelity"] == pytest.approx(1)
    assert read_register("out.qasm").state_vector == pytest.approx(np.load("amplitudes.npy"))


def test_twelve_qubits_of_amplitudes_still_fit_a_text(run):
    state = np.random.default_rng(1).normal(size=2**12)
    np.save("most.npy", state / np.linalg.norm(state))
    run("init", "--servers", 2)
    _, back = run("get", run("put", "most.npy")[1]["id"], "-o", "out.qasm")
    assert back["out"] == "out.qasm"
    assert abs(np.vdot(read_register("out.qasm").state_vector, np.load("most.npy"))) == pytest.approx(1)


@pytest.mark.parametrize("wanted", [[], ["-o", "out.qasm"]])
def test_amplitudes_that_fit_no_text_are_in_a_qpy_file(run, wanted):
    state = np.random.default_rng(1).normal(size=2**13)
    np.save("large.npy", state / np.linalg.norm(state))
    run("init", "--servers", 3)
    _, stored = run("put", "large.npy")
    _, back = run("get", stored["id"], *wanted, "--verify")
    assert back["out"] == ("out.qpy" if wanted else f"{stored['id'][:8]}.qpy")
    assert back["fidelity"] == pytest.approx(1)
    assert back["out"] in back["notices"][0]
    overlap = np.vdot(read_register(back["out"]).state_vector, state / np.linalg.norm(state))
    assert abs(overlap) == pytest.approx(1)


@pytest.mark.parametrize("wait", ["0s", "1ms"])
def test_forty_qubits_that_no_state_vector_holds(run, wait):
    chain = "".join(f"rx(0.{i + 1}) q[{i}]; cx q[{i}], q[{i + 1}]; t q[{i}];\n" for i in range(39))
    Path("forty.qasm").write_text(f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[40] q;\n{chain}')
    run("init", "--servers", 3, "--t1", "1ms")
    _, stored = run("put", "forty.qasm")
    run("wait", wait)
    status, back = run("get", stored["id"], "-o", "out.qasm", "--verify")
    assert (status, read_register("out.qasm").num_qubits) == (0, 40)
    if wait == "0s":
        assert (back["fidelity"], back["notices"]) == (1, [])
    else:
        assert back["fidelity"] is None
        assert "40 qubits that are not in a stabiliser state is out of reach" in back["notices"][0]


def test_qubits_age_with_the_clock(run):
    run("init", "--servers", 3, "--t1", "1ms", "--t2", "800us")
    _, stored = run("put", TOFFOLI, "--clones", 2)
    assert run("wait", "100us")[1]["now_s"] == pytest.approx(1e-4)
    _, back = run("get", stored["id"], "--verify")
    # 3 qubits with n + 1 = 3 wires each: (1 - 2 px - pz)^9 to first order, px = 0.0238, pz = 0.0350.
    assert back["entanglement_fidelity"] == pytest.approx((1 - 2 * 0.0238 - 0.0350) ** 9, abs=0.05)
    assert 0 <= back["fidelity"] <= 1


RING = {"scheme": "graph_state", "edges": [[0, 1], [1, 2], [2, 3], [3, 0]], "sectors": [[0, 1]]}


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        (to_spec(OTHER), "All servers together"),
        (RING, "All servers together"),
        ({"scheme": "iterated", "base": {"scheme": "canonical", "num_clones": 2}, "recloned": [1]}, "hold A"),
    ],
)
def test_any_scheme_in_a_file(run, refused, scheme, said):
    Path("scheme.json").write_text(json.dumps(scheme))
    base = from_spec(scheme)
    run("init", "--servers", len(base.clones))
    _, secret = run("put", TOFFOLI, "--scheme", "scheme.json")
    assert (len(secret["clones"]), secret["notices"][1:]) == (len(base.clones) - 1, [])
    assert run("check", secret["id"])[1]["servers_together"]["verdict"] == "nothing"
    _, stored = run("put", TOFFOLI, "--scheme", "scheme.json", "--source", "server")
    assert said in stored["notices"][-1]
    assert len(stored["clones"]) == len(base.clones)
    run("server", "lose", *stored["servers"][:-1])
    assert run("get", stored["id"], "--verify")[1]["fidelity"] == pytest.approx(1)
    _, circuit = run("circuit", "--scheme", "scheme.json", "--format", "stim")
    assert circuit["qubits"] == base.num_qubits
    refused("put", TOFFOLI, "--scheme", "scheme.json", "--clones", 2, status=2)
    refused("put", TOFFOLI, "--scheme", "nowhere.json", status=2)
    refused("circuit", "--scheme", "scheme.json", "--clones", 2, status=2)


def test_what_discarding_the_source_costs_is_said(run):
    run("init", "--servers", 3, "--t1", "1ms")
    said = [run("put", TOFFOLI, "--source", where)[1]["notices"] for where in ("discard", "client", "server")]
    assert ["corrected" in " ".join(notices) for notices in said] == [True, False, False]
    run("init", "--servers", 3, "--cloud", "ideal")
    assert "corrected" not in " ".join(run("put", TOFFOLI, "--cloud", "ideal")[1]["notices"])


def test_odd_numbers_of_clones_are_said_to_leak(run):
    run("init")
    assert any("not encrypted" in n for n in run("put", TOFFOLI, "--clones", 1)[1]["notices"])
    assert any("Bloch Y" in n for n in run("put", TOFFOLI, "--clones", 3)[1]["notices"])
    assert not any("learn" in n for n in run("put", TOFFOLI, "--clones", 6)[1]["notices"])
    learned = [o["servers_together"] for o in run("check")[1]["objects"]]
    assert [(o["verdict"], o["bits"]) for o in learned] == [("leaks", 3), ("leaks", 3), ("nothing", 0)]
    assert learned[0]["leaks"] == ["YII", "IYI", "IIY"]


def test_an_iterated_cloud_survives_losing_eight_of_nine(run):
    run("init", "--servers", 9)
    for survivor in (1, 6, 9):
        _, stored = run("put", TOFFOLI, "--iterate", 1, "--clones", 2, "--source", "server")
        assert len(stored["clones"]) == 9
        run("server", "fail", *(f"server-{i}" for i in range(1, 10) if i != survivor))
        _, back = run("get", stored["id"], "--verify")
        assert back["server"] == f"server-{survivor}"
        assert back["fidelity"] >= 1 - 1e-9
        run("server", "heal", *(f"server-{i}" for i in range(1, 10)))


def test_check_says_by_its_status_and_words_what_can_be_done(run, capsys):
    def text(*arguments):
        status = main(["check", *arguments])
        return status, capsys.readouterr().out

    run("init", "--servers", 2)
    status, found = run("check")
    assert (status, found["objects"], found["summary"]["objects"]) == (0, [], 0)
    _, stored = run("put", TOFFOLI, "--source", "server")
    _, spare = run("put", TOFFOLI)
    assert run("check")[0] == 0
    run("server", "fail", "server-1", "server-2")
    status, found = run("check", spare["id"])
    assert (status, found["recoverable"], found["after_heal"]) == (14, False, [["server-1"], ["server-2"]])
    status, said = text(spare["id"])
    assert (
        status == 14
        and "not now, for server-1 is down; from server-1 after: qclone server heal server-1" in said
    )
    assert run("check")[0] == 14
    run("server", "heal", "server-1")
    assert (run("check")[0], text(spare["id"])[1].count("from server-1")) == (0, 1)
    # What is erased can be told by no one; what was spent neither.
    assert run("check", stored["id"])[1]["servers_together"]["verdict"] == "recovers"
    run("server", "lose", "server-1")
    assert run("check", stored["id"])[1]["servers_together"]["verdict"] == "nothing"
    run("server", "lose", "server-2")
    status, said = text(spare["id"])
    assert (status, "no: too much is lost" in said) == (12, True)
    run("server", "heal", "server-1", "server-2")
    _, last = run("put", TOFFOLI, "--source", "server")
    assert run("check")[0] == 12
    assert run("get", last["id"], "-o", "last.qasm")[0] == 0
    status, found = run("check", last["id"])
    assert (status, found["servers_together"]["verdict"]) == (11, "nothing")
    assert "could learn" not in text(last["id"])[1]


def test_what_compromised_servers_learned(run):
    run("init", "--servers", 3)
    even, odd = (
        run("put", TOFFOLI, "--clones", n, "--source", where)[1]["id"]
        for n, where in ((2, "server"), (3, "discard"))
    )
    run("server", "compromise", "server-1", "server-2")
    assert run("check", odd)[1]["compromised"] == {
        "servers": ["server-1", "server-2"], "verdict": "nothing", "bits": 0, "leaks": [],
    }  # fmt: skip
    run("server", "compromise", "server-3")
    assert run("check", odd)[1]["compromised"]["leaks"] == ["YII", "IYI", "IIY"]
    # S1, S2 and A: encryption acted on these alone, so whoever holds all of them can undo it.
    assert run("check", even)[1]["compromised"]["verdict"] == "recovers"


@pytest.mark.parametrize("command", ["ls", "check", "show", "server ls"])
def test_text_for_people(run, capsys, command):
    run("init")
    _, stored = run("put", TOFFOLI)
    arguments = [*command.split(), *([stored["id"]] if command == "show" else [])]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "server-1" in text or stored["id"][:8] in text


def test_ghz_with_fifty_clones(run):
    run("init", "--servers", 50)
    _, stored = run("put", REGISTERS / "ghz_state_n23.qasm", "--clones", 50)
    run("server", "lose", *(f"server-{i}" for i in range(1, 50)))
    _, back = run("get", stored["id"], "--verify")
    assert (back["server"], back["qubits"]) == ("server-50", 23)
    assert back["fidelity"] >= 1 - 1e-9


# ---- hostile input


def test_hostile_files(run, refused, tmp_path):
    run("init")
    Path("empty").touch()
    Path("binary").write_bytes(bytes(range(256)) * 64)
    Path("noise").write_bytes(os.urandom(10 << 20))
    Path("text").write_text("Dear diary\n" * 1000)
    Path("truncated.qasm").write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0')
    os.mkfifo("fifo")
    for name in ("empty", "binary", "noise", "text", "truncated.qasm", ".", "fifo", "missing"):
        refused("put", name, status=2)
    assert "line 9" in refused("put", REGISTERS / "shor_n5.qasm", status=2)
    assert run("ls")[1] == {"objects": []}


def test_hostile_names_are_made_printable(run, capsys):
    run("init")
    name = os.fsdecode(b"new\nline\x1b[31m\xff.qasm")
    shutil.copy(TOFFOLI, name)
    assert run("put", name)[1]["name"] == "new?line?[31m?.qasm"
    assert main(["ls"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("clones", ["0", "-1", "1000000000", "2000000", "many", "1e3", "9" * 400])
def test_hostile_numbers_of_clones(run, refused, clones):
    run("init")
    refused("put", TOFFOLI, "--clones", clones, status=2)
    refused("put", TOFFOLI, "--clones", "10", "--iterate", clones if clones != "0" else "-1", status=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "--servers", "0"],
        ["init", "--servers", "1000000000"],
        ["init", "--t1", "5"],
        ["init", "--t1", "0s"],
        ["init", "--t1", "1s", "--t2", "3s"],
        ["wait", "-1s"],
        ["wait", "1e400s"],
        ["wait", "soon"],
    ],
)
def test_hostile_options(run, refused, arguments, cloud):
    if arguments[0] == "wait":
        run("init")
    refused(*arguments, status=2)
    assert cloud.exists() == (arguments[0] == "wait")


def test_no_cloud(refused, cloud):
    assert "There is no cloud at cloud" in refused("ls", status=1)
    cloud.mkdir()
    refused("put", TOFFOLI, status=1)
    (cloud / "ledger.db").write_bytes(os.urandom(10000))
    (cloud / "fabric.db").write_bytes(b"")
    refused("ls", status=LossError.exit_code)
    refused("init", status=2)
    shutil.rmtree(cloud)
    cloud.touch()
    refused("init", status=2)


def as_user(*arguments, **options):
    """Run qclone in a process of its own."""
    command = [sys.executable, "-c", "import sys; from qclone.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


def assert_one_sentence(result, status=1):
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr
    assert "bug" not in result.stderr
    assert result.stderr.startswith("qclone: ")


def test_disk_full(run, cloud):
    """Writes fail once a file would grow past a limit, as on a full disk."""
    run("init", "--servers", 200)

    def full():
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = max(path.stat().st_size for path in cloud.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    result = as_user("put", TOFFOLI, preexec_fn=full)
    assert_one_sentence(result)
    assert re.search(r"full|too large|space", result.stderr)
    assert run("ls")[1] == {"objects": []}
    status, stored = run("put", TOFFOLI)
    assert status == 0
    assert run("get", stored["id"], "--verify")[1]["fidelity"] >= 1 - 1e-9


def test_nothing_is_decrypted_on_a_disk_that_is_almost_full(run, refused, monkeypatch):
    run("init", "--servers", 3)
    _, stored = run("put", TOFFOLI)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
        assert "almost full" in refused("get", stored["id"], status=1)
    assert run("get", stored["id"], "--verify")[1]["fidelity"] >= 1 - 1e-9


def test_a_full_ledger(run, refused, cloud):
    run("init", "--servers", 3)
    with sqlite3.connect(cloud / "ledger.db") as ledger:
        ledger.executescript(
            "CREATE TRIGGER full BEFORE INSERT ON objects "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    ledger.close()
    assert "full" in refused("put", TOFFOLI, status=1)
    assert run("ls")[1] == {"objects": []}


@contextmanager
def without_privileges():
    """Root may do anything; be someone else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("ledger.db", "UPDATE objects SET scheme = 'nonsense'"),
        ("ledger.db", """UPDATE objects SET scheme = '{"scheme": "canonical", "num_clones": 3}'"""),
        ("ledger.db", "UPDATE objects SET key_state = 'open'"),
        ("fabric.db", "UPDATE history SET circuit = 'FOO 1'"),
        ("fabric.db", "UPDATE placement SET wires = 'x'"),
        ("fabric.db", "UPDATE sites SET state = 'odd'"),
    ],
)
def test_damage_that_sqlite_cannot_see(run, cloud, file, damage):
    run("init", "--servers", 3)
    _, stored = run("put", TOFFOLI)
    with sqlite3.connect(cloud / file) as sql:
        sql.execute(damage)
    status, error = run("get", stored["id"])
    assert (status, error["error"]["code"]) == (1, "storage")
    assert "damaged" in error["error"]["message"]


def test_a_damaged_keyring_stops_only_who_needs_it(run, refused, cloud):
    run("init", "--servers", 3)
    run("put", TOFFOLI)
    (cloud / "keyring.db").write_bytes(b"no keyring" * 1000)
    assert "keyring.db: it is damaged" in refused("put", TOFFOLI, status=1)
    assert len(run("ls")[1]["objects"]) == 1
    assert [one["state"] for one in run("server", "ls")[1]["servers"]] == ["up"] * 3


def test_no_permission(run, refused, cloud, tmp_path):
    run("init", "--servers", 3)
    _, stored = run("put", TOFFOLI)
    _, spare = run("put", TOFFOLI)
    run("get", spare["id"], "-o", "out.qasm")
    # SQLite opens by full path; pytest keeps its own directories, one more level under xdist, to their owner.
    for directory in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()).resolve() in directory.parents:
            directory.chmod(0o755)
    Path("unreadable.qasm").write_text(Path(TOFFOLI).read_text())
    Path("unreadable.qasm").chmod(0)
    files = [cloud, *cloud.iterdir()]
    modes = [path.stat().st_mode for path in files]
    for path in files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with without_privileges():
        for arguments in (["put", TOFFOLI], ["get", stored["id"]], ["server", "fail", "server-1"]):
            assert "permission" in refused(*arguments, status=1)
    for path, mode in zip(files, modes, strict=True):
        path.chmod(mode & 0o777)
    shutil.copytree(cloud, "open")
    for path in (Path("open"), *Path("open").iterdir()):
        path.chmod(0o777)
    with without_privileges():
        assert "may not be read" in refused("put", "unreadable.qasm", "--cloud", "open", status=2)
    assert run("get", stored["id"], "--verify")[1]["fidelity"] >= 1 - 1e-9


def test_demo_tells_the_story_twice(capsys, tmp_path, cloud):
    for _ in range(2):
        assert main(["demo"]) == 0
        text = capsys.readouterr().out
        assert "entropy 3 bits of 3" in text
        assert "All five servers together, with all six clones, learn: nothing" in " ".join(text.split())
        assert "was consumed at" in text
        assert "export QCLONE_CLOUD=demo-cloud" in text
    assert not cloud.exists()
    assert main(["demo", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["one_server_sees"]["distance_from_maximally_mixed"] < 1e-12
    assert facts["all_servers_together_learn"] == "nothing"
    assert abs(1 - facts["fidelity"]) < 1e-12
    assert facts["second_recovery"]["code"] == "key_consumed"
    assert main(["get", facts["left_to_play_with"], "--cloud", "demo-cloud", "--json", "--verify"]) == 0
    assert json.loads(capsys.readouterr().out)["fidelity"] >= 1 - 1e-9
    # What earlier demos have left is still there.
    assert main(["check", "--cloud", "demo-cloud", "--json"]) == 0
    left = json.loads(capsys.readouterr().out)["objects"]
    assert [len(one["recoverable_from"]) for one in left] == [5, 5, 0]


@pytest.mark.parametrize("what", ["cloud", "files", "file"])
def test_demo_touches_nothing_that_it_did_not_make(run, refused, cloud, what):
    if what == "cloud":
        run("init", "--servers", 5)
        run("put", TOFFOLI)
        before = run("server", "ls"), run("check")
    elif what == "files":
        cloud.mkdir()
        (cloud / "thesis.tex").write_text("years of work")
    else:
        cloud.write_text("years of work")
    assert "leaves it alone" in refused("demo", "--cloud", cloud, status=2)
    if what == "cloud":
        assert (run("server", "ls"), run("check")) == before
    else:
        assert (cloud / "thesis.tex" if what == "files" else cloud).read_text() == "years of work"


def test_registers_that_ship(run, refused, capsys):
    run("init")
    listed = [one["name"] for one in run("examples")[1]["examples"]]
    assert listed == ["example:qft_n4", "example:toffoli_n3", "example:wstate_n3"]
    for name in listed:
        stored = run("put", name)[1]
        assert stored["name"] == f"{name.removeprefix('example:')}.qasm"
        assert run("get", stored["id"], "--verify", "-o", f"{stored['name']}")[1]["fidelity"] >= 1 - 1e-9
        same = state_fidelity(
            read_register(stored["name"]).state_vector, read_register(REGISTERS / stored["name"]).state_vector
        )
        assert same == pytest.approx(1)
    assert "No register 'nothing' ships." in refused("put", "example:nothing", status=2)
    assert main(["examples"]) == 0
    assert "example:wstate_n3" in capsys.readouterr().out


@pytest.mark.parametrize("to_file", [True, False])
def test_what_get_writes_can_be_put_again(run, cloud, monkeypatch, to_file):
    monkeypatch.setitem(MAX_BYTES, "OpenQASM 3", 100)  # in place of the long text of a large circuit
    run("init", "--servers", 2)
    _, stored = run("put", TOFFOLI)
    status, back = run("get", stored["id"], *(["-o", "out.qasm"] if to_file else []))
    assert status == 0
    assert back["out"].endswith(".qpy")
    assert "can be read back" in back["notices"][0]
    assert not Path("out.qasm").exists()
    assert run("put", back["out"])[0] == 0
