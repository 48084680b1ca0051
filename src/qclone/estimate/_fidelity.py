"""Fidelities and correlations from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.estimate._estimate import Estimate


def bell_fidelity(xx: Estimate, yy: Estimate, zz: Estimate) -> Estimate:
    """Return the fidelity with (|00> + |11>)/sqrt2: Fe = (1 + <XX> - <YY> + <ZZ>)/4.

    Parameters
    ----------
    xx, yy, zz : parities of the two qubits measured in equal bases.

    Example
    -------
    >>> print(bell_fidelity(Estimate(0.8, 0.01), Estimate(-0.8, 0.01), Estimate(0.9, 0.01)))
    0.875 ± 0.004
    """
    return (1 + xx - yy + zz) / 4


def coherence(oscillation: Sequence[Estimate]) -> Estimate:
    """Return 2 Re <0..0|rho|1..1> = (1/r) sum_k (-1)^k <M_k>, k = 1..r.

    M_k = [cos(k pi/r) X + sin(k pi/r) Y]^(x r); arXiv:2602.10695, Methods.

    Parameters
    ----------
    oscillation : <M_1>, ..., <M_r> of an r-qubit state.

    Raises
    ------
    InvalidInputError : no settings.
    """
    if not oscillation:
        raise InvalidInputError("A coherence needs at least one setting.", "Measure M_1 to M_r.")
    signed = (m if k % 2 == 0 else -m for k, m in enumerate(oscillation, start=1))
    return sum(signed, Estimate(0.0)) / len(oscillation)


def parity_fidelity(populations: Estimate, coherence: Estimate) -> Estimate:
    """Return the fidelity with (|0..0> + |1..1>)/sqrt2: F = (P + chi)/2; arXiv:2602.10695, Methods.

    For two qubits this equals `bell_fidelity`; for one it is the fidelity with |+>.

    Parameters
    ----------
    populations : P, the probability of all zeros or all ones in the Z basis.
    coherence : chi, see `coherence`.
    """
    return (populations + coherence) / 2


def chsh(zz: Estimate, zx: Estimate, xz: Estimate, xx: Estimate) -> Estimate:
    """Return S = E(Z,B+) + E(Z,B-) + E(X,B+) - E(X,B-), B+- = (Z +- X)/sqrt2; |S| <= 2 classically.

    Parameters
    ----------
    zz, zx, xz, xx : the four correlations E(Z,B+), E(Z,B-), E(X,B+), E(X,B-), each measured on its own.

    Example
    -------
    >>> e = Estimate(0.5**0.5, 0.005)
    >>> print(chsh(e, e, e, -e))
    2.828 ± 0.010
    """
    return zz + zx + xz - xx


def correlation_matrix(
    parities: Mapping[str, Estimate],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the matrix <P Q>, P, Q = X, Y, Z, of two qubits, and its errors.

    Parameters
    ----------
    parities : nine parities, by "XX", "XY", ..., "ZZ".

    Returns
    -------
    values and standard deviations, float64 of shape (3, 3); rows are the first qubit's Pauli.
    """
    table = [[parities[p + q] for q in "XYZ"] for p in "XYZ"]
    values = np.array([[e.value for e in row] for row in table])
    return values, np.array([[e.error for e in row] for row in table])
