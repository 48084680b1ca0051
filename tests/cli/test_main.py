"""The thin main: every error is one sentence, a remedy and an exit code."""

import json
import subprocess
import sys

import pytest

from qclone.cli import _main, main
from qclone.errors import KeyConsumedError, NoSuchObjectError, NotRecoverableError


def test_help_and_version(capsys):
    assert main(["--version"]) == 0
    assert "qclone" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert "Exit status" in capsys.readouterr().out


@pytest.mark.parametrize("name", _main.COMMANDS)
def test_every_command_has_help(name, capsys):
    assert main([name, "--help"]) == 0
    assert name in capsys.readouterr().out


def test_unknown_command_is_a_usage_error(capsys):
    assert main(["frobnicate"]) == 2
    assert "No such command 'frobnicate'" in capsys.readouterr().err


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


WITHOUT_THE_SERVICE = """
import sys
from importlib.abc import MetaPathFinder

MISSING = ("fastapi", "starlette", "uvicorn", "httpx", "prometheus_client", "psycopg")

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from qclone.cli import main
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
