"""Move logical qubits that are spread over many wires onto single wires, with as few gates as can be.

Call a wire full if the logical X and Z anticommute on it, half if they act there but commute. With m wires
acted on, t of them full (t is odd), no circuit of two-qubit Clifford gates takes fewer than

    m - 1 + (t - 1) / 2

gates to move the pair onto one wire: a gate that frees a wire keeps the number of full wires (two full wires
commute together, a full and a half one do not), and one that lowers that number, by two, frees none. `Sweep`
reaches the bound if the output is full: CX makes two full wires half, and every half wire takes one CX.
Depth is logarithmic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import stim
from numpy.typing import ArrayLike, NDArray

from qclone.scheme._gather import restrict
from qclone.scheme._weyl import WeylRows

BitRows = NDArray[np.uint8]
Wires = NDArray[np.int64]

_X, _Z, _Y = 1, 2, 3
# Local gates that turn (logical X, logical Z) on a full wire into (X, Z).
_STRAIGHTEN = {
    (_X, _Z): (),
    (_Z, _X): ("H",),
    (_X, _Y): ("SQRT_X",),
    (_Y, _Z): ("S",),
    (_Y, _X): ("S", "SQRT_X"),
    (_Z, _Y): ("H", "SQRT_X"),
}


def recover_qubits(
    logical_x: WeylRows,
    logical_z: WeylRows,
    stabilizers: WeylRows,
    wires: Sequence[int],
    outputs: Sequence[int],
) -> stim.Circuit | None:
    """Return a circuit on `wires` only that gives input i back on ``outputs[i]``, or None if none can.

    Parameters
    ----------
    logical_x, logical_z : images of X and Z of each input, in the encrypted state.
    stabilizers : generators of the stabiliser group of the encrypted state.
    wires : indices of the wires held.
    outputs : distinct indices among `wires`.
    """
    found = restrict(WeylRows.stack([logical_x, logical_z]), stabilizers, wires)
    pairs = len(logical_x.t)
    return None if found is None else concentrate(found[:pairs], found[pairs:], outputs)


def concentrate(logical_x: WeylRows, logical_z: WeylRows, outputs: Sequence[int]) -> stim.Circuit:
    """Return a circuit that maps pair i of operators to X and Z of ``outputs[i]``, signs included."""
    both = WeylRows.stack([logical_x, logical_z])
    sweep = Sweep(np.hstack([both.x, both.z]).astype(np.uint8))
    for qubit, output in enumerate(outputs):
        sweep.gather(qubit, output)
    circuit = sweep.circuit
    images = [pauli.after(sweep.circuit) for pauli in both.to_paulis()]
    for image, gate, output in zip(
        images, "Z" * len(outputs) + "X" * len(outputs), [*outputs] * 2, strict=True
    ):
        if image.sign == -1:
            circuit.append(gate, output)
    return circuit


def two_qubit_gates(x_row: BitRows, z_row: BitRows) -> int:
    """Return m - 1 + (t - 1) / 2 for a pair of operators, each a row of (x | z)."""
    letters = _letters(np.stack([x_row, z_row]))
    acted, full = letters.any(axis=0), _full(letters)
    return int(acted.sum()) - 1 + (int(full.sum()) - 1) // 2


class Sweep:
    """Pairs of logical operators, and the gates that have moved them so far.

    Parameters
    ----------
    rows : shape (2 k, 2 wires), logical X of k qubits and then logical Z, each (x | z); signs left out.
    """

    def __init__(self, rows: BitRows) -> None:
        self._wires = rows.shape[1] // 2
        self._x, self._z = rows[:, : self._wires].copy(), rows[:, self._wires :].copy()
        self._lines: list[str] = []

    @property
    def circuit(self) -> stim.Circuit:
        """The gates so far."""
        return stim.Circuit("\n".join(self._lines))

    def full(self, qubit: int) -> Wires:
        """Return the full wires of a logical qubit: each of them is as good an output as the others."""
        return np.flatnonzero(_full(self._pair(qubit)))

    def gather(self, qubit: int, output: int) -> None:
        """Move one logical qubit onto a wire: one gate more if it is half, three if nothing is there."""
        self._fill(qubit, output)
        spread = self.full(qubit)
        spread = spread[spread != output]
        self._straighten(qubit, np.append(spread, output))
        self._do("CX", spread[::2], spread[1::2])

        letters = self._pair(qubit)
        letters[:, output] = 0
        both, only_z = letters[0] == letters[1], letters[0] == 0
        acted = letters.any(axis=0)
        as_x = self._fold_x(letters, np.flatnonzero(acted & (letters[1] == 0)))
        as_z = self._fold_z(letters, np.flatnonzero(acted & only_z))
        as_y = self._fold_z(letters, np.flatnonzero(acted & both))
        self._do("CX", np.full_like(as_x, output), as_x)
        self._do("CX", as_z, np.full_like(as_z, output))
        if as_y.size:
            self._do("S", [output])
            self._do("CX", as_y, [output])
            self._do("S_DAG", [output])

    def _fill(self, qubit: int, output: int) -> None:
        """Make the output a full wire."""
        full = self.full(qubit)
        if output in full:
            return
        other = full[:1]
        if not self._pair(qubit)[:, output].any():
            self._straighten(qubit, other)
            self._do("CX", other, [output])
        letters = self._pair(qubit)[:, output]
        if letters[0] == 0:
            self._straighten(qubit, other)
            self._turn([output], letters[1:], _Z)
            self._do("CX", other, [output])
            return
        self._straighten(qubit, other)
        if letters[1]:
            self._do("S", other)
            self._do("H", other)
            self._do("S", other)
        self._turn([output], letters[:1], _X)
        self._do("CX", [output], other)

    def _fold_x(self, letters: BitRows, wires: Wires) -> Wires:
        """Gather X .. X, one letter a wire, on one wire in layers of CX."""
        self._turn(wires, letters[0, wires], _X)
        while len(wires) > 1:
            half = len(wires) // 2
            self._do("CX", wires[:half], wires[half : 2 * half])
            wires = np.append(wires[:half], wires[2 * half :])
        return wires

    def _fold_z(self, letters: BitRows, wires: Wires) -> Wires:
        """Gather Z .. Z on one wire."""
        self._turn(wires, letters[1, wires], _Z)
        while len(wires) > 1:
            half = len(wires) // 2
            self._do("CX", wires[half : 2 * half], wires[:half])
            wires = np.append(wires[:half], wires[2 * half :])
        return wires

    def _straighten(self, qubit: int, wires: Wires) -> None:
        letters = self._pair(qubit)[:, wires]
        for (x, z), gates in _STRAIGHTEN.items():
            alike = wires[(letters[0] == x) & (letters[1] == z)]
            for gate in gates:
                self._do(gate, alike)

    def _turn(self, wires: ArrayLike, letters: BitRows, goal: int) -> None:
        """Turn one letter a wire into X or into Z."""
        where = np.asarray(wires, dtype=np.int64)
        self._do("S" if goal == _X else "SQRT_X", where[letters == _Y])
        self._do("H", where[letters == (_Z if goal == _X else _X)])

    def _pair(self, qubit: int) -> BitRows:
        """Shape (2, wires): letters of the logical X and of the logical Z."""
        rows = [qubit, qubit + len(self._x) // 2]
        return self._x[rows] + 2 * self._z[rows]

    def _do(self, gate: str, *columns: ArrayLike) -> None:
        wires = [np.asarray(column, dtype=np.int64) for column in columns]
        if wires[0].size == 0:
            return
        x, z = self._x, self._z
        if gate == "CX":
            control, target = wires
            x[:, target] ^= x[:, control]
            z[:, control] ^= z[:, target]
        elif gate == "H":
            x[:, wires[0]], z[:, wires[0]] = z[:, wires[0]], x[:, wires[0]]
        elif gate == "SQRT_X":
            x[:, wires[0]] ^= z[:, wires[0]]
        else:
            z[:, wires[0]] ^= x[:, wires[0]]
        self._lines.append(f"{gate} {' '.join(map(str, np.stack(wires, axis=1).ravel().tolist()))}")


def _letters(rows: BitRows) -> BitRows:
    half = rows.shape[1] // 2
    return rows[:, :half] + 2 * rows[:, half:]


def _full(letters: BitRows) -> NDArray[np.bool_]:
    return (letters[0] != 0) & (letters[1] != 0) & (letters[0] != letters[1])
