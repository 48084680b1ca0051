"""Connections: how many are open, and how long one may keep a part waiting for what it began to say."""

from __future__ import annotations

import asyncio
import ssl
import time
from asyncio.sslproto import SSLProtocol
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN_S = 10
"""For a TLS handshake, and for a request's head from its first byte (the first one: from the connection)."""
BODY_WITHIN_S = 40.0
"""For a body, whether it is read or was refused; what is read has less time, and is answered."""
SPARE_DESCRIPTORS = 64
"""For files and for connections to other parts."""
AT_MOST = 10_000


def protocol(context: ssl.SSLContext | None) -> Any:
    """Return what uvicorn makes for every connection (`Config(http=...)`), over TLS if a context is given."""
    return partial(_Entrance, WeakKeyDictionary(), context)


@cache
def _most_connections() -> int:
    try:
        import resource
    except ImportError:  # a platform without that limit
        return 500
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_MOST if limit == resource.RLIM_INFINITY else max(16, min(AT_MOST, limit - SPARE_DESCRIPTORS))


class _Patient(H11Protocol):
    """uvicorn's HTTP/1.1 with an end to its patience."""

    opened_at = 0.0
    _limit: asyncio.TimerHandle | None = None
    _waits_for: tuple[str, int] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for(("head", 0), HEAD_WITHIN_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        number = 0 if self.cycle is None else id(self.cycle)
        if self.conn.their_state is h11.SEND_BODY:
            self._wait_for(("body", number), BODY_WITHIN_S)
        elif self.conn.their_state is h11.IDLE and self.is_idle and self.conn.trailing_data[0]:
            self._wait_for(("head", number), HEAD_WITHIN_S)
        else:
            self._wait_for(None)

    def _wait_for(self, what: tuple[str, int] | None, seconds: float = 0.0) -> None:
        if what == self._waits_for:
            return
        if self._limit is not None:
            self._limit.cancel()
        self._waits_for = what
        self._limit = None if what is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


class _Entrance(asyncio.Protocol):
    """Makes room for a connection if there are too many, then hands it to HTTP, or to TLS before that.

    The connection that goes is the oldest of those that are not being answered: a flood of connections
    that say nothing displaces itself.
    """

    def __init__(
        self,
        open_: WeakKeyDictionary[asyncio.Transport, _Patient],
        context: ssl.SSLContext | None,
        **made_with: Any,
    ) -> None:
        self._open, self._context = open_, context
        self._loop = asyncio.get_running_loop()
        self._http = _Patient(**made_with)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._http.opened_at = time.monotonic()
        self._open[transport] = self._http
        self._make_room()
        if transport.is_closing():
            return
        inner: asyncio.Protocol = self._http
        if self._context is not None:
            inner = SSLProtocol(  # type: ignore[assignment]
                self._loop,
                self._http,
                self._context,
                self._loop.create_future(),
                server_side=True,
                ssl_handshake_timeout=HEAD_WITHIN_S,
                ssl_shutdown_timeout=1,  # a part that stops does not wait for those who are silent
            )
        transport.set_protocol(inner)
        inner.connection_made(transport)

    def _make_room(self) -> None:
        if len(self._open) <= _most_connections():
            return
        for closed in [transport for transport in self._open if transport.is_closing()]:
            del self._open[closed]
        if len(self._open) <= _most_connections():
            return
        idle = [(http.opened_at, id(t), t) for t, http in self._open.items() if http.is_idle]
        oldest = min(idle)[2] if idle else max(self._open, key=lambda t: self._open[t].opened_at)
        del self._open[oldest]
        oldest.abort()
