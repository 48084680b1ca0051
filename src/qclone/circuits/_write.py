"""Circuits as text that can be read back: in plain words, so there is nothing to define or to misname."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import (
    Barrier,
    BoxOp,
    CircuitInstruction,
    ClassicalRegister,
    Clbit,
    ControlFlowOp,
    Delay,
    Measure,
    QuantumRegister,
    Qubit,
    Reset,
)
from qiskit.circuit.library import Initialize

from qclone.circuits._body import Part, size_of, unrolled
from qclone.circuits._dialects import QASM3, Dialect, spelt
from qclone.circuits._operation import NotPlainError, Opened, plain_part
from qclone.circuits._words import PHASE
from qclone.errors import UnsupportedCircuitError

# Qiskit's transpiler knows gates by their names: defined without an angle, these would have a free one.
_QISKITS = {"rxx", "ryy", "rzz", "rzx", "xx_minus_yy", "xx_plus_yy", "cu1", "cu3", "r", "mcphase"}
_UNITS = {"dt", "s", "ms", "us", "ns", "ps"}


def written(
    circuit: QuantumCircuit,
    dialect: Dialect = QASM3,
    *,
    barriers: bool = True,
    notes: Sequence[str] = (),
) -> str:
    """Return a circuit in a dialect of OpenQASM.

    Parameters
    ----------
    barriers : write barriers, where the dialect has them.
    notes : lines of comment below the head.

    Raises
    ------
    UnsupportedCircuitError : something that the dialect has no words for.
    """
    try:
        if any(_is_control_flow(i) for i in circuit.data):
            if dialect is not QASM3:
                raise NotPlainError("is classical control")
            return str(qasm3.dumps(circuit))
        return _Writer(circuit, dialect, barriers).text(notes)
    except NotPlainError as error:
        raise UnsupportedCircuitError(
            f"The circuit cannot be written in {dialect.title}: a gate {error}.", "Write it as QPY."
        ) from None


class _Writer:
    def __init__(self, circuit: QuantumCircuit, dialect: Dialect, barriers: bool) -> None:
        self.circuit = circuit
        self.dialect = dialect
        self.barriers = barriers and dialect.barriers
        self.phase = float(circuit.global_phase)
        self.taken = set(dialect.taken)
        self.quantum = _declared(circuit.qregs, circuit.qubits, "q", self.taken, dialect)
        self.classical = _declared(circuit.cregs, circuit.clbits, "c", self.taken, dialect)
        self.names = _bit_names(self.quantum)
        self.outcomes = _bit_names(self.classical)
        self.opened = Opened()
        # Gates that are defined: what they are made of -> their name.
        self.defined: dict[tuple[int, str], str] = {}

    def text(self, notes: Sequence[str]) -> str:
        lines = list(self._lines(self.circuit, [self.names[q] for q in self.circuit.qubits]))
        turn = math.remainder(self.phase, 2 * math.pi)
        if self.dialect is QASM3 and abs(turn) > 1e-12:
            lines.append(f"gphase({turn!r});")
        head, *rest = self.dialect.head.split("\n")
        kinds = ("qubit", "bit") if self.dialect.version == 3 else ("qreg", "creg")
        declared = [
            f"{kind}[{len(bits)}] {name};" if self.dialect.version == 3 else f"{kind} {name}[{len(bits)}];"
            for kind, registers in zip(kinds, (self.quantum, self.classical), strict=True)
            for name, bits in registers.items()
        ]
        definitions = [
            f"gate {name} {', '.join(f'q{i}' for i in range(count))} {{ {body} }}"
            for (count, body), name in self.defined.items()
        ]
        comments = [f"// {note}" for note in notes]
        return "\n".join([head, *comments, *rest, *definitions, *declared, *lines]) + "\n"

    def _lines(self, circuit: QuantumCircuit, names: Sequence[str]) -> Iterator[str]:
        index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
        for instruction in circuit.data:
            qubits = tuple([index[q] for q in instruction.qubits])
            part = plain_part(instruction, qubits)
            if part is None:
                operation = instruction.operation
                if isinstance(operation, BoxOp):
                    yield from self._lines(operation.body, [names[q] for q in qubits])
                    continue
                if isinstance(operation, Barrier | Measure | Reset | Delay):
                    yield from self._other(instruction, [names[q] for q in qubits])
                    continue
                if isinstance(operation, Initialize):
                    yield from (f"reset {names[q]};" for q in qubits)
                    operation = operation.definition.data[-1].operation
                if instruction.clbits:
                    raise NotPlainError("is no unitary gate, or depends on classical bits")
                part = self.opened.part(operation, qubits)
                if self.dialect.defines and size_of(part) > 1:
                    yield self._call(part, operation.name, names)
                    continue
            gates, phase = self._gates(part, names)
            self.phase += phase
            yield from gates

    def _gates(self, part: Part, names: Sequence[str]) -> tuple[list[str], float]:
        """Return a part gate by gate, and the phase that they lack."""
        gates, missing = [], 0.0
        for word, params, places in unrolled(part):
            if word == PHASE:
                missing += params[0]
                continue
            if word == "u":
                # U has this phase besides, by the specification of OpenQASM 3.
                missing -= params[0] / 2
            for gate, chosen in spelt(self.dialect, word, params):
                operands = [names[places[k]] for k in chosen] if chosen else [names[q] for q in places]
                gates.append(f"{gate} {self._separator().join(operands)};")
        return gates, missing

    def _call(self, part: Part, wanted: str, names: Sequence[str]) -> str:
        """Return the call of a gate that is defined as this part, which may be controlled elsewhere."""
        what, params, qubits = part
        here = tuple(range(len(qubits)))
        gates, phase = self._gates((what, params, here), [f"q{i}" for i in here])
        turn = math.remainder(phase, 2 * math.pi)
        if self.dialect is QASM3 and abs(turn) > 1e-12:
            gates.append(f"gphase({turn!r});")
        key = len(qubits), " ".join(gates)
        if key not in self.defined:
            name = _free_name(wanted, "gate", self.taken | _QISKITS, self.dialect)
            self.taken.add(name)
            self.defined[key] = name
        return f"{self.defined[key]} {self._separator().join(names[q] for q in qubits)};"

    @staticmethod
    def _whole(bit: str, registers: Mapping[str, Sequence[Qubit | Clbit]]) -> str:
        """Return the name of the register that is this bit alone."""
        name = bit.partition("[")[0]
        if len(registers[name]) != 1:
            raise NotPlainError("measures one bit of a register, and it measures only whole ones")
        return name

    def _separator(self) -> str:
        return ", " if self.dialect.version == 3 else ","

    def _other(self, instruction: CircuitInstruction, names: Sequence[str]) -> Iterator[str]:
        operation = instruction.operation
        match operation:
            case Barrier():
                if self.barriers and names:
                    yield f"barrier {self._separator().join(names)};"
            case Reset():
                yield f"reset {names[0]};"
            case Measure():
                qubit, outcome = names[0], self.outcomes[instruction.clbits[0]]
                if not self.dialect.indexes:
                    qubit, outcome = self._whole(qubit, self.quantum), self._whole(outcome, self.classical)
                if self.dialect.version == 3:
                    yield f"{outcome} = measure {qubit};"
                else:
                    yield f"measure {qubit} -> {outcome};"
            case Delay():
                if self.dialect is not QASM3 or operation.unit not in _UNITS:
                    raise NotPlainError("is a delay, which it cannot say")
                yield f"delay[{operation.duration}{operation.unit}] {names[0]};"


def _is_control_flow(instruction: CircuitInstruction) -> bool:
    if instruction.is_standard_gate():
        return False
    operation = instruction.operation
    return isinstance(operation, ControlFlowOp) and not isinstance(operation, BoxOp)


def _declared(
    registers: Sequence[QuantumRegister | ClassicalRegister],
    bits: Sequence[Qubit | Clbit],
    default: str,
    taken: set[str],
    dialect: Dialect,
) -> dict[str, list[Qubit | Clbit]]:
    """Return the registers to declare, under free names; one register if they overlap or leave gaps."""
    if [bit for register in registers for bit in register] != list(bits):
        registers = []
    groups = [(register.name, list(register)) for register in registers if len(register)]
    if not groups and bits:
        groups = [(default, list(bits))]
    named: dict[str, list[Qubit | Clbit]] = {}
    for wanted, group in groups:
        name = _free_name(wanted, default, taken, dialect)
        taken.add(name)
        named[name] = group
    return named


def _free_name(wanted: str, default: str, taken: set[str], dialect: Dialect) -> str:
    """Return a name that the dialect allows and nothing else has, as near to the wanted one as can be."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
    if dialect.version == 2:
        name = name.lower()
    if not re.match(r"[a-z]" if dialect.version == 2 else r"[A-Za-z]", name):
        name = f"{default}{name}"
    first, count = name, 0
    while name in taken:
        name, count = f"{first}_{count or ''}", count + 1
    return name


def _bit_names(declared: dict[str, list[Qubit | Clbit]]) -> dict[Qubit | Clbit, str]:
    return {bit: f"{name}[{i}]" for name, bits in declared.items() for i, bit in enumerate(bits)}
