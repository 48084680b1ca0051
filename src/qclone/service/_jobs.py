"""Work that takes longer than a request should: whoever asks again learns how it went."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillAtWork
from threading import Lock
from typing import Any

PATIENCE_S = 0.5
WORKERS = 2
REMEMBERED = 1000
"""Pieces of work that nobody has asked about again."""


class Jobs:
    """Runs pieces of work beside the requests, each once at a time.

    Parameters
    ----------
    patience_s : how long a request waits for an answer; None does the work in the request itself.
    """

    def __init__(self, patience_s: float | None = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="work")
        self._under_way: OrderedDict[tuple[str, ...], Future[Any]] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: tuple[str, ...], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what the work returns, or {"working": True} for who asks too early; raises what it raises.

        Parameters
        ----------
        key : the same for the same work, which can be done again without harm.
        """
        if self._patience_s is None:
            return work()
        with self._lock:
            future = self._under_way.get(key)
            if future is None:
                future = self._under_way[key] = self._pool.submit(work)
                self._make_room()
        try:
            done: dict[str, Any] = future.result(self._patience_s)
        except StillAtWork:
            if not future.done():
                return {"working": True}
            raise
        finally:
            if future.done():
                with self._lock:
                    if self._under_way.get(key) is future:
                        del self._under_way[key]
        return done

    def _make_room(self) -> None:
        for key in [key for key, future in self._under_way.items() if future.done()]:
            if len(self._under_way) <= REMEMBERED:
                break
            del self._under_way[key]
