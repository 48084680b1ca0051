"""A whole cloud of processes on this machine: started, watched, restarted when one dies, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess as Process
from pathlib import Path
from threading import Thread
from typing import TextIO

import httpx

from qclone.errors import StorageError
from qclone.locking import hold
from qclone.service._cloud import ADDRESSES, Addresses
from qclone.service._link import tls_context
from qclone.service._serve import Listen, fabric_part, ledger_part, serve, server_part, tokens_of
from qclone.service._tokens import Kind, Principal
from qclone.store import Cloud, Links, Memory, SqliteFabric, replace_file

READY_WITHIN_S = 120.0
STOPPED_WITHIN_S = 20.0
RESTART_PAUSE_S = 0.3
_LOCK, _PIDS, _LOGS = "supervisor.lock", "pids.json", "logs"


@dataclass(frozen=True)
class PartStatus:
    """One part of a cloud: its name, address, process, and whether it serves."""

    name: str
    url: str
    pid: int | None
    serving: bool


def up(
    directory: Path,
    servers: int = 5,
    memory: Memory | None = None,
    links: Links | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[PartStatus]:
    """Start a cloud of processes in a directory and wait until all of it serves.

    A directory that holds a cloud is started again with its servers and objects.

    Raises
    ------
    StorageError : it runs already, or a part does not start; its log says why.
    """
    if supervisor_of(directory) is not None:
        raise StorageError(
            f"The cloud in {directory} runs already.", f"See it with: qclone status --cloud {directory}"
        )
    (directory / ADDRESSES).unlink(missing_ok=True)  # of a supervisor that was killed
    created = (directory / "ledger.db").exists()
    (Cloud(directory) if created else Cloud.create(directory, servers, memory, links)).close()
    (directory / _LOGS).mkdir(exist_ok=True)
    with open(directory / _LOGS / "supervisor.log", "ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "qclone.service", str(directory)],
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
                f"No cloud runs in {directory}.", f"Start one with: qclone up --cloud {directory}"
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
        pids = json.loads((directory / _PIDS).read_text())
    except (FileNotFoundError, ValueError):
        pids = {}
    with httpx.Client(timeout=2.0, verify=tls_context(addresses.certificate)) as client:
        return [
            PartStatus(name, url, pids.get(name), _serves(client, url))
            for name, url in _parts(addresses).items()
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


def supervise(directory: Path) -> None:
    """Run the parts of a cloud and restart those that die, until SIGTERM.

    The supervisor listens for all parts, so that a call that comes while a part is being restarted waits
    for it and no one else takes its port. A part is a fork of the supervisor, which has imported everything;
    it ends when the supervisor does, however that ends.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(open(directory / _LOCK, "a"))
        if not hold(lock, wait=False):
            raise StorageError(
                f"The cloud in {directory} is watched over already.", "Stop it with: qclone down"
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: stopping.append(number))
        with closing(SqliteFabric(directory / "fabric.db")) as fabric:
            names = ["fabric", "ledger", *fabric.sites()]
        sockets = {name: stack.enter_context(Listen().bind()) for name in names}
        lifeline = os.pipe()
        (directory / _PIDS).unlink(missing_ok=True)
        stack.callback((directory / ADDRESSES).unlink, missing_ok=True)
        running: dict[str, Process] = {}
        stack.callback(_stop, running)
        addresses = _write_addresses(directory, sockets)
        while not stopping:
            dead = [name for name in names if name not in running or not running[name].is_alive()]
            for name in dead:
                run = partial(_run_part, name, directory, addresses, sockets, lifeline, lock)
                running[name] = get_context("fork").Process(target=run)
                running[name].start()
            if dead:
                pids = {name: process.pid for name, process in running.items()}
                replace_file(directory / _PIDS, json.dumps(pids).encode())
            time.sleep(RESTART_PAUSE_S)


def _run_part(
    name: str,
    directory: Path,
    addresses: Addresses,
    sockets: Mapping[str, socket.socket],
    lifeline: tuple[int, int],
    lock: TextIO,
) -> None:
    """Be one part, in a process of its own: keep of the supervisor's files only what this part needs."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    lock.close()
    os.close(lifeline[1])
    for other, listening in sockets.items():
        if other != name:
            listening.close()
    with open(directory / _LOGS / f"{name}.log", "ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    Thread(target=_end_with, args=(lifeline[0],), daemon=True).start()
    if name == "fabric":
        app = fabric_part(directory)
    elif name == "ledger":
        app = ledger_part(directory)
    else:
        token = tokens_of(directory).issue(Principal(Kind.SITE, name), instead_of_others=True)
        app = server_part(name, directory, addresses.fabric, token)
    serve(app, Listen(), sockets[name])


def _end_with(lifeline: int) -> None:
    """Stop this process, after the requests under way, when the other end of a pipe is closed."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _write_addresses(directory: Path, sockets: Mapping[str, socket.socket]) -> Addresses:
    urls = {name: f"http://127.0.0.1:{listening.getsockname()[1]}" for name, listening in sockets.items()}
    tokens = tokens_of(directory)
    addresses = Addresses(
        fabric=urls.pop("fabric"),
        ledger=urls.pop("ledger"),
        servers=urls,
        tenant="default",
        token=tokens.issue(Principal(Kind.TENANT, "default"), instead_of_others=True),
        operator_token=tokens.issue(Principal(Kind.OPERATOR, "operator"), instead_of_others=True),
    )
    addresses.write(directory)
    return addresses


def _stop(running: Mapping[str, Process]) -> None:
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + STOPPED_WITHIN_S
    for process in running.values():
        process.join(max(0.1, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()


def _wait_until_serving(
    directory: Path, supervisor: subprocess.Popen[bytes], progress: Callable[[int, int], None]
) -> list[PartStatus]:
    deadline = time.monotonic() + READY_WITHIN_S
    late = "supervisor"
    while time.monotonic() < deadline and supervisor.poll() is None:
        if (directory / ADDRESSES).exists():
            parts = status(directory)
            progress(sum(part.serving for part in parts), len(parts))
            late = next((part.name for part in parts if not (part.serving and part.pid)), "")
            if not late:
                return parts
        time.sleep(0.05)
    supervisor.terminate()
    supervisor.wait()
    raise StorageError(f"{late} does not start.", f"Its log says why: {directory / _LOGS / late}.log")


def _parts(addresses: Addresses) -> dict[str, str]:
    return {"fabric": addresses.fabric, "ledger": addresses.ledger, **addresses.servers}


def _serves(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False
