"""The cloud over HTTP: fabric, ledger and servers as processes, and the same client."""

from qclone.errors import MissingPackageError

try:
    import fastapi  # one place for the extra: the files behind import these freely
    import httpx
    import prometheus_client
    import psycopg
    import uvicorn
except ImportError as error:
    raise MissingPackageError(str(error.name), "service") from None

from qclone.service._budget import Limits
from qclone.service._cloud import Addresses, RemoteCloud, as_tenant
from qclone.service._link import Link
from qclone.service._parts import fabric_app, ledger_app, server_app
from qclone.service._postgres import PostgresLedger
from qclone.service._postgres_fabric import PostgresFabric
from qclone.service._remote import HttpFabric, HttpLedger, HttpServer
from qclone.service._serve import (
    SITE_TOKEN,
    Listen,
    fabric_part,
    ledger_part,
    serve,
    serve_by,
    server_config,
    server_part,
    tokens_of,
)
from qclone.service._supervisor import PartStatus, down, status, supervise, supervisor_of, up
from qclone.service._tokens import Kind, Principal, Tokens
from qclone.service._wire import (
    ForbiddenError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
    status_of,
    to_document,
)

__all__ = [
    "SITE_TOKEN",
    "Addresses",
    "ForbiddenError",
    "HttpFabric",
    "HttpLedger",
    "HttpServer",
    "Kind",
    "Limits",
    "Link",
    "Listen",
    "PartStatus",
    "PostgresFabric",
    "PostgresLedger",
    "Principal",
    "RemoteCloud",
    "Tokens",
    "TooLargeError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnreachableError",
    "as_tenant",
    "down",
    "fabric_app",
    "fabric_part",
    "ledger_app",
    "ledger_part",
    "serve",
    "serve_by",
    "server_app",
    "server_config",
    "server_part",
    "status",
    "status_of",
    "supervise",
    "supervisor_of",
    "to_document",
    "tokens_of",
    "up",
]

del fastapi, httpx, prometheus_client, psycopg, uvicorn
