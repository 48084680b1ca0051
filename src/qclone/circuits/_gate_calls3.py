"""Gates of an OpenQASM 3 program: how they are called, modified, spread over registers and defined."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from openqasm3 import ast

from qclone.circuits._body import MAX_GATES, Body, Part, TooManyGatesError, body_of
from qclone.circuits._expression import ExpressionError, finite
from qclone.circuits._expressions3 import Expressions
from qclone.circuits._file import foreign_include
from qclone.circuits._gates3 import BUILT_IN, STANDARD, Gate, OwnGate, gates_in
from qclone.circuits._many import TooManyControlsError
from qclone.circuits._modifiers import UnknownPowerError, controlled, inverse, power
from qclone.circuits._preparation import MAX_QUBITS, Preparation
from qclone.circuits._values3 import UNKNOWN, Qubits, Variable, plain_number
from qclone.circuits._words import Params
from qclone.errors import UnsupportedCircuitError

_MAX_MADE = 64
# Gates of Amazon Braket that act on an outcome, or give one.
_FEED_FORWARD = ("measure_ff", "cc_prx")


class StatementError(ExpressionError):
    """What is wrong with the statement that is being read."""


class GateCalls(Expressions):
    """Does gates, and keeps those that the file defines.

    Parameters
    ----------
    made : takes what is done.
    foreign : gates that are known by name if the file includes no library.
    """

    def __init__(self, made: Preparation, foreign: Callable[[], Mapping[str, Gate | OwnGate]]) -> None:
        super().__init__()
        self.made = made
        self.line = 1
        self.gates: dict[str, Gate | OwnGate] = dict(BUILT_IN)
        self._foreign = foreign
        self._own: set[str] = set(BUILT_IN)
        self._includes = False
        self._parts: list[Part] | None = None
        self._physical: dict[int, int] = {}
        self._places: dict[str, Qubits] = {}

    @abstractmethod
    def run(self, statements: Sequence[Any]) -> None:
        """Run statements, one after the other."""

    def find(self, name: str) -> Any:
        found = super().find(name)
        is_global = self._parts is not None and self.scopes[0].get(name) is found
        if is_global and isinstance(found, Variable) and not found.const:
            raise StatementError(f"a gate sees no variable that is not const, such as {name!r}")
        if is_global and isinstance(found, Qubits):
            # By number it would be one of the gate's own.
            raise StatementError(f"a gate sees no qubits but its own, and {name!r} is none of them")
        return found

    def apply(self, name: str, params: Params, operands: Sequence[Qubits]) -> None:
        """Do a gate without modifiers."""
        self._broadcast(self._part(name, params), operands)

    def gate_named(self, name: str) -> Gate | OwnGate:
        """Return the gate of a name: the file's, its library's, or another tool's if it has no library."""
        gate = self.gates.get(name)
        if gate is None and not self._includes:
            gate = self._foreign().get(name)
            if gate is not None and name not in STANDARD:
                self.made.say(f"Took {name!r}, which the file does not define, for Braket's gate.")
        if gate is None:
            if any(isinstance(scope.get(name), ast.SubroutineDefinition) for scope in self.scopes):
                raise StatementError(
                    f"{name!r} is a subroutine (def), not a gate",
                    f"Give it its qubits in parentheses: {name}(..).",
                )
            if name in _FEED_FORWARD and not self._includes:
                raise self.made.refuse(self.line, f"{name!r} is classical control")
            raise StatementError(
                f"gate {name!r} is not defined", "Define it in the file, or include the library that has it."
            )
        return gate

    def _part(self, name: str, params: Params) -> tuple[str | Body, Params, int]:
        gate = self.gate_named(name)
        if isinstance(gate, Gate):
            if gate.num_params != len(params):
                raise StatementError(f"{name!r} takes {gate.num_params} parameters, not {len(params)}")
            return (*gate.make(params), gate.num_qubits)
        node = gate.node
        if len(node.arguments) != len(params):
            raise StatementError(f"{name!r} takes {len(node.arguments)} parameters, not {len(params)}")
        body = gate.made.get(params)
        if body is None:
            body = self._body(gate, params)
            if len(gate.made) >= _MAX_MADE:
                gate.made.clear()
            gate.made[params] = body
        return body, (), len(node.qubits)

    def _body(self, gate: OwnGate, params: Params) -> Body:
        node = gate.node
        inside: dict[str, Any] = {
            argument.name: Variable(value, None, const=True)
            for argument, value in zip(node.arguments, params, strict=True)
        }
        inside |= {qubit.name: Qubits((i,), single=True) for i, qubit in enumerate(node.qubits)}
        kept = self._parts, self.scopes, self.gates, self._places, self.exact
        self._parts, self.scopes, self.gates = [], [self.scopes[0], inside], dict(gate.seen)
        self._places, self.exact = {}, False
        try:
            self.run(node.body)
            return body_of(len(node.qubits), self._parts)
        finally:
            self._parts, self.scopes, self.gates, self._places, self.exact = kept

    def _gate(self, node: ast.QuantumGate) -> None:
        self._modified(node, *self._part(node.name.name, self._params(node.arguments)))

    def _phase(self, node: ast.QuantumPhase) -> None:
        self._modified(node, "gphase", self._params([node.argument]), 0)

    def _params(self, nodes: Sequence[ast.Expression]) -> Params:
        return tuple([self._real(self.wanted(node, exact=True)) for node in nodes])

    def _real(self, value: Any) -> float:
        value = plain_number(value)
        if value is UNKNOWN:
            raise self.made.refuse(
                self.line,
                "a parameter is not known: it depends on an outcome or on time, or has no value yet",
            )
        return finite(value)

    def _modified(
        self, node: ast.QuantumGate | ast.QuantumPhase, what: str | Body, params: Params, num_qubits: int
    ) -> None:
        part: Part = what, params, tuple(range(num_qubits))
        for modifier in reversed(node.modifiers):
            kind = modifier.modifier.name
            if kind == "inv":
                part = inverse(part)
            elif kind == "pow":
                if modifier.argument is None:
                    raise StatementError("'pow' needs an exponent")
                part = power(part, self._params([modifier.argument])[0])
            else:
                count = 1 if modifier.argument is None else self.integer(modifier.argument)
                if not 0 < count <= MAX_QUBITS:
                    raise StatementError(f"{count} controls")
                here = tuple(range(count))
                moved = part[0], part[1], tuple(q + count for q in part[2])
                part = controlled(moved, here, [int(kind == "ctrl")] * count)
                num_qubits += count
        body = part[0] if part[2] == tuple(range(num_qubits)) else body_of(num_qubits, [part])
        # A register of one operand stands for several qubits only if the gate acts on one.
        self._broadcast((body, part[1], num_qubits), [self._qubits(q) for q in node.qubits])

    def _broadcast(self, part: tuple[str | Body, Params, int], operands: Sequence[Qubits]) -> None:
        what, params, num_qubits = part
        if len(operands) != num_qubits:
            if num_qubits == 0 and not operands:
                self._do((what, params, ()))
                return
            raise StatementError(f"a gate on {num_qubits} qubits is given {len(operands)}")
        lengths = {len(one.places) for one in operands if not one.single}
        if len(lengths) > 1:
            raise StatementError("registers of different sizes")
        for k in range(lengths.pop() if lengths else 1):
            qubits = tuple([one.places[0] if one.single else one.places[k] for one in operands])
            if len(set(qubits)) < len(qubits):
                raise StatementError("a gate acts on one qubit twice")
            self._do((what, params, qubits))

    def _do(self, part: Part) -> None:
        if self._parts is None:
            self.made.gate(part, self.line)
        else:
            self._parts.append(part)
            if len(self._parts) > MAX_GATES:
                raise TooManyGatesError

    def operand(self, text: str) -> Qubits:
        """Return the qubits that an operand without arithmetic names."""
        found = self._places.get(text)
        if found is None:
            name, _, index = text.partition("[")
            found = self._qubits(ast.Identifier(name.strip()))
            if index:
                found = self.indexed(found, [ast.IntegerLiteral(int(index.strip()[:-1]))])
            if len(self.scopes) == 1:
                self._places[text] = found
        return found

    def _qubits(self, node: Any) -> Qubits:
        if isinstance(node, ast.Identifier) and node.name.startswith("$"):
            return self._physical_qubit(node.name)
        value = self.value(node)
        if not isinstance(value, Qubits):
            raise StatementError("an operand is no qubit")
        return value

    def _physical_qubit(self, name: str) -> Qubits:
        number = int(name[1:]) if len(name) < 12 else MAX_QUBITS
        if number >= MAX_QUBITS:
            raise UnsupportedCircuitError(
                f"{self.made.name} declares {number + 1:,} qubits.", f"At most {MAX_QUBITS:,} can be read."
            )
        if self._parts is not None:
            raise StatementError(f"a gate sees no qubits but its own, and {name!r} is none of them")
        # A device has all of them, as far as the file reaches.
        reached = len(self._physical)
        for i, qubit in enumerate(self.made.declare(max(0, number + 1 - reached)), reached):
            self._physical[i] = qubit
        return Qubits((self._physical[number],), single=True)

    def _include(self, node: ast.Include) -> None:
        if node.filename != "stdgates.inc":
            raise foreign_include(self.made.name, self.made.place(self.line), node.filename, "stdgates.inc")
        self._includes = True
        self.gates.update({n: g for n, g in STANDARD.items() if n not in self._own})

    def _define(self, node: ast.QuantumGateDefinition) -> None:
        names = [n.name for n in (*node.arguments, *node.qubits)]
        if len(set(names)) < len(names):
            raise StatementError("a name stands for two things")
        name = node.name.name
        if name in self._own:
            raise StatementError(f"{name!r} is defined twice")
        gate = OwnGate(node, {inner: self.gate_named(inner) for inner in gates_in(node.body)})
        self.gates[name] = gate
        self._own.add(name)
        if not node.arguments:
            # Made where it is defined, gates that are nested a thousand deep need no recursion.
            with suppress(TooManyGatesError, TooManyControlsError, UnknownPowerError):
                gate.made[()] = self._body(gate, ())

    _HOW: ClassVar[Mapping[type, Any]] = {
        ast.QuantumGate: _gate,
        ast.QuantumPhase: _phase,
        ast.QuantumGateDefinition: _define,
        ast.Include: _include,
    }
