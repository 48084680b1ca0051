"""Run one part of a cloud as a process."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import uvicorn
from fastapi import FastAPI

from qclone.errors import InvalidInputError
from qclone.service._guard import JsonLines, Limits
from qclone.service._link import Link
from qclone.service._parts import fabric_app, ledger_app, server_app
from qclone.service._postgres import PostgresLedger
from qclone.service._remote import HttpFabric
from qclone.service._tokens import Tokens
from qclone.store import Ledger, LocalServer, SqliteFabric, SqliteLedger

TOKENS = "tokens.json"
SITE_TOKEN = "QCLONE_SITE_TOKEN"
"""Where `qclone serve server` finds the token of its site."""
KEEP_ALIVE_S = 60
"""Longer than a client keeps an idle connection: what is sent once must not meet one that just closed."""


@dataclass(frozen=True)
class Listen:
    """Where a part listens, and its certificate for TLS."""

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    private_key: Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.private_key is None):
            raise InvalidInputError("TLS takes a certificate and its private key.", "Give both or neither.")


def tokens_of(directory: Path) -> Tokens:
    """Return the tokens of a cloud."""
    return Tokens(directory / TOKENS)


def fabric_part(directory: Path, limits: Limits | None = None) -> FastAPI:
    """Return the fabric of the cloud in a directory."""
    return fabric_app(SqliteFabric(directory / "fabric.db"), tokens_of(directory), limits)


def ledger_part(directory: Path, postgres: str | None = None, limits: Limits | None = None) -> FastAPI:
    """Return the ledger of a cloud: a SQLite file a tenant, or one PostgreSQL database for all."""
    ledgers: dict[str, Ledger] = {}

    def ledger_of(tenant: str) -> Ledger:
        if tenant not in ledgers:
            if postgres is not None:
                ledgers[tenant] = PostgresLedger(postgres, tenant)
            else:
                path = directory / ("ledger.db" if tenant == "default" else f"ledger-{tenant}.db")
                if not path.exists():
                    SqliteLedger.create(path)
                ledgers[tenant] = SqliteLedger(path)
        return ledgers[tenant]

    return ledger_app(ledger_of, tokens_of(directory), limits)


def server_part(
    name: str, directory: Path, fabric_url: str, token: str, certificate: str | None = None
) -> FastAPI:
    """Return the classical control of one server; `token` is its site's."""
    fabric = HttpFabric(Link(fabric_url, token, certificate=certificate))
    return server_app(LocalServer(name, fabric), fabric, tokens_of(directory))


def serve(app: FastAPI, listen: Listen, listening: socket | None = None) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those under way.

    Parameters
    ----------
    listening : a socket to accept connections from, instead of a new one.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=10,
        ssl_certfile=None if listen.certificate is None else str(listen.certificate),
        ssl_keyfile=None if listen.private_key is None else str(listen.private_key),
    )
    uvicorn.Server(config).run(None if listening is None else [listening])
