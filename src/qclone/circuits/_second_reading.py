"""Circuits read a second time, another way than the one that is stored: for verification only.

OpenQASM 2 goes through Qiskit's parser, which is given no gates of its own: everything comes down to U and
CX by the text of the file and of its library. In OpenQASM 3 every gate is a matrix made of U and gphase, as
the specification has them, by the text of the standard library; control, inverse and power are those of
matrices. A QPY file's gates are Qiskit's matrices.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import openqasm3
from openqasm3 import ast
from qiskit import QuantumCircuit, qasm2, qpy
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    BoxOp,
    ControlledGate,
    ControlModifier,
    Delay,
    Gate,
    InverseModifier,
    Measure,
    Operation,
    PowerModifier,
    Reset,
)
from qiskit.circuit.library import Initialize, UnitaryGate

from qclone.circuits._elsewhere import MAX_STEPS, is_run, unrolled
from qclone.circuits._file import with_line_feeds
from qclone.circuits._formats import dialect_of
from qclone.circuits._gate_calls3 import StatementError
from qclone.circuits._gates3 import OwnGate
from qclone.circuits._libraries import BRAKET, OWN_LIBRARIES
from qclone.circuits._operation import has_amplitudes
from qclone.circuits._program3 import End, Program
from qclone.circuits._states import Matrix, OutOfReachError, State, controlled_matrix, matrix_of
from qclone.circuits._values3 import Qubits

_LIBRARIES = Path(qasm2.LEGACY_INCLUDE_PATH[0])
_STANDARD = "qiskit.circuit.library.standard_gates"
# The parser takes half a millisecond for each statement.
_MAX_TEXT = 1 << 20


class Read(NamedTuple):
    """How a file was read.

    Parameters
    ----------
    by : who knows the gates.
    shared : loops or arithmetic were run by the code that reads registers.
    elsewhere : what another library makes of the file, if it does.
    """

    by: str
    shared: bool = False
    elsewhere: str | None = None


def read_again(content: bytes, state: State) -> Read:
    """Do to a state what a file says, and return who read it.

    Raises
    ------
    OutOfReachError : the state cannot be followed, or the second reading knows less than the first.
    """
    if content.startswith(b"QISKIT"):
        (circuit,) = qpy.load(io.BytesIO(content))
        state.add(circuit.num_qubits)
        _run(circuit, range(circuit.num_qubits), state)
        return Read("Qiskit's matrices of its gates")
    dialect = dialect_of(content, "the file")
    text = with_line_feeds(content.decode("utf-8-sig"))
    if dialect == "OpenQASM 2":
        circuit = _parsed2(text)
        state.add(circuit.num_qubits)
        _run(circuit, range(circuit.num_qubits), state)
        return Read("Qiskit's parser and the text of the gates' definitions")
    if len(text) > _MAX_TEXT:
        raise OutOfReachError("it is too long to be parsed a second time")
    with redirect_stderr(io.StringIO()):
        program = openqasm3.parse(text)
    reading = _Matrices(state)
    try:
        reading.run(program.statements)
    except End:
        pass
    except StatementError as error:
        raise OutOfReachError(f"the second reading stops: {error}") from None
    by = "matrices of the specification's U by the text of the gates' definitions"
    if not is_run(program.statements):
        return Read(by)
    return Read(by, True, unrolled(text, program.statements) if reading.steps < MAX_STEPS else None)


def _parsed2(text: str) -> QuantumCircuit:
    """Parse OpenQASM 2; where the file defines a gate of the library anew, the library's has another name."""
    plain = re.sub(r"//[^\n]*", "", text)
    own = set(re.findall(r"\b(?:gate|opaque)\s+([A-Za-z_]\w*)", plain))
    own |= set(re.findall(r"\bqreg\s+([A-Za-z_]\w*)", plain)) | set(
        re.findall(r"\bcreg\s+([A-Za-z_]\w*)", plain)
    )
    for name in ("qelib1.inc", *OWN_LIBRARIES):
        library = _library_without(name, own)
        # In the place of the include: under the library's name the parser has a shorter text of its own.
        if len(parts := _included(name).split(plain)) > 1:
            plain = parts[0] + library + "".join(parts[1:])
    return qasm2.loads(plain, custom_classical=qasm2.LEGACY_CUSTOM_CLASSICAL)


def _library_without(name: str, own: set[str]) -> str:
    """Return the text of a library, in which gates that the file defines anew have other names."""
    path = _LIBRARIES / name
    library = re.sub(r"//[^\n]*", "", OWN_LIBRARIES[name] if name in OWN_LIBRARIES else path.read_text())
    for gate in own & set(re.findall(r"\bgate\s+(\w+)", library)):
        library = re.sub(rf"\b{gate}\b", f"{gate}_of_the_library", library)
    return library


def _included(name: str) -> re.Pattern[str]:
    return re.compile(rf"""include\s*["']{re.escape(name)}["']\s*;""")


