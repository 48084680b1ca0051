"""The thin main: every error is one sentence, a remedy and an exit code."""

import json
import signal
import subprocess
import sys

import pytest

from qclone.cli import _main, main
from qclone.cli._commands import own_commands
from qclone.errors import KeyConsumedError, NoSuchObjectError, NotRecoverableError


def test_help_and_version(capsys):
    assert main(["--version"]) == 0
    assert "qclone" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert "Exit status" in capsys.readouterr().out


@pytest.mark.parametrize("name", own_commands())
def test_every_command_has_help(name, capsys):
    assert main([name, "--help"]) == 0
    assert name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("frobnicate", "No such command 'frobnicate'.\n"),
        ("exampled", "No such command 'exampled'. Did you mean 'examples'?\n"),
        ("forget", "Did you mean 'rm'?"),
    ],
)
def test_unknown_command_is_a_usage_error(word, said, capsys):
    assert main([word]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "status"),
    [
        (NoSuchObjectError("No object x.", "Run ls."), "no_such_object", 10),
        (KeyConsumedError("Used.", ""), "key_consumed", 11),
        (NotRecoverableError("Gone.", ""), "not_recoverable", 12),
        (OSError(28, "No space left on device", "ledger"), "system", 1),
        (RuntimeError("boom"), "bug", 1),
    ],
)
def test_errors_become_json_and_exit_codes(raised, code, status, monkeypatch, capsys):
    def fail(*_args, **_kwargs):
        raise raised

    monkeypatch.setattr(_main.qclone, "main", fail)
    assert main(["ls", "--json"]) == status
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert main(["ls"]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        ("qclone examples --json >/dev/full", 1, "The output could not be written: No space left on device."),
        ("qclone frobnicate --json >/dev/full", 2, "No such command"),
        ("qclone examples <&- >&- 2>&-", 0, ""),
    ],
)
def test_a_full_or_closed_output_is_no_error_of_its_own(command, status, says, tmp_path):
    script = f'qclone() {{ {sys.executable} -m qclone "$@"; }}\n{command}'
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (status, "")
    assert says in ran.stderr
    assert not any(word in ran.stderr for word in ("Traceback", "of its own", "Exception ignored"))


WITHOUT_THE_SERVICE = """
import sys
from importlib.abc import MetaPathFinder

MISSING = ("fastapi", "starlette", "uvicorn", "httpx", "prometheus_client", "psycopg")

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from qclone.cli import _main, main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [(["demo"], 0, ""), (["up"], 1, "pip install 'qclone[service]'"), (["bench", "race"], 1, "[service]")],
)
def test_the_demo_needs_none_of_the_packages_of_the_service(arguments, status, says, tmp_path):
    command = [sys.executable, "-c", WITHOUT_THE_SERVICE, *arguments]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == status, ran.stderr
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def interrupted_after(ready: str, command: list[str], tmp_path) -> subprocess.CompletedProcess:
    """Interrupt a process as soon as it has said on stderr that it imports a module."""
    process = subprocess.Popen(
        # As in a terminal, also where the tests run in the background of a script.
        ["env", "--default-signal=INT", sys.executable, "-v", "-m", "qclone", *command],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(f"import '{ready}'"):
            process.send_signal(signal.SIGINT)
            break
    said += process.stderr.readlines()
    process.wait(timeout=60)
    return subprocess.CompletedProcess([], process.returncode, process.stdout.read(), "".join(said))


@pytest.mark.parametrize("module", ["click", "qclone.errors", "qclone.cli._main", "numpy", "stim"])
def test_an_interrupt_at_start_leaves_no_traceback(module, tmp_path):
    ran = interrupted_after(module, ["init", "--servers", "1000"], tmp_path)
    assert ran.returncode in (130, -signal.SIGINT), ran.stderr[-2000:]
    assert "Traceback" not in ran.stderr


def test_where_interrupts_are_ignored_they_stay_ignored(tmp_path):
    """As under nohup, or in the background of a script."""
    command = f"trap '' INT; {sys.executable} -m qclone init & sleep 0.15; kill -INT $!; wait $!"
    ran = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, "is in qclone-cloud" in ran.stdout) == (0, True), ran.stderr


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "plan --servers 5 --loss 0.1",
        "access --clones 5",
        "access --clones 3 --hold S1,S2,S3",
        "experiment sensitivity --clones 2 --tries 1",
        "examples",
        "put example:wstate_n3 --cloud demo-cloud --source server",
        "check --cloud demo-cloud",
        "ls --cloud demo-cloud",
        "get nothing --cloud demo-cloud",
        "plan --servers 0",
    ],
)
def test_text_fits_into_the_window(width, command, tmp_path_factory, monkeypatch, capsys):
    folder = tmp_path_factory.getbasetemp() / "one-demo"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("QCLONE_CLOUD", raising=False)
    if not (folder / "demo-cloud").exists():
        assert main(["demo"]) == 0
        capsys.readouterr()
    monkeypatch.setenv("COLUMNS", str(width))
    main(command.split())
    printed = capsys.readouterr()
    lines = [
        line
        for line in (printed.out + printed.err).splitlines()
        if not line.startswith(("  export", "  qclone get"))
    ]
    # What cannot be broken may stick out: an id, a path, a command to type.
    assert [line for line in lines if len(line) > width and " " in line.strip()[width // 2 :]] == []


def test_what_goes_into_a_pipe_is_not_folded(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main(["plan", "--servers", "5"]) == 0
    _, *rows = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert all(len(row.split()) > 6 for row in rows) and max(map(len, rows)) > 100
