"""What each token may take of a part: calls a second, bytes and calls at once, its share of the processor."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from qclone.service._tokens import Principal
from qclone.service._wire import TooManyRequestsError

HALF_FORGOTTEN_S = 10.0
"""Processor time counts half after so long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request, one token, and all of them together may ask of a part.

    Parameters
    ----------
    body_bytes : size of a body. body_s, answer_s : how long it and the answer to it may be on the way.
    requests_per_s, burst : a token's rate, and how many at once.
    calls, bytes : a token's calls that run at once; its bodies that are held at once.
    all_calls, all_bytes : those of all tokens.
    waiting, wait_s : a token's calls that wait for their turn, and how long.
    """

    body_bytes: int = 32 << 20
    body_s: float = 30.0
    answer_s: float = 60.0
    requests_per_s: float = 5000.0
    burst: float = 10_000.0
    calls: int = 12
    bytes: int = 64 << 20
    all_calls: int = 16
    all_bytes: int = 96 << 20
    waiting: int = 1000
    wait_s: float = 25.0


@dataclass
class _Account:
    """What one token takes.

    Parameters
    ----------
    level : requests it may still send now; refills with time, the usual rate limit.
    used_s : processor time it had, of which half is forgotten every `HALF_FORGOTTEN_S`.
    calls, bytes : of it, running and held now. queue : those that wait for their turn.
    """

    level: float
    at: float = field(default_factory=time.monotonic)
    used_s: float = 0.0
    used_at: float = 0.0
    calls: int = 0
    bytes: int = 0
    queue: deque[tuple[asyncio.Future[None], int]] = field(default_factory=deque)

    def share(self, now: float) -> float:
        self.used_s *= 0.5 ** ((now - self.used_at) / HALF_FORGOTTEN_S)
        self.used_at = now
        return self.used_s


class Budget:
    """Who may have what of one part. Where several wait, the turn is theirs who had least of the processor.

    All of it happens in the event loop of the part: nothing here needs a lock.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._accounts: dict[Principal, _Account] = {}
        self._waiting: dict[Principal, _Account] = {}
        self._calls = 0
        self._bytes = 0

    def request(self, principal: Principal) -> None:
        """Count a request. Raises TooManyRequestsError if they come faster than they may."""
        account, now = self._account(principal), time.monotonic()
        account.level = min(
            self._limits.burst, account.level + (now - account.at) * self._limits.requests_per_s
        )
        account.at = now
        if account.level < 1:
            raise TooManyRequestsError("Too many requests.", "Wait a moment and try again.")
        account.level -= 1

    def spent(self, principal: Principal, processor_s: float) -> None:
        """Count processor time."""
        account = self._account(principal)
        account.share(time.monotonic())
        account.used_s += processor_s

    @asynccontextmanager
    async def turn(self, principal: Principal, size: int) -> AsyncIterator[None]:
        """Wait until a call with a body of this size may run.

        Raises
        ------
        TooManyRequestsError : its turn does not come in time, or too many wait before it.
        """
        account = self._account(principal)
        if len(account.queue) >= self._limits.waiting:
            raise TooManyRequestsError("Too many requests wait here.", "Wait a moment and try again.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        account.queue.append((turn, size))
        self._waiting[principal] = account
        self._give_turns()
        try:
            if not turn.done():
                await asyncio.wait([turn], timeout=self._limits.wait_s)
            if not turn.done():
                raise TooManyRequestsError("This part is busy.", "Wait a moment and try again.")
            yield
        finally:
            if turn.done():
                self._take(account, -1, -size)
                self._give_turns()
            else:
                account.queue.remove((turn, size))

    def _account(self, principal: Principal) -> _Account:
        if principal not in self._accounts:
            self._accounts[principal] = _Account(self._limits.burst)
        return self._accounts[principal]

    def _take(self, account: _Account, calls: int, size: int) -> None:
        account.calls += calls
        account.bytes += size
        self._calls += calls
        self._bytes += size

    def _give_turns(self) -> None:
        now = time.monotonic()
        while self._calls < self._limits.all_calls:
            self._waiting = {who: account for who, account in self._waiting.items() if account.queue}
            ready = [account for account in self._waiting.values() if self._fits(account)]
            if not ready:
                return
            account = min(ready, key=lambda account: account.share(now))
            turn, size = account.queue.popleft()
            self._take(account, 1, size)
            turn.set_result(None)

    def _fits(self, account: _Account) -> bool:
        size = account.queue[0][1]
        if account.calls >= self._limits.calls:
            return False
        # One body always fits, however large it may be.
        own = account.bytes == 0 or account.bytes + size <= self._limits.bytes
        return own and (self._bytes == 0 or self._bytes + size <= self._limits.all_bytes)
