"""The very commands of the compose file run as processes here, over TLS, their tables in PostgreSQL."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import psycopg
import pytest
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.service import Addresses, RemoteCloud, UnauthorizedError
from tests.deploy.compose import DEPLOY, health_check, processes, read

PARTS = ("fabric", "ledger", *(f"server-{i}" for i in range(1, 6)))
QCLONE = str(Path(sys.executable).parent / "qclone")


def free_ports(names):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
    for one in sockets:
        one.close()
    return ports


class Deployed:
    """The processes of a compose file, below one directory."""

    def __init__(self, home, database):
        self.home, self.started = home, {}
        prepare = [sys.executable, str(DEPLOY / "prepare.py"), "--home", str(home), "--database", database]
        subprocess.run(prepare, check=True, capture_output=True)
        self.document = read(QCLONE_HOME=str(home))
        self.ports = free_ports(PARTS)
        self.processes = {one.name: one for one in processes(self.document, self.ports)}
        self.client = home / "client"
        said = Addresses.read(self.client)
        urls = {name: f"https://127.0.0.1:{port}" for name, port in self.ports.items()}
        replace(
            said,
            fabric=urls["fabric"],
            ledger=urls["ledger"],
            servers={name: urls[name] for name in said.servers},
        ).write(self.client)

    def start(self, *names):
        for name in names:
            process = self.processes[name]
            assert process.words[0] == "qclone"
            with open(self.home / f"{name}.log", "ab") as log:
                self.started[name] = subprocess.Popen(
                    [QCLONE, *process.words[1:]],
                    env={"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1"} | process.environment,
                    stdout=log,
                    stderr=log,
                )
        for name in names:
            self.wait_until_healthy(name)

    def is_healthy(self, name):
        word, *words = health_check(self.document, name, self.ports)
        check = [sys.executable, str(DEPLOY / f"{word}.py"), *words]
        return subprocess.run(check, capture_output=True, check=False).returncode == 0

    def wait_until_healthy(self, name):
        deadline = time.monotonic() + 120
        while not self.is_healthy(name):
            log = (self.home / f"{name}.log").read_text()
            assert self.started[name].poll() is None, log
            assert time.monotonic() < deadline, log
            time.sleep(0.2)

    def kill(self, name):
        self.started.pop(name).kill()

    def stop(self):
        for process in self.started.values():
            process.send_signal(signal.SIGTERM)
        ended = [process.wait(30) for process in self.started.values()]
        self.started = {}
        return ended


@pytest.fixture(scope="module")
def deployed(tmp_path_factory, postgres):
    with psycopg.connect(postgres, autocommit=True) as sql:
        sql.execute(f"CREATE DATABASE {(name := f'deployed_{secrets.token_hex(4)}')}")
    home = tmp_path_factory.mktemp("deployed") / "home"
    deployed = Deployed(home, psycopg.conninfo.make_conninfo(postgres, dbname=name))
    deployed.start(*PARTS)
    yield deployed
    deployed.stop()


def run(capsys, *words):
    code = main([*map(str, words), "--json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out or printed.err)


def test_put_kill_a_server_get_once(deployed, tmp_path, capsys):
    here = ["--cloud", deployed.client]
    code, put = run(capsys, "put", "example:wstate_n3", *here)
    assert code == 0
    deployed.kill("server-1")
    assert not deployed.is_healthy("server-1")
    assert run(capsys, "status", *here)[0] == 1
    code, got = run(capsys, "get", put["id"], "--verify", "-o", tmp_path / "back.qasm", *here)
    assert (code, got["entanglement_fidelity"]) == (0, 1)
    assert got["server"] != "server-1"
    assert run(capsys, "get", put["id"], *here)[0] == 11
    deployed.start("server-1")
    assert run(capsys, "status", *here)[0] == 0


def test_the_tables_are_in_the_database(deployed):
    assert {"fabric.postgres", "ledger.postgres", "receipt.key"} <= {
        path.name for path in (deployed.home / "cloud").iterdir()
    }


def test_a_token_that_was_replaced_is_no_good(deployed, tmp_path, capsys):
    """As the runbook says: remove the file, prepare again, start the server again."""
    copytree(deployed.client, tmp_path / "client")
    token = deployed.home / "secrets/server-2.token"
    before = token.read_text()
    token.unlink()
    prepare = [sys.executable, str(DEPLOY / "prepare.py"), "--home", str(deployed.home)]
    subprocess.run(prepare, check=True, capture_output=True)
    assert token.read_text() != before
    deadline = time.monotonic() + 30
    while deployed.is_healthy("server-2"):  # the fabric does not know it any more
        assert time.monotonic() < deadline
        time.sleep(0.2)
    deployed.started.pop("server-2").terminate()
    deployed.start("server-2")
    (deployed.home / "client/service.json").unlink()
    subprocess.run(prepare, check=True, capture_output=True)
    with pytest.raises(UnauthorizedError):
        RemoteCloud(tmp_path / "client").client.put(QuantumCircuit(1))


def test_they_end_when_told_to(deployed):
    assert set(deployed.stop()) <= {0, -signal.SIGTERM}
