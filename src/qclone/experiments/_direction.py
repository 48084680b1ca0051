"""Along which direction of the Bloch sphere a qubit is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, isclose, pi, sin
from typing import ClassVar

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction


@dataclass(frozen=True, slots=True)
class Direction:
    """The observable sin(theta) cos(phi) X + sin(theta) sin(phi) Y + cos(theta) Z.

    Parameters
    ----------
    theta, phi : polar and azimuthal angle, radians.

    Example
    -------
    >>> [(p, round(w, 3)) for p, w in Direction(pi / 4).components().items()]
    [('X', 0.707), ('Z', 0.707)]
    """

    theta: float
    phi: float = 0.0

    X: ClassVar[Direction]
    Y: ClassVar[Direction]
    Z: ClassVar[Direction]

    def components(self) -> dict[str, float]:
        """Return the weight of each Pauli that takes part."""
        weights = {
            "X": sin(self.theta) * cos(self.phi),
            "Y": sin(self.theta) * sin(self.phi),
            "Z": cos(self.theta),
        }
        return {pauli: w for pauli, w in weights.items() if not isclose(w, 0, abs_tol=1e-12)}

    @property
    def opposite(self) -> Direction:
        """The observable with the other sign."""
        return Direction(pi - self.theta, self.phi + pi)

    @property
    def pulses(self) -> int:
        """How many pulses its rotation takes: none along Z, one on the equator, else two."""
        if isclose(self.theta, 0, abs_tol=1e-12):
            return 0
        return 1 if isclose(self.theta, pi / 2, abs_tol=1e-12) else 2

    def rotate(self, circuit: QuantumCircuit, qubit: int, pulses: int | None = None) -> None:
        """Append the rotation, in rz and sx, after which measuring Z measures this observable.

        Parameters
        ----------
        pulses : two turn to any direction; by default as few as do.
        """
        pulses = self.pulses if pulses is None else pulses
        if pulses == 0:
            return
        if pulses == 1:
            circuit.rz(pi / 2 - self.phi, qubit)
        else:
            circuit.rz(-self.phi, qubit)
            circuit.sx(qubit)
            circuit.rz(pi - self.theta, qubit)
        circuit.sx(qubit)


Direction.X = Direction(pi / 2, 0)
Direction.Y = Direction(pi / 2, pi / 2)
Direction.Z = Direction(0)
PAULI = {"X": Direction.X, "Y": Direction.Y, "Z": Direction.Z}


def in_directions(
    circuit: QuantumCircuit,
    directions: Mapping[int, Direction],
    pulses: Mapping[int, int] | None = None,
) -> QuantumCircuit:
    """Return the circuit with a rotation before the measurement into each classical bit.

    The circuit is placed and routed already: one routing serves all settings, as rotations need no
    coupler. Mid-circuit measurements are rotated where they happen.

    Parameters
    ----------
    directions : index of a classical bit -> along which direction to measure; Z where none is given.
    pulses : index of a classical bit -> how many pulses its rotation takes; as few as do by default.
    """
    turned = circuit.copy_empty_like()
    for instruction in circuit.data:
        if instruction.operation.name == "measure":
            qubit, bit = _where(circuit, instruction)
            directions.get(bit, Direction.Z).rotate(turned, qubit, (pulses or {}).get(bit))
        turned.append(instruction)
    return turned


def _where(circuit: QuantumCircuit, measurement: CircuitInstruction) -> tuple[int, int]:
    return circuit.find_bit(measurement.qubits[0]).index, circuit.find_bit(measurement.clbits[0]).index
