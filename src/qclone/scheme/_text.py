"""Stim text in bulk: a million targets a line, never one `append` a gate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import stim
from numpy.typing import ArrayLike, NDArray

# Below this many numbers Python's own formatting is faster.
_FEW = 500


def line(gate: str, *columns: ArrayLike) -> str:
    """Return one instruction with its targets; several columns are interleaved into pairs.

    >>> line("CX", [0, 1], [2, 3])
    'CX 0 2 1 3'
    """
    targets = np.stack([np.ravel(c) for c in np.broadcast_arrays(*columns)], axis=1).ravel()
    return f"{gate} {words(targets)}" if targets.size else ""


def words(numbers: NDArray[np.int64]) -> str:
    """Return non-negative whole numbers as text; many are padded with zeros to one width, digit by digit.

    >>> words(np.array([3, 14]))
    '3 14'
    """
    if numbers.size < _FEW:
        return " ".join(map(str, numbers.tolist()))
    width = len(str(numbers.max()))
    rest = numbers.astype(np.uint32)
    text = np.full((rest.size, width + 1), ord(" "), dtype=np.uint8)
    for digit in reversed(range(width)):
        tens = rest // 10
        text[:, digit] = rest - 10 * tens + ord("0")
        rest = tens
    return text.tobytes().decode("ascii")


def circuit(lines: Iterable[str]) -> stim.Circuit:
    """Return the circuit of these instructions."""
    return stim.Circuit("\n".join(lines))