def _run(circuit: QuantumCircuit, places: Sequence[int], state: State) -> None:
    if circuit.global_phase:
        state.apply(np.array([[np.exp(1j * float(circuit.global_phase))]]), ())
    index = dict(zip(circuit.qubits, places, strict=True))
    for instruction in circuit.data:
        operation, qubits = instruction.operation, [index[q] for q in instruction.qubits]
        if isinstance(operation, Barrier | Delay | Measure):
            continue
        if isinstance(operation, Reset):
            _reset(state, qubits[0])
        elif isinstance(operation, BoxOp):
            _run(operation.body, qubits, state)
        else:
            if isinstance(operation, Initialize):
                for qubit in qubits:
                    _reset(state, qubit)
                operation = operation.definition.data[-1].operation
            _do(operation, qubits, state)


def _reset(state: State, qubit: int) -> None:
    bit = state.bit(qubit)
    if bit is None:
        raise OutOfReachError("it discards a state")
    if bit:
        state.apply(np.array([[0, 1], [1, 0]], dtype=np.complex128), [qubit])


def _do(operation: Operation, qubits: Sequence[int], state: State) -> None:
    matrix = _matrix(operation)
    if matrix is None and operation.num_qubits <= state.whole and not has_amplitudes(operation):
        matrix = _whole_matrix(operation)
    if matrix is not None:
        state.apply(matrix, qubits)
    elif has_amplitudes(operation):
        state.prepare(np.asarray(operation.params, dtype=np.complex128), qubits)
    elif getattr(operation, "definition", None) is None:
        raise OutOfReachError(f"{operation.name!r} has neither matrix nor definition")
    else:
        _run(operation.definition, qubits, state)


def _matrix(operation: Operation) -> Matrix | None:
    """Return the matrix of an operation that has one besides its definition; told by its kind."""
    if isinstance(operation, AnnotatedOperation):
        matrix = _whole_matrix(operation.base_op)
        for modifier in operation.modifiers:
            if isinstance(modifier, InverseModifier):
                matrix = matrix.conj().T
            elif isinstance(modifier, PowerModifier):
                matrix = _power(matrix, float(modifier.power))
            elif isinstance(modifier, ControlModifier):
                count = modifier.num_ctrl_qubits
                matrix = controlled_matrix(matrix, [modifier.ctrl_state >> i & 1 for i in range(count)])
        return matrix
    standard = isinstance(operation, Gate) and operation.base_class.__module__.startswith(_STANDARD)
    if standard and operation.num_qubits <= 5:
        return np.asarray(operation.to_matrix(), dtype=np.complex128)
    if isinstance(operation, ControlledGate) and operation.base_gate is not None and not standard:
        values = [operation.ctrl_state >> i & 1 for i in range(operation.num_ctrl_qubits)]
        if operation.num_qubits == len(values) + operation.base_gate.num_qubits <= 10:
            return controlled_matrix(_whole_matrix(operation.base_gate), values)
    if isinstance(operation, UnitaryGate):
        return np.asarray(operation.params[0], dtype=np.complex128)
    return None


def _whole_matrix(operation: Operation) -> Matrix:
    found = _matrix(operation)
    if found is not None:
        return found
    gates: list[tuple[Matrix, Sequence[int]]] = []
    if getattr(operation, "definition", None) is None:
        raise OutOfReachError(f"{operation.name!r} has neither matrix nor definition")
    _run(operation.definition, range(operation.num_qubits), _Recorded(gates))
    return matrix_of(gates, operation.num_qubits)


class _Recorded:
    """Takes gates and keeps them."""

    num_qubits = 0
    whole = 0

    def __init__(self, gates: list[tuple[Matrix, Sequence[int]]]) -> None:
        self.gates = gates

    def add(self, count: int) -> None:
        raise OutOfReachError("a gate declares qubits")

    def apply(self, matrix: Matrix, qubits: Sequence[int]) -> None:
        self.gates.append((matrix, tuple(qubits)))

    def bit(self, qubit: int) -> int | None:
        raise OutOfReachError("a gate resets")

    def prepare(self, column: Matrix, qubits: Sequence[int]) -> None:
        raise OutOfReachError("a preparation by amplitudes is controlled")


def _power(matrix: Matrix, exponent: float) -> Matrix:
    """Return the power whose phases are those of the matrix, from above -pi to pi, times the exponent."""
    if exponent == int(exponent):
        return np.asarray(np.linalg.matrix_power(matrix, int(exponent)))
    # It is A + iB with hermitian A and B that commute, and almost any sum of these has its eigenvectors.
    dagger = matrix.conj().T
    _, vectors = np.linalg.eigh((matrix + dagger) / 2 + 0.7310585786 * (matrix - dagger) / 2j)
    phases = np.angle(np.einsum("ij,ik,kj->j", vectors.conj(), matrix, vectors))
    phases = np.where(phases < 1e-9 - np.pi, np.pi, phases)
    return np.asarray(vectors * np.exp(1j * exponent * phases) @ vectors.conj().T)


