"""The thin main: every error is one sentence, a remedy and an exit code."""

import json

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
