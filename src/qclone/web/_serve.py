"""The page on this machine, until it is interrupted."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from qclone.errors import InvalidInputError
from qclone.web._app import app
from qclone.web._gate import DOOR, Gate
from qclone.web._rooms import Rooms

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Served:
    """A page that listens.

    Parameters
    ----------
    address : opens it, secret included.
    server : runs it.
    listening : its socket.
    """

    address: str
    server: uvicorn.Server
    listening: socket.socket

    def run(self) -> None:
        """Answer until SIGTERM, SIGHUP or SIGINT; the last is a KeyboardInterrupt then."""
        with _ended_by(self.server, "SIGTERM", "SIGHUP"):
            self.server.run([self.listening])


@contextmanager
def _ended_by(server: uvicorn.Server, *names: str) -> Iterator[None]:
    """End a server by signals that would end the process and leave what it has in a temporary folder."""

    def end(number: int, frame: object) -> None:
        server.should_exit = True

    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        signals = []  # only the main thread is told
    heard = [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]  # as by nohup
    before = {number: signal.signal(number, end) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(rooms: Rooms, port: int = 0, ready: Callable[[str], object] = lambda address: None) -> None:
    """Serve the page to this machine only, until it is interrupted.

    Parameters
    ----------
    port : 0 takes a free one.
    ready : told the address once it can be opened.

    Raises
    ------
    InvalidInputError : the port is taken.
    """
    page = listen(rooms, port)
    ready(page.address)
    page.run()


def listen(rooms: Rooms, port: int = 0) -> Served:
    """Return a page that listens and does not answer yet. Raises InvalidInputError."""
    gate = Gate()
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise InvalidInputError(
            f"Nothing can listen on port {port}: {error.strerror}.", "Take another --port, or none."
        ) from None
    config = uvicorn.Config(
        app(rooms, gate),
        log_config=None,  # by default it goes through all loggers, while numbers import more of them
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # event streams never end by themselves
    )
    address = f"http://{HOST}:{listening.getsockname()[1]}{DOOR}?secret={gate.secret}"
    return Served(address, uvicorn.Server(config), listening)
