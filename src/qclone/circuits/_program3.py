"""OpenQASM 3 run as far as no outcome is needed: loops unrolled, subroutines opened, angles computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn

from openqasm3 import ast

from qclone.circuits._expression import UNREAD
from qclone.circuits._gate_calls3 import StatementError
from qclone.circuits._gates3 import Gate, OwnGate
from qclone.circuits._preparation import LEFT_OUT, Preparation
from qclone.circuits._values3 import UNKNOWN, Bits, Qubits, Variable, converted, plain_number
from qclone.circuits._variables3 import Variables
from qclone.errors import UnsupportedCircuitError

# Statements that are run one by one, some ten microseconds each.
MAX_STEPS = 1_000_000
_MEANS_OTHER_THINGS = ("braket unitary", "braket noise")


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


class Program(Variables):
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
        super().__init__(made, foreign)
        self.steps = 0
        self._line_of = line_of
        self._inputs = inputs
        self._returns: Any = None

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
            raise StatementError(f"{type(node).__name__} is no statement that is read", UNREAD)
        if self._parts is not None and type(node) not in self._IN_GATES:
            raise StatementError(
                "a gate is made of gates", "Leave in its body what acts on its qubits, without delays."
            )
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

    def _input(self, node: ast.IODeclaration) -> None:
        name = node.identifier.name
        if node.io_identifier.name == "input":
            if name in self._inputs:
                if not isinstance(node.type, ast.FloatType | ast.AngleType):
                    raise StatementError(
                        f"the input {name!r} is neither a float nor an angle", "Write its value."
                    )
                return self.declare(name, Variable(self._inputs[name], None, const=True))
            raise FreeParameterError(self.made.name, name)
        self._variable(node.type, name, None, const=False)

    def _qubit(self, node: ast.QubitDeclaration) -> None:
        count = 1 if node.size is None else self.integer(node.size)
        if count < 1:
            raise StatementError(f"a register of {count} qubits")
        self.declare(node.qubit.name, Qubits(tuple(self.made.declare(count)), single=node.size is None))

    def measured(self, node: ast.QuantumMeasurement) -> Any:
        qubits = self._qubits(node.qubit)
        for qubit in qubits.places:
            self.made.measure(qubit, self.line)
        return UNKNOWN if qubits.single else Bits([None] * len(qubits.places))

    def _measurement(self, node: ast.QuantumMeasurementStatement) -> None:
        value = self.measured(node.measure)
        if node.target is not None:
            self.store(node.target, value)

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

    def _subroutine(self, node: ast.SubroutineDefinition) -> None:
        self.declare(node.name.name, node)

    def call(self, name: str, arguments: list[ast.Expression]) -> Any:
        if name in self.gates:
            raise StatementError(f"{name!r} is a gate, not a function: its qubits stand without parentheses")
        node = self.find(name)
        if not isinstance(node, ast.SubroutineDefinition):
            if isinstance(node, ast.ExternDeclaration):
                raise StatementError(
                    f"{name!r} has no definition in the file, it is computed elsewhere", "Write its value."
                )
            raise StatementError(f"{name!r} is no function")
        if len(arguments) != len(node.arguments):
            raise StatementError(f"{name!r} takes {len(node.arguments)} arguments, not {len(arguments)}")
        inside: dict[str, Any] = {}
        for argument, given in zip(node.arguments, arguments, strict=True):
            if isinstance(argument, ast.QuantumArgument):
                inside[argument.name.name] = self._quantum_argument(argument, given)
            else:
                inside[argument.name.name] = self.passed(argument, given)
        kept = self.scopes, self.exact, self._returns
        self.scopes, self.exact, self._returns = [self.scopes[0], inside], False, node.return_type
        try:
            self.run(node.body)
        except _Return as returned:
            return returned.value
        finally:
            self.scopes, self.exact, self._returns = kept
        return UNKNOWN

    def _quantum_argument(self, argument: ast.QuantumArgument, given: Any) -> Qubits:
        qubits = self._qubits(given)
        size = 1 if argument.size is None else self.integer(argument.size)
        if len(qubits.places) != size:
            raise StatementError(f"{argument.name.name!r} is {size} qubits, not {len(qubits.places)}")
        return Qubits(qubits.places, single=argument.size is None)

    def _return(self, node: ast.ReturnStatement) -> NoReturn:
        if node.expression is None or self._returns is None:
            raise _Return(UNKNOWN if node.expression is None else self.value(node.expression))
        raise _Return(self.typed(self._returns, node.expression))

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
            if not node.block:
                # It takes its time as well.
                self._count()
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
        raise StatementError("a loop needs a range or a set", UNREAD)

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
        self.declare(node.name.name, node)

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
        **Variables._HOW,
        ast.QubitDeclaration: _qubit,
        ast.IODeclaration: _input,
        ast.QuantumMeasurementStatement: _measurement,
        ast.QuantumReset: _reset,
        ast.QuantumBarrier: _barrier,
        ast.DelayInstruction: _delay,
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
