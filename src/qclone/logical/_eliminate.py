"""Real circuits that move operators onto single wires, wire by wire: for states and for recoveries."""

from __future__ import annotations

import numpy as np
import stim

from qclone.logical._frames import Bits


class RealSweep:
    """Real operators as rows (x | z), carried along by the gates that are written down.

    Parameters
    ----------
    rows : shape (operators, 2 wires); an even number of Y in each, which every gate here preserves.
    """

    def __init__(self, rows: Bits) -> None:
        half = rows.shape[1] // 2
        self.x, self.z = rows[:, :half].astype(np.uint8), rows[:, half:].astype(np.uint8)
        self.circuit = stim.Circuit()

    def single(self, row: int, target: int) -> None:
        """Make a row X of `target` alone."""
        self._no_y(row, -1)
        for wire in np.flatnonzero(self.z[row]).tolist():
            self._h(wire)
        others = [w for w in np.flatnonzero(self.x[row]).tolist() if w != target]
        if not self.x[row, target]:
            self._cx(others[0], target)
        for wire in others:
            self._cx(target, wire)

    def partner(self, row: int, target: int) -> None:
        """Make a row Z of `target` alone, and keep X there: the row anticommutes with that X."""
        if self.x[row, target]:
            # An odd number of Y is elsewhere.
            wire = next(w for w in np.flatnonzero(self.x[row] & self.z[row]).tolist() if w != target)
            self._cx(wire, target)
        self._no_y(row, target)
        for wire in np.flatnonzero(self.x[row]).tolist():
            self._h(wire)
        for wire in np.flatnonzero(self.z[row]).tolist():
            if wire != target:
                self._cx(wire, target)

    def _no_y(self, row: int, spared: int) -> None:
        wires = [w for w in np.flatnonzero(self.x[row] & self.z[row]).tolist() if w != spared]
        for a, b in zip(wires[::2], wires[1::2], strict=True):
            self._cz(a, b)

    def _h(self, wire: int) -> None:
        self.x[:, wire], self.z[:, wire] = self.z[:, wire].copy(), self.x[:, wire].copy()
        self.circuit.append("H", [wire])

    def _cx(self, control: int, target: int) -> None:
        self.x[:, target] ^= self.x[:, control]
        self.z[:, control] ^= self.z[:, target]
        self.circuit.append("CX", [control, target])

    def _cz(self, a: int, b: int) -> None:
        self.z[:, a] ^= self.x[:, b]
        self.z[:, b] ^= self.x[:, a]
        self.circuit.append("CZ", [a, b])


def real_state(stabilizers: Bits) -> stim.Circuit:
    """Return a real circuit that takes |+> on the wires of a real stabiliser state to it, up to Paulis.

    Parameters
    ----------
    stabilizers : shape (s, 2 wires), independent, as many as wires that they act on.
    """
    sweep, free = RealSweep(_lighter(stabilizers)), list(range(len(stabilizers)))
    done: list[int] = []
    while free:
        weights = (sweep.x[free] | sweep.z[free]).sum(axis=1)
        row = free.pop(int(weights.argmin()))
        letters = sweep.x[row] | sweep.z[row]
        target = next(w for w in np.flatnonzero(letters).tolist() if w not in done)
        sweep.single(row, target)
        done.append(target)
        for other in free:  # what commutes with X there has X or nothing there
            if sweep.x[other, target]:
                sweep.x[other] ^= sweep.x[row]
    return sweep.circuit.inverse()


def _lighter(rows: Bits) -> Bits:
    """Multiply rows by each other while that leaves fewer letters, Y counted twice: Y Y by Z Z is X X."""
    lighter = rows.copy()
    half = rows.shape[1] // 2

    def weight(row: Bits) -> int:
        return int((row[:half] | row[half:]).sum() + (row[:half] & row[half:]).sum())

    better = True
    while better:
        better = False
        for i in range(len(lighter)):
            for j in range(len(lighter)):
                if i != j and weight(lighter[i] ^ lighter[j]) < weight(lighter[i]):
                    lighter[i] ^= lighter[j]
                    better = True
    return lighter


def real_recovery(pairs: Bits, outputs: tuple[int, ...]) -> stim.Circuit:
    """Return a real circuit that moves logical X and Z, real operators, onto the outputs, up to Paulis.

    Parameters
    ----------
    pairs : shape (2 k, 2 wires): logical X of every input, then Z.
    """
    sweep = RealSweep(pairs)
    for i, target in enumerate(outputs):
        sweep.single(i, target)
        sweep.partner(len(outputs) + i, target)
    return sweep.circuit
