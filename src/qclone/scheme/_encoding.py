"""What encryption does, as integers: the images of the logical Paulis and the stabilisers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.scheme._modular import Integers
from qclone.scheme._weyl import WeylRows

Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Encoding:
    """The encrypted state space as Pauli operators modulo the dimension d, phases left out.

    A row (x_1 .. x_w | z_1 .. z_w) stands for X^x_1 Z^z_1 on the first wire, X^x_2 Z^z_2 on the second
    and so on, in the order of the scheme's wires; X|s> = |s + 1>, Z|s> = exp(2 pi i s / d)|s>. Entries
    are in 0 .. d - 1. Two rows P, Q satisfy P Q = omega^c Q P with c = z_P . x_Q - x_P . z_Q mod d.

    Parameters
    ----------
    dimension : d, of every wire.
    logical_x : shape (inputs, 2 wires); row i is the image of X on input i.
    logical_z : shape (inputs, 2 wires); row i is the image of Z on input i.
    stabilizers : shape (wires - inputs, 2 wires); generators of the group that fixes every encrypted state.
    """

    dimension: int
    logical_x: Integers
    logical_z: Integers
    stabilizers: Integers

    @property
    def num_wires(self) -> int:
        """Number of wires, half the number of columns."""
        return self.logical_x.shape[1] // 2


def encrypted_rows(
    circuit: stim.Circuit, num_qubits: int, inputs: tuple[int, ...]
) -> tuple[WeylRows, WeylRows, WeylRows]:
    """Return the images of X and of Z on the inputs and the stabilisers, phases included.

    Parameters
    ----------
    circuit : a Clifford circuit that acts on |0> of every qubit but the inputs.
    """
    tableau = (stim.Circuit(f"I {num_qubits - 1}") + circuit).to_tableau()
    x2x, x2z, z2x, z2z, x_signs, z_signs = tableau.to_numpy()

    def rows(x: Bits, z: Bits, negative: Bits, chosen: Integers) -> WeylRows:
        x, z = x[chosen], z[chosen]
        phases = (x & z).sum(axis=1) + 2 * negative[chosen]  # Y = tau X Z with tau = i
        return WeylRows(2, x.astype(np.int64), z.astype(np.int64), phases % 4)

    kept = np.asarray(inputs, dtype=np.int64)
    fresh = np.delete(np.arange(num_qubits), kept)
    return (
        rows(x2x, x2z, x_signs, kept),
        rows(z2x, z2z, z_signs, kept),
        rows(z2x, z2z, z_signs, fresh),
    )


def encoding_of(logical_x: WeylRows, logical_z: WeylRows, stabilizers: WeylRows) -> Encoding:
    """Return the encoding given by rows, their phases left out."""
    tables = (np.hstack([rows.x, rows.z]) for rows in (logical_x, logical_z, stabilizers))
    return Encoding(logical_x.dimension, *tables)
