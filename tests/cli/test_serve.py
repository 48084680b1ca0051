"""What `qclone serve` is told: tokens that replace others, and secrets in files."""

import pytest

from qclone.cli import main
from qclone.cli._secret import secret
from qclone.errors import InvalidInputError, QcloneError
from qclone.service import Kind, Principal, Tokens, UnauthorizedError, tokens_of


@pytest.fixture
def issue(tmp_path, capsys):
    def run(*words):
        assert main(["serve", "token", *words, "--cloud", str(tmp_path)]) == 0
        return capsys.readouterr().out.strip()

    return run


def test_a_token_instead_of_others(issue, tmp_path):
    first, second, other = issue("alice"), issue("alice"), issue("bob")
    third = issue("alice", "--instead")
    known = tokens_of(tmp_path)
    for old in (first, second):
        with pytest.raises(UnauthorizedError):
            known.principal(old)
    assert known.principal(third) == Principal(Kind.TENANT, "alice")
    assert known.principal(other) == Principal(Kind.TENANT, "bob")


def test_whom_a_token_is_for(issue, tmp_path, capsys):
    known = tokens_of(tmp_path)
    assert known.principal(issue("s", "--site")).kind is Kind.SITE
    assert known.principal(issue("o", "--operator")).kind is Kind.OPERATOR
    assert main(["serve", "token", "x", "--site", "--operator", "--cloud", str(tmp_path)]) == 2
    assert "no operator" in capsys.readouterr().err


def test_tokens_elsewhere(issue, tmp_path):
    (tmp_path / "beside").mkdir()
    token = issue("alice", "--tokens", str(tmp_path / "beside/known.json"))
    assert Tokens(tmp_path / "beside/known.json").principal(token).name == "alice"
    assert not (tmp_path / "tokens.json").exists()


def test_a_secret_is_in_its_variable_or_in_a_file(tmp_path, monkeypatch):
    assert secret("QCLONE_X") is None
    monkeypatch.setenv("QCLONE_X", "said")
    assert secret("QCLONE_X") == "said"
    (tmp_path / "x").write_text("written\n")
    monkeypatch.setenv("QCLONE_X_FILE", str(tmp_path / "x"))
    with pytest.raises(InvalidInputError, match="both set"):
        secret("QCLONE_X")
    monkeypatch.delenv("QCLONE_X")
    assert secret("QCLONE_X") == "written"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said_so_without_what_is_in_it(tmp_path, monkeypatch, content):
    if content is not None:
        (tmp_path / "x").write_bytes(content)
    monkeypatch.setenv("QCLONE_X_FILE", str(tmp_path / "x"))
    with pytest.raises(QcloneError, match="cannot be read"):
        secret("QCLONE_X")


def test_the_database_is_found_in_a_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "url").write_text("this is no address")
    monkeypatch.setenv("QCLONE_POSTGRES_FILE", str(tmp_path / "url"))
    for part in ("fabric", "ledger"):
        assert main(["init", "--cloud", str(tmp_path / part)]) == 0
        assert main(["serve", part, "--cloud", str(tmp_path / part)]) == 2
        said = capsys.readouterr().err
        assert "no address of a PostgreSQL database" in said
        assert "this is no address" not in said
