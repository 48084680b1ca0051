"""Arithmetic as OpenQASM writes it: tokens evaluated from left to right, with names standing for numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "exp": math.exp,
    "ln": math.log,
    "sqrt": math.sqrt,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
}
MAX_INTEGER_BITS = 4096
_TOKEN = re.compile(r"\s*+((?:\d++\.?+\d*+|\.\d++)(?:[eE][+-]?+\d++)?+|[^\W\d]\w*+|\*\*|[-+*/^(),])")
_NUMBER = re.compile(r"[\d.]")
_PLAIN_NUMBER = re.compile(r"\s*+[-+]?+(?:\d++\.?+\d*+|\.\d++)(?:[eE][+-]?+\d++)?+\s*+", re.A)


# Beyond 2^53 neighbouring numbers of double precision are over a radian apart.
MAX_ANGLE = float(1 << 53)


UNREAD = (
    "OpenQASM 3 may allow it, and qclone does not read it; write out the gates and numbers that are meant."
)
"""The remedy where a file may well be valid."""
_FINITE = "Write a finite number."


class ExpressionError(Exception):
    """An expression has no value; the text says why, and the remedy what to write unless it is invalid."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy


def tokens_of(text: str) -> list[str]:
    """Return the tokens of an expression, or of several with commas between them.

    >>> tokens_of("-3*pi/8, x")
    ['-', '3', '*', 'pi', '/', '8', ',', 'x']
    """
    found, place = [], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            if rest := text[place:].strip():
                raise ExpressionError(f"unexpected {rest[0]!r}")
            break
        found.append(token[1])
        place = token.end()
    return found


def divided(a: Any, b: Any, inexact: bool = False) -> Any:
    """Return a / b; of integers it is an integer.

    Parameters
    ----------
    inexact : leave the remainder out, as counting wants it; an angle is refused instead, for what is meant
        by ``rx(1/2)`` every tool decides for itself.
    """
    if isinstance(a, int) and isinstance(b, int):
        quotient, remainder = divmod(a, b)
        if remainder and not inexact:
            raise ExpressionError(
                f"{a}/{b} divides integers, which leaves no fraction",
                f"If the fraction is meant, write {a}.0/{b} or {a}/{b}.0.",
            )
        return quotient + (remainder != 0 and quotient < 0)
    return a / b


def too_large() -> ExpressionError:
    return ExpressionError(
        "an integer is too large", f"Integers of up to {MAX_INTEGER_BITS:,} bits are read."
    )


def raised(a: Any, b: Any) -> Any:
    """Return a to the power b, if it is a number that can be written down."""
    if isinstance(a, int) and isinstance(b, int) and b >= 0 and a.bit_length() * b > MAX_INTEGER_BITS:
        raise too_large()
    return float(a) ** b if isinstance(b, int) and b < 0 else a**b


def values_of(text: str, integers: bool = False) -> tuple[float, ...]:
    """Return the values of expressions without names, see `evaluate`; a single number is read at once.

    >>> values_of("0.25"), values_of("pi, 2^2")
    ((0.25,), (3.141592653589793, 4.0))
    """
    if _PLAIN_NUMBER.fullmatch(text):
        return (finite(float(text)),)
    return evaluate(tokens_of(text), {}, integers)


def evaluate(tokens: Sequence[str], names: Mapping[str, float], integers: bool = False) -> tuple[float, ...]:
    """Return the values of expressions in real numbers; ``^`` is the power.

    Parameters
    ----------
    integers : numbers without a point are integers, as in OpenQASM 3, and ``**`` is the power.

    Raises
    ------
    ExpressionError : not an expression, an unknown name, or a value that is not a finite number.

    Example
    -------
    >>> evaluate(tokens_of("2^3^2, -x/2"), {"x": 3.0})
    (512.0, -1.5)
    """
    reader = _Reader(tokens, names, integers)
    try:
        values = [reader.sum()]
        while reader.take(","):
            if reader.place == len(tokens):
                break
            values.append(reader.sum())
    except ZeroDivisionError:
        raise ExpressionError("a division by zero", _FINITE) from None
    except (OverflowError, ValueError, TypeError):
        raise ExpressionError("a parameter has no value as a real number", _FINITE) from None
    except RecursionError:
        raise ExpressionError("nested too deeply", "Write it with fewer brackets.") from None
    if reader.place < len(tokens):
        raise ExpressionError(f"unexpected {tokens[reader.place]!r}")
    return tuple(finite(v) for v in values)


def finite(value: Any) -> float:
    """Return a value as a real number."""
    if not isinstance(value, int | float):
        raise ExpressionError("a parameter has no value as a real number", _FINITE)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ExpressionError("a parameter is not finite", _FINITE)
    if abs(number) > MAX_ANGLE:
        raise ExpressionError(
            f"a parameter of {number:g} is beyond 2^53, where double precision tells no angle from another",
            "Write the angle between 0 and 2 pi.",
        )
    return number


class _Reader:
    def __init__(self, tokens: Sequence[str], names: Mapping[str, float], integers: bool) -> None:
        self.tokens = tokens
        self.names = names
        self.integers = integers
        self.power = "**" if integers else "^"
        self.place = 0

    def take(self, *choices: str) -> str | None:
        if self.place < len(self.tokens) and self.tokens[self.place] in choices:
            self.place += 1
            return self.tokens[self.place - 1]
        return None

    def sum(self) -> float:
        value = self.product()
        while sign := self.take("+", "-"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self) -> float:
        value = self.signed()
        while sign := self.take("*", "/"):
            value = value * self.signed() if sign == "*" else divided(value, self.signed())
        return value

    def signed(self) -> float:
        if sign := self.take("-", "+"):
            return -self.signed() if sign == "-" else self.signed()
        value = self.atom()
        return raised(value, self.signed()) if self.take(self.power) else value

    def atom(self) -> float:
        if self.take("("):
            value = self.sum()
            self._expect(")")
            return value
        if self.place == len(self.tokens):
            raise ExpressionError("an expression ends too early")
        token = self.tokens[self.place]
        self.place += 1
        if _NUMBER.match(token):
            if self.integers and token.isdecimal():
                return int(token)
            return float(token)
        if token in self.names:
            return self.names[token]
        if token == "pi":
            return math.pi
        if token in FUNCTIONS:
            self._expect("(")
            value = self.sum()
            self._expect(")")
            return FUNCTIONS[token](value)
        if token.isidentifier():
            raise ExpressionError(f"{token!r} is not defined")
        raise ExpressionError(f"unexpected {token!r}")

    def _expect(self, token: str) -> None:
        if not self.take(token):
            raise ExpressionError(f"{token!r} is missing")
