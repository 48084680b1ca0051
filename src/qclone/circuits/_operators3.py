"""Operators of OpenQASM 3 on values: integers of a width wrap around, angles are taken modulo 2 pi."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from qclone.circuits._expression import (
    MAX_INTEGER_BITS,
    UNREAD,
    ExpressionError,
    divided,
    raised,
    too_large,
)
from qclone.circuits._values3 import UNKNOWN, WIDTH, Angle, Bits, Whole, checked, plain_number

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_BITWISE: dict[str, Callable[[int, int], int]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


def remainder(a: Any, b: Any) -> Any:
    """Return what the division that rounds towards 0 leaves, as C has it.

    >>> remainder(-7, 3), remainder(7, -3)
    (-1, 1)
    """
    if isinstance(a, int) and isinstance(b, int):
        return a - b * divided(a, b, inexact=True)
    return math.fmod(a, b)


def unary(sign: str, value: Any) -> Any:
    """Return -a, !a or ~a."""
    if sign == "~" and isinstance(value, Bits):
        return Bits([None if v is None else 1 - v for v in value.values])
    value = plain_number(value)
    if value is UNKNOWN:
        return UNKNOWN
    if sign == "!":
        return not value
    if sign == "-":
        if isinstance(value, Angle):
            return value.like(-value)
        return value.like(-value) if isinstance(value, Whole) else -value
    if not isinstance(value, int):
        raise ExpressionError("'~' is for bits", UNREAD)
    if not isinstance(value, Whole):
        return ~value
    if value.width is None:
        raise ExpressionError("'~' of a uint that is declared without a width", WIDTH)
    return value.like(~value)


def binary(sign: str, a: Any, b: Any, exact: bool) -> Any:
    """Return what an operator makes of two values; `&&` and `||` are not among these.

    Parameters
    ----------
    exact : a division of integers leaves no fraction, or is refused.
    """
    if isinstance(a, Bits) and (sign in ("<<", ">>") or (sign in _BITWISE and isinstance(b, Bits))):
        return _of_bits(sign, a, b)
    a, b = plain_number(a), plain_number(b)
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    if sign in _COMPARE:
        return _COMPARE[sign](a, b)
    if isinstance(a, Angle) or isinstance(b, Angle):
        return _of_angles(sign, a, b)
    result = _plain(sign, a, b, exact)
    if isinstance(a, Whole) and isinstance(result, int):
        if sign in ("<<", ">>"):
            return a.like(result)
        # A number as it stands is of a type that holds it.
        return _wider(a, b).like(result) if isinstance(b, Whole) else result
    return result


def _plain(sign: str, a: Any, b: Any, exact: bool) -> Any:
    if sign in _BITWISE or sign in ("<<", ">>"):
        if not (isinstance(a, int) and isinstance(b, int)):
            raise ExpressionError(f"{sign!r} is for integers and bits", UNREAD)
        return _BITWISE[sign](a, b) if sign in _BITWISE else _shifted(sign, a, b)
    if sign == "%":
        return remainder(a, b)
    if sign == "/":
        return divided(a, b, inexact=not exact)
    if sign == "**":
        return checked(raised(a, b))
    return checked(a + b if sign == "+" else a - b if sign == "-" else a * b)


def _shifted(sign: str, a: int, b: int) -> int:
    if b < 0:
        raise ExpressionError("a shift by a negative number", UNREAD)
    if sign == ">>":
        return a >> b
    if b > MAX_INTEGER_BITS:
        raise too_large()
    return checked(a << b)


def _wider(a: Whole, b: Whole) -> Whole:
    return a if b.width is not None and (a.width is None or a.width >= b.width) else b


def _of_bits(sign: str, a: Bits, b: Any) -> Bits:
    size = len(a.values)
    if sign in _BITWISE:
        if len(b.values) != size:
            raise ExpressionError(f"{size} bits {sign} {len(b.values)} bits")
        pairs = zip(a.values, b.values, strict=True)
        return Bits([None if x is None or y is None else _BITWISE[sign](x, y) for x, y in pairs])
    places = plain_number(b)
    if not isinstance(places, int) or places < 0:
        raise ExpressionError(f"bits are shifted by an unsigned integer, which the right of {sign!r} is not")
    places = min(places, size)
    zeros: list[int | None] = [0] * places
    return Bits(zeros + a.values[: size - places] if sign == "<<" else a.values[places:] + zeros)


def rotated(value: Any, places: Any) -> Any:
    """Return bits, or a uint of a width, turned towards higher places."""
    if not isinstance(places, int):
        raise ExpressionError("bits are rotated by an integer")
    if isinstance(value, Bits):
        cut = -places % len(value.values)
        return Bits(value.values[cut:] + value.values[:cut])
    if isinstance(value, Whole) and value.width is not None:
        cut = places % value.width
        return value.like(value << cut | value >> (value.width - cut))
    raise ExpressionError("bits are rotated, or a uint with a width", WIDTH)


def _of_angles(sign: str, a: Any, b: Any) -> Any:
    if isinstance(a, Angle) and isinstance(b, Angle):
        if sign in ("+", "-"):
            if a.width != b.width:
                raise ExpressionError("two angles of different widths are added", "Cast one of them.")
            return a.like(a + b if sign == "+" else a - b)
        if sign == "/":
            if a.width is None or a.width != b.width:
                raise ExpressionError(
                    "two angles are divided that have no common width", "Declare both with one width."
                )
            return Whole.of(a.pattern // b.pattern, a.width)
    elif sign == "*" and (isinstance(a, int) or isinstance(b, int)):
        return (a if isinstance(a, Angle) else b).like(a * b)
    elif sign == "/" and isinstance(b, int):
        return a.like(a / b) if a.width is None else a.of_pattern(int(divided(a.pattern, b, inexact=True)))
    # What else is written of an angle takes its value between 0 and 2 pi.
    return _plain(
        sign, float(a) if isinstance(a, Angle) else a, float(b) if isinstance(b, Angle) else b, True
    )
