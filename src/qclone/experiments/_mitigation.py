"""Dynamical decoupling and Pauli twirling of placed circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qiskit import QuantumCircuit
from qiskit.circuit import pauli_twirl_2q_gates
from qiskit.circuit.library import CZGate, XGate, YGate
from qiskit.transpiler import InstructionProperties, PassManager, Target
from qiskit.transpiler.passes import ALAPScheduleAnalysis, PadDynamicalDecoupling

from qclone.device import Device, target_of
from qclone.errors import InvalidInputError
from qclone.experiments._experiment import Row

if TYPE_CHECKING:
    from qclone.experiments._setup import Setup

TWIRLS = 32
"""Randomisations of a twirled circuit, as in arXiv:2602.10695."""
# Calibrated durations are whole nanoseconds; Qiskit pads in whole ticks.
_TICK_S = 1e-9


def variants(placed: QuantumCircuit, row: Row, setup: Setup) -> list[QuantumCircuit]:
    """Return the circuits that are run for a row: one, or several that share its shots.

    The row's option is ``plain``; ``decoupled``, which fills waits with XY4; or ``twirled``, which puts
    random Paulis around every CZ that cancel without noise.
    """
    option = row.placement.get("option", "plain")
    if option == "plain":
        return [placed]
    if option == "decoupled":
        return [decoupled(placed, setup.device)]
    if option == "twirled":
        return twirled(placed, setup.device, setup.seed)
    raise InvalidInputError(f"There is no option {option!r}.", "Choose plain, decoupled or twirled.")


def decoupled(placed: QuantumCircuit, device: Device) -> QuantumCircuit:
    """Return the circuit, scheduled as late as possible, with X Y X Y in every wait that has room."""
    target = _with_y(target_of(device))
    target.dt = _TICK_S
    sequence = [XGate(), YGate(), XGate(), YGate()]
    manager = PassManager(
        [ALAPScheduleAnalysis(target=target), PadDynamicalDecoupling(target=target, dd_sequence=sequence)]
    )
    padded = manager.run(placed)
    in_seconds = padded.copy_empty_like()
    for instruction in padded.data:
        if instruction.operation.name == "delay":
            in_seconds.delay(instruction.operation.duration * _TICK_S, instruction.qubits, unit="s")
        else:
            in_seconds.append(instruction)
    return in_seconds


def twirled(placed: QuantumCircuit, device: Device, seed: int) -> list[QuantumCircuit]:
    """Return randomised versions of the circuit, each equal to it without noise."""
    return pauli_twirl_2q_gates(
        placed, twirling_gate=CZGate(), seed=seed, num_twirls=TWIRLS, target=target_of(device)
    )


def _with_y(target: Target) -> Target:
    """A Y is an X pulse in a turned frame: it costs what an X costs."""
    target.add_instruction(
        YGate(),
        {
            qubits: InstructionProperties(properties.duration, properties.error)
            for qubits, properties in target["x"].items()
        },
    )
    return target
