"""States that gates given as matrices act on: by amplitudes, or by stabilisers. For verification only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.circuits._exact_tableau import exact_tableau

Matrix = NDArray[np.complex128]

# About two minutes of work: gates times amplitudes, and gates by stabilisers.
MAX_DENSE_WORK = 1 << 31
MAX_DENSE_QUBITS = 18
MAX_TABLEAU_GATES = 300_000


class OutOfReachError(Exception):
    """A state cannot be followed this way; the text says why."""


class State(Protocol):
    """|0...0>, and what acts on it. Bit i of a matrix's index is the i-th qubit that it acts on."""

    whole: int
    """Gates on so many qubits are given as one matrix, rather than as what they are made of."""

    @property
    def num_qubits(self) -> int: ...

    def add(self, count: int) -> None: ...

    def apply(self, matrix: Matrix, qubits: Sequence[int]) -> None: ...

    def bit(self, qubit: int) -> int | None: ...

    def prepare(self, column: Matrix, qubits: Sequence[int]) -> None: ...


class Amplitudes:
    """All 2^k amplitudes; axis i of the array is qubit i."""

    whole = 0

    def __init__(self) -> None:
        self.array: Matrix = np.ones((), dtype=np.complex128)
        self._work = 0

    @property
    def num_qubits(self) -> int:
        return self.array.ndim

    def add(self, count: int) -> None:
        if self.array.ndim + count > MAX_DENSE_QUBITS:
            raise OutOfReachError(f"more than {MAX_DENSE_QUBITS} qubits have too many amplitudes")
        for _ in range(count):
            self.array = np.stack([self.array, np.zeros_like(self.array)], axis=-1)

    def apply(self, matrix: Matrix, qubits: Sequence[int]) -> None:
        self._work += self.array.size
        if self._work > MAX_DENSE_WORK:
            raise OutOfReachError("there are too many gates for so many amplitudes")
        if not qubits:
            self.array = self.array * matrix.item()
            return
        k = len(qubits)
        # Reversed, since the first axis of a reshaped index is its highest bit.
        gate = matrix.reshape((2,) * (2 * k))
        moved = np.tensordot(gate, self.array, axes=(range(k, 2 * k), list(qubits)[::-1]))
        self.array = np.moveaxis(moved, range(k), list(qubits)[::-1])

    def bit(self, qubit: int) -> int | None:
        one = float(np.sum(np.abs(np.take(self.array, 1, axis=qubit)) ** 2))
        return 0 if one < 1e-12 else 1 if one > 1 - 1e-12 else None

    def prepare(self, column: Matrix, qubits: Sequence[int]) -> None:
        """Put qubits that are |0> into a state."""
        if any(self.bit(q) != 0 for q in qubits):
            raise OutOfReachError("amplitudes are prepared on qubits that are not |0>")
        rest = self.array
        for qubit in sorted(qubits, reverse=True):
            rest = np.take(rest, 0, axis=qubit)
        k = len(qubits)
        whole = np.multiply.outer(column.reshape((2,) * k), rest)
        self.array = np.moveaxis(whole, range(k), list(qubits)[::-1])

    def overlap(self, other: Amplitudes) -> float:
        return float(abs(np.vdot(self.array, other.array)) ** 2)


class Stabilisers:
    """A stabiliser state, by stim's tableau."""

    whole = 4

    def __init__(self) -> None:
        self.simulator = stim.TableauSimulator()
        self.num_qubits = 0
        self._known: dict[bytes, stim.Tableau] = {}
        self._work = 0

    def add(self, count: int) -> None:
        self.num_qubits += count
        self.simulator.set_num_qubits(self.num_qubits)

    def apply(self, matrix: Matrix, qubits: Sequence[int]) -> None:
        self._work += 1
        if self._work > MAX_TABLEAU_GATES:
            raise OutOfReachError("there are too many gates")
        if not qubits:
            return
        key = matrix.round(9).tobytes()
        tableau = self._known.get(key)
        if tableau is None:
            tableau = self._known[key] = _tableau(matrix)
        self.simulator.do_tableau(tableau, list(qubits))

    def bit(self, qubit: int) -> int | None:
        sign = self.simulator.peek_z(qubit)
        return None if sign == 0 else int(sign < 0)

    def prepare(self, column: Matrix, qubits: Sequence[int]) -> None:
        raise OutOfReachError("amplitudes are no stabiliser state's")

    def overlap(self, other: Stabilisers) -> float:
        """|<a|b>|^2: the probability that b, with a's preparation undone, is |0...0>."""
        undone = other.simulator.copy()
        everything = list(range(self.num_qubits))
        undone.do_tableau(self.simulator.current_inverse_tableau(), everything)
        halves = 0
        for qubit in everything:
            sign = undone.peek_z(qubit)
            if sign < 0:
                return 0.0
            if sign == 0:
                halves += 1
                undone.postselect_z(qubit, desired_value=False)
        return math.ldexp(1.0, -halves)


def _tableau(matrix: Matrix) -> stim.Tableau:
    if matrix.shape[0] > 32:
        raise OutOfReachError("it has gates on more than five qubits that are no stabiliser gates")
    if (tableau := exact_tableau(matrix)) is None:
        raise OutOfReachError("it is in no stabiliser state")
    return tableau


def controlled_matrix(matrix: Matrix, controls: Sequence[int]) -> Matrix:
    """Return a matrix controlled by qubits that come first; each acts if its value, 1 or 0, is met."""
    count = len(controls)
    met = sum(value << i for i, value in enumerate(controls))
    whole = np.eye(matrix.shape[0] << count, dtype=np.complex128)
    rows = [(i << count) | met for i in range(matrix.shape[0])]
    whole[np.ix_(rows, rows)] = matrix
    return whole


def matrix_of(gates: Sequence[tuple[Matrix, Sequence[int]]], num_qubits: int) -> Matrix:
    """Return the matrix of several gates on few qubits."""
    if num_qubits > 10:
        raise OutOfReachError("a gate on more than ten qubits is controlled or raised to a power")
    state = Amplitudes()
    # Columns of the matrix are the last axis.
    state.array = np.eye(2**num_qubits, dtype=np.complex128).reshape((2,) * num_qubits + (2**num_qubits,))
    state.array = np.moveaxis(state.array, range(num_qubits), range(num_qubits)[::-1])
    for matrix, qubits in gates:
        state.apply(matrix, qubits)
    turned = np.moveaxis(state.array, range(num_qubits), range(num_qubits)[::-1])
    return np.asarray(turned.reshape(2**num_qubits, 2**num_qubits))
