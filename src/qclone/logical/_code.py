"""Codes as data: a block of qubits, its checks, and the logical gates that act qubit by qubit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from qclone.errors import InvalidInputError

Support = tuple[int, ...]
MAX_BLOCK = 500


@dataclass(frozen=True)
class Code:
    """A CSS code with the transversal gates that a scheme needs.

    CX between equal blocks, qubit by qubit, is the logical CX of every CSS code. H on every qubit is the
    logical H once the qubits are moved by ``duality``; CZ from qubit i to qubit ``duality[i]`` of another
    block is the logical CZ. S is logical where some pattern of S and S_DAG is; see ``s_signs``.

    Parameters
    ----------
    name, distance : what it is called and promises.
    num_qubits : n, data qubits of a block.
    x_checks, z_checks : supports of the stabilisers, each in the order in which its ancilla meets them.
    logical_x, logical_z : supports of the logical operators, one of each a logical qubit.
    duality : a permutation that takes X checks to Z checks and back, and each ``logical_x`` exactly to the
        ``logical_z`` of the same logical qubit and back; None if there is none.
    s_signs : +1 (S) or -1 (S_DAG) for every qubit, or None where S is not transversal.
    s_is_inverse : whether that pattern acts as S_DAG on the logical qubits.
    flagged : whether each check needs a flag: bare ancillas would not be fault tolerant.
    slots : for every check, X before Z, the step in which its ancilla meets each of its qubits, where X and
        Z checks are measured at once; empty where X checks are measured first, then Z checks.
    positions : where the data qubits are drawn, x and y.

    Raises
    ------
    InvalidInputError : more than 500 qubits, or supports outside of the block.
    """

    name: str
    distance: int
    num_qubits: int
    x_checks: tuple[Support, ...]
    z_checks: tuple[Support, ...]
    logical_x: tuple[Support, ...]
    logical_z: tuple[Support, ...]
    duality: Support | None = None
    s_signs: Support | None = None
    s_is_inverse: bool = False
    flagged: bool = False
    slots: tuple[Support, ...] = ()
    positions: tuple[tuple[float, float], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.num_qubits <= MAX_BLOCK:
            raise InvalidInputError(
                f"A block of {self.num_qubits:,} qubits is out of range.", f"Take 1 to {MAX_BLOCK}."
            )
        supports = (*self.x_checks, *self.z_checks, *self.logical_x, *self.logical_z)
        inside = all(0 <= q < self.num_qubits for support in supports for q in support)
        if not inside or any(len(set(s)) < len(s) for s in supports):
            raise InvalidInputError(f"An operator of {self.name} is not on its qubits.", "Mend the code.")

    def __str__(self) -> str:
        return f"[[{self.num_qubits},{self.num_logical},{self.distance}]] {self.name}"

    @property
    def num_logical(self) -> int:
        """k, logical qubits of a block."""
        return len(self.logical_x)

    @property
    def num_checks(self) -> int:
        """Number of stabilisers."""
        return len(self.x_checks) + len(self.z_checks)

    @property
    def num_ancillas(self) -> int:
        """Ancillas of a block, flags included."""
        return self.num_checks * (2 if self.flagged else 1)

    @cached_property
    def dual_check(self) -> tuple[Support, Support]:
        """For each X check, the Z check that ``duality`` takes it to; for each Z check, the X check."""
        if self.duality is None:
            raise no_gate(self, "H")
        moved = self.duality
        return tuple(
            tuple(targets.index(frozenset(moved[q] for q in support)) for support in sources)
            for sources, targets in (
                (self.x_checks, [frozenset(s) for s in self.z_checks]),
                (self.z_checks, [frozenset(s) for s in self.x_checks]),
            )
        )  # type: ignore[return-value]

    @cached_property
    def duality_order(self) -> int:
        """How often the duality is applied until every qubit is back."""
        moved = start = tuple(range(self.num_qubits))
        for order in range(1, self.num_qubits**2 + 2):
            moved = tuple((self.duality or start)[q] for q in moved)
            if moved == start:
                return order
        return self.num_qubits**2 + 2

    @cached_property
    def z_check_of_x(self) -> Support:
        """For each X check, the Z check on the same qubits: S multiplies the one by the other."""
        targets = [frozenset(s) for s in self.z_checks]
        return tuple(targets.index(frozenset(support)) for support in self.x_checks)


def no_gate(code: Code, gate: str) -> InvalidInputError:
    """Return the error that says which gate a code lacks."""
    return InvalidInputError(
        f"The code {code.name} has no transversal {gate}, which this scheme needs.",
        "Take the surface, colour, Steane or an Iceberg code.",
    )
