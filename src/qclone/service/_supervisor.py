"""A whole cloud of processes on this machine: started, watched, restarted when one dies, stopped."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from qclone.errors import StorageError
from qclone.service._cloud import ADDRESSES, Addresses
from qclone.service._serve import tokens_of
from qclone.service._tokens import Kind, Principal
from qclone.store import Cloud, Memory, replace_file

SITE_TOKEN = "QCLONE_SITE_TOKEN"
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
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[PartStatus]:
    """Start a cloud of processes in a directory and wait until all of it serves.

    A directory that holds a cloud is started again with its servers and objects.

    Raises
    ------
    StorageError : it runs already, or a part does not start; its log says why.
    """
    if is_running(directory):
        raise StorageError(
            f"The cloud in {directory} runs already.", f"See it with: qclone status --cloud {directory}"
        )
    created = (directory / "ledger.db").exists()
    with closing(Cloud(directory) if created else Cloud.create(directory, servers, memory)) as embedded:
        names = list(embedded.fabric.sites())
    tokens = tokens_of(directory)
    urls = [f"http://127.0.0.1:{port}" for port in _free_ports(2 + len(names))]
    Addresses(
        fabric=urls[0],
        ledger=urls[1],
        servers=dict(zip(names, urls[2:], strict=True)),
        tenant="default",
        token=tokens.issue(Principal(Kind.TENANT, "default")),
        operator_token=tokens.issue(Principal(Kind.OPERATOR, "operator")),
    ).write(directory)
    (directory / _LOGS).mkdir(exist_ok=True)
    with open(directory / _LOGS / "supervisor.log", "ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "qclone.service", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return _wait_until_serving(directory, progress)


def down(directory: Path) -> None:
    """Stop the cloud's processes, each after the requests under way; the cloud stays on disk.

    Raises
    ------
    StorageError : nothing runs here.
    """
    if not is_running(directory):
        raise StorageError(f"No cloud runs in {directory}.", f"Start it with: qclone up --cloud {directory}")
    pid = int((directory / _LOCK).read_text())
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 2 * STOPPED_WITHIN_S
    while is_running(directory):
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
    with httpx.Client(timeout=2.0) as client:
        return [
            PartStatus(name, url, pids.get(name), _serves(client, url))
            for name, url in _parts(addresses).items()
        ]


def is_running(directory: Path) -> bool:
    """Whether a supervisor watches over this cloud: it holds a lock that dies with it."""
    try:
        with open(directory / _LOCK) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def supervise(directory: Path) -> None:
    """Run the parts of a cloud and restart those that die, until SIGTERM."""
    with ExitStack() as stack:
        lock = stack.enter_context(open(directory / _LOCK, "w"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.write(str(os.getpid()))
        lock.flush()
        stack.callback((directory / ADDRESSES).unlink, missing_ok=True)
        stopping: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
        signal.signal(signal.SIGINT, lambda number, _frame: stopping.append(number))
        commands = _commands(directory)
        running: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(_stop, running)
        while not stopping:
            dead = [name for name in commands if name not in running or running[name].poll() is not None]
            for name in dead:
                arguments, extra = commands[name]
                with open(directory / _LOGS / f"{name}.log", "ab") as log:
                    running[name] = subprocess.Popen(
                        arguments,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env={**os.environ, **extra},
                    )
            if dead:
                pids = {name: process.pid for name, process in running.items()}
                replace_file(directory / _PIDS, json.dumps(pids).encode())
            time.sleep(RESTART_PAUSE_S)


def _commands(directory: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Part -> how to start it; a server is told its site's token by its environment."""
    addresses = Addresses.read(directory)
    tokens = tokens_of(directory)
    commands: dict[str, tuple[list[str], dict[str, str]]] = {}
    for name, url in _parts(addresses).items():
        part = [name] if name in ("fabric", "ledger") else ["server", name, "--fabric", addresses.fabric]
        port = str(urlsplit(url).port)
        arguments = [
            sys.executable,
            "-m",
            "qclone",
            "serve",
            *part,
            "--cloud",
            str(directory),
            "--port",
            port,
        ]
        is_server = name in addresses.servers
        extra = {SITE_TOKEN: tokens.issue(Principal(Kind.SITE, name))} if is_server else {}
        commands[name] = arguments, extra
    return commands


def _parts(addresses: Addresses) -> dict[str, str]:
    return {"fabric": addresses.fabric, "ledger": addresses.ledger, **addresses.servers}


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + STOPPED_WITHIN_S
    for process in running.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_serving(directory: Path, progress: Callable[[int, int], None]) -> list[PartStatus]:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        parts = status(directory)
        serving = sum(part.serving for part in parts)
        progress(serving, len(parts))
        if serving == len(parts):
            return parts
        if time.monotonic() > deadline:
            late = next(part.name for part in parts if not part.serving)
            if is_running(directory):
                down(directory)
            raise StorageError(f"{late} does not start.", f"Its log says why: {directory / _LOGS / late}.log")
        time.sleep(0.1)


def _serves(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
