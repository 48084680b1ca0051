"""State preparations given as Qiskit circuits."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.circuit import Barrier, BoxOp, CircuitInstruction, Delay, Measure, Reset
from qiskit.circuit.library import Initialize

from qclone.circuits._file import READER_FAILURES, say
from qclone.circuits._operation import (
    MAX_AMPLITUDE_QUBITS,
    NotPlainError,
    Opened,
    has_amplitudes,
    plain_part,
    require_at_most,
)
from qclone.circuits._preparation import Preparation
from qclone.errors import UnsupportedCircuitError


def prepare_from_circuit(
    circuit: QuantumCircuit, name: str, any_state: bool = False
) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the unitary part of a circuit in plain words, and what was left out of it.

    Parameters
    ----------
    circuit : any circuit; final measurements, barriers and delays are left out, boxes are opened.
    name : the name of the circuit, for messages.
    any_state : it acts on whatever its qubits hold; a register's begin in |0>.

    Raises
    ------
    UnsupportedCircuitError : the outcome is not one pure state (a measurement in the middle, a reset,
        classical control), the circuit has no qubits, is too large, or is not fully specified.
    """
    if circuit.parameters:
        free = ", ".join(sorted(p.name for p in circuit.parameters))
        raise UnsupportedCircuitError(
            f"{name} has free parameters: {free}.", "Bind them with QuantumCircuit.assign_parameters."
        )
    made = Preparation(name, lambda position: f"instruction {position + 1}", any_state)
    places = made.declare(circuit.num_qubits)
    opened = Opened()
    _walk(circuit, places, made, opened, None)
    try:
        made.gate(("gphase", (float(circuit.global_phase),), ()), 0)
    except READER_FAILURES:
        raise UnsupportedCircuitError(f"The global phase of {name} is no number.", "Bind it.") from None
    return made.finish()


def _walk(
    circuit: QuantumCircuit, places: Sequence[int], made: Preparation, opened: Opened, box: int | None
) -> None:
    index = dict(zip(circuit.qubits, places, strict=True))
    for position, instruction in enumerate(circuit.data):
        where = position if box is None else box
        qubits = tuple([index[q] for q in instruction.qubits])
        if len(qubits) > 1 and len(set(qubits)) < len(qubits):
            raise made.refuse(where, f"{instruction.name!r} acts on one qubit twice")
        try:
            if (plain := plain_part(instruction, qubits)) is not None:
                made.gate(plain, where)
            else:
                _other(instruction, qubits, made, opened, where)
        except NotPlainError as error:
            raise made.refuse(where, f"{instruction.name!r} {error}") from None


def _other(
    instruction: CircuitInstruction, qubits: tuple[int, ...], made: Preparation, opened: Opened, where: int
) -> None:
    operation = instruction.operation
    match operation:
        case Measure():
            made.measure(qubits[0], where)
            return
        case Barrier():
            return
        case Delay():
            made.delay()
            return
        case Reset():
            made.reset(qubits[0], where)
            return
        case BoxOp():
            _walk(operation.body, qubits, made, opened, where)
            return
        case Initialize():
            # It resets its qubits first.
            try:
                for qubit in qubits:
                    made.reset(qubit, where)
            except UnsupportedCircuitError:
                raise NotPlainError("discards a state") from None
            operation = operation.definition.data[-1].operation
    if instruction.clbits:
        classical = hasattr(operation, "blocks") or getattr(operation, "condition", None) is not None
        raise NotPlainError("is classical control" if classical else "is not a unitary gate")
    if operation.num_qubits != len(qubits):
        raise NotPlainError("is on too many or too few qubits")
    if has_amplitudes(operation):
        require_at_most(MAX_AMPLITUDE_QUBITS, operation)
        made.amplitudes(operation, qubits, where)
        return
    try:
        made.gate(opened.part(operation, qubits), where)
    except (NotPlainError, UnsupportedCircuitError):
        raise
    except READER_FAILURES as error:
        raise NotPlainError(f"cannot be taken apart: {say(error)}") from None
