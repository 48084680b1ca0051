"""A placed circuit in the device's gates, as Qiskit's circuit."""

from __future__ import annotations

from functools import cache

import stim
from qiskit import QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Qubit
from qiskit.synthesis import OneQubitEulerDecomposer

from qclone.native._labels import by_role
from qclone.native._native import NativeCircuit


def device_circuit(
    native: NativeCircuit, *, measure: bool = False, only_used: bool = False
) -> QuantumCircuit:
    """Return the circuit in cz, rz, sx and x on physical qubits, a barrier across all between the stages.

    Every one-qubit Clifford gate is at most one pulse (sx or x) between rz, which are free.

    Parameters
    ----------
    measure : add a barrier, and measure references, then outputs, into classical bits.
    only_used : leave out the qubits that do nothing, and name the others by their roles: for drawing.
    """
    ends = [*native.references, *native.outputs]
    bits = [Clbit() for _ in ends] if measure else []
    if only_used:
        names = {q: label for label, q in native.roles.items()}
        wires = {q: QuantumRegister(1, f"{names.get(q, 'spare')}_{q}") for q in _by_role(native)}
        circuit = QuantumCircuit(*wires.values(), bits, name="native")
        at = {q: register[0] for q, register in wires.items()}
    else:
        circuit = QuantumCircuit(native.device.num_qubits, name="native")
        circuit.add_bits(bits)
        at = dict(enumerate(circuit.qubits))
    for k, stage in enumerate(native.stages.values()):
        if k:
            circuit.barrier()
        for instruction in stage:
            for group in instruction.target_groups():
                qubits = [at[t.value] for t in group]
                if instruction.name == "CZ":
                    circuit.cz(*qubits)
                else:
                    _append(circuit, instruction.name, qubits[0])
    if measure:
        circuit.barrier()
        circuit.measure([at[q] for q in ends], bits)
    return circuit


def _by_role(native: NativeCircuit) -> list[int]:
    """The qubits in use: R, A, S, N, then spare ones."""
    held = [native.roles[label] for label in sorted(native.roles, key=by_role)]
    return held + [q for q in native.qubits if q not in held]


def _append(circuit: QuantumCircuit, gate: str, qubit: Qubit) -> None:
    pulses = _in_device_gates(gate)
    circuit.global_phase += pulses.global_phase
    for step in pulses.data:
        circuit.append(step.operation, [qubit])


@cache
def _in_device_gates(gate: str) -> QuantumCircuit:
    return OneQubitEulerDecomposer("ZSXX")(stim.gate_data(gate).unitary_matrix)
