"""Calls that may arrive twice take effect once: a key is written down with the effect, or neither is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_KEY: ContextVar[str | None] = ContextVar("idempotency_key", default=None)

CALLS_REMEMBERED = 1_000_000
"""A repeated call comes within minutes of the first. Counted in calls, for the clock on the wall can jump."""


class AlreadyDone(Exception):
    """The call with this idempotency key has taken effect before."""


@contextmanager
def once(key: str | None) -> Iterator[None]:
    """Let the transactions of the block take effect only if no call with this key did before.

    Raises
    ------
    AlreadyDone : from the transaction, which then changes nothing.
    """
    token = _KEY.set(key)
    try:
        yield
    finally:
        _KEY.reset(token)


def current_key() -> str | None:
    """Return the idempotency key of the call under way, if it has one."""
    return _KEY.get()
