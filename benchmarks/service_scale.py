"""What a cloud costs as it grows: servers to start, objects to list and check, tenants, workers.

python benchmarks/service_scale.py start --servers 60
python benchmarks/service_scale.py objects --listed 10000 --checked 1000
python benchmarks/service_scale.py tenants --number 500
"""

from __future__ import annotations

import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import click
import httpx
import pgserver
import psutil
import uvicorn
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.scheme import Canonical
from qclone.service import (
    HttpFabric,
    HttpLedger,
    Kind,
    Link,
    PostgresFabric,
    Principal,
    down,
    ledger_part,
    supervisor_of,
    tokens_of,
    up,
)
from qclone.store import CLIENT, RECEIPT_KEY, Cloud, Memory, Order, Party, Receipts
from qclone.store._core import dump
from qclone.store._placement import register_scheme
from qclone.store._preparation import encryption


@click.group(help=__doc__)
def commands() -> None:
    """Run one of the measurements."""


@commands.command()
@click.option("--servers", default=60, show_default=True)
@click.option("--site-processes", default=8, show_default=True)
def start(servers: int, site_processes: int) -> None:
    """Time from nothing to a cloud that serves, and the memory of its processes (shared pages divided)."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "cloud"
        begun = time.perf_counter()
        up(directory, servers, site_processes=site_processes)
        took = time.perf_counter() - begun
        supervisor = psutil.Process(supervisor_of(directory))
        processes = [supervisor, *supervisor.children(recursive=True)]
        memory = sum(process.memory_full_info().pss for process in processes)
        down(directory)
    print(f"{servers} servers: {took:.1f} s, {len(processes)} processes, {memory / 1e6:.0f} MB")


@commands.command()
@click.option("--listed", default=10_000, show_default=True)
@click.option("--checked", default=1000, show_default=True)
def objects(listed: int, checked: int) -> None:
    """`qclone ls` and `qclone check` as commands, embedded and over HTTP."""
    with tempfile.TemporaryDirectory() as folder:
        for command, number in (("ls", listed), ("check", checked)):
            directory = Path(folder) / command
            with closing(Cloud.create(directory, 5)) as cloud:
                stored = cloud.client.put(QuantumCircuit(3))
                for _ in range(number - 1):
                    if command == "check":
                        cloud.client.put(QuantumCircuit(3))
                    else:  # entries of the ledger are all that ls looks at
                        again = replace(stored, object_id=secrets.token_hex(16))
                        cloud.ledger.reserve(again)
                        cloud.ledger.stored(again.object_id)
            for kind, begin, end in (
                ("embedded", lambda _: None, lambda _: None),
                ("service", up, down),
            ):
                begin(directory)
                print(f"{command} of {number} objects, {kind}: {_timed(command, directory):.2f} s")
                end(directory)


def _timed(command: str, directory: Path) -> float:
    begun = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        kept = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        try:
            assert main([command, "--cloud", str(directory)]) == 0
        finally:
            os.dup2(kept, 1)
    return time.perf_counter() - begun


@commands.command()
@click.option("--number", default=500, show_default=True)
def tenants(number: int) -> None:
    """Tenants of one SQLite ledger in a process that may have 1,024 descriptors."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        tokens = tokens_of(directory).issue_all([Principal(Kind.TENANT, f"t{i}") for i in range(number)])
        with _serving(lambda: ledger_part(directory)) as url:
            most, begun = 0, time.perf_counter()
            for token in tokens + tokens:
                ledger = HttpLedger(Link(url, token))
                assert ledger.manifests() == []
                ledger.close()
                most = max(most, len(os.listdir("/proc/self/fd")))
            took = time.perf_counter() - begun
            assert httpx.get(f"{url}/readyz").status_code == 200
    print(f"{number} tenants, twice: {most} descriptors at most, {1e3 * took / number / 2:.1f} ms a call")


