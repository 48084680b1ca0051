"""stim to Qiskit, gate by gate and phase by phase."""

from __future__ import annotations

from functools import cache

import numpy as np
import stim
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit import library as qiskit_gates
from qiskit.quantum_info import Operator, Pauli

from qclone.errors import UnsupportedCircuitError

STANDARD_GATES: dict[str, type[Gate]] = {
    "I": qiskit_gates.IGate,
    "X": qiskit_gates.XGate,
    "Y": qiskit_gates.YGate,
    "Z": qiskit_gates.ZGate,
    "H": qiskit_gates.HGate,
    "S": qiskit_gates.SGate,
    "S_DAG": qiskit_gates.SdgGate,
    "SQRT_X": qiskit_gates.SXGate,
    "SQRT_X_DAG": qiskit_gates.SXdgGate,
    "CX": qiskit_gates.CXGate,
    "CY": qiskit_gates.CYGate,
    "CZ": qiskit_gates.CZGate,
    "SWAP": qiskit_gates.SwapGate,
    "ISWAP": qiskit_gates.iSwapGate,
}
_ROTATIONS: dict[str, tuple[type[Gate], float]] = {
    "SQRT_XX": (qiskit_gates.RXXGate, np.pi / 2),
    "SQRT_XX_DAG": (qiskit_gates.RXXGate, -np.pi / 2),
    "SQRT_YY": (qiskit_gates.RYYGate, np.pi / 2),
    "SQRT_YY_DAG": (qiskit_gates.RYYGate, -np.pi / 2),
    "SQRT_ZZ": (qiskit_gates.RZZGate, np.pi / 2),
    "SQRT_ZZ_DAG": (qiskit_gates.RZZGate, -np.pi / 2),
}
# Some microseconds each; stim says ten to the eighth in one line.
MAX_TARGETS = 20_000_000
# They say something about a circuit and do nothing to a qubit.
_ANNOTATIONS = {"QUBIT_COORDS", "SHIFT_COORDS", "DETECTOR", "OBSERVABLE_INCLUDE"}


def to_qiskit(circuit: stim.Circuit, num_qubits: int | None = None) -> QuantumCircuit:
    """Return the same circuit in Qiskit, global phase included.

    Every unitary gate of stim is converted to the matrix that stim gives for it; ``SPP P`` becomes a
    `PauliEvolutionGate`, exp(-i pi/4 P), and the phase exp(i pi/4) that stim has besides. ``TICK``
    becomes a barrier, ``M`` and ``R`` measurements and resets, ``REPEAT`` is unrolled, annotations are
    left out.

    Parameters
    ----------
    circuit : unitary gates, ``M`` and ``R``.
    num_qubits : number of qubits of the result; as many as the circuit uses if not given.

    Raises
    ------
    UnsupportedCircuitError : noise, another kind of measurement, a gate controlled by an outcome, or too
        many operations once unrolled; the message names the instruction and its position.

    Example
    -------
    >>> dict(to_qiskit(stim.Circuit("H 0\\nCX 0 1 1 2")).count_ops())
    {'cx': 2, 'h': 1}
    """
    repeats = any(isinstance(part, stim.CircuitRepeatBlock) for part in circuit)
    if repeats and (targets := _unrolled_targets(circuit)) > MAX_TARGETS:
        raise UnsupportedCircuitError(
            f"The circuit repeats itself to {targets:,} operations on qubits.",
            f"At most {MAX_TARGETS:,} are unrolled.",
        )
    size = circuit.num_qubits if num_qubits is None else num_qubits
    converted = QuantumCircuit(size)
    if circuit.num_measurements:
        converted.add_register(ClassicalRegister(circuit.num_measurements, "m"))
    phase = 0.0
    outcome = 0
    for position, instruction in enumerate(circuit.flattened()):
        name = instruction.name
        targets = instruction.targets_copy()
        if name in _ANNOTATIONS:
            continue
        if not all(t.is_qubit_target or t.is_combiner or t.pauli_type != "I" for t in targets):
            raise _unsupported(name, position, "is controlled by an outcome")
        if name == "TICK":
            converted.barrier()
        elif name in ("SPP", "SPP_DAG"):
            for product in instruction.target_groups():
                phase += _evolve(converted, product, 1 if name == "SPP" else -1, position)
        elif name == "R":
            converted.reset([t.value for t in targets])
        elif name == "M" and not instruction.gate_args_copy():
            for target in targets:
                _measure(converted, target, outcome)
                outcome += 1
        elif stim.gate_data(name).is_unitary:
            gate, gate_phase = _gate(name)
            arity = gate.num_qubits
            # Qiskit broadcasts a gate over lists of qubits: one call for the whole instruction.
            columns = [[t.value for t in targets[k::arity]] for k in range(arity)]
            converted.append(gate, columns, copy=False)
            phase += gate_phase * len(columns[0])
        else:
            raise _unsupported(name, position, "is not a unitary gate, M or R")
    converted.global_phase = phase
    return converted


