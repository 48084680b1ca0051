"""What travelling from one site to another does to a qubit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qclone.access import PauliChannel
from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Links:
    """The links between sites, all alike: a qubit is lost, or arrives through a depolarising channel.

    A loss is an erasure: a uniformly random Pauli, and everyone can see that nothing arrived.

    Parameters
    ----------
    fidelity : entanglement fidelity F of a journey that arrives: X, Y and Z with probability (1 - F)/3 each.
    loss : probability that a qubit does not arrive, each on its own.

    Raises
    ------
    InvalidInputError : F below 1/4, which no depolarising channel has, or above 1; no probability.

    Example
    -------
    >>> Links(fidelity=0.97).channel(journeys=1)[0]
    0.010000000000000009
    """

    fidelity: float = 1.0
    loss: float = 0.0

    def __post_init__(self) -> None:
        if not 0.25 <= self.fidelity <= 1:
            raise InvalidInputError(
                f"A link cannot have the fidelity {self.fidelity:g}.", "Give 1/4 (pure noise) to 1 (perfect)."
            )
        if not 0 <= self.loss < 1:
            raise InvalidInputError(
                f"A link cannot lose {self.loss:g} of its qubits.", "Give at least 0 and less than 1."
            )

    def channel(self, journeys: int) -> PauliChannel:
        """Return px, py, pz after so many journeys: every Pauli expectation has shrunk by ((4F - 1)/3)^m."""
        p = (1 - ((4 * self.fidelity - 1) / 3) ** journeys) / 4
        return p, p, p

    def noise(self, wires: Sequence[int]) -> str:
        """Return one journey as stim text."""
        if self.fidelity == 1 or not wires:
            return ""
        return f"DEPOLARIZE1({1 - self.fidelity!r}) {' '.join(map(str, wires))}"


def together(a: PauliChannel, b: PauliChannel) -> PauliChannel:
    """Return the channel of two, one after the other.

    >>> together((0.0, 0.0, 1.0), (1.0, 0.0, 0.0))
    (0.0, 1.0, 0.0)
    """
    (ax, ay, az), (bx, by, bz) = a, b
    ai, bi = 1 - ax - ay - az, 1 - bx - by - bz
    return (
        ai * bx + ax * bi + ay * bz + az * by,
        ai * by + ay * bi + ax * bz + az * bx,
        ai * bz + az * bi + ax * by + ay * bx,
    )
