"""What makes a circuit a state preparation: unitary gates on |0...0>, measured at the end at most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ControlFlowOp, Gate, Operation, Qubit
from qiskit.circuit.exceptions import CircuitError
from qiskit.circuit.library import Initialize, StatePreparation

from qclone.errors import UnsupportedCircuitError

# Nested gate definitions can stand for more gates than any machine could run.
MAX_GATES = 20_000_000


def pure_preparation(
    circuit: QuantumCircuit, where: Callable[[int], str], name: str
) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the unitary part of a circuit on qubits alone, and what was left out of it.

    Parameters
    ----------
    circuit : any circuit; final measurements, barriers and delays are left out.
    where : the place of the instruction at a position, for messages.
    name : the name of the circuit, for messages.

    Raises
    ------
    UnsupportedCircuitError : the outcome is not one pure state (a measurement in the middle, a reset,
        classical control), the circuit has no qubits, or it is not fully specified.
    """
    if circuit.num_qubits == 0:
        raise UnsupportedCircuitError(f"{name} has no qubits.", "Declare at least one and prepare its state.")
    prepared = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    measured: dict[Qubit, int] = {}
    touched: set[Qubit] = set()
    delays = 0
    gates = 0
    sizes: dict[str, int] = {}
    for position, instruction in enumerate(circuit.data):
        operation, qubits = instruction.operation, instruction.qubits
        if operation.name == "measure":
            measured.setdefault(qubits[0], position)
            continue
        if operation.name == "barrier":
            continue
        if operation.name == "delay":
            delays += 1
            continue
        try:
            size = _size(operation, sizes)
        except RecursionError:
            raise _refuse(name, where(position), f"{operation.name!r} is nested too deeply") from None
        reason = _not_unitary(instruction, size)
        if isinstance(operation, Initialize) and touched.isdisjoint(qubits):
            # On fresh qubits the resets in it do nothing.
            operation, reason = StatePreparation(operation.params), ""
        if reason:
            raise _refuse(name, where(position), reason)
        if earlier := [measured[q] for q in qubits if q in measured]:
            raise _refuse(
                name,
                where(min(earlier)),
                f"'measure' in the middle: its qubit is used again on {where(position)}",
            )
        if any(isinstance(p, (int, float, complex)) and not np.isfinite(p) for p in operation.params):
            raise _refuse(name, where(position), f"{operation.name!r} has a parameter that is not finite")
        touched.update(qubits)
        gates += max(1, size)
        if gates > MAX_GATES:
            raise UnsupportedCircuitError(
                f"{name}, {where(position)}: it stands for more than {MAX_GATES:,} gates.",
                "Prepare the state with fewer gates.",
            )
        try:
            prepared.append(operation, [index[q] for q in qubits])
        except CircuitError as error:
            raise _refuse(name, where(position), f"{operation.name!r}: {error.message}") from None
    if circuit.parameters:
        free = ", ".join(sorted(p.name for p in circuit.parameters))
        raise UnsupportedCircuitError(
            f"{name} has free parameters: {free}.", "Bind them with QuantumCircuit.assign_parameters."
        )
    notices = []
    if measured:
        notices.append(f"Left out the final measurement of {_counted(len(measured), 'qubit')}.")
    if delays:
        notices.append(f"Left out {_counted(delays, 'delay')}: a register is a state, without a duration.")
    return prepared, tuple(notices)


def _not_unitary(instruction: CircuitInstruction, size: int) -> str:
    operation = instruction.operation
    if isinstance(operation, ControlFlowOp):
        return f"{operation.name!r} is classical control"
    if operation.name == "reset" or isinstance(operation, Initialize):
        return f"{operation.name!r} discards a state"
    if instruction.clbits or size == 0:
        return f"{operation.name!r} is not a unitary gate, or has no definition"
    return ""


def _size(operation: Operation, sizes: dict[str, int]) -> int:
    """Number of library gates an operation stands for, 0 if it is not unitary.

    Qiskit's own gates are unitary; what is made from a circuit is if everything in the circuit is.
    `sizes` remembers what the file defines, so that nested definitions are counted once each.
    """
    operation = getattr(operation, "base_op", operation)
    is_gate = isinstance(operation, Gate)
    if is_gate and str(type(operation).__module__).startswith("qiskit.circuit.library"):
        return 1
    if operation.name not in sizes:
        inside = operation.definition
        if inside is None:
            sizes[operation.name] = int(hasattr(operation, "__array__"))
        else:
            parts = [_size(i.operation, sizes) * (not i.clbits) for i in inside.data]
            sizes[operation.name] = 0 if 0 in parts else max(1, sum(parts))
    return sizes[operation.name]


def _refuse(name: str, where: str, reason: str) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(
        f"{name} is not a pure state preparation: {where}: {reason}.",
        "A register is what unitary gates make of |0...0>; measurements may only come last.",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
