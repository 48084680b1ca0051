"""Qiskit to stim: every Clifford gate, whatever its name."""

from __future__ import annotations

from functools import cache, lru_cache

import stim
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    BoxOp,
    CircuitInstruction,
    Delay,
    Gate,
    Measure,
    Operation,
    Reset,
)
from qiskit.circuit.library import PermutationGate
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford, Operator

from qclone.circuits._assembled import assembled
from qclone.circuits._body import unrolled
from qclone.circuits._exact_tableau import exact_tableau
from qclone.circuits._operation import NotPlainError, Opened
from qclone.circuits._to_qiskit import STANDARD_GATES
from qclone.errors import UnsupportedCircuitError

# A gate without a Clifford definition is decided by its matrix, of 4^k entries for k qubits.
MAX_MATRIX_QUBITS = 4
# Of matrix entries: angles written with seven digits pass.
_TOLERANCE = 1e-6
_STANDARD = "qiskit.circuit.library.standard_gates"


def to_stim(circuit: QuantumCircuit) -> stim.Circuit:
    """Return the same Clifford circuit for stim, up to a global phase.

    Gates are told by what they do, not by their names: ``rz(pi/2)``, ``p(pi/2)``, ``u(0, 0, pi/2)`` and
    ``s`` all become ``S``. Gates made of others, annotated ones, Cliffords, permutations and boxes are taken
    apart, whatever their size. A barrier becomes ``TICK``, a
    measurement ``M`` (outcomes in the order of the circuit), a reset ``R``, a delay ``I``: time is the
    business of a device.

    Raises
    ------
    UnsupportedCircuitError : a gate is not Clifford, has a free parameter, or depends on an outcome; the
        message names it and its position.

    Example
    -------
    >>> import numpy as np
    >>> qc = QuantumCircuit(2)
    >>> _ = qc.rz(np.pi / 2, 0), qc.cp(np.pi, 0, 1)
    >>> to_stim(qc)
    stim.Circuit('''
        S 0
        CZ 0 1
    ''')
    """
    lines: list[str] = []
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    for position, instruction in enumerate(circuit.data):
        where = f"Instruction {position + 1}, {instruction.operation.name!r},"
        _convert(instruction, [index[q] for q in instruction.qubits], lines, where)
    return stim.Circuit("\n".join(lines))


def _convert(instruction: CircuitInstruction, qubits: list[int], lines: list[str], where: str) -> None:
    operation = instruction.operation
    if isinstance(operation, Barrier):
        lines.append("TICK")
    elif isinstance(operation, Measure | Reset | Delay):
        gate = {"measure": "M", "reset": "R", "delay": "I"}[operation.name]
        lines.append(f"{gate} {' '.join(map(str, qubits))}")
    elif isinstance(operation, BoxOp):
        inside = dict(zip(operation.body.qubits, qubits, strict=True))
        for part in operation.body.data:
            _convert(part, [inside[q] for q in part.qubits], lines, where)
    elif instruction.clbits or hasattr(operation, "blocks"):
        raise UnsupportedCircuitError(f"{where} depends on classical bits.", "Clifford circuits only.")
    elif instruction.is_parameterized():
        raise UnsupportedCircuitError(
            f"{where} has a free parameter.", "Bind it with QuantumCircuit.assign_parameters."
        )
    else:
        lines.extend(_gate(operation, qubits, where))


def _gate(operation: Operation, qubits: list[int], where: str) -> list[str]:
    if len(qubits) == 0:
        return []
    if len(qubits) <= 2 and (named := clifford_name(operation)):
        name, order = named
        return [f"{name} {' '.join(str(qubits[i]) for i in order)}"]
    definition = _definition(operation)
    if definition is not None:
        lines: list[str] = []
        inside = {qubit: qubits[i] for i, qubit in enumerate(definition.qubits)}
        try:
            for part in definition.data:
                _convert(part, [inside[q] for q in part.qubits], lines, where)
            return lines
        except UnsupportedCircuitError:
            # The parts may be non-Clifford and the whole Clifford all the same, as for ECR.
            if len(qubits) > MAX_MATRIX_QUBITS:
                raise
    if len(qubits) > MAX_MATRIX_QUBITS or (tableau := _tableau(operation)) is None:
        raise UnsupportedCircuitError(
            f"{where} is not a Clifford gate.",
            "Angles must be multiples of pi/2; T and Toffoli are not Clifford.",
        )
    return [
        f"{part.name} {' '.join(str(qubits[t.value]) for t in part.targets_copy())}"
        for part in tableau.to_circuit("elimination")
    ]


def _definition(operation: Operation) -> QuantumCircuit | None:
    definition = getattr(operation, "definition", None)
    if definition is not None or not isinstance(operation, AnnotatedOperation | Clifford | PermutationGate):
        return definition
    # They say what they do and not how.
    try:
        part = Opened().part(operation, tuple(range(operation.num_qubits)))
    except NotPlainError:
        return None
    return assembled(operation.num_qubits, unrolled(part))


Named = tuple[str, tuple[int, ...]]


def clifford_name(operation: Operation) -> Named | None:
    """Return stim's name of a gate on one or two qubits, and the order of its targets; None if it has none.

    Example
    -------
    >>> import numpy as np
    >>> from qiskit.circuit.library import RZGate
    >>> clifford_name(RZGate(-np.pi / 2)), clifford_name(RZGate(0.3))
    (('S_DAG', (0,)), None)
    """
    if isinstance(operation, Gate) and operation.base_class.__module__.startswith(_STANDARD):
        parameters = tuple(map(float, operation.params))
        return _standard_by_name(operation.base_class, parameters, getattr(operation, "ctrl_state", None))
    return _named(_tableau(operation))


@lru_cache(maxsize=4096)
def _standard_by_name(
    kind: type[Gate], parameters: tuple[float, ...], ctrl_state: int | None
) -> Named | None:
    gate = kind(*parameters) if ctrl_state is None else kind(*parameters, ctrl_state=ctrl_state)
    return _named(_tableau(gate))


def _named(tableau: stim.Tableau | None) -> Named | None:
    return None if tableau is None else _names().get(str(tableau))


@cache
def _names() -> dict[str, Named]:
    """Every gate of stim on one or two qubits by its tableau; names that Qiskit shares come first."""
    names: dict[str, Named] = {}
    gates = [g for g in stim.gate_data().values() if g.is_unitary and not g.takes_pauli_targets]
    for gate in sorted(gates, key=lambda g: g.name not in STANDARD_GATES):
        orders = [(0, 1), (1, 0)] if gate.is_two_qubit_gate else [(0,)]
        for order in orders:
            text = f"{gate.name} {' '.join(map(str, order))}"
            names.setdefault(str(stim.Circuit(text).to_tableau()), (gate.name, order))
    return names


def _tableau(operation: Operation) -> stim.Tableau | None:
    """Return what a gate does to Paulis, or None if it is not Clifford."""
    try:
        return exact_tableau(Operator(operation).data, _TOLERANCE)
    except (ValueError, QiskitError):
        return None
