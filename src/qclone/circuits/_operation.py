"""Qiskit's operations taken apart into plain words, by what they are and never by their names.

Qiskit takes a gate called ``rz`` for its own when it controls it, whatever its definition says, and its
readers lose library gates that its writers write. What is stored is therefore in plain words alone.
"""

from __future__ import annotations

import math
from typing import SupportsFloat

from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    CircuitInstruction,
    ControlFlowOp,
    ControlledGate,
    ControlModifier,
    Delay,
    Gate,
    Instruction,
    InverseModifier,
    Operation,
    PowerModifier,
)
from qiskit.circuit import library as gates
from qiskit.circuit.library import PauliEvolutionGate, PermutationGate, StatePreparation
from qiskit.quantum_info import Clifford, SparsePauliOp
from qiskit.synthesis import ProductFormula
from qiskit.transpiler.passes import HighLevelSynthesis

from qclone.circuits._body import Body, Part, TooManyGatesError, body_of
from qclone.circuits._expression import MAX_ANGLE
from qclone.circuits._many import TooManyControlsError
from qclone.circuits._modifiers import UnknownPowerError, controlled, inverse, power
from qclone.circuits._words import PHASE, WORDS

# Of k qubits they are prepared by about 2^(k+1) gates, and Qiskit takes 4^(k-12) times 3 s to find them.
MAX_DEFINED_QUBITS = 12
# QPY counts the parameters of a gate in 16 bits.
MAX_AMPLITUDE_QUBITS = 15
_STANDARD = "qiskit.circuit.library.standard_gates"
_PLAIN = {word.kind: name for name, word in WORDS.items()}
_WITHOUT_EFFECT = (Barrier, Delay)


class NotPlainError(Exception):
    """An operation cannot be said in plain words; the text completes a sentence about it."""


class Opened:
    """Takes operations apart, each shared definition once."""

    def __init__(self) -> None:
        # The definitions are kept, so that no other one takes their place in memory.
        self._definitions: dict[int, tuple[QuantumCircuit, Body]] = {}
        self._standard: dict[object, Part] = {}

    def part(self, operation: Operation, qubits: tuple[int, ...]) -> Part:
        """Return an operation on given qubits in plain words.

        Raises
        ------
        NotPlainError : it is not unitary, not fully specified, nested too deeply or too large.
        """
        try:
            return self._part(operation, qubits)
        except RecursionError:
            raise NotPlainError("is nested too deeply") from None
        except (TooManyGatesError, TooManyControlsError, UnknownPowerError) as error:
            raise NotPlainError(str(error)) from None

    def definition_part(self, operation: Operation, qubits: tuple[int, ...]) -> Part:
        """Return an operation as its definition says, whatever it is."""
        return self._circuit(_definition(operation)), (), qubits

    def circuit_body(self, circuit: QuantumCircuit) -> Body:
        """Return a whole circuit in plain words."""
        return self._circuit(circuit)

    def _part(self, operation: Operation, qubits: tuple[int, ...]) -> Part:
        if isinstance(operation, AnnotatedOperation):
            return self._annotated(operation, qubits)
        if isinstance(operation, Gate) and operation.base_class.__module__.startswith(_STANDARD):
            return self._standard_part(operation, qubits)
        if isinstance(operation, ControlledGate) and _is_base_with_controls(operation):
            return self._controlled(operation, qubits)
        if isinstance(operation, ControlFlowOp):
            raise NotPlainError("is classical control")
        if has_amplitudes(operation):
            require_at_most(MAX_DEFINED_QUBITS, operation)
        part = self.definition_part(operation, qubits)
        if isinstance(operation, PauliEvolutionGate) and (said := _product_formula(operation)):
            body, _, _ = part
            assert isinstance(body, Body)
            return Body(body.num_qubits, body.parts, body.says | {said}), (), qubits
        return part

    def _annotated(self, operation: AnnotatedOperation, qubits: tuple[int, ...]) -> Part:
        here = tuple(range(operation.num_qubits))
        inner = here[operation.num_qubits - operation.base_op.num_qubits :]
        part = self._part(operation.base_op, inner)
        free = here[: len(here) - len(inner)]
        for modifier in operation.modifiers:
            if isinstance(modifier, InverseModifier):
                part = inverse(part)
            elif isinstance(modifier, PowerModifier):
                part = power(part, _number(modifier.power))
            elif isinstance(modifier, ControlModifier):
                # The controls that are added last come first.
                count = modifier.num_ctrl_qubits
                free, controls = free[: len(free) - count], free[len(free) - count :]
                if count:
                    part = controlled(part, controls, _values(modifier.ctrl_state, count))
            else:
                raise NotPlainError(f"has an unknown modifier {type(modifier).__name__}")
        return _moved(part, qubits)

    def _controlled(self, operation: ControlledGate, qubits: tuple[int, ...]) -> Part:
        count = operation.num_ctrl_qubits
        base = self._part(operation.base_gate, tuple(range(count, operation.num_qubits)))
        values = _values(operation.ctrl_state, count)
        return _moved(controlled(base, tuple(range(count)), values), qubits)

    def _standard_part(self, operation: Gate, qubits: tuple[int, ...]) -> Part:
        params = tuple(map(_number, operation.params))
        if operation.base_class is gates.UGate and len(params) == 4:
            # Qiskit's CU with more controls: the base that it names has the CU's phase as a fourth parameter.
            *angles, phase = params
            return Body(1, ((PHASE, (phase,), ()), ("u", tuple(angles), (0,)))), (), qubits
        kind, state = operation.base_class, getattr(operation, "ctrl_state", None)
        all_ones = state is None or state + 1 == 1 << operation.num_ctrl_qubits
        if all_ones and kind in _PLAIN:
            return _PLAIN[kind], params, qubits
        key = (kind, params, state, operation.num_qubits)
        if key not in self._standard:
            self._standard[key] = self._other_standard(operation, params)
        return _moved(self._standard[key], qubits)

    def _other_standard(self, operation: Gate, params: tuple[float, ...]) -> Part:
        here = tuple(range(operation.num_qubits))
        match operation.base_class:
            case gates.IGate:
                return Body(1, ()), (), here
            case gates.GlobalPhaseGate:
                return PHASE, params, ()
            case gates.U1Gate:
                return "p", params, here
            case gates.U2Gate:
                return "u", (math.pi / 2, *params), here
            case gates.U3Gate:
                return "u", params, here
            case gates.SXdgGate:
                return inverse(("sx", (), here))
        if isinstance(operation, ControlledGate) and _is_base_with_controls(operation):
            return self._controlled(operation, here)
        return self.definition_part(operation, here)

    def _circuit(self, circuit: QuantumCircuit) -> Body:
        if id(circuit) in self._definitions:
            return self._definitions[id(circuit)][1]
        index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
        parts: list[Part] = []
        if phase := _number(circuit.global_phase):
            parts.append((PHASE, (phase,), ()))
        for instruction in circuit.data:
            if instruction.clbits:
                raise NotPlainError("is not a unitary gate")
            qubits = tuple([index[q] for q in instruction.qubits])
            if len(qubits) > 1 and len(set(qubits)) < len(qubits):
                raise NotPlainError("acts on one qubit twice")
            if (plain := plain_part(instruction, qubits)) is not None:
                parts.append(plain)
            elif not isinstance(operation := instruction.operation, _WITHOUT_EFFECT):
                parts.append(self._part(operation, qubits))
        body = body_of(circuit.num_qubits, parts)
        self._definitions[id(circuit)] = circuit, body
        return body


