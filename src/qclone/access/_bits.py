"""Linear algebra over GF(2) on packed rows: sixty-four columns a word, many matrices at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]
Bits = NDArray[np.uint8]


def pack(bits: ArrayLike) -> Words:
    """Pack the last axis, shape (.., columns) to (.., words), at least one word.

    >>> pack([[1, 0, 1], [0, 1, 0]]).tolist()
    [[5], [2]]
    """
    table = np.asarray(bits, dtype=np.uint8)
    short = 64 * max(1, -(-table.shape[-1] // 64)) - table.shape[-1]
    padded = np.concatenate([table, np.zeros((*table.shape[:-1], short), np.uint8)], axis=-1)
    return np.packbits(padded, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def unpack(words: Words, columns: int) -> Bits:
    """Undo `pack`."""
    as_bytes = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(as_bytes, axis=-1, count=columns, bitorder="little")


def eliminate(rows: Words, lead: int) -> None:
    """Bring every matrix to echelon form in place, looking for pivots in the first `lead` words only.

    Each row is added to rows below it and to none above, so the order of rows is an order of preference:
    a row that ends without a bit in the first words depends on itself and the rows above it there.

    Parameters
    ----------
    rows : shape (matrices, rows, words).
    lead : words to clear; those behind them are carried along.
    """
    matrices = np.arange(len(rows))
    for i in range(rows.shape[1] - 1):
        row = rows[:, i, :lead]
        word = (row != 0).argmax(axis=1)
        value = row[matrices, word]
        pivot = value & (~value + np.uint64(1))
        below = rows[matrices, i + 1 :, word]
        which, where = np.nonzero(below & pivot[:, None])
        rows[which, where + (i + 1)] ^= rows[which, i]
