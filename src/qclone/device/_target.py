"""A device as a Qiskit target."""

from __future__ import annotations

from math import inf

from qiskit.circuit import Delay, IfElseOp, Measure, Parameter, Reset
from qiskit.circuit.library import IGate, RZGate, SXGate, XGate
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qclone.device._device import Device
from qclone.device._entangler import gate_named


def target_of(device: Device) -> Target:
    """Return the device as a Qiskit `Target`, what works only: rz, sx, x, id, delay, measure, reset.

    Each coupler has its own gate, cz where it says nothing else. Errors and durations are in it, so
    layout and scheduling passes see them.
    """
    target = Target(
        num_qubits=device.num_qubits,
        qubit_properties=[
            QubitProperties() if q is None else QubitProperties(_known(q.t1_s), _known(q.t2_s))
            for q in device.qubits
        ],
    )
    working = [(i, device.qubit(i)) for i in device.working_qubits]
    pulses = {(i,): InstructionProperties(q.gate_duration_s, q.gate_error) for i, q in working}
    for gate in (SXGate(), XGate(), IGate()):
        target.add_instruction(gate, dict(pulses))
    target.add_instruction(
        RZGate(Parameter("angle")), {(i,): InstructionProperties(0.0, 0.0) for i, _ in working}
    )
    for name in sorted({c.gate for c in device.couplers}):
        both_ways = {}
        for c in device.couplers:
            if c.gate == name:
                both_ways[c.a, c.b] = both_ways[c.b, c.a] = InstructionProperties(c.duration_s, c.error)
        target.add_instruction(gate_named(name), both_ways)
    readout = {
        (i,): InstructionProperties(device.measurement_duration_s, q.readout_error) for i, q in working
    }
    target.add_instruction(Measure(), readout)
    resets = {(i,): InstructionProperties(device.reset_duration_s) for i, _ in working}
    target.add_instruction(Reset(), resets)
    target.add_instruction(Delay(Parameter("duration")), {(i,): None for i, _ in working})
    target.add_instruction(IfElseOp, name="if_else")
    return target


def _known(time_s: float) -> float | None:
    return None if time_s == inf else time_s
