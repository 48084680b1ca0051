"""Circuits compared as products of matrices, call by call: for verification where no state is in reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qclone.circuits._states import Matrix, OutOfReachError, matrix_of

MAX_CALLS = 400_000
_SAME = 1e-9


class Calls:
    """Gates as they are called, each as one matrix if it acts on at most six qubits."""

    whole = 6

    def __init__(self) -> None:
        self.num_qubits = 0
        self.gates: list[tuple[Matrix, tuple[int, ...]]] = []
        self._touched: set[int] = set()

    def add(self, count: int) -> None:
        self.num_qubits += count

    def apply(self, matrix: Matrix, qubits: Sequence[int]) -> None:
        if not qubits:
            return
        if len(self.gates) == MAX_CALLS:
            raise OutOfReachError("there are too many gates")
        self.gates.append((matrix, tuple(qubits)))
        self._touched.update(qubits)

    def bit(self, qubit: int) -> int | None:
        return None if qubit in self._touched else 0

    def prepare(self, column: Matrix, qubits: Sequence[int]) -> None:
        raise OutOfReachError("amplitudes are no product of gates")


def same_product(source: Calls, delivered: Calls) -> bool:
    """Whether every call of a file is the product of the next gates of what was delivered, up to a phase.

    Both are then the same product of matrices. Gates that came back in another order, or joined across calls,
    are not found to be the same, although they may be.

    Raises
    ------
    OutOfReachError : a call is not found.
    """
    if source.num_qubits != delivered.num_qubits:
        return False
    rest = iter(_without_identities(delivered))
    position = 0
    for position, (matrix, qubits) in enumerate(_without_identities(source), start=1):
        index = {qubit: i for i, qubit in enumerate(qubits)}
        taken: list[tuple[Matrix, Sequence[int]]] = []
        product = np.eye(len(matrix), dtype=np.complex128)
        while not taken or not _equal(product, matrix):
            found, places = next(rest, (None, ()))
            if found is None or any(q not in index for q in places):
                raise OutOfReachError(f"call {position} is not among what came back, in its place")
            local = [index[q] for q in places]
            taken.append((found, local))
            product = matrix_of([(found, local)], len(qubits)) @ product
    if next(rest, None) is not None:
        raise OutOfReachError("more came back than was called")
    return True


def _without_identities(calls: Calls) -> Iterator[tuple[Matrix, tuple[int, ...]]]:
    for matrix, qubits in calls.gates:
        if not _equal(matrix, np.eye(len(matrix), dtype=np.complex128)):
            yield matrix, qubits


def _equal(a: Matrix, b: Matrix) -> bool:
    """Up to a phase, both being unitary: |tr(a^+ b)| is their dimension."""
    return bool(abs(abs(np.vdot(a, b)) - len(a)) < _SAME * len(a))
