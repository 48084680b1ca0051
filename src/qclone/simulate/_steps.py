"""A placed circuit as steps with durations, from Qiskit or stim, and how long qubits wait between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TypeAlias

import numpy as np
import stim
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from qclone.circuits import clifford_name
from qclone.circuits._exact_tableau import exact_tableau
from qclone.device import Device, Generator, NoiseRules
from qclone.errors import InvalidInputError, UnsupportedCircuitError

Target: TypeAlias = stim.GateTarget


class Kind(Enum):
    """What a step costs."""

    VIRTUAL = "virtual"
    """A change of frame: no time, no error."""
    PULSE = "pulse"
    COUPLER = "coupler"
    MEASURE = "measure"
    RESET = "reset"
    WAIT = "wait"
    """Takes time on its qubits and does nothing: a delay, or a barrier with none."""
    FEEDBACK = "feedback"
    """A Pauli controlled by a measured bit: a change of frame, once the measurement is over."""
    IN_LAYER = "in layer"
    """A gate or pulse of a learned layer, whose noise is in the layer's channel."""
    CHANNEL = "channel"
    """The noise of a learned layer, and its time."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a placed circuit.

    Parameters
    ----------
    qubits : physical indices.
    text : the instruction in stim's words; empty if it is not Clifford or does nothing.
    source : the Qiskit instruction it came from, if any.
    channel : of a learned layer, its generators.
    """

    kind: Kind
    qubits: tuple[int, ...]
    duration_s: float
    text: str
    source: CircuitInstruction | None = None
    channel: tuple[Generator, ...] = ()


def read(circuit: stim.Circuit | QuantumCircuit, device: Device, rules: NoiseRules) -> list[Step]:
    """Return the steps of a placed circuit in order of the program.

    Raises
    ------
    InvalidInputError : a gate on qubits that are faulty or not coupled, or more qubits than the device has.
    UnsupportedCircuitError : an operation that the device does not have.
    """
    if circuit.num_qubits > device.num_qubits:
        raise InvalidInputError(
            f"{circuit.num_qubits} qubits do not fit on the {device.num_qubits} of {device.name}.",
            "Take a larger device or fewer clones.",
        )
    reader = _Reader(device, rules)
    steps = reader.stim(circuit) if isinstance(circuit, stim.Circuit) else reader.qiskit(circuit)
    return list(steps)


def is_clifford(steps: Iterable[Step]) -> bool:
    """Say whether every step has words in stim."""
    return all(step.text or step.kind in (Kind.WAIT, Kind.CHANNEL) for step in steps)


def waits(steps: Sequence[Step]) -> list[list[tuple[int, float]]]:
    """Return, for every step, which of its qubits waited before it, and for how many seconds.

    Every step starts as late as possible. A wait counts from a qubit's first operation on: before it
    the qubit is in |0>, and after its last nothing is asked of it.
    """
    before: list[list[tuple[int, float]]] = [[] for _ in steps]
    free: dict[int, float] = {}  # seconds before the end of the program at which a qubit is next needed
    following: dict[int, tuple[int, float]] = {}  # the next operation on a qubit and when it starts
    for index in range(len(steps) - 1, -1, -1):
        step = steps[index]
        if step.kind is Kind.VIRTUAL:
            continue
        end = max((free.get(q, 0.0) for q in step.qubits), default=0.0)
        start = end + step.duration_s
        for q in step.qubits:
            free[q] = start
            if step.kind not in (Kind.WAIT, Kind.FEEDBACK):
                if q in following and following[q][1] < end:
                    before[following[q][0]].append((q, end - following[q][1]))
                following[q] = (index, start)
    return before


def duration_s(circuit: stim.Circuit | QuantumCircuit, device: Device) -> float:
    """Return how long a placed circuit takes on the device, measurements included, seconds."""
    free: dict[int, float] = {}
    for step in reversed(read(circuit, device, NoiseRules())):
        start = step.duration_s + max((free.get(q, 0.0) for q in step.qubits), default=0.0)
        free.update(dict.fromkeys(step.qubits, start))
    return max(free.values(), default=0.0)


