"""What waiting does to a qubit: T1 and T2, twirled over the Paulis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Memory:
    """How long qubits keep: the Pauli-twirled T1/T2 channel.

    After t seconds px = py = (1 - exp(-t/T1))/4 and pz = (1 - exp(-t/T2))/2 - px, so that Z keeps
    exp(-t/T1) of its expectation and X and Y keep exp(-t/T2) of theirs.

    Parameters
    ----------
    t1_s, t2_s : relaxation and dephasing time in seconds; infinite by default.

    Raises
    ------
    InvalidInputError : a time that is not positive, or T2 > 2 T1: relaxation alone dephases faster.

    Example
    -------
    >>> Memory(t1_s=1.0, t2_s=1.0).decay([0, 2], 0.0)
    ''
    """

    t1_s: float = math.inf
    t2_s: float = math.inf

    def __post_init__(self) -> None:
        for name, time in (("T1", self.t1_s), ("T2", self.t2_s)):
            if not time > 0:
                raise InvalidInputError(
                    f"{name} must be positive, not {time:g} s.", "Leave it out for no decay."
                )
        if self.t2_s > 2 * self.t1_s:
            raise InvalidInputError(
                f"T2 = {self.t2_s:g} s is longer than 2 T1 = {2 * self.t1_s:g} s, which no qubit allows.",
                "Relaxation alone limits T2 to 2 T1.",
            )

    def channel(self, elapsed_s: float) -> tuple[float, float, float]:
        """Return px, py, pz after a while."""
        px = -math.expm1(-elapsed_s / self.t1_s) / 4
        return px, px, -math.expm1(-elapsed_s / self.t2_s) / 2 - px

    def decay(self, wires: list[int], elapsed_s: float) -> str:
        """Return the channel of waiting, as stim text: independent X, Y and Z flips.

        With flip probabilities a, a, c the expectation of Z shrinks by (1 - 2a)^2 and those of X and Y
        by (1 - 2a)(1 - 2c): the twirled channel exactly, for every T2 <= 2 T1.
        """
        flip_xy = -math.expm1(-elapsed_s / (2 * self.t1_s)) / 2
        flip_z = -math.expm1(-elapsed_s * (1 / self.t2_s - 0.5 / self.t1_s)) / 2
        targets = " ".join(map(str, wires))
        probabilities = (("X", flip_xy), ("Y", flip_xy), ("Z", flip_z)) if wires else ()
        return "\n".join(f"{pauli}_ERROR({p!r}) {targets}" for pauli, p in probabilities if p > 0)


def erasure(wires: list[int]) -> str:
    """Return the loss of qubits as stim text: a uniformly random Pauli on each."""
    return f"DEPOLARIZE1(0.75) {' '.join(map(str, wires))}" if wires else ""
