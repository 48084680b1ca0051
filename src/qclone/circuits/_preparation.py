"""What makes a circuit a state preparation: unitary gates on |0...0>, measured at the end at most."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import (
    Barrier,
    CircuitInstruction,
    ControlFlowOp,
    Delay,
    Gate,
    Measure,
    Operation,
    Qubit,
    Reset,
)
from qiskit.circuit.library import Initialize

from qclone.circuits._file import READER_FAILURES, CircuitFile, say
from qclone.circuits._plain import (
    MAX_AMPLITUDE_QUBITS,
    Known,
    NotPlainError,
    has_amplitudes,
    plain,
    require_at_most,
)
from qclone.errors import UnsupportedCircuitError

# A short file can stand for more gates than any machine could run.
MAX_GATES = 20_000_000


def pure_preparation(file: CircuitFile, name: str) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the unitary part of a circuit on qubits alone, and what was left out of it.

    Every gate of the result can be written in every format; only amplitudes stay as they are.

    Parameters
    ----------
    file : any circuit; final measurements, barriers and delays are left out.
    name : the name of the circuit, for messages.

    Raises
    ------
    UnsupportedCircuitError : the outcome is not one pure state (a measurement in the middle, a reset,
        classical control), the circuit has no qubits, or it is not fully specified.
    """
    circuit, where = file.circuit, file.where
    if circuit.num_qubits == 0:
        raise UnsupportedCircuitError(f"{name} has no qubits.", "Declare at least one and prepare its state.")
    if circuit.parameters:
        free = ", ".join(sorted(p.name for p in circuit.parameters))
        raise UnsupportedCircuitError(
            f"{name} has free parameters: {free}.", "Bind them with QuantumCircuit.assign_parameters."
        )
    prepared = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    measured: dict[Qubit, int] = {}
    touched: set[Qubit] = set()
    delays = 0
    gates = 0
    known: Known = {}
    for position, instruction in enumerate(circuit.data):
        operation, qubits = instruction.operation, instruction.qubits
        if isinstance(operation, Measure):
            measured.setdefault(qubits[0], position)
            continue
        if isinstance(operation, Barrier):
            continue
        if isinstance(operation, Delay):
            delays += 1
            continue
        if isinstance(operation, Initialize) and touched.isdisjoint(qubits):
            # On fresh qubits the resets that come first in it do nothing.
            operation = operation.definition.data[-1].operation
        try:
            gate, size = _gate(operation, instruction, known)
        except NotPlainError as error:
            raise _refuse(name, where(position), f"{operation.name!r} {error}") from None
        if earlier := [measured[q] for q in qubits if q in measured]:
            raise _refuse(
                name,
                where(min(earlier)),
                f"'measure' in the middle: its qubit is used again on {where(position)}",
            )
        touched.update(qubits)
        gates += size
        if gates > MAX_GATES:
            raise UnsupportedCircuitError(
                f"{name}, {where(position)}: it stands for more than {MAX_GATES:,} gates.",
                "Prepare the state with fewer gates.",
            )
        if not qubits:
            prepared.global_phase += gate.params[0]
        elif gate.num_qubits == len(qubits):
            prepared.append(gate, [index[q] for q in qubits])
        else:
            raise _refuse(name, where(position), f"{operation.name!r} is on too many or too few qubits")
    notices = []
    if measured:
        notices.append(f"Left out the final measurement of {_counted(len(measured), 'qubit')}.")
    if delays:
        notices.append(f"Left out {_counted(delays, 'delay')}: a register is a state, without a duration.")
    return prepared, tuple(notices)


def _gate(operation: Operation, instruction: CircuitInstruction, known: Known) -> tuple[Gate, int]:
    """Return an operation in plain gates, amplitudes left alone, and the number of gates it stands for."""
    if isinstance(operation, ControlFlowOp):
        raise NotPlainError("is classical control")
    if isinstance(operation, Reset | Initialize):
        raise NotPlainError("discards a state")
    if instruction.clbits:
        raise NotPlainError("is not a unitary gate")
    if has_amplitudes(operation):
        require_at_most(MAX_AMPLITUDE_QUBITS, operation)
        return operation, 1
    try:
        return plain(operation, known)
    except RecursionError:
        raise NotPlainError("is nested too deeply") from None
    except READER_FAILURES as error:
        raise NotPlainError(f"cannot be taken apart: {say(error)}") from None


def _refuse(name: str, where: str, reason: str) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(
        f"{name} is not a pure state preparation: {where}: {reason}.",
        "A register is what unitary gates make of |0...0>; measurements may only come last.",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
