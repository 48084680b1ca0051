"""Noise on clean circuits: a device's rules on a placed circuit, or one error rate everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import stim
from qiskit import QuantumCircuit

from qclone.device import Device, NoiseRules, depolarizing, idle_errors
from qclone.errors import UnsupportedCircuitError
from qclone.simulate._steps import Kind, Step, read, waits


@dataclass(frozen=True, slots=True)
class Noise:
    """One noise location: independent Pauli errors or depolarising, as stim names them.

    Parameters
    ----------
    kind : DEPOLARIZE1, DEPOLARIZE2, X_ERROR, Y_ERROR or Z_ERROR.
    """

    kind: str
    qubits: tuple[int, ...]
    probability: float


def noisy(
    circuit: stim.Circuit | QuantumCircuit, device: Device, rules: NoiseRules | None = None
) -> stim.Circuit:
    """Return a placed Clifford circuit with the noise of a device.

    Measurement records come in the order of the program; qubit indices are physical.

    Parameters
    ----------
    circuit : clean, with qubit indices = physical qubits. In stim: CZ on coupled qubits, any one-qubit
        Clifford gate, M, R, feedback, and TICK as a barrier across all qubits. In Qiskit: cz, rz, sx,
        x, id, delay, barrier, measure, reset. A one-qubit gate costs one pulse unless it is diagonal.
    device : calibration.
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
    return write(read(circuit, device, rules), device, rules)


def write(steps: Sequence[Step], device: Device, rules: NoiseRules) -> stim.Circuit:
    """Return Clifford steps with their noise."""
    lines: list[str] = []
    for step, before, after in located(steps, device, rules):
        lines += [_text(noise) for noise in before]
        if not step.text and step.kind is not Kind.WAIT:
            raise UnsupportedCircuitError(
                f"The circuit is not Clifford: {_described(step)}.",
                "Transpile it with simulate.route, which keeps Clifford what is, or use the engine aer.",
            )
        if step.kind is Kind.MEASURE and rules.readout:
            flip = min(rules.scale * device.qubit(step.qubits[0]).readout_error, 0.5)
            lines.append(step.text.replace("M", f"M({flip!r})", 1))
        else:
            lines.append(step.text)
        lines += [_text(noise) for noise in after]
    return stim.Circuit("\n".join(lines))


def located(
    steps: Sequence[Step], device: Device, rules: NoiseRules
) -> Iterator[tuple[Step, list[Noise], list[Noise]]]:
    """Yield every step with the noise of the wait before it and of the step itself."""
    gaps = waits(steps) if rules.idle else [[] for _ in steps]
    for step, gap in zip(steps, gaps, strict=True):
        before = [n for qubit, wait_s in gap for n in _idle(device, rules, qubit, wait_s)]
        yield step, before, list(_of_step(step, device, rules))


def _idle(device: Device, rules: NoiseRules, qubit: int, wait_s: float) -> Iterable[Noise]:
    x_or_y, z = idle_errors(device.qubit(qubit), rules.scale * wait_s)
    for kind, probability in (("X_ERROR", x_or_y), ("Y_ERROR", x_or_y), ("Z_ERROR", z)):
        yield Noise(kind, (qubit,), probability)


def _of_step(step: Step, device: Device, rules: NoiseRules) -> Iterable[Noise]:
    if step.kind is Kind.PULSE and rules.one_qubit:
        error = device.qubit(step.qubits[0]).gate_error
        yield Noise("DEPOLARIZE1", step.qubits, depolarizing(error, 1, rules.scale))
    elif step.kind is Kind.COUPLER and rules.two_qubit:
        error = device.coupler(*step.qubits).error
        yield Noise("DEPOLARIZE2", step.qubits, depolarizing(error, 2, rules.scale))


def _text(noise: Noise) -> str:
    return f"{noise.kind}({noise.probability!r}) {' '.join(map(str, noise.qubits))}"


def _described(step: Step) -> str:
    if step.source is None:
        return f"a gate on qubits {step.qubits}"
    angles = ", ".join(f"{float(p):.6g}" for p in step.source.operation.params)
    return f"{step.source.operation.name}({angles}) on qubit {step.qubits[0]}"
