"""The systemd units name commands that exist, options that these take, and files that prepare.py makes."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qclone.cli._commands import command_named
from tests.deploy.compose import DEPLOY

UNITS = DEPLOY / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
INSTALLED = Path(sys.executable).parent / "qclone"


def settings(name, instance="1"):
    """Return what a unit and the drop-in of all of them say: key -> values."""
    found: dict[str, list[str]] = {}
    for path in (UNITS / "qclone-.service.d/10-part.conf", UNITS / name):
        text = re.sub(r"\\\n\s*", "", path.read_text())
        for line in text.splitlines():
            key, said, value = line.partition("=")
            if said and not line.startswith(("#", ";")):
                found.setdefault(key, []).append(value.replace("%i", instance))
    return found


def environment(said):
    return dict(pair.split("=", 1) for line in said["Environment"] for pair in shlex.split(line))


def words(said):
    """Return the words of the command, with the variables of the unit filled in."""
    (command,) = said["ExecStart"]
    given = environment(said)
    return [re.sub(r"\$\{(\w+)\}", lambda name: given[name[1]], word) for word in shlex.split(command)]


@pytest.mark.parametrize("name", SERVICES)
def test_the_command_exists_and_takes_its_options(name):
    program, serve, part, *options = words(settings(name))
    assert (Path(program).name, serve) == ("qclone", "serve")
    command = command_named(serve).commands[part]
    given = command.make_context(part, options).params
    assert given["host"] == "127.0.0.1"
    assert given["certificate"] and given["private_key"] and given["token_file"]
    if part == "server":
        assert (given["names"], given["port"]) == (("server-1",), 7101)
        assert given["fabric_url"] == "https://localhost:7000"


@pytest.mark.parametrize("name", SERVICES)
def test_each_credential_that_is_used_is_loaded_and_made(name, tmp_path_factory):
    said = settings(name)
    loaded = dict(value.split(":", 1) for value in said["LoadCredential"])
    used = set(re.findall(r"%d/([\w.]+)", " ".join([*said["ExecStart"], *said["Environment"]])))
    assert used == set(loaded)
    home = tmp_path_factory.mktemp("home") / "qclone"
    prepare = [sys.executable, str(DEPLOY / "prepare.py"), "--home", str(home), "--servers", "1"]
    subprocess.run(prepare, check=True, capture_output=True)
    for file in loaded.values():
        assert (home / Path(file).relative_to("/var/lib/qclone")).is_file()


def test_a_server_sees_neither_the_receipts_key_nor_the_database():
    said = settings("qclone-server@.service")
    assert said["TemporaryFileSystem"] == ["/var/lib/qclone"]
    assert "BindPaths" not in said
    assert said["BindReadOnlyPaths"] == ["/var/lib/qclone/tokens"]
    assert not any("database" in value for value in said["LoadCredential"])


def test_the_target_wants_every_part():
    wanted = re.findall(r"qclone-[\w@]+\.service", (UNITS / "qclone.target").read_text())
    assert wanted == [
        "qclone-fabric.service",
        "qclone-ledger.service",
        *(f"qclone-server@{i}.service" for i in range(1, 6)),
    ]
    assert {re.sub(r"@\d", "@", name) for name in wanted} == set(SERVICES)


def test_systemd_takes_them(tmp_path):
    analyze = shutil.which("systemd-analyze") or pytest.skip("there is no systemd-analyze here")
    units = Path(shutil.copytree(UNITS, tmp_path / "units"))
    for path in units.glob("*.service"):  # it looks whether the program is there
        path.write_text(path.read_text().replace("/opt/qclone/bin/qclone", str(INSTALLED)))
    names = [str(units / name.replace("@.", "@1.")) for name in [*SERVICES, "qclone.target"]]
    ran = subprocess.run(
        [analyze, "verify", "--man=no", *names],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    # It may speak of other units of the machine; of ours it has nothing to say.
    assert [line for line in ran.stderr.splitlines() if "qclone" in line] == []
    assert ran.returncode == 0, ran.stderr