def _unrolled_targets(circuit: stim.Circuit) -> int:
    return sum(
        part.repeat_count * _unrolled_targets(part.body_copy())
        if isinstance(part, stim.CircuitRepeatBlock)
        else max(1, len(part.targets_copy()))
        for part in circuit
    )


def _unsupported(
    name: str, position: int, why: str, remedy: str = "Convert the circuit without noise and feedback."
) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(f"Instruction {position + 1}, {name!r}, {why}.", remedy)


def _measure(circuit: QuantumCircuit, target: stim.GateTarget, outcome: int) -> None:
    """Measure; stim marks an inverted outcome on the target."""
    if target.is_inverted_result_target:
        circuit.x(target.value)
    circuit.measure(target.value, outcome)
    if target.is_inverted_result_target:
        circuit.x(target.value)


def _evolve(circuit: QuantumCircuit, product: list[stim.GateTarget], sign: int, position: int) -> float:
    """Append exp(-i sign pi/4 P) and return the phase that stim's SPP has besides."""
    pauli = stim.PauliString(circuit.num_qubits)
    for target in product:
        factor = stim.PauliString(circuit.num_qubits)
        factor[target.value] = target.pauli_type
        pauli *= factor
        if target.is_inverted_result_target:
            pauli *= -1
    if pauli.sign.imag:
        raise _unsupported(
            "SPP",
            position,
            "is of a product that is not Hermitian",
            "Write the Pauli operator that it is without the factor i, such as Y0 for X0*Z0.",
        )
    angle = sign * pauli.sign.real * np.pi / 4
    wires = sorted(pauli.pauli_indices())
    if not wires:
        return float(sign * np.pi / 4 - angle)
    label = "".join("IXYZ"[pauli[w]] for w in reversed(wires))
    circuit.append(qiskit_gates.PauliEvolutionGate(Pauli(label), time=angle), wires)
    return sign * np.pi / 4


@cache
def _gate(name: str) -> tuple[Gate, float]:
    """Return the gate and the phase that stim's matrix has besides."""
    data = stim.gate_data(name)
    gate: Gate
    if name in STANDARD_GATES:
        gate = STANDARD_GATES[name]()
    elif name in _ROTATIONS:
        kind, angle = _ROTATIONS[name]
        gate = kind(angle)
    else:
        qubits = "0 1" if data.is_two_qubit_gate else "0"
        gate = to_qiskit(stim.Circuit(f"{name} {qubits}").decomposed(), 1 + data.is_two_qubit_gate).to_gate()
        gate.name = name.lower()
    # Phases between Clifford matrices are multiples of pi/4; stim's are in single precision.
    phase = np.angle(np.vdot(Operator(gate).data, data.unitary_matrix))
    return gate, float(np.round(phase / (np.pi / 4)) * np.pi / 4)
