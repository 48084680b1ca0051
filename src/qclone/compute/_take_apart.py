"""A Qiskit circuit taken apart into Clifford gates, rotations about Z, and CCZ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import stim
from qiskit.circuit import Barrier, Measure, QuantumCircuit
from qiskit.circuit.library import (
    CCXGate,
    CCZGate,
    HGate,
    PhaseGate,
    RXGate,
    RYGate,
    RZGate,
    SdgGate,
    SGate,
    SXGate,
    TdgGate,
    TGate,
    U1Gate,
    U2Gate,
    U3Gate,
    UGate,
)

from qclone.circuits import clifford_name
from qclone.compute._limits import MAX_TAILS, in_reach, too_many_tails
from qclone.compute._steps import CCZ, Rotation, Step
from qclone.errors import UnsupportedCircuitError

if TYPE_CHECKING:
    from qiskit.circuit import Operation

MAX_GATES = 2_000_000
"""Of a program, once it is taken apart: a short text can say a long one."""
MAX_DEPTH = 200
"""Of gates defined by gates defined by gates."""
_TOLERANCE = 1e-12

Part = tuple["Operation", tuple[int, ...]]


def take_apart(circuit: QuantumCircuit, late: bool) -> tuple[Step, ...]:
    """Return the steps of a unitary circuit, up to a global phase; final measurements are left out.

    Parameters
    ----------
    circuit : any gates that Qiskit knows a definition of; angles may have free parameters.
    late : keep every rotation about Z as a slot, whatever its angle.

    Raises
    ------
    UnsupportedCircuitError : it measures, resets or branches on the way, or holds a gate that no one can take
        apart, or is larger than two million gates.
    InvalidInputError : more than 10,000 tails, or an angle beyond 1e9; before anything else is done.
    """
    steps: list[Step] = []
    lines: list[str] = []
    tails = 0

    def flush() -> None:
        if lines:
            steps.append(stim.Circuit("\n".join(lines)))
            lines.clear()

    def slot(step: Rotation | CCZ) -> None:
        nonlocal tails
        flush()
        steps.append(step)
        tails += len(step.wires)
        if tails > MAX_TAILS:
            raise too_many_tails(f"more than {MAX_TAILS:,}")

    for count, (operation, qubits) in enumerate(_gates(circuit)):
        if count == MAX_GATES:
            raise UnsupportedCircuitError(
                f"The program has more than {MAX_GATES:,} gates.", "Run a smaller one."
            )
        if isinstance(operation, CCZGate):
            slot(CCZ((qubits[0], qubits[1], qubits[2])))
        elif isinstance(operation, PhaseGate):
            step = _rotation(operation.params[0], qubits[0], late)
            if isinstance(step, Rotation):
                slot(step)
            elif step:
                lines.append(f"{step} {qubits[0]}")
        elif named := clifford_name(operation):
            name, order = named
            lines.append(f"{name} {' '.join(str(qubits[i]) for i in order)}")
    flush()
    return tuple(steps)


def _rotation(angle: object, wire: int, late: bool) -> Rotation | str:
    """A slot, or the Clifford gate that it is."""
    if getattr(angle, "parameters", None):
        return Rotation(wire, angle, late=True)
    value = math.remainder(in_reach(float(angle)), 2 * math.pi)  # type: ignore[arg-type]
    quarter = round(value / (math.pi / 2))
    if not late and abs(value - quarter * math.pi / 2) < _TOLERANCE:
        return ("", "S", "Z", "S_DAG")[quarter % 4]
    return Rotation(wire, value, late)


def _gates(circuit: QuantumCircuit) -> Iterator[Part]:
    """Gates on one or two qubits that are Clifford, phase gates and CCZ, in order."""
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    measured: set[int] = set()
    for position, instruction in enumerate(circuit.data, start=1):
        operation = instruction.operation
        qubits = tuple(index[q] for q in instruction.qubits)
        where = f"Instruction {position}, {operation.name!r},"
        if isinstance(operation, Barrier):
            continue
        if isinstance(operation, Measure):
            measured.update(qubits)
            continue
        if measured.intersection(qubits):
            raise UnsupportedCircuitError(
                f"{where} follows a measurement of the same qubit: a server's outcomes are padded, so "
                "nothing can depend on them.",
                "Measure after `get`, or compute the controlled gates instead.",
            )
        stack: list[tuple[Operation, tuple[int, ...], int]] = [(operation, qubits, 0)]
        while stack:
            operation, qubits, depth = stack.pop()
            parts = _parts(operation, qubits, where, depth)
            if parts is None:
                yield operation, qubits
            else:
                stack.extend((part, on, depth + 1) for part, on in reversed(parts))


def _parts(operation: Operation, qubits: tuple[int, ...], where: str, depth: int) -> list[Part] | None:
    """What a gate is made of; None if it is a step by itself."""
    if isinstance(operation, Barrier) or not qubits:
        return []
    if (
        operation.name in {"reset", "measure", "initialize"}
        or operation.num_clbits
        or hasattr(operation, "blocks")
    ):
        raise UnsupportedCircuitError(
            f"{where} is not unitary: a program measures, resets and branches nowhere.",
            "A server's outcomes are padded; leave this to the state that `get` returns.",
        )
    free = any(getattr(p, "parameters", None) for p in getattr(operation, "params", ()))
    if isinstance(operation, CCZGate | PhaseGate) and getattr(operation, "ctrl_state", 3) == 3:
        return None
    if (known := _in_phases(operation, qubits)) is not None:
        return known
    if not free and len(qubits) <= 2 and clifford_name(operation):
        return None
    definition = getattr(operation, "definition", None)
    if definition is None or depth >= MAX_DEPTH:
        raise UnsupportedCircuitError(
            f"{where} cannot be taken apart into Clifford gates, rotations and CCZ.",
            "Write it with gates that Qiskit knows, or define it by them.",
        )
    inside = {qubit: qubits[i] for i, qubit in enumerate(definition.qubits)}
    return [(part.operation, tuple(inside[q] for q in part.qubits)) for part in definition.data]


def _in_phases(operation: Operation, qubits: tuple[int, ...]) -> list[Part] | None:
    """The rotations of one qubit by phase gates, and Toffoli by CCZ."""
    if isinstance(operation, CCXGate) and operation.ctrl_state == 3:
        target = qubits[2:]
        return [(HGate(), target), (CCZGate(), qubits), (HGate(), target)]
    kind = getattr(operation, "base_class", type(operation))
    p = list(getattr(operation, "params", ()))
    if kind is TGate or kind is TdgGate:
        return [(PhaseGate(math.pi / 4 if kind is TGate else -math.pi / 4), qubits)]
    if kind is RZGate or kind is U1Gate:
        return [(PhaseGate(p[0]), qubits)]
    if kind is RXGate:
        return [(g, qubits) for g in (HGate(), PhaseGate(p[0]), HGate())]
    if kind is RYGate:
        return [(g, qubits) for g in (SdgGate(), HGate(), PhaseGate(p[0]), HGate(), SGate())]
    if kind is UGate or kind is U3Gate or kind is U2Gate:
        theta, phi, lam = p if len(p) == 3 else (math.pi / 2, *p)
        turned = (PhaseGate(lam), SXGate(), PhaseGate(theta + math.pi), SXGate(), PhaseGate(phi + math.pi))
        return [(g, qubits) for g in turned]
    return None
