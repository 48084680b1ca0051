"""Move logical qudits that are spread over a set of wires onto single wires of that set.

The algebra behind every decoder that has no formula of its own: find the logical operators on the set
alone, if they exist there, and sweep them together. Nothing outside the set is touched.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qclone.scheme._modular import RowSpace, unit_to_gcd
from qclone.scheme._weyl import GateName, WeylCircuit, WeylGate, WeylRows


def restrict(logicals: WeylRows, stabilizers: WeylRows, wires: Sequence[int]) -> WeylRows | None:
    """Return logical operators times stabilisers that act on `wires` only, or None if some cannot.

    Parameters
    ----------
    logicals : the operators to move, one a row.
    stabilizers : generators of the stabiliser group.
    wires : indices of the set.
    """
    outside = np.delete(np.arange(logicals.x.shape[1]), np.asarray(wires, dtype=np.int64))
    space = RowSpace.of(np.hstack([stabilizers.x[:, outside], stabilizers.z[:, outside]]), logicals.dimension)
    moved = []
    for i in range(len(logicals.t)):
        powers = space.solve(-np.hstack([logicals.x[i, outside], logicals.z[i, outside]]))
        if powers is None:
            return None
        moved.append(WeylRows.stack([logicals[[i]], stabilizers]).product(np.append(1, powers)))
    return WeylRows.stack(moved)


def recover(
    logical_x: WeylRows,
    logical_z: WeylRows,
    stabilizers: WeylRows,
    wires: Sequence[int],
    outputs: Sequence[int],
) -> WeylCircuit | None:
    """Return a circuit on `wires` only that gives input i back on wire ``outputs[i]``, or None if none can.

    Parameters
    ----------
    logical_x, logical_z : images of X and Z of each input, in the encrypted state.
    stabilizers : generators of the stabiliser group of the encrypted state.
    wires : indices of the wires held.
    outputs : distinct indices among `wires`.
    """
    found = restrict(WeylRows.stack([logical_x, logical_z]), stabilizers, wires)
    pairs = len(logical_x.t)
    return None if found is None else gather(found[:pairs], found[pairs:], outputs)


def gather(logical_x: WeylRows, logical_z: WeylRows, outputs: Sequence[int]) -> WeylCircuit:
    """Return a circuit that maps pair i of operators to X and Z of wire ``outputs[i]``, phases included.

    It acts on the wires of the operators and on `outputs` only, with O(log d) two-qudit gates a wire and
    pair, from Euclid's algorithm. For qubits `Sweep` takes fewer, in fewer layers.

    Parameters
    ----------
    logical_x, logical_z : the operators, which obey the relations of X and Z of `outputs`.
    outputs : distinct indices.
    """
    sweep = _Sweep(logical_x, logical_z)
    for pair, output in enumerate(outputs):
        sweep.pair(pair, output)
    return WeylCircuit(logical_x.dimension, tuple(sweep.gates))


class _Sweep:
    """The operators so far and the gates that took them there."""

    def __init__(self, logical_x: WeylRows, logical_z: WeylRows) -> None:
        self.d = logical_x.dimension
        self.x_rows, self.z_rows = logical_x[:], logical_z[:]
        self.gates: list[WeylGate] = []

    def do(self, name: GateName, *wires: int, power: int = 1) -> None:
        gate = WeylGate(name, wires, power)
        self.gates.append(gate)
        self.x_rows.conjugate(gate)
        self.z_rows.conjugate(gate)

    def pair(self, i: int, output: int) -> None:
        """Turn X row i into X and Z row i into Z of the output."""
        xs = self.x_rows
        for wire in _support(xs, i):
            self._turn_to_x(xs, i, wire)
        for wire in _support(xs, i):
            if wire != output:
                self._merge(i, wire, output)
        # Its commutator with row Z is omega, so what is left is X to the power of a unit.
        if xs.x[i, output] != 1:
            self.do("MUL", output, power=unit_to_gcd(int(xs.x[i, output]), self.d))

        zs = self.z_rows
        if zs.x[i, output]:  # a chirp in the other basis leaves X alone and takes X out of Z X^c
            tilt = int(zs.x[i, output])
            self.do("F", output)
            self.do("CHIRP", output, power=tilt)
            self.do("F", output, power=-1)
        for wire in _support(zs, i):
            if wire != output:
                self._turn_to_x(zs, i, wire)
                self.do("F", wire)
                self.do("SUM", wire, output, power=int(zs.z[i, wire]))
        if xs.t[i]:
            self.do("Z", output, power=-int(xs.t[i]) // 2)
        if zs.t[i]:
            self.do("X", output, power=int(zs.t[i]) // 2)

    def _turn_to_x(self, rows: WeylRows, i: int, wire: int) -> None:
        """Turn X^x Z^z of row i on a wire into a power of X, by Euclid's algorithm on (x, z)."""
        while rows.z[i, wire]:
            if rows.x[i, wire]:
                self.do("CHIRP", wire, power=-int(rows.z[i, wire] // rows.x[i, wire]))
            if rows.z[i, wire]:
                self.do("F", wire, power=-1)

    def _merge(self, i: int, wire: int, output: int) -> None:
        """Move the power of X of row i from a wire to the output, by Euclid's algorithm on both powers."""
        x = self.x_rows.x
        while x[i, wire]:
            if x[i, output]:
                self.do("SUM", output, wire, power=-int(x[i, wire] // x[i, output]))
            if x[i, wire]:
                self.do("SUM", wire, output, power=-int(x[i, output] // x[i, wire]) or 1)


def _support(rows: WeylRows, i: int) -> list[int]:
    return [int(w) for w in np.flatnonzero(rows.x[i] | rows.z[i])]
