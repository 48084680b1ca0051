"""Stim text in bulk: a million targets a line, never one `append` a gate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import stim
from numpy.typing import ArrayLike


def line(gate: str, *columns: ArrayLike) -> str:
    """Return one instruction with its targets; several columns are interleaved into pairs.

    >>> line("CX", [0, 1], [2, 3])
    'CX 0 2 1 3'
    """
    targets = np.stack([np.ravel(c) for c in np.broadcast_arrays(*columns)], axis=1).ravel()
    return f"{gate} {' '.join(map(str, targets.tolist()))}" if targets.size else ""


def circuit(lines: Iterable[str]) -> stim.Circuit:
    """Return the circuit of these instructions."""
    return stim.Circuit("\n".join(lines))
