"""What a cloud costs as it grows: servers to start, objects to list and check, tenants, workers.

python benchmarks/service_scale.py start --servers 60
python benchmarks/service_scale.py objects --listed 10000 --checked 1000
python benchmarks/service_scale.py tenants --number 500
"""

from __future__ import annotations

import os
import resource
import secrets
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import click
import httpx
import psutil
import uvicorn
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.service import (
    HttpLedger,
    Kind,
    Link,
    Principal,
    down,
    ledger_part,
    supervisor_of,
    tokens_of,
    up,
)
from qclone.store import Cloud


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
