"""Whether a part can serve, asked without being held up by what it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread

from qclone.service._wire import UnreachableError

ANSWERS_WITHIN_S = 2.0


class Probe:
    """Asks one question at a time, in a thread of its own, however many want to know.

    Parameters
    ----------
    ready : raises if the part cannot serve now; it may hang.
    within_s : how long to wait for it.
    """

    def __init__(self, ready: Callable[[], object], within_s: float = ANSWERS_WITHIN_S) -> None:
        self._ready = ready
        self._within_s = within_s
        self._asking = Lock()
        self._answer: Future[object] | None = None

    async def require(self) -> None:
        """Raise what the part cannot serve for; UnreachableError if it does not say so in time."""
        with self._asking:
            if self._answer is None or self._answer.done():
                self._answer = Future()
                # Not one of a pool: a process that ends does not wait for an answer.
                Thread(target=self._ask, args=(self._answer,), daemon=True).start()
            answer = asyncio.wrap_future(self._answer)
        try:
            await asyncio.wait_for(asyncio.shield(answer), self._within_s)
        except TimeoutError:
            raise UnreachableError(
                f"What this part needs has not answered within {self._within_s:g} s.",
                "See whether its storage, or the part behind it, runs.",
            ) from None

    def _ask(self, answer: Future[object]) -> None:
        try:
            answer.set_result(self._ready())
        except BaseException as error:
            answer.set_exception(error)
