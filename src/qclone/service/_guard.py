"""What stands before every endpoint: tokens, sizes, rates, metrics, one log line a request."""

from __future__ import annotations

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qclone import __version__
from qclone.errors import InvalidInputError, QcloneError, StorageError
from qclone.service._probe import Probe
from qclone.service._tokens import Principal, Tokens
from qclone.service._wire import (
    STATUS,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    status_of,
    to_document,
)

LOG = logging.getLogger("qclone.service")
_OPEN = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"}
_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request and one token may ask for.

    Parameters
    ----------
    body_bytes : size of a body. requests_per_s, burst : a token's rate, and how many at once.
    """

    body_bytes: int = 32 << 20
    requests_per_s: float = 5000.0
    burst: float = 10_000.0


@dataclass
class _Bucket:
    """Tokens that refill with time: the usual rate limit."""

    level: float
    at: float = field(default_factory=time.monotonic)

    def take(self, limits: Limits) -> bool:
        now = time.monotonic()
        self.level = min(limits.burst, self.level + (now - self.at) * limits.requests_per_s)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class _Guard:
    """Lets a request through to the application, or answers it; then counts it and logs a line.

    Plain ASGI, for every request passes here: Starlette's `BaseHTTPMiddleware` costs more than the rest.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, limits: Limits, metrics: CollectorRegistry) -> None:
        self._app, self._tokens, self._limits = app, tokens, limits
        self._seconds = Histogram(
            "qclone_request_seconds", "Time to answer", ["path", "method"], registry=metrics
        )
        self._answers = Counter("qclone_requests", "Answers", ["path", "method", "status"], registry=metrics)
        self._buckets: dict[Principal, _Bucket] = defaultdict(lambda: _Bucket(limits.burst))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._admit(Request(scope))
            await self._app(scope, receive, watched)
        except QcloneError as error:
            await _answer(error)(scope, receive, watched)
        finally:
            took = time.perf_counter() - started
            path = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._seconds.labels(path, method).observe(took)
            self._answers.labels(path, method, status).inc()
            LOG.info("request", extra={"path": path, "status": status, "seconds": round(took, 6)})

    def _admit(self, request: Request) -> None:
        if request.url.path in _OPEN:
            return
        principal = request.state.principal = _authenticate(request, self._tokens)
        if not self._buckets[principal].take(self._limits):
            raise TooManyRequestsError("Too many requests.", "Wait a moment and try again.")
        _check_size(request, self._limits)


def guarded(title: str, tokens: Tokens, ready: Callable[[], object], limits: Limits | None = None) -> FastAPI:
    """Return an application in which every path but health and metrics needs a token.

    `request.state.principal` is whom the token speaks for. Errors are JSON as on the command line.

    Parameters
    ----------
    ready : raises if this part cannot serve now.
    """
    app = FastAPI(title=title, version=__version__, responses=_errors(), redirect_slashes=False)
    app.router.route_class = _Route
    metrics, probe = CollectorRegistry(), Probe(ready)
    app.add_middleware(_Guard, tokens=tokens, limits=limits or Limits(), metrics=metrics)

    @app.exception_handler(QcloneError)
    async def failed(_: Request, error: QcloneError) -> Response:
        return _answer(error)

    @app.exception_handler(Exception)
    async def broken(_: Request, __: Exception) -> Response:
        return _answer(QcloneError("qclone met an error of its own.", "The log of this part says where."))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _answer(InvalidInputError(f"{where}: {first['msg']}.", "See /docs for what this takes."))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        said = {"error": {"code": "no_such_path", "message": str(error.detail), "remedy": "See /docs."}}
        return JSONResponse(said, error.status_code, headers=error.headers)

    @app.get("/healthz", tags=["health"], responses={401: {}, 403: {}})
    async def health() -> Response:
        """The process is alive."""
        return JSONResponse({"status": "ok", "version": __version__})

    @app.get("/readyz", tags=["health"])
    async def readiness() -> Response:
        """The process can serve: its storage answers."""
        await probe.require()
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", tags=["health"], response_class=PlainTextResponse)
    def prometheus() -> Response:
        """Counters and latencies, in Prometheus's text format."""
        return PlainTextResponse(generate_latest(metrics))

    return app


class _Route(APIRoute):
    """Sends what an endpoint returns as JSON, made in the endpoint's own thread.

    FastAPI would validate it as well, in a thread of its own; but it was not a stranger who made it.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        @wraps(endpoint)
        def answer(*args: Any, **named: Any) -> Response:
            returned = endpoint(*args, **named)
            return returned if isinstance(returned, Response) else JSONResponse(returned)

        # What is asynchronous waits for no thread.
        made = endpoint if iscoroutinefunction(endpoint) else answer
        super().__init__(path, made, **{**options, "response_model": None})


def _authenticate(request: Request, tokens: Tokens) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError("A token is needed.", "Send it as: Authorization: Bearer TOKEN")
    return tokens.principal(token)


def _check_size(request: Request, limits: Limits) -> None:
    length = request.headers.get("content-length", "0")
    if request.method in ("POST", "PUT", "PATCH") and "transfer-encoding" in request.headers:
        raise TooLargeError("A body must say its length.", "Send Content-Length.")
    if not length.isascii() or not length.isdecimal():
        raise InvalidInputError("Content-Length is not a number.")
    if int(length) > limits.body_bytes:
        raise TooLargeError(
            f"A body of {length} bytes is more than the {limits.body_bytes} this service takes.",
            "Store a smaller register.",
        )


def _answer(error: QcloneError) -> Response:
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, StorageError):
        LOG.error(error.message)
    return JSONResponse(to_document(error), status, headers=headers)


def _errors() -> dict[int | str, dict[str, Any]]:
    body = {"application/json": {"schema": {"type": "object", "required": ["error"]}}}
    return {
        status: {"description": "See `error`.", "content": body} for status in sorted({*STATUS.values(), 405})
    }


class JsonLines(logging.Formatter):
    """One JSON document a line; never a header, a body or a token."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= {
            name: getattr(record, name) for name in ("path", "status", "seconds") if hasattr(record, name)
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)