@dataclass(frozen=True)
class _Reader:
    device: Device
    rules: NoiseRules

    def stim(self, circuit: stim.Circuit) -> Iterator[Step]:
        everything = tuple(range(circuit.num_qubits))
        measured: list[int] = []
        for instruction in circuit.flattened():
            name, targets = instruction.name, instruction.targets_copy()
            data = stim.gate_data(name)
            if name == "TICK":
                yield Step(Kind.WAIT, everything, 0.0, "")
            elif name in ("M", "R"):
                kind = Kind.MEASURE if name == "M" else Kind.RESET
                if instruction.gate_args_copy():
                    raise _noise_already(name)
                measured += [t.value for t in targets if name == "M"]
                for t in targets:
                    inverted = "!" if t.is_inverted_result_target else ""
                    yield Step(
                        kind, (t.value,), self._readout_time(kind, t.value), f"{name} {inverted}{t.value}"
                    )
            elif data.is_single_qubit_gate and data.is_unitary:
                for t in targets:
                    yield self._one_qubit(name, t.value)
            elif name in ("CX", "CY", "CZ", "XCZ", "YCZ"):
                for a, b in instruction.target_groups():
                    yield self._controlled(name, a, b, measured)
            elif data.is_noisy_gate:
                raise _noise_already(name)
            elif data.is_unitary or data.produces_measurements or data.is_reset:
                raise _no_such_gate(name)

    def _controlled(self, name: str, a: Target, b: Target, measured: list[int]) -> Step:
        """A gate on two qubits, or on one if a measured bit says so; both may stand in one instruction."""
        controls = [t for t in (a, b) if not t.is_qubit_target]
        if not controls:
            if name != "CZ":
                raise _no_such_gate(name)
            return self._two_qubit(a.value, b.value)
        if len(controls) == 2:  # bits alone: a sign that no one can see
            return Step(Kind.WAIT, (), 0.0, "")
        if not controls[0].is_measurement_record_target or -controls[0].value > len(measured):
            raise UnsupportedCircuitError(
                f"{name} is controlled by a bit that no measurement gives.", "Control it by rec[-k]."
            )
        target = (a if a.is_qubit_target else b).value
        self.device.qubit(target)
        words = " ".join(f"rec[{t.value}]" if t is controls[0] else str(t.value) for t in (a, b))
        return Step(Kind.FEEDBACK, (target, measured[controls[0].value]), 0.0, f"{name} {words}")

    def qiskit(self, circuit: QuantumCircuit) -> Iterator[Step]:
        if circuit.parameters:
            names = ", ".join(p.name for p in circuit.parameters)
            raise InvalidInputError(
                f"The circuit has parameters without values: {names}.",
                "Bind them, or pass the values to the primitive.",
            )
        index = {q: i for i, q in enumerate(circuit.qubits)}
        for source in circuit.data:
            operation = source.operation
            name = operation.name
            qubits = tuple(index[q] for q in source.qubits)
            if name == "barrier":
                yield Step(Kind.WAIT, qubits, 0.0, "")
            elif name == "delay":
                yield Step(Kind.WAIT, qubits, _seconds(operation.duration, operation.unit), "")
            elif name == "rz":
                gate = clifford_name(operation)
                yield Step(Kind.VIRTUAL, qubits, 0.0, f"{gate[0]} {qubits[0]}" if gate else "", source)
            elif len(qubits) == 2 and (step := self._entangling(qubits, source)):
                yield step
            elif name in ("measure", "reset"):
                kind, letter = (Kind.MEASURE, "M") if name == "measure" else (Kind.RESET, "R")
                time = self._readout_time(kind, qubits[0])
                yield Step(kind, qubits, time, f"{letter} {qubits[0]}", source)
            elif len(qubits) == 1 and (gate := clifford_name(operation)):
                # IBM plays id as a wait of one pulse, with its error.
                yield self._one_qubit(gate[0], qubits[0], source, is_pulse=name == "id")
            elif name in ("if_else", "switch_case", "for_loop", "while_loop"):
                raise UnsupportedCircuitError(
                    f"The twin runs no {name} of Qiskit's.",
                    "Undo Paulis in the analysis, or write stim's CX rec[-k] and CZ rec[-k].",
                )
            elif name != "global_phase":
                raise UnsupportedCircuitError(
                    f"The device has no operation {name!r}.",
                    "Transpile it to the coupler's gate, rz, sx, x, id, delay, measure, reset; see route.",
                )

    def _one_qubit(
        self, gate: str, qubit: int, source: CircuitInstruction | None = None, is_pulse: bool = False
    ) -> Step:
        text = f"{gate} {qubit}"
        calibration = self.device.qubit(qubit)
        if _is_diagonal(gate) and not is_pulse:
            return Step(Kind.VIRTUAL, (qubit,), 0.0, text, source)
        return Step(Kind.PULSE, (qubit,), calibration.gate_duration_s, text, source)

    def _two_qubit(self, a: int, b: int, source: CircuitInstruction | None = None) -> Step:
        return Step(Kind.COUPLER, (a, b), self.device.coupler(a, b).cz_duration_s, f"CZ {a} {b}", source)

    def _entangling(self, qubits: tuple[int, int], source: CircuitInstruction) -> Step | None:
        """A CZ, or the coupler's own gate; without words if its angle is not Clifford."""
        if source.operation.name == "cz":
            return self._two_qubit(*qubits, source)
        coupler = self.device.coupler(*qubits)
        if source.operation.name != coupler.gate:
            return None
        gate = source.operation
        words = _words(gate.name, tuple(map(float, gate.params)), gate.base_class)
        text = "\n".join(f"{name} {' '.join(str(qubits[i]) for i in order)}" for name, order in words)
        return Step(Kind.COUPLER, qubits, coupler.duration_s, text, source)

    def _readout_time(self, kind: Kind, qubit: int) -> float:
        self.device.qubit(qubit)
        if not self.rules.measurement_time:
            return 0.0
        device = self.device
        return device.measurement_duration_s if kind is Kind.MEASURE else device.reset_duration_s


@cache
def _words(name: str, angles: tuple[float, ...], kind: type) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """A two-qubit gate in stim's words, one or several (it has no ecr); none if it is not Clifford."""
    gate = kind(*angles)
    if (named := clifford_name(gate)) is not None:
        return (named,)
    if (tableau := exact_tableau(gate.to_matrix())) is None:
        return ()
    return tuple(
        (i.name, tuple(t.value for t in group)) for i in tableau.to_circuit() for group in i.target_groups()
    )


@cache
def _is_diagonal(gate: str) -> bool:
    matrix = stim.gate_data(gate).unitary_matrix
    return bool(np.allclose(matrix, np.diag(np.diag(matrix))))


def _seconds(duration: float, unit: str) -> float:
    scales = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}
    if unit not in scales:
        raise UnsupportedCircuitError(
            f"A delay in {unit!r} has no length here.",
            "Give delays in seconds: delay(1e-6, qubit, unit='s').",
        )
    return float(duration) * scales[unit]


def _noise_already(name: str) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(
        f"The circuit has noise of its own ({name}); the twin adds the device's.", "Pass the clean circuit."
    )


def _no_such_gate(name: str) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(
        f"The device has no gate {name}.", "Write the circuit with CZ, one-qubit gates, M and R."
    )
