"""Expressions of OpenQASM 3, evaluated as far as no outcome is needed."""

from __future__ import annotations

import cmath
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from openqasm3 import ast

from qclone.circuits._expression import UNREAD, ExpressionError, raised
from qclone.circuits._operators3 import binary, remainder, rotated, unary
from qclone.circuits._values3 import (
    BITWISE,
    UNKNOWN,
    WIDTH,
    Bits,
    Qubits,
    Unknown,
    Variable,
    bits_of,
    checked,
    converted,
    plain_number,
    sized,
)

CONSTANTS = {
    "pi": math.pi,
    "π": math.pi,
    "tau": math.tau,
    "τ": math.tau,
    "euler": math.e,
    "ℇ": math.e,
    "im": 1j,
}
_REAL: dict[str, Callable[..., Any]] = {
    "arccos": math.acos,
    "arcsin": math.asin,
    "arctan": math.atan,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "ceiling": lambda x: float(math.ceil(x)),
    "cos": math.cos,
    "exp": math.exp,
    "floor": lambda x: float(math.floor(x)),
    "log": math.log,
    "ln": math.log,
    "mod": remainder,
    "pow": raised,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "abs": abs,
    "real": lambda z: complex(z).real,
    "imag": lambda z: complex(z).imag,
}
_COMPLEX = {"exp": cmath.exp, "sqrt": cmath.sqrt}


