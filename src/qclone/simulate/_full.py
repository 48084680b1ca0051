"""Noise that is no random Pauli, for Aer: what the twin leaves out, so that leaving it out can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, pi, sqrt

from qclone.errors import InvalidInputError


@dataclass(frozen=True)
class FullNoise:
    """What replaces the Pauli noise of the twin in Aer, at the same calibration.

    Parameters
    ----------
    damping : T1 as amplitude damping towards |0> and T2 as pure dephasing on top, instead of their twirl.
    coherent : share of each gate's infidelity, 0 to 1, that is a systematic over-rotation, of Z Z after
        a two-qubit gate and of X after a pulse; the rest stays depolarising.
    zz_hz : always-on ZZ interaction, Hz, between a qubit in a two-qubit gate and each qubit in use that
        is coupled to it and not in the gate: R_ZZ(pi zz t). Calibration data do not contain it.

    Raises
    ------
    InvalidInputError : a share outside 0 to 1.
    """

    damping: bool = True
    coherent: float = 0.0
    zz_hz: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.coherent <= 1:
            raise InvalidInputError(
                f"The coherent share must lie between 0 and 1, not {self.coherent}.",
                "0 is all depolarising, 1 all over-rotation.",
            )


def over_rotation(error: float, num_qubits: int) -> float:
    """Return the angle of exp(-i angle/2 P) with average infidelity e = d/(d + 1) sin^2(angle/2), d = 2^k.

    Example
    -------
    >>> round(over_rotation(2 / 3, 1), 6)  # half a turn, a Pauli: infidelity d/(d + 1)
    3.141593
    """
    dimension = 2**num_qubits
    return 2 * asin(min(1.0, sqrt(error * (dimension + 1) / dimension)))


def spectator_angle(zz_hz: float, duration_s: float) -> float:
    """Return the angle of R_ZZ after a time with H = h zz Z Z / 4."""
    return pi * zz_hz * duration_s
