"""What a syndrome says about the logical error: the exact joint distribution, correction, post-selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.access._bell_checks import Checks
from qclone.errors import InvalidInputError

Probabilities = NDArray[np.float64]
PauliChannel = tuple[float, float, float]
"""Probabilities of X, Y and Z."""

_MAX_BITS = 22


def depolarizing(p: float) -> PauliChannel:
    """Return the channel with error probability p, X, Y and Z alike; p = 3/4 erases.

    >>> depolarizing(0.75)
    (0.25, 0.25, 0.25)
    """
    return (p / 3, p / 3, p / 3)


@dataclass(frozen=True, eq=False)
class Correction:
    """Maximum-likelihood correction for given noise on the stored wires.

    The joint distribution of syndrome s and logical error L is the Walsh transform of the product, over
    wires, of the channel's eigenvalues: exact, in time of order 2^(checks + 2 k) (checks + wires). A wire
    that is known to be lost is not noise: leave it out of what is held.

    Parameters
    ----------
    checks : the recovery.
    noise : the channel of every wire held, by label, or one for all; wires left out have none. Gates and
        readout are perfect.

    Raises
    ------
    InvalidInputError : no probabilities, a wire that is not held, or checks + 2 k above 22.

    Example
    -------
    >>> from qclone.access import bell_checks
    >>> from qclone.scheme import Canonical
    >>> found = Correction(bell_checks(Canonical(2), "S1"), depolarizing(0.01))
    >>> f"{found.infidelity_unchecked:.6f} {found.infidelity:.6f} {found.infidelity_if_accepted:.2e}"
    '0.029602 0.000978 1.15e-06'
    """

    checks: Checks
    noise: PauliChannel | Mapping[str, PauliChannel]

    def __post_init__(self) -> None:
        bits = self.checks.num_checks + self.checks.num_logical_bits
        if bits > _MAX_BITS:
            raise InvalidInputError(
                f"{self.checks.num_checks} checks have too many outcomes to list them all.",
                f"Hold fewer wires: at most {_MAX_BITS - self.checks.num_logical_bits} checks.",
            )
        _ = self._channels

    @cached_property
    def distribution(self) -> Probabilities:
        """P(s, L), shape (2^checks, 4^inputs).

        Bit i of s is the outcome of check i; bit i of L is X on output i, bit inputs + i is Z on output i.
        """
        flips, channels, size = self.checks.flips, self._channels, len(self.checks.held)
        bits = flips.shape[1]
        combinations = np.arange(2**bits, dtype=np.uint32)
        weights = np.uint32(1) << np.arange(bits, dtype=np.uint32)
        spectrum = np.ones(2**bits)
        for wire in range(size):
            by_x, by_z = (
                _parity(combinations & np.uint32(row @ weights)) for row in flips[[wire, size + wire]]
            )
            spectrum *= _eigenvalues(*channels[wire])[by_x + 2 * by_z]
        for bit in range(bits):
            halves = spectrum.reshape(-1, 2, 2**bit)
            spectrum = np.stack([halves[:, 0] + halves[:, 1], halves[:, 0] - halves[:, 1]], axis=1).ravel()
        joint = np.maximum(spectrum / 2**bits, 0)
        return joint.reshape(2**self.checks.num_logical_bits, -1).T

    @cached_property
    def table(self) -> NDArray[np.int64]:
        """The most likely logical error of every syndrome, shape (2^checks,), in the bits of L."""
        return self.distribution.argmax(axis=1)

    def correct(self, outcomes: Sequence[bool | int]) -> stim.PauliString:
        """Return the Pauli operator, on the indices of the scheme, that undoes the most likely error.

        Parameters
        ----------
        outcomes : of ``checks.measured``, in order.
        """
        if len(outcomes) != self.checks.num_checks:
            raise InvalidInputError(
                f"There are {self.checks.num_checks} checks, not {len(outcomes)}.",
                "Give the outcome of every measured wire.",
            )
        syndrome = sum(int(bit) << i for i, bit in enumerate(outcomes))
        error, inputs = int(self.table[syndrome]), len(self.checks.outputs)
        return stim.PauliString(
            {
                wire: "IXZY"[(error >> i & 1) + 2 * (error >> (inputs + i) & 1)]
                for i, wire in enumerate(self.checks.scheme.indices(self.checks.outputs))
            }
        )

    @property
    def infidelity_unchecked(self) -> float:
        """1 - entanglement fidelity if nobody looks at the checks."""
        return float(self.distribution[:, 1:].sum())

    @cached_property
    def infidelity(self) -> float:
        """1 - entanglement fidelity with correction."""
        rest = self.distribution.copy()
        rest[np.arange(len(rest)), self.table] = 0
        return float(rest.sum())

    @property
    def infidelity_if_accepted(self) -> float:
        """1 - entanglement fidelity with post-selection on all outcomes 0."""
        accepted = self.distribution[0]
        return float(accepted[1:].sum() / accepted.sum())

    @property
    def rejected(self) -> float:
        """Probability that some outcome is not 0."""
        return float(self.distribution[1:].sum())

    @cached_property
    def _channels(self) -> list[PauliChannel]:
        held = self.checks.held
        if isinstance(self.noise, Mapping):
            strange = sorted(set(self.noise) - set(held))
            if strange:
                raise InvalidInputError(f"Wire {strange[0]} is not held.", f"Held are {', '.join(held[:8])}.")
            channels = [self.noise.get(label, (0.0, 0.0, 0.0)) for label in held]
        else:
            channels = [self.noise] * len(held)
        if any(min(channel) < 0 or sum(channel) > 1 + 1e-12 for channel in channels):
            raise InvalidInputError(
                "Noise is three probabilities, of X, Y and Z, of sum at most 1.",
                "Give for example 0.01 each.",
            )
        return channels


def _eigenvalues(x: float, y: float, z: float) -> Probabilities:
    """E[(-1)^f] for f = 0, f = the error has an X part, a Z part, either (but not both)."""
    return np.array([1.0, 1 - 2 * (x + y), 1 - 2 * (z + y), 1 - 2 * (x + z)])


def _parity(words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.bitwise_count(words) & np.uint8(1)
