"""What whoever holds some wires sees: their exact reduced state. Possible only in simulation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.store._frame import Frame

if TYPE_CHECKING:
    from qiskit.quantum_info import Statevector

MAX_VIEW_QUBITS = 6


def reduced_state(frame: Frame, psi: Statevector, wires: Sequence[int]) -> NDArray[np.complex128]:
    """Return the density matrix of some wires, noise included: 2^-w sum_P <P> P over all 4^w Paulis.

    <P> is the expectation in |psi> of the input Pauli that P carries back to, damped by the noise on the
    way; it is 0 where P carries back to an X or Y on a wire that started in |0>.

    Parameters
    ----------
    frame : the register's history.
    psi : the state of its inputs.
    wires : w <= 6 wires; bit i of a row index is wire i, as in Qiskit.

    Returns
    -------
    complex128, shape (2^w, 2^w)

    Raises
    ------
    InvalidInputError : more than six wires.
    """
    if len(wires) > MAX_VIEW_QUBITS:
        raise InvalidInputError(
            f"The reduced state of {len(wires)} qubits is out of reach.",
            f"Look at {MAX_VIEW_QUBITS} at most.",
        )
    from qiskit.quantum_info import Pauli

    seen: list[tuple[str, stim.PauliString, stim.PauliString]] = []
    for paulis in itertools.product("IXYZ", repeat=len(wires)):
        observable = stim.PauliString(frame.num_wires)
        for wire, pauli in zip(wires, paulis, strict=True):
            observable[wire] = pauli
        image = frame.logical(observable)
        if image is not None:
            seen.append(("".join(paulis), observable, image))
    state = np.zeros((2 ** len(wires),) * 2, dtype=np.complex128)
    damping = frame.damping([observable for _, observable, _ in seen])
    for (label, _, image), factor in zip(seen, damping, strict=True):
        letters = "".join("IXYZ"[p] for p in image)
        expectation = image.sign.real * psi.expectation_value(Pauli(letters[::-1])).real
        state += factor * expectation * Pauli(label[::-1]).to_matrix()
    return state / 2 ** len(wires)
