"""Gates as text: stim's, with a tag on those that are not Clifford."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import stim

from qclone.compute._steps import CCZ, Rotation, Step
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_ANGLE = re.compile(r"(rotate|late):(-?[0-9.]+(?:e[-+]?[0-9]+)?)")


def steps_of(text: str, num_qubits: int) -> tuple[Step, ...]:
    """Return the steps in a text of unitary gates on qubits 0 .. num_qubits - 1.

    ``I[rotate:0.5] q`` is diag(1, e^{0.5 i}), ``I[late:0.5] q`` the same in a late slot,
    ``I[ccz] a b c`` a CCZ.

    Raises
    ------
    InvalidInputError : anything else than unitary gates on these qubits.
    """
    try:
        circuit = stim.Circuit(text)
    except ValueError as error:
        raise _bad(f"it is no circuit: {error}") from None
    steps: list[Step] = []
    lines: list[str] = []  # appending to a circuit costs stim a hundred times what reading a line does

    def flush() -> None:
        if lines:
            steps.append(stim.Circuit("\n".join(lines)))
            lines.clear()

    for gate in circuit:
        targets = [] if isinstance(gate, stim.CircuitRepeatBlock) else gate.targets_copy()
        if not targets or not stim.gate_data(gate.name).is_unitary:
            raise _bad(f"{gate.name} is no unitary gate")
        if any(not t.is_qubit_target or t.value >= num_qubits for t in targets):
            raise _bad(f"it acts on something else than its {num_qubits} qubits")
        wires = [t.value for t in targets]
        if not gate.tag:
            lines.append(str(gate))
        else:
            flush()
            # stim joins instructions alike that follow each other.
            one = 3 if gate.tag == "ccz" else 1
            steps += [_tagged(gate.tag, wires[i : i + one]) for i in range(0, len(wires), one)]
    flush()
    return tuple(steps)


def _tagged(tag: str, wires: list[int]) -> Step:
    if tag == "ccz" and len(set(wires)) == len(wires) == 3:
        return CCZ((wires[0], wires[1], wires[2]))
    if (found := _ANGLE.fullmatch(tag)) and math.isfinite(float(found[2])):
        return Rotation(wires[0], float(found[2]), late=found[1] == "late")
    raise _bad(f"there is no gate {tag!r} on {len(wires)} qubits")


def append_gates(circuit: QuantumCircuit, text: str) -> None:
    """Append the gates in a text to a circuit in Qiskit, up to a global phase."""
    from qiskit.circuit.library import CCZGate

    from qclone.circuits import to_qiskit

    for step in steps_of(text, circuit.num_qubits):
        if isinstance(step, stim.Circuit):
            circuit.compose(to_qiskit(step, circuit.num_qubits), inplace=True)
        elif isinstance(step, CCZ):
            circuit.append(CCZGate(), step.wires)
        else:
            circuit.p(step.angle, step.wire)


def _bad(why: str) -> InvalidInputError:
    return InvalidInputError(f"This is no program: {why}.", "Send what `Program.text` returns.")
