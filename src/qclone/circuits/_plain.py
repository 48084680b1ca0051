"""Unitary operations in the gates that every format can say: standard ones, and gates made of these.

OpenQASM has no word for a matrix, for amplitudes or for a modifier that is kept as such, and Qiskit's
exporter fails on some of them or writes what no one can read. A recovered register exists once, so what
cannot be written is taken apart, or refused, before it is stored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import SupportsFloat

from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, Barrier, Delay, Gate, Instruction, Operation, Qubit
from qiskit.circuit.library import PermutationGate, StatePreparation
from qiskit.quantum_info import Clifford
from qiskit.transpiler.passes import HighLevelSynthesis

# One operation's definition can stand for more gates than any machine could run.
MAX_GATES = 200_000
# Of k qubits they are prepared by about 2^(k+1) gates, and Qiskit takes 4^(k-12) times 3 s to find them.
MAX_DEFINED_QUBITS = 12
# QPY counts the parameters of a gate in 16 bits.
MAX_AMPLITUDE_QUBITS = 15
_STANDARD = "qiskit.circuit.library.standard_gates"
# In OpenQASM 2 a name stands for one gate, whose definition Qiskit builds anew wherever it is used.
_NAMED_FOR_GOOD = "qiskit.qasm2"
_WITHOUT_EFFECT = (Barrier, Delay)

Known = dict[tuple[str, tuple[float, ...]], tuple[Gate, int]]


class NotPlainError(Exception):
    """An operation cannot be said in plain gates; the text completes a sentence about it."""


def plain(operation: Operation, known: Known) -> tuple[Gate, int]:
    """Return an operation as a gate that OpenQASM can say, and how many standard gates it stands for.

    Parameters
    ----------
    known : what came of gates by name; nested definitions repeat themselves exponentially often.

    Raises
    ------
    NotPlainError : it is not unitary, not fully specified, or stands for more gates than can be run.
    """
    if is_standard(operation):
        return operation, 1
    if has_amplitudes(operation):
        require_at_most(MAX_DEFINED_QUBITS, operation)
    named = (operation.name, tuple(operation.params)) if _is_named_for_good(operation) else None
    if named in known:
        return known[named]
    definition, changed, size = _plain_circuit(_definition(operation), known)
    if isinstance(operation, Gate) and not changed and all(map(_is_finite, operation.params)):
        gate = operation
    else:
        gate = Gate(operation.name, operation.num_qubits, [], label=getattr(operation, "label", None))
        gate.definition = definition
    if named is not None:
        known[named] = gate, size
    return gate, size


def is_standard(operation: Operation) -> bool:
    """Whether an operation is a gate of the standard library with real parameters.

    Raises
    ------
    NotPlainError : one of its parameters is free or not finite.
    """
    if not (isinstance(operation, Gate) and operation.base_class.__module__.startswith(_STANDARD)):
        return False
    if not all(map(_is_finite, operation.params)):
        raise NotPlainError("has a parameter that is not finite")
    return True


def has_amplitudes(operation: Operation) -> bool:
    """Whether an operation prepares a state that is given by its amplitudes."""
    # The inverse has the same parameters and another name; basis states are given by letters.
    prepares = isinstance(operation, StatePreparation) and operation.name == "state_preparation"
    return prepares and len(operation.params) == 2**operation.num_qubits


def require_at_most(limit: int, operation: Operation) -> None:
    """Raise NotPlainError if an operation with amplitudes acts on more qubits."""
    if operation.num_qubits > limit:
        raise NotPlainError(f"has the amplitudes of more than {limit} qubits")


def in_plain_gates(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the same circuit with every gate in plain gates; what is no gate stays as it is.

    Raises
    ------
    NotPlainError : see `plain`.
    """
    rewritten, known = circuit.copy_empty_like(), Known()
    for instruction in circuit.data:
        operation = instruction.operation
        rewrite = isinstance(operation, Gate | AnnotatedOperation | Clifford) and not is_standard(operation)
        rewritten.append(
            instruction.replace(operation=plain(operation, known)[0]) if rewrite else instruction
        )
    return rewritten


def _plain_circuit(circuit: QuantumCircuit, known: Known) -> tuple[QuantumCircuit, bool, int]:
    """Return the same circuit in plain gates, whether it is another one, and its number of standard gates."""
    parts: list[tuple[Gate, Sequence[Qubit]]] = []
    phase, changed, size = circuit.global_phase, False, 0
    for instruction in circuit.data:
        operation = instruction.operation
        if instruction.clbits:
            raise NotPlainError("is not a unitary gate")
        gate, gates = (None, 0) if isinstance(operation, _WITHOUT_EFFECT) else plain(operation, known)
        changed |= gate is not operation or not instruction.qubits
        size += gates
        if size > MAX_GATES:
            raise NotPlainError(f"stands for more than {MAX_GATES:,} gates")
        if gate is not None and instruction.qubits:
            parts.append((gate, instruction.qubits))
        elif gate is not None:
            phase += gate.params[0]
    if changed:
        # Not built unless there is need: it takes longer than all of the above.
        index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
        circuit = QuantumCircuit(circuit.num_qubits, global_phase=phase)
        for gate, qubits in parts:
            circuit.append(gate, [index[q] for q in qubits])
    return circuit, changed, max(1, size)


def _definition(operation: Operation) -> QuantumCircuit:
    definition = getattr(operation, "definition", None)
    says_what = not isinstance(operation, Instruction) or isinstance(operation, PermutationGate)
    if definition is None and says_what:
        # Cliffords, permutations and modified gates say what they do; Qiskit knows how.
        circuit = QuantumCircuit(operation.num_qubits)
        circuit.append(operation, circuit.qubits)
        definition = HighLevelSynthesis()(circuit)
    if definition is None or definition.num_qubits != operation.num_qubits:
        raise NotPlainError("is not a unitary gate, or has no definition")
    return definition


def _is_named_for_good(operation: Operation) -> bool:
    return str(type(operation).__module__).startswith(_NAMED_FOR_GOOD)


def _is_finite(parameter: SupportsFloat) -> bool:
    try:
        return math.isfinite(float(parameter))
    except (TypeError, ValueError):
        return False
