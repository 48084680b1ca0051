"""What is measured and how it is analysed: settings apart from analysis, analysis apart from data.

A measurement names its settings: along which direction each bit is measured. It analyses whatever answers
its questions about them, counts from any V2 sampler or the exact values of the twin.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Protocol

from qclone.estimate import (
    Estimate,
    bell_fidelity,
    chsh,
    correlation_matrix,
    parity_fidelity,
)
from qclone.experiments._direction import PAULI, Direction

Settings = Mapping[str, tuple[Direction, ...]]
"""By the name of a setting, the direction of each bit."""
Matrices = Mapping[str, list[list[list[float]]]]
"""By wire, the values and the errors of a 3 x 3 matrix."""


class Data(Protocol):
    """Answers about settings, each with one standard deviation."""

    @property
    def sampled(self) -> bool:
        """Whether answers scatter, or are exact and their errors only say what shots would leave."""

    def num_shots(self, setting: str) -> int:
        """Return how many shots were taken, or would leave such errors."""

    def parities(self, setting: str, subsets: Sequence[Sequence[int]]) -> list[Estimate]:
        """Return the mean of (-1)^(sum of bits) for several sets of bits."""

    def zeros(self, setting: str) -> Estimate:
        """Return the probability that all bits are 0."""

    def ends(self, setting: str) -> Estimate:
        """Return the probability that all bits are equal."""

    def syndromes(self, setting: str, bits: Sequence[int], checks: Sequence[int]) -> list[Estimate]:
        """Return P(s), then P(s) times the mean parity of some bits given s, for all values s of the checks.

        Bit i of the index s is check i.
        """

    def coherence(self, settings: Sequence[str]) -> Estimate:
        """Return chi = (1/r) sum_k (-1)^k <M_k>, k = 1..r, from one setting for each k."""


@dataclass(frozen=True)
class Analysis:
    """What a measurement found.

    Parameters
    ----------
    name : what was found: ``fidelity`` or ``chsh``.
    estimate : its value.
    matrices : for correlations, by wire: the values and the errors of a 3 x 3 matrix.
    accepted : for post-selection, the probability to be kept.
    """

    name: str
    estimate: Estimate
    matrices: Matrices | None = None
    accepted: Estimate | None = None


class Measurement(ABC):
    """Settings and their analysis; subclasses are frozen dataclasses."""

    @abstractmethod
    def settings(self) -> Settings:
        """Return the directions of all bits for each setting."""

    @abstractmethod
    def analyse(self, data: Data) -> Analysis:
        """Return what the data of all settings say."""


@dataclass(frozen=True)
class BellMeasurement(Measurement):
    """Fe is the probability of 00 behind a CX and a Hadamard: one setting."""

    def settings(self) -> Settings:
        return {"bell": (Direction.Z, Direction.Z)}

    def analyse(self, data: Data) -> Analysis:
        return Analysis("fidelity", data.zeros("bell"))


@dataclass(frozen=True)
class ParityOscillation(Measurement):
    """Fidelity with a GHZ state: F = (P + chi)/2 from r + 1 settings; arXiv:2602.10695, Methods.

    Z on every qubit gives P; M_k = [cos(k pi/r) X + sin(k pi/r) Y]^(x r), k = 1..r, give
    chi = (1/r) sum_k (-1)^k <M_k>. For ancilla and clone r = 2 and F is the entanglement fidelity.

    Parameters
    ----------
    num_qubits : r.
    """

    num_qubits: int = 2

    def settings(self) -> Settings:
        r = self.num_qubits
        turned = {f"M{k}": (Direction(pi / 2, k * pi / r),) * r for k in range(1, r + 1)}
        return {"Z": (Direction.Z,) * r, **turned}

    def analyse(self, data: Data) -> Analysis:
        _, *oscillation = self.settings()
        return Analysis("fidelity", parity_fidelity(data.ends("Z"), data.coherence(oscillation)))


@dataclass(frozen=True)
class Chsh(Measurement):
    """S with the ancilla along Z and X and the clone along (Z +- X)/sqrt2: four settings."""

    def settings(self) -> Settings:
        ancilla = {"Z": Direction.Z, "X": Direction.X}
        clone = {"+": Direction(pi / 4), "-": Direction(-pi / 4)}
        return {a + c: (ancilla[a], clone[c]) for a in ancilla for c in clone}

    def analyse(self, data: Data) -> Analysis:
        zz, zx, xz, xx = (data.parities(setting, [(0, 1)])[0] for setting in self.settings())
        return Analysis("chsh", chsh(zz, zx, xz, xx))


@dataclass(frozen=True)
class Correlations(Measurement):
    """The 3 x 3 matrix <P_R Q_w> of the ancilla with every wire: nine settings serve all wires.

    The estimate is the fidelity of the first wire with the Bell state, (1 + <XX> - <YY> + <ZZ>)/4.

    Parameters
    ----------
    wires : labels, in the order of the bits from 1 on.
    """

    wires: tuple[str, ...]

    def settings(self) -> Settings:
        return {a + b: (PAULI[a], *[PAULI[b]] * len(self.wires)) for a in "XYZ" for b in "XYZ"}

    def analyse(self, data: Data) -> Analysis:
        pairs = [(0, bit) for bit in range(1, 1 + len(self.wires))]
        columns = {setting: data.parities(setting, pairs) for setting in self.settings()}
        matrices = {}
        for i, wire in enumerate(self.wires):
            values, errors = correlation_matrix({s: column[i] for s, column in columns.items()})
            matrices[wire] = [values.tolist(), errors.tolist()]
        first = bell_fidelity(columns["XX"][0], columns["YY"][0], columns["ZZ"][0])
        return Analysis("fidelity", first, matrices)
