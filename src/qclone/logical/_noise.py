"""Noise of a processor that runs encoded qubits, as rates, and what it does to a clean circuit."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import stim

from qclone.errors import InvalidInputError

MOST = {"two_qubit": 15 / 16, "one_qubit": 3 / 4, "reset": 1 / 2, "readout": 1 / 2, "loss": 1.0}
Pauli = tuple[float, float, float]


@dataclass(frozen=True)
class Rates:
    """Pauli noise, the same on every qubit: no leakage, nothing coherent, no correlations.

    Parameters
    ----------
    name, source : what it is called and where the numbers are from, assumptions said so.
    two_qubit, one_qubit : probability that a gate is followed by one of 15 (3) Paulis.
    reset, readout : probability that a reset gives, or a measurement tells, the other state.
    round_idle : probabilities of X, Y, Z on every data qubit in a round of syndrome measurement.
    layer_idle : the same on data qubits that wait during a layer of logical gates.
    loss : probability that a data qubit is lost in a round; it is seen, and replaced.

    Raises
    ------
    InvalidInputError : a probability out of range.

    Example
    -------
    >>> Rates.uniform(1e-3).round_idle
    (0.0003333333333333333, 0.0003333333333333333, 0.0003333333333333333)
    """

    name: str
    source: str = ""
    two_qubit: float = 0.0
    one_qubit: float = 0.0
    reset: float = 0.0
    readout: float = 0.0
    round_idle: Pauli = (0.0, 0.0, 0.0)
    layer_idle: Pauli = (0.0, 0.0, 0.0)
    loss: float = 0.0

    @classmethod
    def uniform(cls, p: float, loss: float = 0.0) -> Rates:
        """Return p for gates, resets, readout and a data qubit's wait in a round."""
        if not 0 <= p <= 1 / 2:
            raise InvalidInputError(
                f"The noise must be between 0 and 0.5, not {p}.", "Take for example 1e-3."
            )
        source = "uniform circuit noise"
        return cls(f"{p:g}", source, p, p, p, p, depolarised(p), loss=loss)

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            if not 0 <= getattr(self, name) <= most:
                raise InvalidInputError(
                    f"The noise {name} must be between 0 and {most:g}, not {getattr(self, name)}.",
                    "Rates are probabilities.",
                )
        for idle in (self.round_idle, self.layer_idle):
            if min(idle) < 0 or sum(idle) > 1:
                raise InvalidInputError("Idle noise is three probabilities.", "Their sum is at most 1.")

    def apply(self, circuit: stim.Circuit) -> stim.Circuit:
        """Return a compiled circuit with this noise; what is tagged ``ideal`` stays without."""
        return stim.Circuit("\n".join(line for gate in circuit for line in self._lines(gate)))

    def _lines(self, gate: stim.CircuitInstruction) -> list[str]:
        text = str(gate)
        if gate.tag == "ideal":
            return [text]
        targets = text.rpartition(")")[2] if gate.name == "HERALDED_ERASE" else text.partition(" ")[2]
        if gate.name == "HERALDED_ERASE":
            return [f"HERALDED_ERASE({self.loss:.12g}) {targets}"]
        if gate.name == "I":
            idle = self.round_idle if gate.tag == "round" else self.layer_idle
            return _idle(idle, targets) if sum(idle) else []
        if gate.name in ("R", "RX"):
            flip = f"{'X' if gate.name == 'R' else 'Z'}_ERROR({self.reset:.12g}) {targets}"
            return [text, flip] if self.reset else [text]
        if gate.name in ("M", "MX"):
            return [f"{gate.name}({self.readout:.12g}) {targets}" if self.readout else text]
        data = stim.gate_data(gate.name)
        if data.is_two_qubit_gate and self.two_qubit:
            return [text, f"DEPOLARIZE2({self.two_qubit:.12g}) {targets}"]
        if data.is_single_qubit_gate and data.is_unitary and self.one_qubit:
            return [text, f"DEPOLARIZE1({self.one_qubit:.12g}) {targets}"]
        return [text]


def depolarised(p: float) -> Pauli:
    """Return the probabilities of X, Y, Z of depolarising with probability p."""
    return (p / 3, p / 3, p / 3)


def _idle(rates: Pauli, targets: str) -> list[str]:
    """The channel as independent errors, which an error model holds exactly, where it can be one."""
    if len(set(rates)) == 1:
        return [f"DEPOLARIZE1({sum(rates):.12g}) {targets}"]
    x, y, z = rates
    by = [1 - 2 * (y + z), 1 - 2 * (x + z), 1 - 2 * (x + y)]
    if min(by) > 0:
        flips = [(1 - sqrt(by[i - 1] * by[i - 2] / by[i])) / 2 for i in range(3)]
        if min(flips) > -1e-12:
            pairs = zip("XYZ", flips, strict=True)
            return [f"{letter}_ERROR({p:.12g}) {targets}" for letter, p in pairs if p > 1e-15]
    return [f"PAULI_CHANNEL_1({', '.join(f'{r:.12g}' for r in rates)}) {targets}"]


def error_model(circuit: stim.Circuit) -> stim.DetectorErrorModel:
    """Return what a decoder is told; seen losses are taken for independent errors there."""
    return circuit.detector_error_model(approximate_disjoint_errors=True)
