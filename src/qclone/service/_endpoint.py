"""How an endpoint is answered: its body read within bounds, then parsed, acted on and answered in a thread.

The event loop only waits; so `/healthz`, which it answers itself, comes at once whatever the threads do.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial, wraps
from threading import Lock
from typing import Any, get_type_hints

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from qclone.errors import InvalidInputError
from qclone.service._bodies import Body, parse
from qclone.service._budget import Budget
from qclone.service._tokens import Principal
from qclone.service._wire import TooLargeError, TooSlowError

LARGE_BYTES = 1 << 20
"""Bodies from here on are taken one at a time: parsers of JSON and circuits let no thread run meanwhile."""
_THIS_CALL: ContextVar[str] = ContextVar("this_call", default="")
_LARGE = Lock()


def this_call() -> str:
    """Return a digest of the call under way: who calls, what, and with which body."""
    return _THIS_CALL.get()


class Endpoint(APIRoute):
    """A path that is answered by a function in a thread, in its token's turn.

    Attributes
    ----------
    plain : the same function as a caller in this process would use it, for what has no sockets.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.plain = _responding(endpoint)
        if not inspect.iscoroutinefunction(endpoint):
            kind = get_type_hints(endpoint).get("body")
            if kind is not None:
                options["openapi_extra"] = _described(kind)
            endpoint = _in_a_thread(endpoint, self.plain, kind)
        super().__init__(path, endpoint, **{**options, "response_model": None})


def _in_a_thread(
    endpoint: Callable[..., Any], plain: Callable[..., Response], kind: type[Body] | None
) -> Callable[..., Awaitable[Response]]:
    signature = inspect.signature(endpoint, eval_str=True)
    parameters = {name: p for name, p in signature.parameters.items() if name != "body"}
    takes_request = "request" in parameters
    request_first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    rest = [p.replace(kind=p.KEYWORD_ONLY) for name, p in parameters.items() if name != "request"]

    async def answer(request: Request, **named: Any) -> Response:
        if takes_request:
            named["request"] = request
        budget, principal = getattr(request.state, "budget", None), getattr(request.state, "principal", None)
        if not isinstance(budget, Budget) or not isinstance(principal, Principal):
            return await to_thread.run_sync(partial(plain, **named), limiter=_open_to_all(request))
        async with budget.turn(principal, _announced(request)):
            raw = b"" if kind is None else await _body(request)
            if await _has_left(request):
                raise ClientDisconnect
            act = partial(_act, plain, kind, raw, _digest(principal, request, raw), named)
            response, processor_s = await to_thread.run_sync(act, limiter=_threads(request))
            budget.spent(principal, processor_s)
            if isinstance(response, BaseException):
                raise response
            return response

    answer.__name__, answer.__doc__ = endpoint.__name__, endpoint.__doc__
    answer.__signature__ = inspect.Signature([request_first, *rest])  # type: ignore[attr-defined]
    return answer


def _act(
    plain: Callable[..., Response], kind: type[Body] | None, raw: bytes, call: str, named: dict[str, Any]
) -> tuple[Response | Exception, float]:
    """In a thread: parse, act, answer; and say how much of the processor that took, also if it failed."""
    started, token = time.thread_time(), _THIS_CALL.set(call)
    large = kind is not None and len(raw) > LARGE_BYTES
    answer: Response | Exception
    try:
        if large:
            _LARGE.acquire()
        try:
            if kind is not None:
                named = named | {"body": parse(kind, raw)}
                del raw
            answer = plain(**named)
        finally:
            if large:
                _LARGE.release()
    except Exception as error:
        answer = error
    _THIS_CALL.reset(token)
    return answer, time.thread_time() - started


def _responding(endpoint: Callable[..., Any]) -> Callable[..., Response]:
    """FastAPI would validate what is returned; but it was not a stranger who made it."""

    @wraps(endpoint)
    def answer(*args: Any, **named: Any) -> Response:
        returned = endpoint(*args, **named)
        return returned if isinstance(returned, Response) else JSONResponse(returned)

    return answer


async def _body(request: Request) -> bytes:
    limits = request.state.limits
    said = request.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
    if said not in ("application/json", "application/json;charset=utf-8"):
        raise InvalidInputError("The body is not application/json.", "Send JSON in UTF-8.")
    chunks, size = [], 0
    try:
        async with asyncio.timeout(limits.body_s):
            async for chunk in request.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > limits.body_bytes:
                    raise TooLargeError("The body is larger than it said.", "Say how long it is.")
    except TimeoutError:
        raise TooSlowError("The body did not arrive in time.", "Send it without a pause.") from None
    return b"".join(chunks)


async def _has_left(request: Request) -> bool:
    """Whether the caller is gone: what nobody waits for any more does not take effect.

    A part that was frozen finds the call and its caller's good-bye at once; a turn of the loop lets it see
    both.
    """
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return request.method != "GET" and await request.is_disconnected()


def _announced(request: Request) -> int:
    return int(request.headers.get("content-length", "0"))


def _digest(principal: Principal, request: Request, raw: bytes) -> str:
    what = f"{principal.kind} {principal.name} {request.method} {request.scope['path']}\n".encode()
    return hashlib.sha256(what + raw).hexdigest()


def _threads(request: Request) -> CapacityLimiter:
    return _limiter(request, "threads", request.state.limits.all_calls)


def _open_to_all(request: Request) -> CapacityLimiter:
    """What needs no token shares few threads, so that it takes none from those who have one."""
    return _limiter(request, "open_threads", 2)


def _limiter(request: Request, name: str, threads: int) -> CapacityLimiter:
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, CapacityLimiter(threads))
    limiter: CapacityLimiter = getattr(state, name)
    return limiter


def _described(kind: type[Body]) -> dict[str, Any]:
    """FastAPI does not see the body; this is how it is described all the same."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": kind.model_json_schema()}},
        }
    }
