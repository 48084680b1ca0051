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
from numpy.typing import NDArray

from qclone.scheme._frame import BitRows, Frame, Wires, letters_of
from qclone.scheme._gather import restrict
from qclone.scheme._weyl import WeylRows

_X, _Z, _Y = Frame.X, Frame.Z, Frame.Y
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
    """Return m - 1 + (t - 1) / 2 for a pair of operators, each a row of (x | z).

    >>> two_qubit_gates(np.array([1, 1, 1, 0, 0, 0], np.uint8), np.array([0, 0, 0, 1, 1, 1], np.uint8))
    3
    """
    letters = letters_of(np.stack([x_row, z_row]))
    acted, full = letters.any(axis=0), _full(letters)
    return int(acted.sum()) - 1 + (int(full.sum()) - 1) // 2


class Sweep:
    """Pairs of logical operators, and the gates that have moved them so far.

    Parameters
    ----------
    rows : shape (2 k, 2 wires), logical X of k qubits and then logical Z, each (x | z); signs left out.
    """

    def __init__(self, rows: BitRows) -> None:
        self._frame, self._qubits = Frame(rows), len(rows) // 2

    @property
    def circuit(self) -> stim.Circuit:
        """The gates so far."""
        return self._frame.circuit

    def full(self, qubit: int) -> Wires:
        """Return the full wires of a logical qubit: each of them is as good an output as the others."""
        return np.flatnonzero(_full(self._pair(qubit)))

    def gather(self, qubit: int, output: int) -> None:
        """Move one logical qubit onto a wire: one gate more if it is half, three if nothing is there."""
        frame = self._frame
        self._fill(qubit, output)
        spread = self.full(qubit)
        spread = spread[spread != output]
        self._straighten(qubit, np.append(spread, output))
        frame.do("CX", spread[::2], spread[1::2])

        x, z = letters = self._pair(qubit)
        letters[:, output] = 0
        in_x, in_z, in_y = (
            np.flatnonzero(kind) for kind in ((x != 0) & (z == 0), (x == 0) & (z != 0), x & z)
        )
        as_x = frame.fold(in_x, x[in_x], Frame.X)
        as_z, as_y = (frame.fold(wires, z[wires], Frame.Z) for wires in (in_z, in_y))
        frame.do("CX", np.full_like(as_x, output), as_x)
        frame.do("CX", as_z, np.full_like(as_z, output))
        if as_y.size:
            frame.do("S", [output])
            frame.do("CX", as_y, [output])
            frame.do("S_DAG", [output])

    def _fill(self, qubit: int, output: int) -> None:
        """Make the output a full wire."""
        frame, full = self._frame, self.full(qubit)
        if output in full:
            return
        other = full[:1]
        self._straighten(qubit, other)
        if not self._pair(qubit)[:, output].any():
            frame.do("CX", other, [output])
        x, z = self._pair(qubit)[:, [output]]
        if x == 0:
            frame.turn([output], z, Frame.Z)
            frame.do("CX", other, [output])
            return
        if z:  # (X, Z) on the other wire must become (X, Y).
            frame.do("SQRT_X", other)
        frame.turn([output], x, Frame.X)
        frame.do("CX", [output], other)

    def _straighten(self, qubit: int, wires: Wires) -> None:
        x, z = self._pair(qubit)[:, wires]
        for (x_letter, z_letter), gates in _STRAIGHTEN.items():
            alike = wires[(x == x_letter) & (z == z_letter)]
            for gate in gates:
                self._frame.do(gate, alike)

    def _pair(self, qubit: int) -> BitRows:
        """Shape (2, wires): letters of the logical X and of the logical Z."""
        return self._frame.letters([qubit, qubit + self._qubits])


def _full(letters: BitRows) -> NDArray[np.bool_]:
    return (letters[0] != 0) & (letters[1] != 0) & (letters[0] != letters[1])
