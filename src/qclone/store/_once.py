"""Calls that may arrive twice take effect once: a key is written down with the effect, or neither is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from qclone.errors import QcloneError

CALLS_REMEMBERED = 1_000_000
"""A repeated call comes within minutes of the first. Counted in calls, for the clock on the wall can jump."""


class AlreadyDone(Exception):
    """The call with this idempotency key has taken effect before."""


class KeyReusedError(QcloneError):
    """An idempotency key came with another call than the first time."""

    code = "key_reused"


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way.

    Parameters
    ----------
    key : what its caller named it by. what : a digest of who calls, what and with which body.
    """

    key: str
    what: str = ""

    def check_repeats(self, first: str) -> None:
        """Say that it took effect before, as the call `first`.

        Raises
        ------
        AlreadyDone : it is the same call. KeyReusedError : it is another one, and had no effect.
        """
        if first == self.what:
            raise AlreadyDone(self.key)
        raise KeyReusedError(
            "This Idempotency-Key came with another call before; nothing was changed.",
            "Give every call a key of its own.",
        )


_CALL: ContextVar[Call | None] = ContextVar("call", default=None)


@contextmanager
def once(key: str | None, what: str = "") -> Iterator[None]:
    """Let the transactions of the block take effect only if no call with this key did before.

    Raises
    ------
    AlreadyDone, KeyReusedError : from the transaction, which then changes nothing.
    """
    token = _CALL.set(None if key is None else Call(key, what))
    try:
        yield
    finally:
        _CALL.reset(token)


def current_call() -> Call | None:
    """Return the call under way, if it has a key."""
    return _CALL.get()
