"""What stands before every endpoint: tokens, sizes, budgets, metrics, one log line a request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qclone import __version__
from qclone.errors import InvalidInputError, QcloneError, StorageError
from qclone.service._budget import Budget, Limits
from qclone.service._endpoint import Endpoint
from qclone.service._probe import Probe
from qclone.service._tokens import Principal, Tokens
from qclone.service._wire import STATUS, TooLargeError, UnauthorizedError, status_of, to_document

LOG = logging.getLogger("qclone.service")
FORM = "See /openapi.json."
_OPEN = {"/healthz", "/readyz", "/metrics", "/openapi.json"}
_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
_CLIENT_HAS_LEFT = 499
"""As others log it; nobody sees this answer."""


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
        self._budget = Budget(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            async with asyncio.timeout(self._limits.answer_s):  # who does not read is not waited for
                await send(message)

        try:
            self._admit(scope)
            await self._app(scope, receive, watched)
        except QcloneError as error:
            await _answer(error)(scope, receive, watched)
        except (ClientDisconnect, TimeoutError):
            status = _CLIENT_HAS_LEFT
        finally:
            took = time.perf_counter() - started
            path = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._seconds.labels(path, method).observe(took)
            self._answers.labels(path, method, status).inc()
            LOG.info("request", extra={"path": path, "status": status, "seconds": round(took, 6)})

    def _admit(self, scope: Scope) -> None:
        # Not by `Request.url`: its path can be made to look like another by the header Host.
        if scope["path"] in _OPEN:
            return
        headers, state = Headers(scope=scope), scope.setdefault("state", {})
        principal = state["principal"] = _authenticate(headers, self._tokens)
        state["budget"], state["limits"] = self._budget, self._limits
        self._budget.request(principal)
        _check_size(scope["method"], headers, self._limits)


def guarded(title: str, tokens: Tokens, ready: Callable[[], object], limits: Limits | None = None) -> FastAPI:
    """Return an application in which every path but health and metrics needs a token.

    `request.state.principal` is whom the token speaks for. Errors are JSON as on the command line.

    Parameters
    ----------
    ready : raises if this part cannot serve now.
    """
    app = FastAPI(
        title=title,
        version=__version__,
        responses=_errors(),
        redirect_slashes=False,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
    )
    app.router.route_class = Endpoint
    metrics, probe = CollectorRegistry(), Probe(ready)
    ProcessCollector(registry=metrics)
    serves = Gauge("qclone_ready", "Whether this part can serve now: its storage answers", registry=metrics)
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
        return _answer(InvalidInputError(f"{where}: {first['msg']}.", FORM))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        said = {"error": {"code": "no_such_path", "message": str(error.detail), "remedy": FORM}}
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
    async def prometheus() -> Response:
        """Counters, latencies, the process and whether it can serve, in Prometheus's text format."""
        try:
            await probe.require()
        except Exception:
            serves.set(0)
        else:
            serves.set(1)
        return PlainTextResponse(await to_thread.run_sync(generate_latest, metrics))

    return app


def _authenticate(headers: Headers, tokens: Tokens) -> Principal:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError("A token is needed.", "Send it as: Authorization: Bearer TOKEN")
    return tokens.principal(token)


def _check_size(method: str, headers: Headers, limits: Limits) -> None:
    length = headers.get("content-length", "0")
    if method in ("POST", "PUT", "PATCH") and "transfer-encoding" in headers:
        raise TooLargeError("A body must say its length.", "Send Content-Length.")
    if not length.isascii() or not length.isdecimal() or len(length) > 15:
        raise InvalidInputError("Content-Length is not a number.")
    if int(length) > limits.body_bytes:
        raise TooLargeError(
            f"A body of {length} bytes is more than the {limits.body_bytes} this service takes.",
            "Store a smaller register.",
        )


def _answer(error: QcloneError) -> Response:
    status = status_of(error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 408: {"Connection": "close"}, 429: {"Retry-After": "1"}}
    if isinstance(error, StorageError):
        LOG.error(error.message)
    return JSONResponse(to_document(error), status, headers=headers.get(status))


def _errors() -> dict[int | str, dict[str, Any]]:
    body = {"application/json": {"schema": {"type": "object", "required": ["error"]}}}
    return {
        status: {"description": "See `error`.", "content": body} for status in sorted({*STATUS.values(), 405})
    }
