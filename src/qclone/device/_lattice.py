"""Lattices whose qubits are numbered row by row: squares, and heavy hexagons with bridges between rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Edge = tuple[int, int]


@dataclass(frozen=True)
class RowLattice:
    """Rows of qubits, and how they hang together; numbers count along each row.

    Parameters
    ----------
    columns : qubits in a row.
    bridged : whether rows are joined by bridges, every fourth column, shifted by two from one gap to the
        next, numbered after the row above them (IBM's Heron: 16 columns); otherwise every qubit is coupled
        with the one below (IBM's Nighthawk: 10 columns).

    Example
    -------
    >>> heron = RowLattice(16, bridged=True)
    >>> heron.site(1, 0), heron.bridge(0, 3), heron.position(16), len(heron.couplers(156))
    (20, 16, (3.0, -1.0), 176)
    """

    columns: int
    bridged: bool

    @property
    def period(self) -> int:
        """How many numbers a row takes, its bridges included."""
        return self.columns + self.columns // 4 if self.bridged else self.columns

    def site(self, row: int, column: int) -> int:
        """Return the number of a qubit on a row."""
        return self.period * row + column

    def bridge(self, row: int, column: int) -> int:
        """Return the number of the bridge below a row."""
        return self.period * row + self.columns + column // 4

    def bridge_columns(self, row: int) -> range:
        """Return the columns with a bridge below a row."""
        return range(3 - 2 * (row % 2), self.columns, 4)

    def row_of(self, qubit: int) -> int:
        """Return the row of a qubit; of a bridge, the row above it."""
        return qubit // self.period

    def position(self, qubit: int) -> tuple[float, float]:
        """Return where to draw a qubit: x to the right, y upwards."""
        row, column = divmod(qubit, self.period)
        if not self.bridged:
            return float(column), -float(row)
        if column < self.columns:
            return float(column), -2.0 * row
        return float(self.bridge_columns(row)[column - self.columns]), -2.0 * row - 1

    def couplers(self, num_qubits: int) -> tuple[Edge, ...]:
        """Return all couplers among so many qubits, sorted."""
        edges: list[Edge] = []
        for row in range(-(-num_qubits // self.period)):
            edges += [(self.site(row, c), self.site(row, c + 1)) for c in range(self.columns - 1)]
            for c in self.bridge_columns(row) if self.bridged else range(self.columns):
                low = self.site(row + 1, c)
                if self.bridged:
                    edges += [(self.site(row, c), self.bridge(row, c)), (self.bridge(row, c), low)]
                else:
                    edges.append((self.site(row, c), low))
        return tuple(sorted((a, b) for a, b in edges if b < num_qubits))


def row_lattice(num_qubits: int, edges: Iterable[Edge]) -> RowLattice | None:
    """Return the lattice of at least two rows that has all these couplers; None if there is none.

    Couplers that do not work may be missing.

    Example
    -------
    >>> from qclone.device import line, load_device, square_grid
    >>> devices = load_device("boston"), square_grid(3, 5), line(8)
    >>> [row_lattice(device.num_qubits, device.edges) for device in devices]
    [RowLattice(columns=16, bridged=True), RowLattice(columns=5, bridged=False), None]
    """
    wanted = set(edges)
    shapes = (RowLattice(c, bridged) for bridged in (True, False) for c in range(2, num_qubits))
    return next(
        (
            shape
            for shape in shapes
            if shape.period < num_qubits
            and not (shape.bridged and shape.columns % 4)
            and wanted <= set(shape.couplers(num_qubits))
        ),
        None,
    )
