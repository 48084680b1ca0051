"""Run one part of a cloud as a process."""

from __future__ import annotations

import gc
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket

import uvicorn
from fastapi import FastAPI

from qclone.errors import InvalidInputError, StorageError
from qclone.service._apart import Apart
from qclone.service._budget import Limits
from qclone.service._connections import protocol
from qclone.service._ledgers import SqliteLedgers
from qclone.service._link import Link
from qclone.service._logs import log_to
from qclone.service._parts import fabric_app, ledger_app, server_app
from qclone.service._postgres import PostgresLedger
from qclone.service._postgres_fabric import PostgresFabric
from qclone.service._remote import HttpFabric
from qclone.service._tokens import Kind, Principal, Tokens
from qclone.service._watch import Beat, told_to_stop, watch_until
from qclone.store import (
    RECEIPT_KEY,
    KeyState,
    LocalServer,
    Receipts,
    SqlFabric,
    SqliteFabric,
    SqliteLedger,
    moved_from,
    note_moved,
)

TOKENS = "tokens.json"
SITE_TOKEN = "QCLONE_SITE_TOKEN"
"""Where `qclone serve server` finds the token of its site."""
KEEP_ALIVE_S = 60
"""Longer than a client keeps an idle connection: what is sent once must not meet one that just closed."""


@dataclass(frozen=True)
class Listen:
    """Where a part listens, and its certificate for TLS; elsewhere than on this machine not without.

    Parameters
    ----------
    plaintext : without TLS all the same, for something else encrypts the way.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    private_key: Path | None = None
    plaintext: bool = False

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.private_key is None):
            raise InvalidInputError("TLS takes a certificate and its private key.", "Give both or neither.")
        if self.certificate is None and not self.plaintext and not is_loopback(self.host):
            raise InvalidInputError(
                f"Without TLS, tokens and registers would be in the clear on the way to {self.host}.",
                "Give --certificate and --private-key; or --plaintext, if something else encrypts the way.",
            )
        self.tls()

    def tls(self) -> ssl.SSLContext | None:
        """Return what TLS is spoken with, if it is. Raises InvalidInputError if the files are no good."""
        if self.certificate is None or self.private_key is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.private_key)
        except OSError as error:
            raise InvalidInputError(
                f"{self.certificate} and {self.private_key} do not serve for TLS: {error.strerror}.",
                "Give a certificate and its private key, both in PEM.",
            ) from None
        return context

    def bind(self) -> socket:
        """Return a socket that listens there. Raises InvalidInputError if it cannot."""
        try:
            kind, how, protocol, _, address = getaddrinfo(self.host, self.port, type=SOCK_STREAM)[0]
            # asyncio sends small answers at once (TCP_NODELAY) only if the protocol is named.
            listening = socket(kind, how, protocol)
            listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(2048)
        except OSError as error:
            raise InvalidInputError(
                f"Nothing can listen on {self.host}, port {self.port}: {error.strerror}.",
                "Take another --host or --port; port 0 is any that is free.",
            ) from None
        return listening


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    try:
        return all(ip_address(found[4][0]).is_loopback for found in getaddrinfo(host, None))
    except (OSError, ValueError):
        return False


def tokens_of(directory: Path) -> Tokens:
    """Return the tokens of a cloud."""
    return Tokens(directory / TOKENS)


def _tokens_in(file: Path | None, directory: Path) -> Tokens:
    """Return those in a file, or of a cloud: a server need not see what else is in its directory."""
    return tokens_of(directory) if file is None else Tokens(file)


def fabric_part(
    directory: Path,
    postgres: str | None = None,
    limits: Limits | None = None,
    tokens: Path | None = None,
) -> FastAPI:
    """Return the fabric of the cloud in a directory: in its SQLite file, or in a PostgreSQL database.

    A database that has no fabric yet gets one with the servers, memories and links of the cloud in the
    directory, which must not have stored anything.

    Parameters
    ----------
    tokens : the file of their hashes; by default the cloud's.
    """
    import qclone.circuits  # noqa: F401  brings Qiskit: now, and not when the first register is put

    opened: Callable[[], SqlFabric] = partial(SqliteFabric, directory / "fabric.db")
    if postgres is not None:
        opened = partial(PostgresFabric, postgres, Receipts(directory / RECEIPT_KEY))
        if not PostgresFabric.is_in(postgres):
            _move_in(directory, postgres)
        note_moved(directory, "fabric")
    fabric = opened()
    app = fabric_app(fabric, _tokens_in(tokens, directory), limits, Apart(opened))
    return _at_the_end(app, fabric.close)


def _move_in(directory: Path, postgres: str) -> None:
    """Make a fabric in a database as the one in a directory, which is new."""
    with closing(SqliteFabric(directory / "fabric.db")) as new:
        if new.qubits_at():
            raise InvalidInputError(
                f"There are registers in {directory / 'fabric.db'}, and qubits are not copied.",
                "Recover them first, or start with a new cloud: qclone init",
            )
        PostgresFabric.create(postgres, list(new.sites()), new.memory(), new.links())


def ledger_part(
    directory: Path,
    postgres: str | None = None,
    limits: Limits | None = None,
    tokens: Path | None = None,
) -> FastAPI:
    """Return the ledger of a cloud: a SQLite file a tenant, or one PostgreSQL database for all.

    Parameters
    ----------
    tokens : the file of their hashes; by default the cloud's.
    """
    known = _tokens_in(tokens, directory)
    if not directory.is_dir():
        raise StorageError(f"There is no directory {directory}.", f"Make it with: mkdir {directory}")
    if postgres is not None:
        if "ledger" not in moved_from(directory):
            _require_empty(directory)
            note_moved(directory, "ledger")
        database = PostgresLedger.opened(postgres)
        receipts = Receipts(directory / RECEIPT_KEY)
        app = ledger_app(partial(PostgresLedger, database, receipts=receipts), known, limits)
        return _at_the_end(app, database.close)
    ledgers = SqliteLedgers(directory)
    ledgers.of("default")  # what cannot be opened is said now
    return _at_the_end(ledger_app(ledgers.of, known, limits), ledgers.close)


def _require_empty(directory: Path) -> None:
    """What the ledgers in a directory know, another ledger does not."""
    for path in directory.glob("ledger*.db"):
        with closing(SqliteLedger(path)) as ledger:
            # A key that was committed, or whose register is not safe yet, opens nothing without its ledger.
            if any(manifest.key.state is not KeyState.CONSUMED for manifest in ledger.manifests()):
                raise InvalidInputError(
                    f"There are objects in {path} that can still be recovered.",
                    "Recover them first, or start with a new cloud: qclone init",
                )


def server_part(
    sites: Mapping[str, str],
    directory: Path,
    fabric_url: str,
    certificate: str | None = None,
    tokens: Path | None = None,
) -> FastAPI:
    """Return the classical control of some servers.

    Parameters
    ----------
    sites : name of each server -> the token of its site.
    tokens : the file of the hashes of those that clients show; by default the cloud's.
    """
    fabrics = {
        Principal(Kind.SITE, name).name: HttpFabric(Link(fabric_url, token, certificate=certificate))
        for name, token in sites.items()
    }
    servers = {name: LocalServer(name, fabric) for name, fabric in fabrics.items()}

    def server_of(name: str) -> LocalServer:
        if name not in servers:
            raise InvalidInputError(f"There is no server {name!r} here.", "See what runs with: qclone status")
        return servers[name]

    def close() -> None:
        for fabric in fabrics.values():
            fabric.close()

    ready = next(iter(fabrics.values())).now
    return _at_the_end(server_app(server_of, ready, _tokens_in(tokens, directory)), close)


def _at_the_end(app: FastAPI, close: Callable[[], object]) -> FastAPI:
    """Let go of files and connections when the application has answered its last request."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        close()

    app.router.lifespan_context = lifespan
    app.state.close = close
    return app


