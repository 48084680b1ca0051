"""A whole cloud of processes on this machine: started, watched, restarted when one dies, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TextIO

import httpx

from qclone.durable import replace_file
from qclone.errors import StorageError
from qclone.locking import hold
from qclone.service._cloud import ADDRESSES, Addresses
from qclone.service._identity import new_identity
from qclone.service._logs import log_to
from qclone.service._serve import Listen, fabric_part, ledger_part, serve, server_part, tokens_of
from qclone.service._tokens import Kind, Principal
from qclone.service._transport import Client
from qclone.service._watch import STOPPED_WITHIN_S, Beat, told_to_stop, watch_until
from qclone.store import Cloud, Links, Memory, SqliteFabric

READY_WITHIN_S = 120.0
SITE_PROCESSES = 8
"""Up to so many servers have a process each; more share these."""
POSTGRES = "QCLONE_POSTGRES"
"""Where a supervisor finds the address of its database, which may hold a password."""
_LOCK, _PROCESSES, _LOGS = "supervisor.lock", "processes.json", "logs"


@dataclass(frozen=True)
class PartStatus:
    """One part of a cloud: its name, address, whether it serves, and the process that runs it."""

    name: str
    url: str
    pid: int | None
    serving: bool
    process: str


def up(
    directory: Path,
    servers: int = 5,
    memory: Memory | None = None,
    links: Links | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    site_processes: int = SITE_PROCESSES,
    postgres: str | None = None,
    workers: int = 1,
) -> list[PartStatus]:
    """Start a cloud of processes in a directory and wait until all of it serves.

    A directory that holds a cloud is started again with its servers and objects.

    Parameters
    ----------
    postgres : the database for the tables of fabric and ledger, instead of files.
    workers : processes that answer for the fabric, and as many for the ledger.

    Raises
    ------
    StorageError : it runs already, or a part does not start; its log says why.
    InvalidInputError : with PostgreSQL: something is stored in the files.
    """
    if supervisor_of(directory) is not None:
        raise StorageError(
            f"The cloud in {directory} runs already.",
            f"See it with: qclone status --cloud {quote(str(directory))}",
        )
    (directory / ADDRESSES).unlink(missing_ok=True)  # of a supervisor that was killed
    if not (directory / "ledger.db").exists():
        Cloud.create(directory, servers, memory, links).close()
    if postgres is None:
        Cloud(directory).close()
    else:  # what cannot be opened is said now
        fabric_part(directory, postgres).state.close()
        ledger_part(directory, postgres).state.close()
    (directory / _LOGS).mkdir(exist_ok=True)
    with open(directory / _LOGS / "supervisor.log", "ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "qclone.service", str(directory), str(site_processes), str(workers)],
            env=os.environ | ({} if postgres is None else {POSTGRES: postgres}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return _wait_until_serving(directory, supervisor, progress)


def down(directory: Path) -> None:
    """Stop the cloud's processes, each after the requests under way; the cloud stays on disk.

    If the supervisor was killed, its parts have ended with it, and what it left behind is removed.

    Raises
    ------
    StorageError : nothing runs here.
    """
    pid = supervisor_of(directory)
    if pid is None:
        if not (directory / ADDRESSES).exists():
            raise StorageError(
                f"No cloud runs in {directory}.", f"Start one with: qclone up --cloud {quote(str(directory))}"
            )
        (directory / ADDRESSES).unlink()
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 2 * STOPPED_WITHIN_S
    while supervisor_of(directory) is not None:
        if time.monotonic() > deadline:
            raise StorageError(f"The cloud in {directory} does not stop.", f"Kill the process {pid}.")
        time.sleep(0.05)


def status(directory: Path) -> list[PartStatus]:
    """Return every part of the cloud and whether it serves now."""
    addresses = Addresses.read(directory)
    try:
        processes = json.loads((directory / _PROCESSES).read_text())
    except (FileNotFoundError, ValueError):
        processes = {}
    # Of several processes that answer for a part, the first.
    runs = {part: (name, one["pid"]) for name, one in reversed(processes.items()) for part in one["parts"]}
    parts = _parts(addresses)
    serving = {url: _serves(url, addresses.certificate) for url in dict.fromkeys(parts.values())}
    return [
        PartStatus(name, url, runs.get(name, (name, None))[1], serving[url], runs.get(name, (name, None))[0])
        for name, url in parts.items()
    ]


def supervisor_of(directory: Path) -> int | None:
    """Return the process that watches over this cloud, or None: it holds a lock that dies with it."""
    try:
        with open(directory / _LOCK) as file:
            if hold(file, shared=True, wait=False):
                return None
    except FileNotFoundError:
        return None
    while not (pid := (directory / _LOCK).read_text()):
        time.sleep(0.01)  # it has just begun
    return int(pid)


def supervise(
    directory: Path,
    site_processes: int = SITE_PROCESSES,
    workers: int = 1,
    postgres: str | None = None,
) -> None:
    """Run the parts of a cloud and restart those that die or hang, until SIGTERM.

    The supervisor listens for all parts, so that a call that comes while a part is being restarted waits
    for it and no one else takes its port. A part ends when the supervisor does, however that ends.

    Parameters
    ----------
    site_processes : among how many processes the servers are divided, at most.
    workers : processes that answer for the fabric, and as many for the ledger. postgres : as for `up`.
    """
    import qclone.circuits  # noqa: F401  brings Qiskit: once, for every fabric that this process forks

    (directory / _LOGS).mkdir(exist_ok=True)
    log_to(directory / _LOGS / "supervisor.log")
    with ExitStack() as stack:
        lock = stack.enter_context(open(directory / _LOCK, "a"))
        if not hold(lock, wait=False):
            raise StorageError(
                f"The cloud in {directory} is watched over already.", "Stop it with: qclone down"
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        stopping = told_to_stop()
        with closing(SqliteFabric(directory / "fabric.db")) as fabric:
            processes = {
                "fabric": ["fabric"],
                "ledger": ["ledger"],
                **_shared(fabric.sites(), site_processes),
            }
        sockets = {name: stack.enter_context(Listen().bind()) for name in processes}
        for part in ("fabric", "ledger"):
            for number in range(2, workers + 1):
                processes[f"{part}-{number}"], sockets[f"{part}-{number}"] = [part], sockets[part]
        (directory / _PROCESSES).unlink(missing_ok=True)
        stack.callback((directory / ADDRESSES).unlink, missing_ok=True)
        listen = Listen("127.0.0.1", 0, *new_identity(directory))
        addresses = _write_addresses(directory, processes, sockets, listen)

        def note(pids: Mapping[str, int]) -> None:
            noted = {name: {"pid": pids.get(name), "parts": parts} for name, parts in processes.items()}
            replace_file(directory / _PROCESSES, json.dumps(noted).encode())

        runs = {
            name: partial(_run, name, parts, directory, postgres, addresses, sockets, lock, listen)
            for name, parts in processes.items()
        }
        watch_until(stopping, runs, note)


def _shared(sites: Iterable[str], processes: int) -> dict[str, list[str]]:
    """Divide servers among processes, so many at most: name of the process -> its servers.

    >>> _shared(["s1", "s2", "s3"], 2)
    {'servers-1': ['s1', 's2'], 's3': ['s3']}
    """
    names = list(sites)
    size = -(-len(names) // processes)
    groups = [names[i : i + size] for i in range(0, len(names), size)]
    return {g[0] if len(g) == 1 else f"servers-{i}": g for i, g in enumerate(groups, start=1)}


def _run(
    name: str,
    parts: Sequence[str],
    directory: Path,
    postgres: str | None,
    addresses: Addresses,
    sockets: Mapping[str, socket.socket],
    lock: TextIO,
    listen: Listen,
    beat: Beat,
) -> None:
    """Be one process of the cloud: keep of the supervisor's files only what this one needs."""
    lock.close()
    for listening in sockets.values():
        if listening is not sockets[name]:
            listening.close()
    log = directory / _LOGS / f"{name}.log"
    log_to(log)
    if parts == ["fabric"]:
        app = fabric_part(directory, postgres)
    elif parts == ["ledger"]:
        app = ledger_part(directory, postgres)
    else:
        tokens = tokens_of(directory).issue_all([Principal(Kind.SITE, part) for part in parts])
        sites = dict(zip(parts, tokens, strict=True))
        app = server_part(sites, directory, addresses.fabric, addresses.certificate)
    serve(app, listen, sockets[name], beat, log)


