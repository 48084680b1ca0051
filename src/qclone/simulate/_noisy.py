"""Noise on clean circuits: a device's rules on a placed circuit, or one error rate everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import stim
from qiskit import QuantumCircuit

from qclone.device import Device, Generator, NoiseRules, depolarizing, idle_errors
from qclone.errors import UnsupportedCircuitError
from qclone.simulate._learned import steps_of
from qclone.simulate._steps import Kind, Step, waits


def noisy(
    circuit: stim.Circuit | QuantumCircuit, device: Device, rules: NoiseRules | None = None
) -> stim.Circuit:
    """Return a placed Clifford circuit with the noise of a device.

    Measurement records come in the order of the program; qubit indices are physical.

    Parameters
    ----------
    circuit : clean, with qubit indices = physical qubits. In stim: CZ on coupled qubits, any one-qubit
        Clifford gate, M, R, feedback, and TICK as a barrier across all qubits. In Qiskit: cz or the
        coupler's own gate, rz, sx, x, id, delay, barrier, measure, reset. A one-qubit gate costs one
        pulse unless it is diagonal.
    device : calibration, and learned layers if it has any.
    rules : which noise; all of it by default. See `qclone.device.RULES`.

    Raises
    ------
    UnsupportedCircuitError : the circuit is not Clifford or has operations that the device lacks.
    InvalidInputError : a gate on qubits that are faulty or not coupled.

    Example
    -------
    >>> from qclone.device import line
    >>> bell = stim.Circuit("H 0 1\\nCZ 0 1\\nH 1")
    >>> noisy(bell, line(2, two_qubit_error=0.004, one_qubit_error=0), NoiseRules.only("two_qubit"))
    stim.Circuit('''
        H 0 1
        CZ 0 1
        DEPOLARIZE2(0.005) 0 1
        H 1
    ''')
    """
    rules = NoiseRules() if rules is None else rules
    return write(steps_of(circuit, device, rules), device, rules)


def write(
    steps: Sequence[Step], device: Device, rules: NoiseRules, unread: str | None = None
) -> stim.Circuit:
    """Return Clifford steps with their noise.

    Parameters
    ----------
    unread : an error in place of each measurement that happens as often as the measurement is wrong.
    """
    lines: list[str] = []
    for step, gaps in zip(steps, idle_gaps(steps, rules), strict=True):
        for qubit, wait_s in gaps:
            x_or_y, z = idle_errors(device.qubit(qubit), wait_s)
            lines += [
                f"X_ERROR({x_or_y!r}) {qubit}",
                f"Y_ERROR({x_or_y!r}) {qubit}",
                f"Z_ERROR({z!r}) {qubit}",
            ]
        if step.kind is Kind.CHANNEL:
            lines += [_strike(generator, rules) for generator in step.channel]
            continue
        if not step.text and step.kind is not Kind.WAIT:
            raise UnsupportedCircuitError(
                f"The circuit is not Clifford: {_described(step)}.",
                "Transpile it with simulate.route, which keeps Clifford what is, or use the engine aer.",
            )
        if step.kind is Kind.MEASURE and (rules.readout or unread is not None):
            flip = readout_flip(device, rules, step.qubits[0])
            if unread is None:
                lines.append(step.text.replace("M", f"M({flip!r})", 1))
            elif rules.readout:
                lines.append(f"{unread}({flip!r}) {step.qubits[0]}")
        else:
            lines.append(step.text)
        if error := gate_error(step, device, rules):
            strikes = depolarizing(error, len(step.qubits))
            lines.append(f"DEPOLARIZE{len(step.qubits)}({strikes!r}) {' '.join(map(str, step.qubits))}")
    return stim.Circuit("\n".join(lines))


def idle_gaps(steps: Sequence[Step], rules: NoiseRules) -> list[list[tuple[int, float]]]:
    """Return for every step the qubits that waited before it, and for how many (scaled) seconds."""
    if not rules.idle:
        return [[] for _ in steps]
    return [[(qubit, rules.scale * wait_s) for qubit, wait_s in gaps] for gaps in waits(steps)]


def gate_error(step: Step, device: Device, rules: NoiseRules) -> float:
    """Return the (scaled) average infidelity of a step; 0 for what is free or switched off."""
    if step.kind is Kind.PULSE and rules.one_qubit:
        return rules.scale * device.qubit(step.qubits[0]).gate_error
    if step.kind is Kind.COUPLER and rules.two_qubit:
        coupler = device.coupler(*step.qubits)
        return rules.scale * (coupler.cz_error if step.text.startswith("CZ ") else coupler.error)
    return 0.0


def readout_flip(device: Device, rules: NoiseRules, qubit: int) -> float:
    """Return the (scaled) probability that a measured bit is flipped, at most 1/2."""
    return min(rules.scale * device.qubit(qubit).readout_error, 0.5) if rules.readout else 0.0


def _strike(generator: Generator, rules: NoiseRules) -> str:
    p = generator.probability(rules.scale)
    if len(generator.paulis) == 1:
        ((qubit, letter),) = generator.paulis
        return f"{letter}_ERROR({p!r}) {qubit}"
    return f"CORRELATED_ERROR({p!r}) {generator.text}"


def _described(step: Step) -> str:
    if step.source is None:
        return f"a gate on qubits {step.qubits}"
    angles = ", ".join(f"{float(p):.6g}" for p in step.source.operation.params)
    return f"{step.source.operation.name}({angles}) on qubit {step.qubits[0]}"
