"""The page as an application: its files, what it may ask for, and the events that tell it of changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from threading import Thread
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from qclone.errors import QcloneError
from qclone.service import status_of, to_document
from qclone.web import _cloud_room, _lattice_room, _programs, _results_room, _secrets_room
from qclone.web._gate import Gate, guarded
from qclone.web._questions import Question, read
from qclone.web._rooms import LOOK_EVERY_S, Rooms
from qclone.web._static import static

PREFIX = "/api"
ALIVE_EVERY = 60
"""Looks without news after which the page is told that somebody is there."""
Aside = Callable[[Callable[[], Response]], Awaitable[Response]]
OF_THE_CLOUD: dict[str, Question] = {**_cloud_room.QUESTIONS, **_programs.QUESTIONS}
OF_NUMBERS: dict[str, Question] = {
    **_secrets_room.QUESTIONS,
    **_lattice_room.QUESTIONS,
    **_results_room.QUESTIONS,
}
QUESTIONS: dict[str, Question] = {**OF_THE_CLOUD, **OF_NUMBERS}
"""Path below the prefix -> what answers it."""
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
}


def app(rooms: Rooms, gate: Gate) -> ASGIApp:
    """Return the page of some rooms behind a gate."""
    routes = [Route(path, _file(*what)) for path, what in FILES.items()]
    routes += [
        Route(
            f"{PREFIX}/{path}",
            # What is done to a cloud is waited for when the page ends; a number is not.
            _asked(rooms, question, _forsaken if path in OF_NUMBERS else run_in_threadpool),
            methods=["POST"],
        )
        for path, question in QUESTIONS.items()
    ]
    routes += [
        Route(f"{PREFIX}/cloud/drop", _dropped(rooms, _cloud_room.drop), methods=["POST"]),
        Route(f"{PREFIX}/cloud/run", _dropped(rooms, _programs.run), methods=["POST"]),
        Route(f"{PREFIX}/events", _events(rooms)),
    ]
    return guarded(Starlette(routes=routes), gate)


def _file(name: str, kind: str) -> Callable[[Request], Any]:
    content = static(name)

    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind)

    return answer


def _asked(rooms: Rooms, question: Question, aside: Aside) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        raw = await request.body()
        return await aside(lambda: _answered(lambda: question(rooms, read(raw))))

    return answer


async def _forsaken(answer: Callable[[], Response]) -> Response:
    """Answer in a thread that nobody waits for at the end: what is computed there changes nothing."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[Response] = loop.create_future()

    def tell(response: Response) -> None:
        if not told.done():
            told.set_result(response)

    def work() -> None:
        response = answer()
        with suppress(RuntimeError):  # the page was ended meanwhile
            loop.call_soon_threadsafe(tell, response)

    Thread(target=work, daemon=True).start()
    return await told


def _dropped(
    rooms: Rooms, take: Callable[[Rooms, bytes, Mapping[str, str]], dict[str, Any]]
) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        content, said = await request.body(), dict(request.query_params)
        return await run_in_threadpool(_answered, lambda: take(rooms, content, said))

    return answer


class Answer(JSONResponse):
    """JSON in ASCII: names of files need not be text, and are told all the same."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def _answered(answer: Callable[[], dict[str, Any]]) -> Response:
    try:
        return Answer(answer())
    except QcloneError as error:
        return Answer(to_document(error), status_of(error))
    except (OSError, MemoryError) as error:
        failed = QcloneError(f"The machine failed: {error}.")
        return Answer(to_document(failed), 500)
    except Exception as error:  # its own fault is said as on the command line, not in a trace
        bug = QcloneError(
            f"qclone met an error of its own: {type(error).__name__}: {error}.", "Please report it."
        )
        return Answer(to_document(bug), 500)


def _events(rooms: Rooms) -> Callable[[Request], Any]:
    async def told(request: Request) -> AsyncIterator[str]:
        seen, quiet = "", 0
        while not await request.is_disconnected():
            now = await run_in_threadpool(rooms.revision)
            if now != seen:
                yield f"data: {json.dumps({'revision': now})}\n\n"
            elif quiet % ALIVE_EVERY == ALIVE_EVERY - 1:
                yield ": nothing new\n\n"
            seen, quiet = now, quiet + 1
            await asyncio.sleep(LOOK_EVERY_S)

    async def answer(request: Request) -> Response:
        return StreamingResponse(told(request), media_type="text/event-stream")

    return answer