def serve_by(workers: int, part: Callable[[], FastAPI], listen: Listen) -> None:
    """Answer requests with several processes behind one address, until SIGTERM or SIGINT.

    They share a listening socket; whoever is free accepts the next connection. One that dies or hangs is
    started again.

    Parameters
    ----------
    part : makes what answers; called in each process.

    Raises
    ------
    InvalidInputError : the address cannot be listened on.
    """
    if workers == 1:
        return serve(part(), listen)
    part().state.close()  # what cannot be opened is said now, and not by each worker again and again
    log_to(None)
    stopping, listening = told_to_stop(), listen.bind()

    def run(beat: Beat) -> None:
        serve(part(), listen, listening, beat)

    watch_until(stopping, {f"worker-{i}": run for i in range(1, workers + 1)})
    return None


class _Server(uvicorn.Server):
    """Says again and again that its event loop turns."""

    def __init__(self, config: uvicorn.Config, beat: Beat) -> None:
        super().__init__(config)
        self._beat = beat

    async def on_tick(self, counter: int) -> bool:
        self._beat()
        return await super().on_tick(counter)


def serve(
    app: FastAPI,
    listen: Listen,
    listening: socket | None = None,
    beat: Beat = lambda: None,
    log: Path | None = None,
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those under way.

    Parameters
    ----------
    listening : a socket to accept connections from, instead of a new one.
    beat : called several times a second while this process is able to answer.
    log : the file for the log; stderr by default.

    Raises
    ------
    InvalidInputError : the address cannot be listened on.
    """
    listening = listening or listen.bind()
    log_to(log)
    gc.collect()
    gc.freeze()  # what is there now stays: no collection need look at it again
    _Server(server_config(app, listen), beat).run([listening])


def server_config(app: FastAPI, listen: Listen) -> uvicorn.Config:
    """Return how uvicorn serves a part."""
    return uvicorn.Config(
        app,
        http=protocol(listen.tls()),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=10,
    )
