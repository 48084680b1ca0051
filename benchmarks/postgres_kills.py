"""Kills, restarts and freezes under a cloud on PostgreSQL, while clients put and get; then all is recovered.

python benchmarks/postgres_kills.py --seconds 60 --seed 1

Fabric and ledger are two workers each behind one address, on one database. At random instants a worker is
killed with SIGKILL, or the database is restarted as after a power cut, or frozen for a while. At the end
every put that was acknowledged must have come back exactly once, with fidelity 1; exit status 1 if not.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import click
import httpx
import pgserver
import psutil
from pgserver._commands import pg_ctl
from qiskit import QuantumCircuit

from qclone.errors import QcloneError
from qclone.service import SITE_TOKEN, Addresses, Kind, Principal, RemoteCloud, tokens_of
from qclone.store import Cloud

SITES = ("server-1", "server-2", "server-3")
CLIENTS = 3


class Database:
    """A PostgreSQL that can be restarted and frozen."""

    def __init__(self, folder: str) -> None:
        self._server = pgserver.get_server(folder, cleanup_mode="stop")
        self.url = self._server.get_uri()
        self.close = self._server.cleanup

    def restart(self) -> None:
        """Stop without a checkpoint, as a power cut does, and start again."""
        options = ["-w", "-m", "immediate", "-l", str(self._server.log), "-o"]
        options += [f'-h "" -k {self._server.pgdata}', "restart"]
        pg_ctl(options, pgdata=self._server.pgdata, user=self._server.system_user)

    def freeze(self, seconds: float) -> None:
        """Let none of its processes run for a while."""
        postmaster = psutil.Process(int((self._server.pgdata / "postmaster.pid").read_text().split()[0]))
        processes = [postmaster, *postmaster.children(recursive=True)]
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for process in processes:
                if process.is_running():
                    process.send_signal(number)
            if number == signal.SIGSTOP:
                time.sleep(seconds)


class Clients:
    """Puts and gets, and what a user could hold against the cloud."""

    def __init__(self, directory: Path, addresses: Addresses) -> None:
        self._directory, self._addresses = directory, addresses
        self.put: set[str] = set()
        self.got: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.end = threading.Event()
        self._lock = threading.Lock()

    def run(self, number: int) -> None:
        """Work until the end, then recover what is left."""
        machine = self._directory / f"client-{number}"
        machine.mkdir()
        self._addresses.write(machine)
        chance, mine, circuit = random.Random(number), [], QuantumCircuit(2)
        circuit.ry(0.3, 0)
        circuit.cx(0, 1)
        cloud = None
        give_up_at = float("inf")
        while time.monotonic() < give_up_at and (mine or not self.end.is_set()):
            if self.end.is_set():
                give_up_at = min(give_up_at, time.monotonic() + 120)
            try:
                cloud = cloud or RemoteCloud(machine)
                if not self.end.is_set():
                    mine.append(cloud.client.put(circuit).object_id)
                    with self._lock:
                        self.put.add(mine[-1])
                if mine and (self.end.is_set() or chance.random() < 0.7):
                    self._get(cloud, mine, chance.randrange(len(mine)))
            except QcloneError as error:
                with self._lock:
                    self.refused[type(error).__name__] += 1
        if cloud is not None:
            cloud.close()

    def _get(self, cloud: RemoteCloud, mine: list[str], which: int) -> None:
        back = cloud.client.get(mine[which])
        object_id = mine.pop(which)
        assert abs(cloud.client.fidelity(object_id, back.circuit) - 1) < 1e-9
        with self._lock:
            self.got[object_id] += 1


@contextmanager
def serving(directory: Path, *what: str, **environment: str) -> Iterator[tuple[str, psutil.Process]]:
    """Run a part; return its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qclone", "serve", *what, "--cloud", str(directory), "--port", str(port)]
    log = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
    url = f"http://127.0.0.1:{port}"
    while True:
        assert process.poll() is None, f"{what[0]} does not start"
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    try:
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


@click.command(help=__doc__)
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of what happens when.")
def command(seconds: float, seed: int) -> None:
    """Run the clients and the accidents."""
    chance, happened = random.Random(seed), Counter[str]()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(closing(Database(stack.enter_context(tempfile.TemporaryDirectory()))))
        directory = folder / "cloud"
        Cloud.create(directory, len(SITES)).close()
        by = ["--postgres", database.url, "--workers", "2"]
        fabric, fabric_process = stack.enter_context(serving(directory, "fabric", *by))
        ledger, ledger_process = stack.enter_context(serving(directory, "ledger", *by))
        tokens = tokens_of(directory)
        sites = " ".join(tokens.issue_all([Principal(Kind.SITE, site) for site in SITES]))
        servers = serving(directory, "server", *SITES, "--fabric", fabric, **{SITE_TOKEN: sites})
        server, _ = stack.enter_context(servers)
        ours = tokens.issue(Principal(Kind.TENANT, "default"))
        at = Addresses(fabric, ledger, dict.fromkeys(SITES, server), "default", ours, "")
        clients = Clients(folder, at)
        threads = [threading.Thread(target=clients.run, args=(i,)) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.3, 2))
            what = chance.choice(["fabric killed", "ledger killed", "database restarted", "database frozen"])
            happened[what] += 1
            if what == "database restarted":
                database.restart()
            elif what == "database frozen":
                database.freeze(chance.uniform(0.1, 3))
            else:
                workers = (fabric_process if what.startswith("fabric") else ledger_process).children()
                if workers:
                    os.kill(chance.choice(workers).pid, signal.SIGKILL)
        clients.end.set()
        for thread in threads:
            thread.join()
    print(", ".join(f"{what} {times} times" for what, times in sorted(happened.items())))
    lost = clients.put - clients.got.keys()
    again = [object_id for object_id, times in clients.got.items() if times > 1]
    refused = sum(clients.refused.values())
    told = f"{len(lost)} lost, {len(again)} recovered twice; {refused} calls refused"
    print(f"{len(clients.put)} puts acknowledged; {told}")
    sys.exit(1 if lost or again else 0)


if __name__ == "__main__":
    command()