@commands.command()
@click.option("--qubits", default=40, show_default=True, help="Of a register: how much a rehearsal computes.")
@click.option("--clients", default=4, show_default=True)
@click.option("--seconds", default=10.0, show_default=True, help="Of each of the four measurements.")
def workers(qubits: int, clients: int, seconds: float) -> None:
    """Rehearsals a second of independent registers: the fabric on PostgreSQL, one worker and two in turn."""
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as folder:
        database = pgserver.get_server(data, cleanup_mode="stop")
        directory = Path(folder) / "cloud"
        Cloud.create(directory, 4, Memory(1.0, 1.0)).close()
        work = _registers(directory, database.get_uri(), qubits, clients)
        for number in (1, 2, 1, 2):
            with _fabric_by(number, directory, database.get_uri()) as (url, process):
                rate, spent = _rehearse(directory, url, work, seconds, process, database.get_pid())
            told = ", ".join(f"{who} {100 * used / seconds:.0f} %" for who, used in spent.items())
            load = os.getloadavg()[0]
            print(f"{number} worker(s): {rate:.1f} rehearsals/s; of one core: {told}; load {load:.1f}")
        database.cleanup()


Work = list[tuple[str, Party, str, tuple[Order, Order]]]


def _registers(directory: Path, postgres: str, qubits: int, clients: int) -> Work:
    """Put a register for each client, a tenant each, and return two orders for it, to be asked in turn."""
    PostgresFabric.create(postgres, [f"server-{i}" for i in range(1, 5)], Memory(1.0, 1.0))
    fabric = PostgresFabric(postgres, Receipts(directory / RECEIPT_KEY))
    work: Work = []
    for number in range(clients):
        tenant, object_id = f"t{number}", secrets.token_hex(16)
        scheme = register_scheme(qubits, Canonical(4))
        clones = {f"S{i}": f"server-{i}" for i in range(1, 5)}
        party, name = Party(CLIENT, secrets.token_hex(16)), f"{tenant}:{object_id}"
        fabric.load(party, name, encryption(dump(QuantumCircuit(qubits)), scheme, clones, keep_spare=False))
        orders = []
        for label, server in list(clones.items())[:2]:
            wires = scheme.indices(scheme.clone(label).wires)
            fabric.move(Party(server), name, {CLIENT: wires})
            outputs = scheme.indices(scheme.clone(label).outputs)
            orders.append(Order(str(scheme.decrypt(label)), tuple(outputs)))
        work.append((tenant, party, object_id, (orders[0], orders[1])))
    fabric.advance(0.1)
    fabric.close()
    return work


@contextmanager
def _fabric_by(number: int, directory: Path, postgres: str):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qclone", "serve", "fabric", "--cloud", str(directory)]
    command += ["--postgres", postgres, "--workers", str(number), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            assert httpx.get(f"{url}/readyz", timeout=10).status_code == 200
            break
        except httpx.TransportError:
            time.sleep(0.1)
    time.sleep(1.0)  # the other worker starts, too
    yield url, psutil.Process(process.pid)
    process.terminate()
    process.wait()


def _rehearse(
    directory: Path, url: str, work: Work, seconds: float, process: psutil.Process, postmaster: int
) -> tuple[float, dict[str, float]]:
    """Let every client rehearse for a while; return the rate and who used how many seconds of processor."""
    tokens = tokens_of(directory).issue_all([Principal(Kind.TENANT, tenant) for tenant, *_ in work])
    done = [0] * len(work)
    begin, end = threading.Barrier(len(work) + 1), threading.Event()

    def ask(i: int) -> None:
        tenant, party, object_id, orders = work[i]
        fabric = HttpFabric(Link(url, tokens[i]), tenant)
        fabric.rehearse(party, object_id, orders[0])
        begin.wait()
        while not end.is_set():
            done[i] += 1
            fabric.rehearse(party, object_id, orders[done[i] % 2])
        fabric.close()

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(work))]
    for thread in threads:
        thread.start()
    begin.wait()
    who = {"workers": process.pid, "database": postmaster}
    before = {name: _processor_s(pid) for name, pid in who.items()} | {"clients": time.process_time()}
    begun = time.perf_counter()
    time.sleep(seconds)
    end.set()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    after = {name: _processor_s(pid) for name, pid in who.items()} | {"clients": time.process_time()}
    return sum(done) / took, {name: after[name] - before[name] for name in before}


def _processor_s(pid: int) -> float:
    whole = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:4]) for one in [whole, *whole.children(recursive=True)])


@contextmanager
def _serving(part: Callable[[], object]):
    server = uvicorn.Server(uvicorn.Config(part(), host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    commands()
