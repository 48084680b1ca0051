"""Man pages: there is one for everything, troff has nothing to say against them, and completion works."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qclone.cli import main
from qclone.cli._commands import own_commands

GROFF = shutil.which("groff")
BUILT = """
import sys
from pathlib import Path


class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {*sys.stdlib_module_names, "click", "colorama", "qclone"}:
            raise ModuleNotFoundError(f"There is no {name} where a wheel is built.")


sys.meta_path.insert(0, Without())
from qclone.cli._man import write_pages

print(len(write_pages(Path(sys.argv[1]), "1.0.0")))
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man1")
    assert main(["man", str(folder), "-q"]) == 0
    return folder


def test_there_is_a_page_for_everything(pages, capsys, tmp_path):
    assert {page.name for page in pages.iterdir()} == {
        "qclone.1",
        *(f"qclone-{name}.1" for name in own_commands()),
    }
    text = (pages / "qclone-server.1").read_text()
    assert "QCLONE SERVER FAIL" in text and "\\-\\-cloud DIR" in text
    assert ".SH EXIT STATUS" in (pages / "qclone-check.1").read_text()
    assert "QCLONE_CONFIG" in (pages / "qclone.1").read_text()
    capsys.readouterr()
    assert main(["man", str(tmp_path / "deep" / "man1"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["pages"]) == len(own_commands()) + 1


def test_they_are_made_where_click_alone_is_installed(tmp_path):
    """Where a wheel is built there is nothing else: no command needs more to be imported."""
    done = subprocess.run(
        [sys.executable, "-c", BUILT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(own_commands()) + 1


def test_a_folder_that_cannot_be_is_refused_in_a_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["man", str(tmp_path / "file")]) == 2
    capsys.readouterr()
    assert main(["man", str(tmp_path / "file" / "man1")]) == 1
    assert "Not a directory" in (said := capsys.readouterr().err) and "Name another place." in said


@pytest.mark.skipif(GROFF is None, reason="needs groff")
@pytest.mark.parametrize("name", ["qclone", *(f"qclone-{name}" for name in own_commands())])
def test_troff_accepts_it(name, pages):
    words = [
        GROFF,
        "-man",
        "-K",
        "utf8",
        "-T",
        "utf8",
        "-wall",
        "-Wbreak",  # a list of choices may be wider than a window
        "-rLL=60n",
        "-P-cbou",
        str(pages / f"{name}.1"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"):
        assert f"\n{section}\n" in done.stdout.replace("\b", "")


def completed(words, instruction="bash_complete", **more):
    environment = {**os.environ, "_QCLONE_COMPLETE": instruction, "COMP_WORDS": words, **more}
    command = Path(sys.executable).parent / "qclone"
    done = subprocess.run([command], env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.stdout


def test_commands_options_and_choices_are_completed():
    assert "plain,check" in completed("qclone ch", COMP_CWORD="1").splitlines()
    assert "plain,--min-losses" in completed("qclone check --m", COMP_CWORD="2").splitlines()
    assert "plain,client" in completed("qclone put --source c", COMP_CWORD="3").splitlines()
    assert "plain,fail" in completed("qclone server f", COMP_CWORD="2").splitlines()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_its_shell_reads(shell, capsys, tmp_path):
    assert main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0


def test_bash_completes_by_the_script(tmp_path, capsys):
    """As bash itself does on a tab: the function is called with the words, and leaves the answers."""
    assert main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)
    asked = f"""
    source {tmp_path / "script"}
    COMP_WORDS=(qclone put --source cl); COMP_CWORD=3
    $(complete -p qclone | sed 's/.*-F \\([^ ]*\\).*/\\1/') qclone
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["client"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_by_the_script(tmp_path, capsys):
    assert main(["completion", "fish"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)
    asked = f"source {tmp_path / 'script'}; complete --do-complete 'qclone server f'"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(["fish", "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "fail"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_completes_by_the_script(tmp_path, capsys):
    """Its completion system is played by functions that print what they are handed."""
    assert main(["completion", "zsh"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)
    asked = f"""
    compdef() {{ }}
    compadd() {{ print -l -- "$@" }}
    _describe() {{ print -l -- "${{(@P)3}}" }}
    source {tmp_path / "script"}
    words=(qclone fs); CURRENT=2
    _qclone_completion
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["zsh", "-f", "-c", asked], env=environment, capture_output=True, text=True, check=False
    )
    assert "fsck:Check the files" in done.stdout, done
