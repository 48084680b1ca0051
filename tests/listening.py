"""Real HTTP on the loopback interface, inside the test process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from qclone.service import Listen, server_config


@contextmanager
def listening(app: FastAPI, tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """Serve an application on a free port of the loopback interface; `tls` is a certificate and its key."""
    config = server_config(app, Listen("127.0.0.1", 0, *(tls or ())))
    config.host, config.port = "127.0.0.1", 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
