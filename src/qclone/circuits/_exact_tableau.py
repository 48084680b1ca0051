"""The tableau of a matrix that is Clifford; stim's own is that of the nearest one, however far."""

from __future__ import annotations

import numpy as np
import stim
from numpy.typing import NDArray


def exact_tableau(matrix: NDArray[np.complex128], tolerance: float = 1e-6) -> stim.Tableau | None:
    """Return what a unitary does to Paulis, or None if it is not Clifford.

    Parameters
    ----------
    matrix : shape (2^k, 2^k), the first qubit the lowest bit; its phase is free.
    tolerance : of every element.

    Example
    -------
    >>> exact_tableau(np.diag([1, 1j])) == stim.Tableau.from_named_gate("S")
    True
    >>> exact_tableau(np.diag([1, np.exp(1.8j)]))
    """
    try:
        tableau = stim.Tableau.from_unitary_matrix(matrix, endian="little")
    except ValueError:
        return None
    # stim is generous: it takes a rotation by 0.6 for none at all.
    exact = tableau.to_unitary_matrix(endian="little").astype(np.complex128)
    overlap = np.vdot(exact, matrix)
    same = np.allclose(exact * (overlap / abs(overlap)), matrix, atol=tolerance, rtol=0)
    return tableau if same else None
