"""What a result stands beside: approximate cloning, witnesses, noise floors."""

from __future__ import annotations

from math import sqrt

from qclone.errors import InvalidInputError

WITNESS = 0.5
"""A fidelity with a Bell or GHZ state above 1/2 proves (genuine multipartite) entanglement."""

CLASSICAL_CHSH = 2.0
"""|S| <= 2 for local hidden variables."""

QUANTUM_CHSH = 2 * sqrt(2)
"""|S| <= 2 sqrt2 for any quantum state."""


def approximate_cloning_fidelity(copies: int) -> float:
    """Return the entanglement fidelity of the best universal 1 -> M cloner: (M + 1)/(2 M).

    Equal to (1 + 3 eta)/4 with the shrinking factor eta = (M + 2)/(3 M); arXiv:2602.10695.

    Example
    -------
    >>> [round(approximate_cloning_fidelity(m), 3) for m in (1, 3, 5, 7)]
    [1.0, 0.667, 0.6, 0.571]
    """
    _check(copies)
    return (copies + 1) / (2 * copies)


def approximate_cloning_chsh(copies: int) -> float:
    """Return the CHSH parameter of the best universal 1 -> M cloner: 2 sqrt2 (M + 2)/(3 M).

    Example
    -------
    >>> [round(approximate_cloning_chsh(m), 4) for m in (3, 5, 7)]
    [1.5713, 1.3199, 1.2122]
    """
    _check(copies)
    return QUANTUM_CHSH * (copies + 2) / (3 * copies)


def noise_floor(num_qubits: int) -> float:
    """Return the fidelity of the maximally mixed state of r qubits with any pure state: 2^-r."""
    return 2.0**-num_qubits


def _check(copies: int) -> None:
    if copies < 1:
        raise InvalidInputError(f"A cloner makes at least one copy, not {copies}.", "Give a positive number.")
