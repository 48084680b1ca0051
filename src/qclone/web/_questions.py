"""What the page asks, and how what it says is read: as strictly as a file or an option."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from qclone.errors import InvalidInputError
from qclone.web._rooms import Rooms

JSON = dict[str, Any]
Question = Callable[[Rooms, Any], JSON]
"""Rooms and what was said -> the answer. Raises QcloneError."""
MAX_LIST = 20_000
MAX_QUESTION_BYTES = 4 << 20
"""More than any question needs; only files are larger."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def read(raw: bytes) -> Any:
    """Return what was asked, from JSON; no text in it is half a character, which nothing could hold.

    >>> read(b'{"n": 4}'), read(b"")
    ({'n': 4}, {})
    """
    if len(raw) > MAX_QUESTION_BYTES:
        raise InvalidInputError("This question is too long.", f"At most {MAX_QUESTION_BYTES >> 20} MiB.")
    try:
        body = json.loads(raw.decode() or "{}", parse_constant=_no_constant)
        if _HALF.search(raw):
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise InvalidInputError("A question is a JSON object.", 'Such as {"n": 4}.') from None
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


class Said:
    """The body of a request: fields of known kinds, or InvalidInputError."""

    def __init__(self, body: Any) -> None:
        if not isinstance(body, dict):
            raise InvalidInputError("A question is a JSON object.", 'Such as {"n": 4}.')
        self.body = body

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; `default` if it is not there."""
        value = self.body.get(name, default)
        if not isinstance(value, str):
            raise _not(name, "a text")
        return value

    def maybe(self, name: str) -> str | None:
        """Return a text, or None if there is none or an empty one."""
        return self.text(name, "") or None if self.body.get(name) is not None else None

    def flag(self, name: str) -> bool:
        """Return a truth value; False if it is not there."""
        value = self.body.get(name, False)
        if not isinstance(value, bool):
            raise _not(name, "true or false")
        return value

    def whole(self, name: str, default: int | None = None, low: int = 0, high: int = 10**6) -> int:
        """Return a whole number within bounds."""
        value = self.body.get(name, default)
        if type(value) is not int or not low <= value <= high:
            raise _not(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Return a finite number, not negative."""
        value = self.body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise _not(name, "a number that is not negative")
        return float(value)

    def time(self, name: str) -> float:
        """Return seconds, or infinity where nothing is said."""
        return math.inf if self.body.get(name) is None else self.number(name)

    def values(self, name: str) -> dict[str, float]:
        """Return finite numbers by name; none if it is not there."""
        found = self.body.get(name, {})
        if (
            not isinstance(found, dict)
            or len(found) > MAX_LIST
            or not all(type(one) in (int, float) and math.isfinite(one) for one in found.values())
        ):
            raise _not(name, "an object of numbers by name")
        return {key: float(one) for key, one in found.items()}

    def texts(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        """Return a list of texts."""
        value = self.body.get(name, default)
        if (
            not isinstance(value, list | tuple)
            or len(value) > MAX_LIST
            or not all(isinstance(one, str) for one in value)
        ):
            raise _not(name, "a list of texts")
        return list(value)


def _not(name: str, kind: str) -> InvalidInputError:
    return InvalidInputError(f"{name} is not {kind}.", "Say it again otherwise.")


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold: None for infinity."""
    return None if value is None or not math.isfinite(value) else value