def plain_part(instruction: CircuitInstruction, qubits: tuple[int, ...]) -> Part | None:
    """Return an instruction that is a plain word already, without building its operation; else None.

    Raises
    ------
    NotPlainError : one of its parameters is free or not finite.
    """
    if instruction.is_standard_gate() and (word := instruction.name) in WORDS:
        return word, tuple([_number(p) for p in instruction.params]), qubits
    return None


def has_amplitudes(operation: Operation) -> bool:
    """Whether an operation prepares a state that is given by its amplitudes."""
    # The inverse has the same parameters and another name; basis states are given by letters.
    prepares = isinstance(operation, StatePreparation) and operation.name == "state_preparation"
    return prepares and len(operation.params) == 2**operation.num_qubits


def require_at_most(limit: int, operation: Operation) -> None:
    """Raise NotPlainError if an operation with amplitudes acts on more qubits."""
    if operation.num_qubits > limit:
        raise NotPlainError(f"has the amplitudes of more than {limit} qubits")


def _is_base_with_controls(operation: ControlledGate) -> bool:
    base = operation.base_gate
    return base is not None and operation.num_qubits == operation.num_ctrl_qubits + base.num_qubits


def _moved(part: Part, qubits: tuple[int, ...]) -> Part:
    what, params, local = part
    return what, params, tuple([qubits[q] for q in local])


def _values(state: int, count: int) -> list[int]:
    return [state >> i & 1 for i in range(count)]


def _definition(operation: Operation) -> QuantumCircuit:
    definition = getattr(operation, "definition", None)
    if definition is None and isinstance(operation, Clifford):
        definition = operation.to_circuit()
    says_what = not isinstance(operation, Instruction) or isinstance(operation, PermutationGate)
    if definition is None and says_what:
        # Permutations and the like say what they do; Qiskit knows how.
        circuit = QuantumCircuit(operation.num_qubits)
        circuit.append(operation, circuit.qubits)
        definition = HighLevelSynthesis()(circuit)
    if definition is None or definition.num_qubits != operation.num_qubits:
        raise NotPlainError("is not a unitary gate, or has no definition")
    return definition


def _product_formula(operation: PauliEvolutionGate) -> str | None:
    """Say that an evolution is stored as its product formula, if that is not the same thing."""
    synthesis = operation.synthesis
    if not isinstance(synthesis, ProductFormula):
        return None
    operators = operation.operator if isinstance(operation.operator, list) else [operation.operator]
    for operator in operators:
        if isinstance(operator, SparsePauliOp):
            paulis = operator.paulis
            if all(paulis[i].commutes(paulis).all() for i in range(len(paulis))):
                continue
        elif len(operator) <= 1:
            continue
        name, reps = type(synthesis).__name__, synthesis.reps
        return (
            f"An evolution of terms that do not commute is stored as its product formula ({name}, "
            f"{reps} {'step' if reps == 1 else 'steps'}), not as the exact exponential."
        )
    return None


def _number(parameter: SupportsFloat) -> float:
    try:
        number = float(parameter)
    except (TypeError, ValueError):
        raise NotPlainError("has a parameter that is not a number") from None
    if not math.isfinite(number):
        raise NotPlainError("has a parameter that is not finite")
    if abs(number) > MAX_ANGLE:
        raise NotPlainError(
            f"has a parameter of {number:g}, beyond 2^53, where double precision tells no angle from another"
        )
    return number
