"""Classical variables of an OpenQASM 3 program: declared, assigned, and passed on with their types."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from openqasm3 import ast

from qclone.circuits._expression import UNREAD
from qclone.circuits._gate_calls3 import GateCalls, StatementError
from qclone.circuits._values3 import (
    UNKNOWN,
    Bits,
    Qubits,
    Variable,
    bits_of,
    converted,
    default,
    sized,
)

_REAL = ast.FloatType | ast.AngleType | ast.ComplexType
_ARRAY = ast.ArrayType | ast.ArrayReferenceType


class Variables(GateCalls):
    """Declares variables and stores values in them."""

    @abstractmethod
    def measured(self, node: ast.QuantumMeasurement) -> Any:
        """Measure, and return what is known of the outcome."""

    def declare(self, name: str, what: Any) -> None:
        """Let a name stand for something in the innermost scope."""
        scope = self.scopes[-1]
        if name in scope:
            raise StatementError(f"{name!r} is declared twice", "Give one of them another name.")
        scope[name] = what

    def typed(self, kind: Any, node: Any) -> Any:
        """Return the value of an expression as one of a type."""
        value = self.measured(node) if isinstance(node, ast.QuantumMeasurement) else self.given(kind, node)
        return converted(kind, self.size(kind), value)

    def given(self, kind: Any, node: Any) -> Any:
        """Return the value of an expression that a type is made of."""
        base = kind.base_type if isinstance(kind, _ARRAY) else kind
        return self.wanted(node, exact=isinstance(base, _REAL))

    def _classical_declaration(self, node: ast.ClassicalDeclaration) -> None:
        self._variable(node.type, node.identifier.name, node.init_expression, const=False)

    def _constant(self, node: ast.ConstantDeclaration) -> None:
        self._variable(node.type, node.identifier.name, node.init_expression, const=True)

    def _variable(self, kind: Any, name: str, init: Any, const: bool) -> None:
        if isinstance(kind, ast.ArrayType):
            value = self._array(kind, init)
        else:
            value = default(kind, self.size(kind)) if init is None else self.typed(kind, init)
        self.declare(name, Variable(value, kind, const))

    def _array(self, kind: ast.ArrayType, init: Any) -> Any:
        dimensions = [self.integer(d) for d in kind.dimensions]
        length = 1
        for dimension in dimensions:
            length *= sized(dimension)
            sized(length)

        def empty(left: list[int]) -> Any:
            return [empty(left[1:]) for _ in range(left[0])] if left else UNKNOWN

        made = empty(dimensions)
        return made if init is None else self._fitted(kind, self.given(kind, init), made)

    def _fitted(self, kind: Any, value: Any, like: Any) -> Any:
        """Return a copy of an array, or of one element, as one of a type and a shape."""
        if not isinstance(like, list):
            return converted(kind.base_type, self.size(kind.base_type), value)
        if not isinstance(value, list) or len(value) != len(like):
            raise StatementError("an array is given another number of elements")
        return [self._fitted(kind, v, old) for v, old in zip(value, like, strict=True)]

    def _alias(self, node: ast.AliasStatement) -> None:
        value = self.value(node.value)
        if not isinstance(value, Qubits):
            self.declare(node.target.name, self._whole_variable(node.value))
            return
        if len(set(value.places)) < len(value.places):
            raise StatementError("an alias names one qubit twice")
        self.declare(node.target.name, value)

    def _whole_variable(self, node: Any) -> Variable:
        """Return what another name of a classical variable stands for: the same variable."""
        found = self.find(node.name) if isinstance(node, ast.Identifier) else None
        if not isinstance(found, Variable):
            raise StatementError(
                "'let' is read for qubits and for whole classical variables, not for parts of these",
                "Declare a variable and assign the part to it.",
            )
        return found

    def _assign(self, node: ast.ClassicalAssignment) -> None:
        right: Any = node.rvalue
        if node.op.name != "=":
            held: Any = node.lvalue
            right = ast.BinaryExpression(ast.BinaryOperator[node.op.name[:-1]], held, right)
        self.store(node.lvalue, self.given(self._target(node.lvalue).type, right))

    def _target(self, target: Any) -> Variable:
        name = target.name if isinstance(target, ast.Identifier) else target.name.name
        variable = self.find(name)
        if not isinstance(variable, Variable):
            raise StatementError(f"{name!r} is no variable")
        if variable.const:
            raise StatementError(f"{name!r} is constant")
        return variable

    def store(self, target: Any, value: Any) -> None:
        """Assign a value to a variable, or to places of one."""
        variable = self._target(target)
        kind = variable.type
        if not isinstance(target, ast.Identifier):
            self._store_at(variable, target.indices, value)
        elif isinstance(kind, _ARRAY):
            # In place: who was given this array by reference holds the same.
            variable.value[:] = self._fitted(kind, value, variable.value)
        else:
            variable.value = converted(kind, self.size(kind), value)

    def _store_at(self, variable: Variable, indices: Sequence[Any], value: Any) -> None:
        if isinstance(variable.type, ast.IntType | ast.UintType) and (width := self.size(variable.type)):
            # Its bits are written like a register's, and then read as a number again.
            bits = Variable(bits_of(variable.value, width), None)
            self._store_at(bits, indices, value)
            variable.value = converted(variable.type, width, bits.value.number())
            return
        held = variable.value
        flat = [i for index in indices for i in (index if isinstance(index, list) else [index])]
        *outer, last = flat
        for index in outer:
            if isinstance(index, ast.RangeDefinition | ast.DiscreteSet):
                raise StatementError("an element of several rows at once cannot be assigned to", UNREAD)
            held = self.indexed(held, [index])
        places = self._stored_places(held, last)
        if isinstance(held, Bits):
            values = self._bits_for(len(places), value)
            if len(values) != len(places):
                raise StatementError("as many bits are assigned as there are places")
            for place, bit in zip(places, values, strict=True):
                held.values[place] = None if bit is UNKNOWN or bit is None else int(bool(bit))
            return
        if isinstance(last, ast.RangeDefinition | ast.DiscreteSet):
            new = self._fitted(variable.type, value, [held[place] for place in places])
        else:
            new = [self._fitted(variable.type, value, held[places[0]])]
        for place, one in zip(places, new, strict=True):
            held[place] = one

    def _bits_for(self, count: int, value: Any) -> list[Any]:
        bits = value if isinstance(value, Bits) else converted(ast.BitType(), count, value)
        return list(bits.values)

    def _stored_places(self, held: Any, index: Any) -> list[int]:
        if not isinstance(held, Bits | list):
            raise StatementError("it has no elements that can be assigned to", UNREAD)
        length = len(held.values) if isinstance(held, Bits) else len(held)
        if isinstance(index, ast.DiscreteSet):
            places = [self.integer(v) for v in index.values]
        elif isinstance(index, ast.RangeDefinition):
            places = list(self.range_of(index, length)[: length + 1])
        else:
            places = [self.integer(index)]
        places = [p + length if p < 0 else p for p in places]
        if any(not 0 <= p < length for p in places):
            raise StatementError("index out of range")
        return places

    def passed(self, argument: ast.ClassicalArgument, node: Any) -> Variable:
        """Return what a function receives for a classical argument; arrays are passed by reference."""
        kind: Any = argument.type
        if not isinstance(kind, _ARRAY):
            return Variable(self.typed(kind, node), kind)
        value = self.given(kind, node)
        if not isinstance(value, list):
            raise StatementError(f"{argument.name.name!r} is an array")
        may_change = argument.access is not None and argument.access.name == "mutable"
        if may_change and not isinstance(node, ast.Identifier):
            raise StatementError(
                f"{argument.name.name!r} may change, so it is given a whole array by its name",
                "Copy the part into an array of its own.",
            )
        return Variable(value, kind, const=not may_change)

    _HOW: ClassVar[Mapping[type, Any]] = {
        **GateCalls._HOW,
        ast.ClassicalDeclaration: _classical_declaration,
        ast.ConstantDeclaration: _constant,
        ast.ClassicalAssignment: _assign,
        ast.AliasStatement: _alias,
    }
