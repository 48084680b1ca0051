"""Stabilisers a qubit at a time, as vectors of bits, and the ranks of sets of them; compiled.

Qubit q is two vectors, x and z, in words of 64: bit k says what generator k is on q. A gate
exp(-i pi/4 P_a Q_b) multiplies the generators that anticommute with it by P_a Q_b: one xor of masks. The
entropy of a set of qubits is the rank of their vectors less their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from qclone.search.kernels._compiled import njit

Vectors = NDArray[np.uint64]
"""Shape (qubits, 2, words)."""
Integers = NDArray[np.int64]
GATES = 9
"""Gate 3 P + Q of two qubits, X, Y, Z being 0, 1, 2."""
_NONE, _ONE = np.uint64(0), np.uint64(1)


def packed(columns: Iterable[Sequence[int]], bits: int) -> Vectors:
    """Return columns (x, z), given as integers of so many bits, as words."""
    words = math.ceil(bits / 64)
    data = b"".join(v.to_bytes(8 * words, "little") for pair in columns for v in pair)
    return np.frombuffer(data, "<u8").reshape(-1, 2, words).astype(np.uint64)


@njit(cache=True)
def turn(state: Vectors, a: int, b: int, gate: int) -> None:
    """Apply a gate to two qubits."""
    for w in range(state.shape[2]):
        mask = _NONE
        for q, pauli in ((a, gate // 3), (b, gate % 3)):
            if pauli != 2:
                mask ^= state[q, 1, w]
            if pauli != 0:
                mask ^= state[q, 0, w]
        for q, pauli in ((a, gate // 3), (b, gate % 3)):
            if pauli != 2:
                state[q, 0, w] ^= mask
            if pauli != 0:
                state[q, 1, w] ^= mask


@njit(cache=True)
def basis_for(state: Vectors) -> tuple[Vectors, Vectors]:
    """Return room for a basis, shape (vectors, words), and the word and the bit of each vector's pivot."""
    words = state.shape[2]
    return np.empty((64 * words + 1, words), np.uint64), np.empty((64 * words + 1, 2), np.uint64)


@njit(cache=True)
def _reduced(basis: Vectors, pivots: Vectors, row: int, first: int) -> tuple[int, int]:
    """Clear the pivots of the rows before from a row, which makes it a normal form, and keep what is left.

    Returns
    -------
    the rank then; of which rows from `first` on it is the sum, as a bit mask.
    """
    words, of = basis.shape[1], 0
    for k in range(row):
        if basis[row, pivots[k, 0]] & pivots[k, 1]:
            for w in range(words):
                basis[row, w] ^= basis[k, w]
            if k >= first:
                of ^= 1 << (k - first)
    for w in range(words):
        v = basis[row, w]
        if v != _NONE:
            pivots[row, 0], pivots[row, 1] = w, v & (~v + _ONE)
            if row >= first:
                of ^= 1 << (row - first)
            return row + 1, of
    return row, of


@njit(cache=True)
def span(state: Vectors, members: Integers, skip: int, basis: Vectors, pivots: Vectors) -> int:
    """Fill a basis of the vectors of some qubits, but one; return its rank.

    Parameters
    ----------
    members : shape (some qubits,), their numbers.
    basis, pivots : see `basis_for`.
    """
    rank = 0
    for q in members:
        if q != skip:
            for half in range(2):
                for w in range(state.shape[2]):
                    basis[rank, w] = state[q, half, w]
                rank = _reduced(basis, pivots, rank, len(basis))[0]
    return rank


@njit(cache=True)
def plane_ranks(
    state: Vectors, path: Integers, members: Integers, skip: int, planes: Integers, ranks: Integers
) -> None:
    """Fill the ranks that planes add to the vectors of some qubits, but one.

    Parameters
    ----------
    path : the qubits of whose vectors, two each, planes are sums.
    planes : shape (planes, 2): pairs of sums, as bit masks.
    ranks : shape (planes,).
    """
    basis, pivots = basis_for(state)
    rest = rank = span(state, members, skip, basis, pivots)
    # Coordinates of the path's vectors, modulo that rest; then of all their sums.
    sums = np.zeros(1 << 2 * len(path), np.int64)
    for n in range(2 * len(path)):
        for w in range(state.shape[2]):
            basis[rank, w] = state[path[n // 2], n % 2, w]
        rank, of = _reduced(basis, pivots, rank, rest)
        for m in range(1 << n):
            sums[m | 1 << n] = sums[m] ^ of
    for p in range(len(planes)):
        u, v = sums[planes[p, 0]], sums[planes[p, 1]]
        ranks[p] = 0 if u == 0 and v == 0 else 1 if u == 0 or v in (0, u) else 2
