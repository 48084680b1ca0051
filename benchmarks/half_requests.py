"""Whether a part goes on answering while a client without a token holds as many half requests as it can.

python benchmarks/half_requests.py --sockets 1015 --seconds 75

A third of the connections says nothing, a third half of TLS's first message, a third half of a request's head
over TLS; what the part closes is opened again. The part may have 1,024 descriptors, as is usual. Printed is
the slowest of the answers that others got meanwhile, how many connections the part closed, its descriptors
before, at most and afterwards, and how much it logged.
"""

from __future__ import annotations

import resource
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import click
import psutil

from qclone.service import Addresses, Link, down, status, up
from qclone.service._transport import tls_context

HALF_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
HALF_HEAD = b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nX-A"
USUAL = 1024


class Attacker:
    """Holds half requests open and notes how many were closed on it."""

    def __init__(self, url: str, certificate: str, sockets: int) -> None:
        at = urlsplit(url)
        self._where = at.hostname or "", at.port or 0
        self._context = tls_context(certificate)
        self._kinds = cycle(("nothing", "hello", "head"))
        self.held: list[socket.socket] = []
        self.closed = 0
        self._wanted = sockets

    def fill(self) -> None:
        """Open what is missing; a refusal is tried again in the next round."""
        with suppress(OSError):
            while len(self.held) < self._wanted:
                self.held.append(self._half())

    def look(self) -> None:
        """Let go of what the part has closed."""
        still = [one for one in self.held if not _is_closed(one)]
        self.closed += len(self.held) - len(still)
        self.held = still

    def release(self) -> None:
        for one in self.held:
            one.close()

    def _half(self) -> socket.socket:
        plain = socket.create_connection(self._where, timeout=5)
        kind = next(self._kinds)
        if kind == "hello":
            plain.sendall(HALF_HELLO)
        elif kind == "head":
            plain = self._context.wrap_socket(plain, server_hostname="127.0.0.1")
            plain.sendall(HALF_HEAD)
        plain.setblocking(False)
        return plain


def _is_closed(one: socket.socket) -> bool:
    try:
        closed = not one.recv(4096)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        closed = True
    if closed:
        one.close()
    return closed


def answers(addresses: Addresses, done: threading.Event, worst: dict[str, float]) -> None:
    """Ask again and again, on new connections, as a health check and as a tenant."""
    while not done.is_set():
        for what in ("health", "tenant"):
            with closing(Link(addresses.fabric, addresses.token, addresses.certificate)) as link:
                started = time.monotonic()
                if what == "health":
                    alive = link.is_alive()  # within a second
                    took = time.monotonic() - started if alive else float("inf")
                else:
                    link.get("/v1/clock")
                    took = time.monotonic() - started
                worst[what] = max(worst[what], took)
        done.wait(0.1)


def at_rest(process: psutil.Process, before: int) -> Iterator[int]:
    for _ in range(150):
        yield process.num_fds()
        if process.num_fds() <= before + 8:
            return
        time.sleep(0.1)


@click.command()
@click.option("--sockets", default=1015, show_default=True, help="Connections to hold.")
@click.option("--seconds", default=75.0, show_default=True, help="How long.")
def main(sockets: int, seconds: float) -> None:
    """Hold half requests and print what others noticed; exit status 1 if a health check took a second."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(USUAL, hard), hard))
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "cloud"
        up(directory, servers=1)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * sockets + 100)), hard))
        try:
            slowest = attack(directory, sockets, seconds)
        finally:
            down(directory)
    raise SystemExit(slowest >= 1)


def attack(directory: Path, sockets: int, seconds: float) -> float:
    addresses = Addresses.read(directory)
    pid = next(part.pid for part in status(directory) if part.name == "fabric")
    process, log = psutil.Process(pid), directory / "logs" / "fabric.log"
    before, logged, most = process.num_fds(), log.stat().st_size, 0
    attacker = Attacker(addresses.fabric, addresses.certificate or "", sockets)
    done, worst = threading.Event(), {"health": 0.0, "tenant": 0.0}
    watcher = threading.Thread(target=answers, args=(addresses, done, worst))
    watcher.start()
    end, held = time.monotonic() + seconds, []
    while time.monotonic() < end:
        attacker.fill()
        held.append(len(attacker.held))
        most = max(most, process.num_fds())
        attacker.look()
        time.sleep(0.05)
    done.set()
    watcher.join()
    attacker.release()
    after = list(at_rest(process, before))[-1]
    held.sort()
    print(f"held: {held[len(held) // 2]:,} connections (median), {attacker.closed:,} closed by the part")
    slowest = {what: f"{1e3 * seconds:.0f} ms" for what, seconds in worst.items()}
    print(f"slowest health check: {slowest['health']}; slowest call of a tenant: {slowest['tenant']}")
    print(f"descriptors of the part: {before} before, {most} at most, {after} after")
    print(f"logged: {log.stat().st_size - logged:,} bytes; load average: {psutil.getloadavg()[0]:.1f}")
    return worst["health"]


if __name__ == "__main__":
    main()
