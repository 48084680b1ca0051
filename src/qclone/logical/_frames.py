"""Local frames in which a scheme is real, so that it needs no S gate.

CX, CZ, H and Paulis generate the real Clifford group: what keeps the parity of the number of imaginary
letters. Which letter is the imaginary one is a choice for every wire; in its frame that letter is called Y.
Imaginary letters of an operator P = (x | z) in frames a = (ax | az) are counted by the quadratic form

    Q_a(P) = x.z + ax.z + az.x  mod 2,   a_w = I: Y is imaginary on wire w, X: Z is, Z: X is (a_w = Y: none).

A stabiliser state is real where Q_a vanishes on its stabilisers, an isometry where it also vanishes on the
images of X and Z of the inputs: linear equations for a, whose solutions are tried in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.scheme import Scheme

Bits = NDArray[np.uint8]
_MOST_FREE = 14


@dataclass(frozen=True, eq=False)
class Frames:
    """One frame a wire, before encryption, between, and after decryption.

    Parameters
    ----------
    before, between, after : shape (2 wires,), a as (ax | az); None where a stage is not real in any local
        frame that follows from `between`, and must be replaced by another circuit that does the same.
    """

    before: Bits | None
    between: Bits
    after: Bits | None


def find_frames(scheme: Scheme, decrypt: stim.Circuit) -> Frames:
    """Return frames in which preparation, encryption and a decryption are real, or as many of them as can.

    Raises
    ------
    InvalidInputError : the encrypted state is real in no local frame.
    """
    size = scheme.num_qubits
    inputs = list(scheme.indices(scheme.inputs))
    whole, encrypt = _images(scheme.prepare() + scheme.encrypt(), size), _images(scheme.encrypt(), size)
    fresh = np.setdiff1d(np.arange(size), inputs)
    real = np.vstack([whole[inputs], whole[size + np.array(inputs)], whole[size + fresh]])
    solutions = _affine(np.roll(real, size, axis=1), _own(real))
    if solutions is None:
        raise _not_real(scheme)
    backwards = _images(decrypt.inverse(), size)
    outcomes = [_pulled(solutions, encrypt), _pulled(solutions, backwards)]
    flawed = [_none_imaginary(solutions), *map(_none_imaginary, outcomes)]
    # First that there are frames between the stages, then after and before them, then few frames.
    order = np.lexsort((solutions.sum(axis=1), flawed[1], flawed[2], flawed[0]))
    best = int(order[0])
    if flawed[0][best]:
        raise _not_real(scheme)
    before, after = (None if flawed[i + 1][best] else outcomes[i][best] for i in range(2))
    return Frames(before, solutions[best], after)


def in_frames(circuit: stim.Circuit, start: Bits, end: Bits) -> stim.Circuit:
    """Return the circuit as seen in frames: real, if they fit it. Signs are left to the Pauli frame."""
    framed = _turns(start).inverse() + circuit + _turns(end)
    return framed


def turn(pauli: stim.PauliString, frames: Bits) -> stim.PauliString:
    """Return an operator in the frames of its wires, up to its sign."""
    circuit = _turns(frames)
    return pauli.after(circuit) if len(circuit) else pauli


def _turns(frames: Bits) -> stim.Circuit:
    """X imaginary: S takes X to Y and keeps Z. Z imaginary: SQRT_X takes Z to Y and keeps X."""
    half = len(frames) // 2
    circuit = stim.Circuit()
    for wire, (x, z) in enumerate(zip(frames[:half], frames[half:], strict=True)):
        if x or z:
            circuit.append("SQRT_X" if x else "S", [wire])
    return circuit


def _images(circuit: stim.Circuit, size: int) -> Bits:
    """Rows (x | z): the images of X of each wire, then of Z."""
    sized = circuit.copy()
    sized.append("I", [size - 1])
    x2x, x2z, z2x, z2z, _, _ = sized.to_tableau().to_numpy()
    return np.block([[x2x, x2z], [z2x, z2z]]).astype(np.uint8)


def _own(rows: Bits) -> Bits:
    """x.z of each row: the number of Y, modulo 2."""
    half = rows.shape[1] // 2
    return ((rows[:, :half] & rows[:, half:]).sum(axis=1) % 2).astype(np.uint8)


def _pulled(solutions: Bits, images: Bits) -> Bits:
    """The frames whose letters are these images: a with Q_a(P) = Q_solution(image of P)."""
    half = images.shape[1] // 2
    forms = (_own(images) + solutions @ np.roll(images, half, axis=1).T) % 2
    # Q_a(X_w) = az_w and Q_a(Z_w) = ax_w.
    return np.roll(forms, half, axis=1).astype(np.uint8)


def _none_imaginary(frames: Bits) -> NDArray[np.bool_]:
    half = frames.shape[1] // 2
    return np.asarray((frames[:, :half] & frames[:, half:]).any(axis=1))


def _affine(matrix: Bits, right: Bits) -> Bits | None:
    """Return solutions of matrix a = right: all of them, or a sample where there are very many."""
    rows = np.hstack([matrix, right[:, None]]).astype(np.uint8)
    columns = matrix.shape[1]
    pivots: list[int] = []
    for column in range(columns):
        holders = np.flatnonzero(rows[len(pivots) :, column]) + len(pivots)
        if holders.size:
            rank = len(pivots)
            rows[[rank, holders[0]]] = rows[[holders[0], rank]]
            others = np.flatnonzero(rows[:, column])
            rows[others[others != rank]] ^= rows[rank]
            pivots.append(column)
    if rows[len(pivots) :, -1].any():
        return None
    free = [c for c in range(columns) if c not in set(pivots)]
    if len(free) <= _MOST_FREE:
        choices = (np.arange(2 ** len(free))[:, None] >> np.arange(len(free))) & 1
    else:
        choices = np.random.default_rng(0).integers(0, 2, (2**_MOST_FREE, len(free)))
    solutions = np.zeros((len(choices), columns), np.uint8)
    solutions[:, free] = choices
    top = rows[: len(pivots)]
    solutions[:, pivots] = (top[:, -1] + choices @ top[:, free].T) % 2
    return solutions


def _not_real(scheme: Scheme) -> InvalidInputError:
    return InvalidInputError(
        f"No local frames make {scheme} real, so it needs a transversal S.",
        "Take the colour or the Steane code.",
    )
