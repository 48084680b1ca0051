"""The classical values of OpenQASM 3, as far as they are known before anything is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from openqasm3 import ast

from qclone.circuits._expression import MAX_INTEGER_BITS, UNREAD, ExpressionError, too_large

MAX_LENGTH = 1_000_000
WIDTH = "Declare its width, such as uint[32]."


class Unknown:
    """A value that depends on the outcome of a measurement, or on time."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()
# Types whose values of a declared width can be taken bit by bit.
BITWISE = ast.IntType | ast.UintType | ast.AngleType


class Qubits(NamedTuple):
    """Qubits by number; `single` if it is one qubit and no register."""

    places: tuple[int, ...]
    single: bool = False


@dataclass
class Bits:
    """A bit register, bit 0 first; None where an outcome decides."""

    values: list[int | None]

    def number(self) -> int | Unknown:
        """The unsigned integer that the bits write, bit 0 the lowest."""
        if any(v is None for v in self.values):
            return UNKNOWN
        return sum(v << i for i, v in enumerate(self.values) if v)


@dataclass
class Variable:
    """A named value with its type; `const` if nothing can assign to it."""

    value: Any
    type: ast.ClassicalType | None
    const: bool = False


class Whole(int):
    """An unsigned integer; of a declared width it wraps around.

    >>> Whole.of(17, 4), Whole.of(17, 4).width
    (1, 4)
    """

    width: int | None

    @classmethod
    def of(cls, number: int, width: int | None) -> Whole:
        if width is None and number < 0:
            raise ExpressionError("a uint that is declared without a width falls below 0", WIDTH)
        made = cls(number if width is None else number % (1 << width))
        made.width = width
        return made

    def like(self, number: int) -> Whole:
        """Return a number of the same type."""
        return Whole.of(number, self.width)


class Angle(float):
    """An angle from 0 to 2 pi; of a declared width a multiple of 2 pi / 2^width.

    >>> Angle.of(3 * math.pi, None) == math.pi, Angle.of(-0.1, 1) == 0
    (True, True)
    """

    width: int | None

    @classmethod
    def of(cls, value: float, width: int | None) -> Angle:
        turn = math.remainder(value, 2 * math.pi)
        turn += 2 * math.pi if turn < 0 else 0
        if width is not None:
            unit = 2 * math.pi / 2**width
            turn = round(turn / unit) % 2**width * unit
        made = cls(turn)
        made.width = width
        return made

    @property
    def pattern(self) -> int:
        """The bits of an angle with a width, as an unsigned integer."""
        assert self.width is not None
        return round(float(self) / (2 * math.pi / 2**self.width))

    def of_pattern(self, pattern: int) -> Angle:
        """Return the angle of the same width that has these bits."""
        assert self.width is not None
        return Angle.of(pattern * (2 * math.pi / 2**self.width), self.width)

    def like(self, value: float) -> Angle:
        """Return an angle of the same type."""
        return Angle.of(value, self.width)


def plain_number(value: Any) -> Any:
    """Return a number that can be reckoned with."""
    if isinstance(value, Bits):
        return value.number()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Qubits | list):
        raise ExpressionError("a register or an array is no number", UNREAD)
    return value


def converted(kind: ast.ClassicalType | None, size: int | None, value: Any) -> Any:
    """Return a value as one of a type: integers wrap around, angles are taken modulo 2 pi.

    Parameters
    ----------
    size : the number of bits that the type is declared with, if it is.

    Raises
    ------
    ExpressionError : there is no such conversion.
    """
    if isinstance(kind, ast.BitType):
        return _bits(size, value)
    if value is UNKNOWN or kind is None or isinstance(kind, ast.DurationType | ast.StretchType):
        return value
    if isinstance(kind, ast.BoolType):
        number = plain_number(value)
        return number if number is UNKNOWN else bool(number)
    value = plain_number(value)
    if value is UNKNOWN or isinstance(kind, ast.ComplexType):
        return value
    if isinstance(value, complex):
        raise ExpressionError("a complex number is none of this type")
    if isinstance(kind, ast.FloatType):
        return float(value)
    if isinstance(kind, ast.AngleType):
        return Angle.of(float(value), size)
    if isinstance(kind, ast.UintType):
        return Whole.of(int(value), size)
    if isinstance(kind, ast.IntType):
        number = int(value)
        if size is None:
            return number
        number %= 1 << size
        return number - (1 << size) if number >> (size - 1) else number
    raise ExpressionError("a conversion that is not known", UNREAD)


def default(kind: ast.ClassicalType | None, size: int | None) -> Any:
    """Return what a declaration without a value stands for: bits are 0, others are not known."""
    return Bits([0] * (size or 1)) if isinstance(kind, ast.BitType) else UNKNOWN


def bits_of(value: Any, width: int) -> Bits:
    """Return the bits of an integer (its two's complement) or of an angle of a width, bit 0 first."""
    if value is UNKNOWN:
        return Bits([None] * width)
    number = value.pattern if isinstance(value, Angle) else int(value)
    return Bits([number >> i & 1 for i in range(width)])


def _bits(size: int | None, value: Any) -> Bits:
    width = size or 1
    if isinstance(value, Bits):
        if len(value.values) != width:
            raise ExpressionError(f"{len(value.values)} bits are not {width}")
        return Bits(list(value.values))
    if value is UNKNOWN:
        return Bits([None] * width)
    number = plain_number(value)
    if not isinstance(number, int):
        raise ExpressionError("bits are made of integers", UNREAD)
    if not -(1 << width) <= 2 * number < 2 << width:
        # Cut off, or true: readers disagree.
        raise ExpressionError(
            f"an integer does not fit in {'one bit' if width == 1 else f'{width:,} bits'}",
            "Write its lowest bits, such as n % 2.",
        )
    return Bits([number >> i & 1 for i in range(width)])


def checked(value: Any) -> Any:
    """Return a value that is not too large to keep."""
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise too_large()
    return value


def sized(length: int) -> int:
    """Return a length that something may have."""
    if not 0 <= length <= MAX_LENGTH:
        what = f"a length of {length:,}" if abs(length) < 10**18 else "a length out of reach"
        raise ExpressionError(what, f"Up to {MAX_LENGTH:,} are read.")
    return length
