"""What a Clifford circuit does to one block, by its Paulis carried back to the start: no state vector.

Before the circuit the inputs carry |psi> and every other wire |0>. An operator of the end that carries
back to Z's on the |0> wires times a Pauli on the inputs *is* that Pauli; one that carries back to an X or
Y on a |0> wire is random, whatever |psi> is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Known:
    """A product of operators of the end that has a value: sign times `image` on the inputs.

    Parameters
    ----------
    output : its part on the outputs, a Pauli on as many qubits as there are outputs.
    measured : which of the measured wires' Z are factors, shape (measured,).
    image : the Pauli on the inputs that it equals, with its sign.
    """

    output: stim.PauliString
    measured: Bits
    image: stim.PauliString


@dataclass(frozen=True)
class Algebra:
    """All that a block's outcomes and outputs can say.

    Parameters
    ----------
    outputs, measured : how many of each.
    certain : products of measured operators whose value does not depend on chance; the image of some may
        depend on |psi>.
    random : shape (r, measured): which outcomes flip together, each row with probability 1/2.
    reference : shape (measured,), outcomes that occur; all others are reached by rows of `random`.
    known : independent products that the outputs hold once the outcomes are known.
    branches : for each row of `random` the operator of the end that flips exactly these outcomes and
        stabilises the state, and the measured product that it turns, both on the block's wires.
    """

    outputs: int
    measured: int
    certain: tuple[Known, ...]
    random: Bits
    reference: Bits
    known: tuple[Known, ...]
    branches: tuple[tuple[stim.PauliString, stim.PauliString], ...]
    turned: Bits
    """Shape (r, measured): which outcomes' product each branch turns."""

    @property
    def reveals(self) -> bool:
        """Whether some outcome depends on the state that was put in."""
        return any(known.image.weight for known in self.certain)

    @property
    def is_pure(self) -> bool:
        """Whether the outputs hold the whole input and nothing else."""
        return len(self.known) == 2 * self.outputs


@dataclass
class _Row:
    """An operator of the end, and what it was at the start."""

    output: stim.PauliString
    measured: Bits
    start: stim.PauliString
    fresh: Bits
    """X parts of the start on the wires that were |0>."""

    def times(self, other: _Row) -> None:
        """Multiply by another; a phase i that two anticommuting ones make falls out of both sides."""
        self.output, self.start = self.output * other.output, self.start * other.start
        for phase in (1j, -1j):
            if self.start.sign == phase:
                self.output, self.start = self.output / phase, self.start / phase
        self.measured = self.measured ^ other.measured
        self.fresh = self.fresh ^ other.fresh


def algebra(
    circuit: stim.Circuit, num_wires: int, inputs: Sequence[int], outputs: Sequence[int], wires: Sequence[int]
) -> Algebra:
    """Return what measuring the Z of `wires` after a unitary circuit says, and what `outputs` hold then.

    Linear in the circuit for each output and each measured wire.

    Example
    -------
    >>> bell = algebra(stim.Circuit("H 1\\nCX 1 2"), 3, [0], [0], [1, 2])
    >>> bell.random.tolist(), [str(known.measured.astype(int)) for known in bell.certain], bell.is_pure
    ([[True, True]], ['[1 1]'], True)
    """
    fresh = np.ones(num_wires, dtype=bool)
    fresh[list(inputs)] = False

    def row(wire: int, pauli: str, output: stim.PauliString, measured: int) -> _Row:
        end = stim.PauliString(num_wires)
        end[wire] = pauli
        start = end.before(circuit) if len(circuit) else end
        mask = np.zeros(len(wires), dtype=bool)
        if measured >= 0:
            mask[measured] = True
        return _Row(output, mask, start, start.to_numpy()[0] & fresh)

    def image(start: stim.PauliString) -> stim.PauliString:
        return start.sign * stim.PauliString([start[i] for i in inputs])

    looks = [row(wire, "Z", stim.PauliString(len(outputs)), i) for i, wire in enumerate(wires)]
    flips = np.array([look.fresh for look in looks], dtype=bool).reshape(len(wires), num_wires)
    pivots, settled = _reduced(looks, [])
    certain = tuple(Known(one.output, one.measured, image(one.start)) for one in settled)
    columns = [int(np.flatnonzero(pivot.fresh)[0]) for pivot in pivots]
    ends = [
        row(wire, pauli, _one(len(outputs), i, pauli), -1) for i, wire in enumerate(outputs) for pauli in "XZ"
    ]
    _, held = _reduced(ends, pivots)
    known = tuple(Known(one.output, one.measured, image(one.start)) for one in held)
    random = flips[:, columns].T.reshape(len(columns), len(wires))
    return Algebra(
        outputs=len(outputs),
        measured=len(wires),
        certain=certain,
        random=random,
        reference=_reference(certain, [pivot.measured for pivot in pivots], len(wires)),
        known=known,
        branches=tuple(
            (_one(num_wires, column, "Z").after(circuit) if len(circuit) else _one(num_wires, column, "Z"),
             _product(num_wires, wires, pivot.measured))
            for column, pivot in zip(columns, pivots, strict=True)
        ),
        turned=np.array([pivot.measured for pivot in pivots], dtype=bool).reshape(len(pivots), len(wires)),
    )  # fmt: skip


def _reduced(rows: list[_Row], pivots: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Multiply rows by pivots and among themselves until their random parts are independent.

    Returns the rows that are left random, each alone in having an X at its first |0> wire, and those that
    have a value.
    """
    columns = [int(np.flatnonzero(pivot.fresh)[0]) for pivot in pivots]
    mine: list[_Row] = []
    settled: list[_Row] = []
    for row in rows:
        for column, pivot in zip(columns, [*pivots, *mine], strict=True):
            if row.fresh[column]:
                row.times(pivot)
        if not row.fresh.any():
            settled.append(row)
            continue
        column = int(np.flatnonzero(row.fresh)[0])
        for other in mine:
            if other.fresh[column]:
                other.times(row)
        mine.append(row)
        columns.append(column)
    return mine, settled


def _reference(certain: Sequence[Known], pivots: Sequence[Bits], size: int) -> Bits:
    """Return outcomes for which every certain product has its value and every random one is +1."""
    if not size:
        return np.zeros(0, dtype=bool)
    masks = np.array([*(one.measured for one in certain), *pivots], dtype=bool).reshape(-1, size)
    values = np.array([*(one.image.sign == -1 for one in certain), *(False for _ in pivots)], dtype=bool)
    return solve(masks, values)


def solve(matrix: Bits, values: Bits) -> Bits:
    """Return x with matrix x = values over GF(2); the rows are independent, what is free is 0."""
    table = np.hstack([matrix, values[:, None]]).astype(bool)
    found: list[int] = []
    for i in range(len(table)):
        column = int(np.flatnonzero(table[i, :-1])[0])
        others = np.flatnonzero(table[:, column])
        table[others[others != i]] ^= table[i]
        found.append(column)
    solution = np.zeros(matrix.shape[1], dtype=bool)
    solution[found] = table[:, -1]
    return solution


def _one(size: int, wire: int, pauli: str) -> stim.PauliString:
    operator = stim.PauliString(size)
    operator[wire] = pauli
    return operator


def _product(num_wires: int, wires: Sequence[int], chosen: Bits) -> stim.PauliString:
    operator = stim.PauliString(num_wires)
    for wire, there in zip(wires, chosen.tolist(), strict=True):
        if there:
            operator[wire] = "Z"
    return operator