class _Taking:
    """What a program does, for a state instead of a register."""

    name = "the file"

    def __init__(self, state: State) -> None:
        self.state = state

    def declare(self, count: int) -> range:
        first = self.state.num_qubits
        self.state.add(count)
        return range(first, first + count)

    def reset(self, qubit: int, where: int) -> None:
        _reset(self.state, qubit)

    def measure(self, qubit: int, where: int) -> None: ...

    def delay(self) -> None: ...

    def say(self, *sentences: str) -> None: ...

    def place(self, where: int) -> str:
        return f"line {where}"

    def refuse(self, where: int, reason: str) -> Exception:
        return OutOfReachError(f"line {where}: {reason}")


class _Matrices(Program):
    """Runs a program with matrices for gates, down to U and gphase; no other gate is known by its name."""

    def __init__(self, state: State) -> None:
        taking: Any = _Taking(state)
        super().__init__(taking)
        self.gates = {}
        self._own = set()
        self._state = state
        self._recorded: list[tuple[Matrix, Sequence[int]]] | None = None
        self._known: dict[tuple[Any, ...], Matrix] = {}
        self._elsewhere: _Matrices | None = None

    def gate_named(self, name: str) -> Any:
        if name in ("U", "gphase"):
            return _BUILT_IN
        if name not in self.gates and not self._includes:
            # What is used without a library is by name what the first reading says it took.
            return self._known_elsewhere().gates.get(name) or super().gate_named(name)
        return super().gate_named(name)

    def _known_elsewhere(self) -> _Matrices:
        if self._elsewhere is None:
            self._elsewhere = _Matrices(self._state)
            self._elsewhere.run(openqasm3.parse(f'include "stdgates.inc";\n{BRAKET}').statements)
        return self._elsewhere

    def _include(self, node: ast.Include) -> None:
        # CX is written as a controlled U there, whose phase the specification changed later.
        text = re.sub(
            r"gate CX [^}]*\}", "gate CX a, b { cx a, b; }", (_LIBRARIES / node.filename).read_text()
        )
        self._includes = True
        mine, self.gates, self._own = self.gates, {}, set()
        self.run(openqasm3.parse(text).statements)
        self.gates.update(mine)
        self._own = set(mine)

    def _gate(self, node: ast.QuantumGate) -> None:
        name = node.name.name
        self._act(node, self._matrix_named(name, self._params(node.arguments)))

    def _phase(self, node: ast.QuantumPhase) -> None:
        self._act(node, self._matrix_named("gphase", self._params([node.argument])))

    def _matrix_named(self, name: str, params: tuple[float, ...]) -> Matrix:
        if name == "gphase":
            return np.array([[np.exp(1j * params[0])]], dtype=np.complex128)
        if name == "U":
            theta, phi, lam = params
            turn = np.exp(1j * theta)
            return np.array(
                [
                    [(1 + turn) / 2, -0.5j * np.exp(1j * lam) * (1 - turn)],
                    [0.5j * np.exp(1j * phi) * (1 - turn), np.exp(1j * (phi + lam)) * (1 + turn) / 2],
                ],
                dtype=np.complex128,
            )
        gate = self.gate_named(name)
        if not isinstance(gate, OwnGate) or len(gate.node.arguments) != len(params):
            raise OutOfReachError(f"{name!r} is used in an unknown way")
        key = (id(gate), params)
        if key not in self._known:
            kept = self._recorded
            self._recorded = []
            self._body(gate, params)
            self._known[key] = matrix_of(self._recorded, len(gate.node.qubits))
            self._recorded = kept
        return self._known[key]

    def _define(self, node: ast.QuantumGateDefinition) -> None:
        seen = {}
        for name in _calls(node.body):
            seen[name] = self.gate_named(name)
        self.gates[node.name.name] = OwnGate(node, seen)

    def _act(self, node: ast.QuantumGate | ast.QuantumPhase, matrix: Matrix) -> None:
        for modifier in reversed(node.modifiers):
            kind = modifier.modifier.name
            if kind == "inv":
                matrix = matrix.conj().T
            elif kind == "pow":
                assert modifier.argument is not None
                matrix = _power(matrix, self._params([modifier.argument])[0])
            else:
                count = 1 if modifier.argument is None else self.integer(modifier.argument)
                if matrix.shape[0] << count > 2**10:
                    raise OutOfReachError("a gate has too many controls")
                matrix = controlled_matrix(matrix, [int(kind == "ctrl")] * count)
        operands: list[Qubits] = [self._qubits(q) for q in node.qubits]
        repeats = {len(one.places) for one in operands if not one.single} or {1}
        for k in range(min(repeats)):
            qubits = [one.places[0 if one.single else k] for one in operands]
            if self._recorded is None:
                self._state.apply(matrix, qubits)
            else:
                self._recorded.append((matrix, qubits))

    _HOW: ClassVar[Mapping[type, Any]] = {
        **Program._HOW,
        ast.QuantumGate: _gate,
        ast.QuantumPhase: _phase,
        ast.QuantumGateDefinition: _define,
        ast.Include: _include,
    }


_BUILT_IN: Any = object()


def _calls(node: Any) -> list[str]:
    if isinstance(node, ast.QuantumGate):
        return [node.name.name]
    if isinstance(node, list):
        return [name for one in node for name in _calls(one)]
    return (
        [n for value in vars(node).values() for n in _calls(value)] if isinstance(node, ast.QASMNode) else []
    )
