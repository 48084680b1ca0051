"""Pauli operators as rows of bits, carried along by gates that are written down."""

from __future__ import annotations

import numpy as np
import stim
from numpy.typing import ArrayLike, NDArray

BitRows = NDArray[np.uint8]
Wires = NDArray[np.int64]


def letters_of(rows: BitRows) -> BitRows:
    """Return one letter a wire of rows (x | z)."""
    half = rows.shape[1] // 2
    letters: BitRows = rows[:, :half] + 2 * rows[:, half:]
    return letters


class Frame:
    """Operators, signs left out, and the gates that have acted on them so far.

    Parameters
    ----------
    rows : shape (operators, 2 wires), each (x | z).
    """

    X, Z, Y = 1, 2, 3
    """Letters: the bit of X plus twice the bit of Z."""

    def __init__(self, rows: BitRows) -> None:
        wires = rows.shape[1] // 2
        self.x, self.z = rows[:, :wires].copy(), rows[:, wires:].copy()
        self._lines: list[str] = []

    @property
    def circuit(self) -> stim.Circuit:
        """The gates so far."""
        return stim.Circuit("\n".join(self._lines))

    def letters(self, rows: list[int]) -> BitRows:
        """Return the letters of some operators, one a wire."""
        letters: BitRows = self.x[rows] + 2 * self.z[rows]
        return letters

    def do(self, gate: str, *columns: ArrayLike) -> None:
        """Act with a gate on many wires, or pairs of wires, that are all different."""
        wires = [np.asarray(column, dtype=np.int64) for column in columns]
        if wires[0].size == 0:
            return
        x, z = self.x, self.z
        if gate == "CX":
            control, target = wires
            x[:, target] ^= x[:, control]
            z[:, control] ^= z[:, target]
        elif gate == "H":
            x[:, wires[0]], z[:, wires[0]] = z[:, wires[0]], x[:, wires[0]]
        elif gate == "SQRT_X":
            x[:, wires[0]] ^= z[:, wires[0]]
        else:  # S and its inverse differ by signs.
            z[:, wires[0]] ^= x[:, wires[0]]
        self._lines.append(f"{gate} {' '.join(map(str, np.stack(wires, axis=1).ravel().tolist()))}")

    def turn(self, wires: ArrayLike, letters: BitRows, goal: int) -> None:
        """Turn one letter a wire into X or into Z."""
        where = np.asarray(wires, dtype=np.int64)
        self.do("S" if goal == self.X else "SQRT_X", where[letters == self.Y])
        self.do("H", where[letters == (self.Z if goal == self.X else self.X)])

    def fold(self, wires: Wires, letters: BitRows, goal: int) -> Wires:
        """Turn one letter a wire into X or Z and move their product onto one wire, in layers of CX."""
        self.turn(wires, letters, goal)
        while len(wires) > 1:
            half = len(wires) // 2
            kept, freed = wires[:half], wires[half : 2 * half]
            self.do("CX", *((kept, freed) if goal == self.X else (freed, kept)))
            wires = np.append(kept, wires[2 * half :])
        return wires