def _write_addresses(
    directory: Path,
    processes: Mapping[str, Sequence[str]],
    sockets: Mapping[str, socket.socket],
    listen: Listen,
) -> Addresses:
    urls = {
        part: f"https://127.0.0.1:{sockets[name].getsockname()[1]}"
        for name, parts in processes.items()
        for part in parts
    }
    tokens = tokens_of(directory)
    addresses = Addresses(
        fabric=urls.pop("fabric"),
        ledger=urls.pop("ledger"),
        servers=urls,
        tenant="default",
        token=tokens.issue(Principal(Kind.TENANT, "default"), instead_of_others=True),
        operator_token=tokens.issue(Principal(Kind.OPERATOR, "operator"), instead_of_others=True),
        certificate=None if listen.certificate is None else listen.certificate.read_text(),
    )
    addresses.write(directory)
    return addresses


def _wait_until_serving(
    directory: Path, supervisor: subprocess.Popen[bytes], progress: Callable[[int, int], None]
) -> list[PartStatus]:
    deadline = time.monotonic() + READY_WITHIN_S
    late = "supervisor"
    while time.monotonic() < deadline and supervisor.poll() is None:
        if (directory / ADDRESSES).exists():
            parts = status(directory)
            progress(sum(part.serving for part in parts), len(parts))
            late = next((part.process for part in parts if not (part.serving and part.pid)), "")
            if not late:
                return parts
        time.sleep(0.05)
    supervisor.terminate()
    supervisor.wait()
    raise StorageError(f"{late} does not start.", f"Its log says why: {directory / _LOGS / late}.log")


def _parts(addresses: Addresses) -> dict[str, str]:
    return {"fabric": addresses.fabric, "ledger": addresses.ledger, **addresses.servers}


def _serves(url: str, certificate: str | None) -> bool:
    try:
        with closing(Client(url, certificate)) as client:
            return client.get("/readyz", timeout=5.0).status_code == 200
    except httpx.HTTPError:
        return False
