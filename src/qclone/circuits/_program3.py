"""OpenQASM 3 run as far as no outcome is needed: loops unrolled, subroutines opened, angles computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn

from openqasm3 import ast

from qclone.circuits._body import Body, Part, TooManyGatesError, body_of
from qclone.circuits._expression import finite
from qclone.circuits._expressions3 import Expressions
from qclone.circuits._file import foreign_include
from qclone.circuits._gates3 import BUILT_IN, STANDARD, Gate, OwnGate, gates_in
from qclone.circuits._many import TooManyControlsError
from qclone.circuits._modifiers import UnknownPowerError, controlled, inverse, power
from qclone.circuits._preparation import LEFT_OUT, MAX_QUBITS, Preparation
from qclone.circuits._values3 import UNKNOWN, Bits, Qubits, Variable, converted, default, plain_number, sized
from qclone.circuits._words import Params
from qclone.errors import UnsupportedCircuitError

# Statements that are run one by one, some ten microseconds each.
MAX_STEPS = 1_000_000
_MAX_MADE = 64
_MEANS_OTHER_THINGS = ("braket unitary", "braket noise")


class StatementError(Exception):
    """What is wrong with the statement that is being read."""


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class End(Exception):
    """The program says that it ends."""


class FreeParameterError(UnsupportedCircuitError):
    """A program takes a value that was not given."""

    def __init__(self, name: str, parameter: str) -> None:
        super().__init__(
            f"{name} has free parameters: {parameter}.",
            "Declare them as const, with the values that prepare the state.",
        )
        self.parameter = parameter


class Program(Expressions):
    """Runs statements, one after the other.

    Parameters
    ----------
    made : takes what they do.
    line_of : a line of the text that was parsed -> the line of the file.
    foreign : gates that are known by name if the file includes no library.
    inputs : values of what the file declares as `input`.
    """

    def __init__(
        self,
        made: Preparation,
        line_of: Callable[[int], int] = int,
        foreign: Callable[[], Mapping[str, Gate | OwnGate]] = dict,
        inputs: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.made = made
        self.line = 1
        self._line_of = line_of
        self._foreign = foreign
        self._inputs = inputs
        self.steps = 0
        self.gates: dict[str, Gate | OwnGate] = dict(BUILT_IN)
        self._own: set[str] = set(BUILT_IN)
        self._includes = False
        self._parts: list[Part] | None = None
        self._physical: dict[int, int] = {}
        self._places: dict[str, Qubits] = {}

    # Gates

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
                    f"{name!r} is a subroutine (def), not a gate: its qubits are given in parentheses, "
                    f"{name}(..)"
                )
            raise StatementError(f"gate {name!r} is not defined")
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
        kept = self._parts, self.scopes, self.gates, self._places, self.angles
        self._parts, self.scopes, self.gates = [], [self.scopes[0], inside], dict(gate.seen)
        self._places, self.angles = {}, False
        try:
            self.run(node.body)
            return body_of(len(node.qubits), self._parts)
        finally:
            self._parts, self.scopes, self.gates, self._places, self.angles = kept

    def _gate(self, node: ast.QuantumGate) -> None:
        self._modified(node, *self._part(node.name.name, self._params(node.arguments)))

    def _phase(self, node: ast.QuantumPhase) -> None:
        self._modified(node, "gphase", self._params([node.argument]), 0)

    def _params(self, nodes: Sequence[ast.Expression]) -> Params:
        self.angles = True
        values = [self.value(node) for node in nodes]
        self.angles = False
        return tuple(self._real(value) for value in values)

    def _real(self, value: Any) -> float:
        value = plain_number(value)
        if value is UNKNOWN:
            raise self._classical(
                "a parameter is not known: it depends on an outcome or on time, or has no value yet"
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
            if len(self._parts) > MAX_STEPS:
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
        while number not in self._physical:
            # A device has all of them, as far as the file reaches.
            self._physical[len(self._physical)] = self.made.declare(1)[0]
        return Qubits((self._physical[number],), single=True)

    # Statements

    def run(self, statements: Sequence[Any]) -> None:
        for statement in statements:
            self.step(statement)

    def step(self, node: Any) -> None:
        """Run one statement."""
        self._count()
        if self._parts is None and node.span is not None:
            self.line = self._line_of(node.span.start_line)
        run = self._HOW.get(type(node))
        if run is None:
            raise StatementError(f"{type(node).__name__} is no statement that is read")
        if self._parts is not None and type(node) not in self._IN_GATES:
            raise StatementError("a gate is made of gates")
        run(self, node)

    def _count(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise UnsupportedCircuitError(
                f"{self.made.name}, {self.made.place(self.line)}: it runs over {MAX_STEPS:,} statements.",
                "Unroll it into fewer gates.",
            )

    @contextmanager
    def _scope(self) -> Iterator[dict[str, Any]]:
        scopes = self.scopes
        self.scopes = [*scopes, {}]
        try:
            yield self.scopes[-1]
        finally:
            self.scopes = scopes

    def _declare(self, name: str, what: Any) -> None:
        scope = self.scopes[-1]
        if name in scope:
            raise StatementError(f"{name!r} is declared twice")
        scope[name] = what

    def _include(self, node: ast.Include) -> None:
        if node.filename != "stdgates.inc":
            raise foreign_include(self.made.name, self.made.place(self.line), node.filename, "stdgates.inc")
        self._includes = True
        self.gates.update({n: g for n, g in STANDARD.items() if n not in self._own})

    def _qubit(self, node: ast.QubitDeclaration) -> None:
        count = 1 if node.size is None else self.integer(node.size)
        if count < 1:
            raise StatementError(f"a register of {count} qubits")
        self._declare(node.qubit.name, Qubits(tuple(self.made.declare(count)), single=node.size is None))

    def _classical_declaration(self, node: ast.ClassicalDeclaration) -> None:
        self._variable(node.type, node.identifier.name, node.init_expression, const=False)

    def _constant(self, node: ast.ConstantDeclaration) -> None:
        self._variable(node.type, node.identifier.name, node.init_expression, const=True)

    def _variable(self, kind: Any, name: str, init: Any, const: bool) -> None:
        if isinstance(kind, ast.ArrayType):
            value = self._array(kind, [self.integer(d) for d in kind.dimensions], init)
            self._declare(name, Variable(value, None, const))
            return
        size = self.size(kind)
        value = default(kind, size)
        if isinstance(init, ast.QuantumMeasurement):
            value = converted(kind, size, self._measured(init))
        elif init is not None:
            value = converted(kind, size, self.value(init))
        self._declare(name, Variable(value, kind, const))

    def _array(self, kind: ast.ArrayType, dimensions: list[int], init: Any) -> list[Any]:
        length = 1
        for dimension in dimensions:
            length *= sized(dimension)
            sized(length)
        if init is None:

            def empty(left: list[int]) -> Any:
                return [empty(left[1:]) for _ in range(left[0])] if left else UNKNOWN

            return empty(dimensions)
        size = self.size(kind.base_type)

        def cast(value: Any, left: list[int]) -> Any:
            if not left:
                return converted(kind.base_type, size, value)
            if not isinstance(value, list) or len(value) != left[0]:
                raise StatementError("an array is given another number of elements")
            return [cast(v, left[1:]) for v in value]

        return cast(self.value(init), dimensions)

    def _input(self, node: ast.IODeclaration) -> None:
        name = node.identifier.name
        if node.io_identifier.name == "input":
            if name in self._inputs:
                if not isinstance(node.type, ast.FloatType | ast.AngleType):
                    raise StatementError(f"the input {name!r} is neither a float nor an angle")
                return self._declare(name, Variable(self._inputs[name], None, const=True))
            raise FreeParameterError(self.made.name, name)
        self._variable(node.type, name, None, const=False)

    def _alias(self, node: ast.AliasStatement) -> None:
        value = self.value(node.value)
        if isinstance(value, Qubits) and len(set(value.places)) < len(value.places):
            raise StatementError("an alias names one qubit twice")
        name = node.target.name
        self._declare(name, value if isinstance(value, Qubits) else Variable(value, None))

    def _assign(self, node: ast.ClassicalAssignment) -> None:
        value = self.value(node.rvalue)
        if node.op.name != "=":
            held: Any = node.lvalue
            value = self.value(ast.BinaryExpression(ast.BinaryOperator[node.op.name[:-1]], held, node.rvalue))
        self._store(node.lvalue, value)

    def _store(self, target: Any, value: Any) -> None:
        name = target.name if isinstance(target, ast.Identifier) else target.name.name
        variable = self.find(name)
        if not isinstance(variable, Variable):
            raise StatementError(f"{name!r} is no variable")
        if variable.const:
            raise StatementError(f"{name!r} is constant")
        if isinstance(target, ast.Identifier):
            kind = variable.type
            variable.value = value if kind is None else converted(kind, self.size(kind), value)
            return
        self._store_at(variable, target.indices, value)

    def _store_at(self, variable: Variable, indices: Sequence[Any], value: Any) -> None:
        held, number = variable.value, plain_number(value) if not isinstance(value, list | Bits) else value
        flat = [i for index in indices for i in (index if isinstance(index, list) else [index])]
        *outer, last = flat
        for index in outer:
            held = self.indexed(held, [index])
        places = self._stored_places(held, last)
        if isinstance(held, Bits):
            values = value.values if isinstance(value, Bits) else [number]
            if len(values) != len(places):
                raise StatementError("as many bits are assigned as there are places")
            for place, bit in zip(places, values, strict=True):
                held.values[place] = None if bit is UNKNOWN or bit is None else int(bool(bit))
        elif isinstance(held, list) and len(places) == 1:
            held[places[0]] = value
        else:
            raise StatementError("it cannot be assigned to")

    def _stored_places(self, held: Any, index: Any) -> list[int]:
        if not isinstance(held, Bits | list):
            raise StatementError("it has no elements")
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

    def _measured(self, node: ast.QuantumMeasurement) -> Any:
        qubits = self._qubits(node.qubit)
        for qubit in qubits.places:
            self.made.measure(qubit, self.line)
        return UNKNOWN if qubits.single else Bits([None] * len(qubits.places))

    def _measurement(self, node: ast.QuantumMeasurementStatement) -> None:
        value = self._measured(node.measure)
        if node.target is not None:
            self._store(node.target, value)

    def _reset(self, node: ast.QuantumReset) -> None:
        for qubit in self._qubits(node.qubits).places:
            self.made.reset(qubit, self.line)

    def _barrier(self, node: ast.QuantumBarrier) -> None:
        for one in node.qubits:
            self._qubits(one if isinstance(one, ast.QASMNode) else ast.Identifier(str(one)))

    def _delay(self, node: ast.DelayInstruction) -> None:
        for one in node.qubits:
            self._qubits(one)
        self.made.delay()

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

    def _subroutine(self, node: ast.SubroutineDefinition) -> None:
        self._declare(node.name.name, node)

    def call(self, name: str, arguments: list[ast.Expression]) -> Any:
        if name in self.gates:
            raise StatementError(f"{name!r} is a gate, not a function: its qubits stand without parentheses")
        node = self.find(name)
        if not isinstance(node, ast.SubroutineDefinition):
            known = (
                "has no definition in the file"
                if isinstance(node, ast.ExternDeclaration)
                else "is no function"
            )
            raise StatementError(f"{name!r} {known}")
        if len(arguments) != len(node.arguments):
            raise StatementError(f"{name!r} takes {len(node.arguments)} arguments, not {len(arguments)}")
        inside: dict[str, Any] = {}
        for argument, given in zip(node.arguments, arguments, strict=True):
            if isinstance(argument, ast.QuantumArgument):
                inside[argument.name.name] = self._quantum_argument(argument, given)
            else:
                inside[argument.name.name] = self._argument(argument, self.value(given))
        scopes, angles = self.scopes, self.angles
        self.scopes, self.angles = [scopes[0], inside], False
        try:
            self.run(node.body)
        except _Return as returned:
            kind = node.return_type
            return returned.value if kind is None else converted(kind, self.size(kind), returned.value)
        finally:
            self.scopes, self.angles = scopes, angles
        return UNKNOWN

    def _quantum_argument(self, argument: ast.QuantumArgument, given: Any) -> Qubits:
        qubits = self._qubits(given)
        size = 1 if argument.size is None else self.integer(argument.size)
        if len(qubits.places) != size:
            raise StatementError(f"{argument.name.name!r} is {size} qubits, not {len(qubits.places)}")
        return Qubits(qubits.places, single=argument.size is None)

    def _argument(self, argument: ast.ClassicalArgument, value: Any) -> Variable:
        kind = argument.type
        if isinstance(kind, ast.ArrayReferenceType | ast.ArrayType):
            return Variable(value, None)
        return Variable(converted(kind, self.size(kind), value), kind)

    def _return(self, node: ast.ReturnStatement) -> NoReturn:
        if isinstance(node.expression, ast.QuantumMeasurement):
            raise _Return(self._measured(node.expression))
        raise _Return(None if node.expression is None else self.value(node.expression))

    def _if(self, node: ast.BranchingStatement) -> None:
        if self._decided(node.condition, "'if_else'"):
            with self._scope():
                self.run(node.if_block)
        else:
            with self._scope():
                self.run(node.else_block)

    def _decided(self, node: Any, what: str) -> bool:
        value = plain_number(self.value(node))
        if value is UNKNOWN:
            raise self._classical(f"{what} is classical control")
        return bool(value)

    def _classical(self, why: str) -> UnsupportedCircuitError:
        return self.made.refuse(self.line, why)

    def _while(self, node: ast.WhileLoop) -> None:
        while self._decided(node.while_condition, "'while'"):
            self._count()
            if not self._loop_body(node.block, {}):
                return

    def _loop_body(self, block: Sequence[Any], names: Mapping[str, Any]) -> bool:
        """Run a loop's body once; False if it breaks out of the loop."""
        with self._scope() as scope:
            scope.update(names)
            try:
                self.run(block)
            except _Continue:
                return True
            except _Break:
                return False
        return True

    def _for(self, node: ast.ForInLoop) -> None:
        values = self._values_of(node.set_declaration)
        if len(values) * max(1, len(node.block)) > MAX_STEPS - self.steps:
            raise UnsupportedCircuitError(
                f"{self.made.name}, {self.made.place(self.line)}: it repeats {len(values):,} times, "
                f"and at most {MAX_STEPS:,} statements are run.",
                "Unroll it into fewer gates.",
            )
        size = self.size(node.type)
        name = node.identifier.name
        for value in values:
            typed = (
                value if isinstance(value, Qubits) else Variable(converted(node.type, size, value), node.type)
            )
            if not self._loop_body(node.block, {name: typed}):
                return

    def _values_of(self, node: Any) -> Sequence[Any]:
        if isinstance(node, ast.RangeDefinition):
            return self.range_of(node)
        if isinstance(node, ast.DiscreteSet):
            return [self.value(v) for v in node.values]
        value = self.value(node)
        if isinstance(value, Qubits):
            return [Qubits((q,), single=True) for q in value.places]
        if isinstance(value, Bits):
            return [UNKNOWN if v is None else v for v in value.values]
        if isinstance(value, list):
            return value
        raise StatementError("a loop needs a range or a set")

    def _switch(self, node: ast.SwitchStatement) -> None:
        value = plain_number(self.value(node.target))
        if value is UNKNOWN:
            raise self._classical("'switch' is classical control")
        for labels, block in node.cases:
            if any(plain_number(self.value(label)) == value for label in labels):
                with self._scope():
                    self.run(block.statements)
                return
        if node.default is not None:
            with self._scope():
                self.run(node.default.statements)

    def _box(self, node: ast.Box) -> None:
        with self._scope():
            self.run(node.body)

    def _compound(self, node: ast.CompoundStatement) -> None:
        with self._scope():
            self.run(node.statements)

    def _expression(self, node: ast.ExpressionStatement) -> None:
        self.value(node.expression)

    def _break(self, node: ast.BreakStatement) -> NoReturn:
        raise _Break

    def _continue(self, node: ast.ContinueStatement) -> NoReturn:
        raise _Continue

    def _end(self, node: ast.EndStatement) -> NoReturn:
        raise End

    def _extern(self, node: ast.ExternDeclaration) -> None:
        self._declare(node.name.name, node)

    def _calibration(self, node: Any) -> None:
        self.made.say(f"{LEFT_OUT} calibrations: how a device makes its gates is no part of a state.")

    def _pragma(self, node: ast.Pragma) -> None:
        if node.command.strip().startswith(_MEANS_OTHER_THINGS):
            raise UnsupportedCircuitError(
                f"{self.made.name}, {self.made.place(self.line)}: the pragma {node.command.split('(')[0]!r} "
                "is not read.",
                "Write it as gates.",
            )

    _HOW: ClassVar[Mapping[type, Any]] = {
        ast.QuantumGate: _gate,
        ast.QuantumPhase: _phase,
        ast.Include: _include,
        ast.QubitDeclaration: _qubit,
        ast.ClassicalDeclaration: _classical_declaration,
        ast.ConstantDeclaration: _constant,
        ast.IODeclaration: _input,
        ast.AliasStatement: _alias,
        ast.ClassicalAssignment: _assign,
        ast.QuantumMeasurementStatement: _measurement,
        ast.QuantumReset: _reset,
        ast.QuantumBarrier: _barrier,
        ast.DelayInstruction: _delay,
        ast.QuantumGateDefinition: _define,
        ast.SubroutineDefinition: _subroutine,
        ast.ReturnStatement: _return,
        ast.BranchingStatement: _if,
        ast.WhileLoop: _while,
        ast.ForInLoop: _for,
        ast.SwitchStatement: _switch,
        ast.Box: _box,
        ast.CompoundStatement: _compound,
        ast.ExpressionStatement: _expression,
        ast.BreakStatement: _break,
        ast.ContinueStatement: _continue,
        ast.EndStatement: _end,
        ast.ExternDeclaration: _extern,
        ast.CalibrationDefinition: _calibration,
        ast.CalibrationStatement: _calibration,
        ast.CalibrationGrammarDeclaration: _calibration,
        ast.Pragma: _pragma,
    }
    _IN_GATES = frozenset(
        {
            ast.QuantumGate,
            ast.QuantumPhase,
            ast.QuantumBarrier,
            ast.ForInLoop,
            ast.WhileLoop,
            ast.BranchingStatement,
            ast.CompoundStatement,
            ast.ConstantDeclaration,
            ast.ClassicalDeclaration,
            ast.ClassicalAssignment,
            ast.BreakStatement,
            ast.ContinueStatement,
        }
    )