class Expressions(ABC):
    """Evaluates expressions.

    `exact` is set where a real number is wanted, so that a division of integers must leave no fraction.
    """

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = [{}]
        self.exact = False

    @abstractmethod
    def call(self, name: str, arguments: list[ast.Expression]) -> Any:
        """Return what a function of the file returns."""

    def find(self, name: str) -> Any:
        """Return what a name stands for: a variable, a gate, qubits."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        if name in CONSTANTS:
            return Variable(CONSTANTS[name], None, const=True)
        raise ExpressionError(f"{name!r} is not defined")

    def value(self, node: Any) -> Any:
        """Return the value of an expression.

        Raises
        ------
        ExpressionError : it has none.
        """
        match node:
            case ast.IntegerLiteral() | ast.FloatLiteral() | ast.BooleanLiteral():
                return checked(node.value)
            case ast.ImaginaryLiteral():
                return complex(0, node.value)
            case ast.BitstringLiteral():
                return Bits([node.value >> i & 1 for i in range(sized(node.width))])
            case ast.DurationLiteral() | ast.DurationOf():
                return UNKNOWN
            case ast.Identifier():
                found = self.find(node.name)
                return found.value if isinstance(found, Variable) else found
            case ast.UnaryExpression():
                return unary(node.op.name, self.value(node.expression))
            case ast.BinaryExpression():
                return self._binary(node)
            case ast.FunctionCall():
                return self._call(node)
            case ast.Cast():
                return converted(node.type, self.size(node.type), self.value(node.argument))
            case ast.IndexExpression():
                return self.indexed(self._collection(node.collection), node.index)
            case ast.IndexedIdentifier():
                value = self._collection(node.name)
                for index in node.indices:
                    value = self.indexed(value, index)
                return value
            case ast.Concatenation():
                return self._joined(self.value(node.lhs), self.value(node.rhs))
            case ast.ArrayLiteral():
                return [self.value(v) for v in node.values]
            case ast.SizeOf():
                return self._size_of(node)
        raise ExpressionError(f"{type(node).__name__} is no expression that is read", UNREAD)

    def _collection(self, node: Any) -> Any:
        """Return what is indexed: of an integer or an angle of a width, its bits."""
        found = self.find(node.name) if isinstance(node, ast.Identifier) else None
        if isinstance(found, Variable) and isinstance(found.type, BITWISE):
            width = self.size(found.type)
            return found.value if width is None else bits_of(found.value, width)
        return self.value(node)

    def wanted(self, node: Any, exact: bool) -> Any:
        """Return the value of an expression where a real number is wanted, or where none is."""
        kept, self.exact = self.exact, exact
        try:
            return self.value(node)
        finally:
            self.exact = kept

    def integer(self, node: Any) -> int:
        """Return the value of an expression that counts."""
        value = plain_number(self.wanted(node, exact=False))
        if value is UNKNOWN:
            raise ExpressionError(
                "a number is not known: it depends on an outcome or on time, or has no value yet",
                "Write the number.",
            )
        if isinstance(value, float) and value == int(value):
            value = int(value)
        if not isinstance(value, int):
            raise ExpressionError("a number is no integer")
        return value

    def size(self, kind: Any) -> int | None:
        """Return the number of bits that a type is declared with."""
        node = getattr(kind, "size", None)
        if node is None:
            return None
        size = sized(self.integer(node))
        if size == 0:
            raise ExpressionError("a size of 0")
        return size

    def range_of(self, node: ast.RangeDefinition, length: int | None = None) -> range:
        """Return a range, both of whose ends belong to it."""
        step = 1 if node.step is None else self.integer(node.step)
        if step == 0:
            raise ExpressionError("a range has the step 0")
        if length is None and (node.start is None or node.end is None):
            raise ExpressionError("a range has no end")
        last = (length or 0) - 1
        start = (0 if step > 0 else last) if node.start is None else self.integer(node.start)
        end = (last if step > 0 else 0) if node.end is None else self.integer(node.end)
        if length is not None:
            start, end = (x + length if x < 0 else x for x in (start, end))
        if (end - start) // step >= sys.maxsize:
            raise ExpressionError("a range of more numbers than can be counted", "Write a shorter one.")
        return range(start, end + (1 if step > 0 else -1), step)

    def indexed(self, value: Any, index: Any) -> Any:
        """Return elements of a register, of bits or of an array."""
        if isinstance(index, ast.DiscreteSet):
            return self._chosen(value, [self.integer(v) for v in index.values])
        first, *rest = index
        if isinstance(first, ast.RangeDefinition):
            places = self.range_of(first, _length(value))
            sized(len(places))
            taken = self._chosen(value, list(places))
        else:
            number = self.value(first)
            if number is UNKNOWN:
                return UNKNOWN
            taken = self._element(value, self.integer(first))
        for one in rest:
            taken = self.indexed(taken, [one])
        return taken

    def _element(self, value: Any, index: int) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            if index < 0:
                raise ExpressionError("a bit is counted from the end of an integer without a width", WIDTH)
            return value >> index & 1
        place = index + _length(value) if index < 0 else index
        if not 0 <= place < _length(value):
            raise ExpressionError(f"index out of range: {index:,} of {_length(value):,}")
        if isinstance(value, Qubits):
            return Qubits((value.places[place],), single=True)
        if isinstance(value, Bits):
            bit = value.values[place]
            return UNKNOWN if bit is None else bit
        return value[place]

    def _chosen(self, value: Any, places: list[int]) -> Any:
        chosen = [self._element(value, place) for place in places]
        if isinstance(value, Qubits):
            return Qubits(tuple(q for c in chosen for q in c.places))
        if isinstance(value, Bits):
            return Bits([None if c is UNKNOWN else c for c in chosen])
        return chosen

    def _joined(self, a: Any, b: Any) -> Any:
        sized(_length(a) + _length(b))
        if isinstance(a, Qubits) and isinstance(b, Qubits):
            return Qubits(a.places + b.places)
        if isinstance(a, Bits) and isinstance(b, Bits):
            return Bits(a.values + b.values)
        if isinstance(a, list) and isinstance(b, list):
            return a + b
        raise ExpressionError("only what is alike can be joined", UNREAD)

    def _binary(self, node: ast.BinaryExpression) -> Any:
        sign = node.op.name
        a = self.value(node.lhs)
        if sign not in ("&&", "||"):
            return binary(sign, a, self.value(node.rhs), self.exact)
        a = plain_number(a)
        if a is not UNKNOWN and bool(a) == (sign == "||"):
            return bool(a)
        b = plain_number(self.value(node.rhs))
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else bool(b)

    def _call(self, node: ast.FunctionCall) -> Any:
        name = node.name.name
        if name in ("popcount", "rotl", "rotr") and not self._is_own(name):
            value, *places = [self.wanted(a, exact=False) for a in node.arguments]
            if name != "popcount":
                (turned,) = map(plain_number, places)
                return turned if turned is UNKNOWN else rotated(value, turned if name == "rotl" else -turned)
            number = value.number() if isinstance(value, Bits) else value
            if not isinstance(number, Unknown) and number < 0:
                raise ExpressionError("'popcount' of a negative number", UNREAD)
            return number if isinstance(number, Unknown) else int(number).bit_count()
        if name in _REAL and not self._is_own(name):
            arguments = [plain_number(self.value(a)) for a in node.arguments]
            if UNKNOWN in arguments:
                return UNKNOWN
            functions = _REAL | _COMPLEX if _has_complex(arguments) else _REAL
            return functions[name](*arguments)
        return self.call(name, node.arguments)

    def _is_own(self, name: str) -> bool:
        return any(name in scope for scope in self.scopes)

    def _size_of(self, node: ast.SizeOf) -> int:
        value = self.value(node.target)
        for _ in range(0 if node.index is None else self.integer(node.index)):
            value = value[0] if isinstance(value, list) and value else value
        return _length(value)


def _has_complex(arguments: list[Any]) -> bool:
    return any(isinstance(a, complex) for a in arguments)


def _length(value: Any) -> int:
    if isinstance(value, Qubits):
        return len(value.places)
    if isinstance(value, Bits):
        return len(value.values)
    if isinstance(value, list):
        return len(value)
    raise ExpressionError("it has no elements", UNREAD)
