"""Several processes behind one address: they share the work, and one that dies is replaced."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import psycopg
import pytest
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.errors import InvalidInputError, KeyConsumedError
from qclone.service import (
    Addresses,
    Kind,
    Link,
    Principal,
    RemoteCloud,
    fabric_part,
    ledger_part,
    server_part,
    tokens_of,
)
from qclone.store import Cloud
from tests.listening import listening


@pytest.fixture
def directory(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    cloud.client.put(QuantumCircuit(2))
    cloud.close()
    return tmp_path / "cloud"


@pytest.fixture
def serve(directory):
    """Return a function that starts a part by several workers and says its address and its process."""
    started = []

    def start(part, *options, workers=2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "qclone", "serve", part, "--cloud", str(directory), *options]
        command += ["--port", str(port), "--workers", str(workers)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 180
        while True:
            assert time.monotonic() < deadline
            try:
                assert httpx.get(f"{url}/readyz", timeout=5).status_code == 200
                return url, psutil.Process(started[-1].pid)
            except httpx.TransportError:
                time.sleep(0.05)

    yield start
    for process in started:
        process.terminate()
        assert process.wait(30) == 0
        process.stderr.close()


def test_workers_share_the_work_and_are_replaced(serve, directory):
    url, process = serve("fabric", workers=3)
    assert len(process.children()) == 3
    token = tokens_of(directory).issue(Principal(Kind.TENANT, "default"))
    first = {child.pid for child in process.children()}
    for pid in first:  # each answers when it is the only one who can
        for other in first - {pid}:
            os.kill(other, signal.SIGSTOP)
        link = Link(url, token)
        assert link.get("/v1/clock")["now_s"] == 0
        link.close()
        for other in first - {pid}:
            os.kill(other, signal.SIGCONT)
    os.kill(next(iter(first)), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len({child.pid for child in process.children()} - first) < 1:
        assert time.monotonic() < deadline
        link = Link(url, token)
        assert link.get("/v1/clock")["now_s"] == 0
        link.close()
        time.sleep(0.05)


def test_what_cannot_be_opened_is_said_once(directory, capsys):
    (directory / "fabric.db").write_bytes(b"not a database" * 1000)
    assert main(["serve", "fabric", "--workers", "2", "--cloud", str(directory)]) == 1
    told = capsys.readouterr().err
    assert told.count("fabric.db") == 1
    assert "Traceback" not in told


@pytest.fixture
def url(postgres):
    """The address of a new database."""
    with psycopg.connect(postgres, autocommit=True) as sql:
        sql.execute(f"CREATE DATABASE {(name := f'cloud_{secrets.token_hex(4)}')}")
    return psycopg.conninfo.make_conninfo(postgres, dbname=name)


def test_what_is_stored_in_files_does_not_move(directory, url, tmp_path, capsys):
    assert main(["up", "--postgres", url, "--cloud", str(directory)]) == 2
    assert "qubits are not copied" in capsys.readouterr().err
    with pytest.raises(InvalidInputError, match=r"objects in .*ledger\.db that can still be recovered"):
        ledger_part(directory, url)
    assert main(["check", "--cloud", str(directory)]) == 0  # it is where it was


def test_up_on_postgresql_and_back_in_files_is_refused(url, tmp_path, capsys):
    directory = tmp_path / "cloud"
    here = ["--cloud", str(directory)]
    assert main(["up", "--servers", "2", "--postgres", url, "--workers", "2", *here]) == 0
    try:
        processes = json.loads((directory / "processes.json").read_text())
        assert {"fabric", "fabric-2", "ledger", "ledger-2"} < processes.keys()
        cloud = RemoteCloud(directory)
        put = [cloud.client.put(QuantumCircuit(2)).object_id for _ in range(2)]
        for first in ("fabric", "ledger"):  # the others go on
            os.kill(processes[first]["pid"], signal.SIGSTOP)
        assert cloud.client.get(put[0]).entanglement_fidelity == 1
        for first in ("fabric", "ledger"):
            os.kill(processes[first]["pid"], signal.SIGCONT)
        cloud.close()
    finally:
        assert main(["down", *here]) == 0
    capsys.readouterr()
    for command in (["get", put[1]], ["ls"], ["up"], ["backup", str(tmp_path / "aside")]):
        assert main([*command, *here]) == 1
        said = capsys.readouterr().err
        assert "in PostgreSQL, not in its files" in said and url not in said
    assert main(["fsck", *here]) == 0
    assert main(["up", "--postgres", url, *here]) == 0
    try:
        assert main(["get", put[1], "-o", str(tmp_path / "back.qasm"), *here]) == 0
    finally:
        assert main(["down", *here]) == 0


def test_a_cloud_on_postgresql_with_two_workers_of_each(serve, directory, url):
    stored = Cloud(directory)
    with pytest.raises(InvalidInputError, match="qubits are not copied"):
        fabric_part(directory, url)
    stored.client.get(stored.ledger.manifests()[0].object_id)
    stored.close()
    (fabric, _), (ledger, _) = serve("fabric", "--postgres", url), serve("ledger", "--postgres", url)
    tokens = tokens_of(directory)
    sites = {site: tokens.issue(Principal(Kind.SITE, site)) for site in ("server-1", "server-2")}
    with listening(server_part(sites, directory, fabric)) as servers:
        default = tokens.issue(Principal(Kind.TENANT, "default"))
        operator = tokens.issue(Principal(Kind.OPERATOR, "operator"))
        Addresses(fabric, ledger, dict.fromkeys(sites, servers), "default", default, operator).write(
            directory
        )
        clients = [RemoteCloud(directory) for _ in range(4)]
        put = [clients[i % 4].client.put(QuantumCircuit(2)).object_id for i in range(8)]
        clients[0].fail("server-1")
        back = [clients[(i + 1) % 4].client.get(object_id) for i, object_id in enumerate(put[:4])]
        assert [b.entanglement_fidelity for b in back] == [1.0] * 4
        with pytest.raises(KeyConsumedError):
            clients[3].client.get(put[0])
        assert clients[0].client.fidelity(put[0], back[0].circuit) == pytest.approx(1, abs=1e-12)
        assert main(["check", "--cloud", str(directory)]) == 0
        assert [m.object_id for m in clients[1].ledger.manifests()] == put
        for client in clients:
            client.close()
