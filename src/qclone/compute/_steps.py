"""What programs are made of: Clifford gates, rotations about Z, and CCZ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import stim

if TYPE_CHECKING:
    from qiskit.circuit import ParameterExpression

Angle: TypeAlias = "float | ParameterExpression"


@dataclass(frozen=True, slots=True)
class Rotation:
    """diag(1, e^{i angle}) on a wire; T is pi/4. It sends one tail back.

    Parameters
    ----------
    wire : the logical qubit.
    angle : in radians; an expression while parameters are free.
    late : whether the server leaves the angle out, for the client to choose when it decrypts.
    """

    wire: int
    angle: Angle
    late: bool = False

    @property
    def wires(self) -> tuple[int, ...]:
        """The qubits whose tails come back."""
        return (self.wire,)


@dataclass(frozen=True, slots=True)
class CCZ:
    """A controlled-controlled Z. It sends three tails back."""

    wires: tuple[int, int, int]


Step = stim.Circuit | Rotation | CCZ
"""Clifford gates in between are kept together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the client does to the tails of one step: CZ on some pairs, then each is measured.

    Parameters
    ----------
    tails : their numbers, in the order of the program.
    angles : beta of each: it is measured in (|0> + e^{i beta}|1>, |0> - e^{i beta}|1>)/sqrt2, outcomes 0, 1.
    pairs : positions in ``tails`` to act on with CZ first.
    """

    tails: tuple[int, ...]
    angles: tuple[float, ...]
    pairs: tuple[tuple[int, int], ...] = ()
