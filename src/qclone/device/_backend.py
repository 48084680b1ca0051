"""Devices and Qiskit backends: one from the other."""

from __future__ import annotations

import math
from typing import Any

from qiskit.circuit import Delay, IfElseOp, Measure, Parameter, Reset
from qiskit.circuit.library import CZGate, IGate, RZGate, SXGate, XGate
from qiskit.providers import BackendV2
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qclone.device._device import Coupler, Device, Qubit
from qclone.errors import InvalidInputError


def from_backend(backend: BackendV2) -> Device:
    """Return the device of any Qiskit backend with calibrated one-qubit, two-qubit and measure operations.

    A qubit without T1, T2, or a working sx, or with a reported T2 above 2 T1 is taken care of: the
    first three make it faulty, the last (a fit's scatter) is cut to 2 T1.

    Raises
    ------
    InvalidInputError : the backend has no couplers or no calibration.
    """
    target = backend.target
    name = backend.name.removeprefix("fake_").removeprefix("ibm_")
    gate = next((g for g in ("cz", "ecr", "cx") if g in target.operation_names), None)
    properties = target.qubit_properties
    if gate is None or "sx" not in target.operation_names or properties is None:
        raise InvalidInputError(
            f"The backend {backend.name} has no calibrated cz, ecr or cx, sx, and T1/T2.",
            "Choose a backend with calibration data, or describe the device in a JSON file.",
        )
    qubits = tuple(_qubit(target, i, properties[i]) for i in range(target.num_qubits))
    couplers: dict[tuple[int, int], Coupler] = {}
    for pair, entry in target[gate].items():
        a, b = sorted(pair)
        if qubits[a] is None or qubits[b] is None or not _works(entry):
            continue
        # Some backends report both directions; the better one is the native one.
        if (a, b) not in couplers or entry.error < couplers[a, b].error:
            couplers[a, b] = Coupler(a, b, entry.error, entry.duration)
    return Device(
        name=name,
        qubits=qubits,
        couplers=tuple(couplers[pair] for pair in sorted(couplers)),
        measurement_duration_s=max(e.duration for e in target["measure"].values() if e is not None),
        reset_duration_s=_longest(target, "reset"),
        snapshot_date=_calibration_date(backend),
    )


def _qubit(target: Target, index: int, properties: QubitProperties | None) -> Qubit | None:
    pulse, readout = target["sx"].get((index,)), target["measure"].get((index,))
    if properties is None or not properties.t1 or not properties.t2:
        return None
    if not _works(pulse) or not _works(readout):
        return None
    return Qubit(
        t1_s=properties.t1,
        t2_s=min(properties.t2, 2 * properties.t1),
        gate_error=pulse.error,
        gate_duration_s=pulse.duration,
        readout_error=readout.error,
    )


def _works(entry: InstructionProperties | None) -> bool:
    if entry is None or entry.error is None or entry.duration is None:
        return False
    return math.isfinite(entry.error) and entry.error < 1


def _longest(target: Target, operation: str) -> float:
    if operation not in target.operation_names:
        return 0.0
    entries = (e for e in target[operation].values() if e is not None and e.duration is not None)
    return max((e.duration for e in entries), default=0.0)


def _calibration_date(backend: Any) -> str:
    properties = backend.properties() if hasattr(backend, "properties") else None
    return properties.last_update_date.date().isoformat() if properties else ""


def target_of(device: Device) -> Target:
    """Return the device as a Qiskit `Target`, what works only: cz, rz, sx, x, id, delay, measure, reset.

    Errors and durations are in it, so layout and scheduling passes see them.
    """
    target = Target(
        num_qubits=device.num_qubits,
        qubit_properties=[
            QubitProperties() if q is None else QubitProperties(q.t1_s, q.t2_s) for q in device.qubits
        ],
    )
    working = [(i, device.qubit(i)) for i in device.working_qubits]
    pulses = {(i,): InstructionProperties(q.gate_duration_s, q.gate_error) for i, q in working}
    for gate in (SXGate(), XGate(), IGate()):
        target.add_instruction(gate, dict(pulses))
    target.add_instruction(
        RZGate(Parameter("angle")), {(i,): InstructionProperties(0.0, 0.0) for i, _ in working}
    )
    both_ways = {}
    for c in device.couplers:
        both_ways[c.a, c.b] = both_ways[c.b, c.a] = InstructionProperties(c.duration_s, c.error)
    target.add_instruction(CZGate(), both_ways)
    readout = {
        (i,): InstructionProperties(device.measurement_duration_s, q.readout_error) for i, q in working
    }
    target.add_instruction(Measure(), readout)
    resets = {(i,): InstructionProperties(device.reset_duration_s) for i, _ in working}
    target.add_instruction(Reset(), resets)
    target.add_instruction(Delay(Parameter("duration")), {(i,): None for i, _ in working})
    target.add_instruction(IfElseOp, name="if_else")
    return target
