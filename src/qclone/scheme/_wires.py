"""Wires have roles: the input, signal qubits (the encrypted clones) and noise qubits (the key)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Of a scheme, in all. Each wire is some tens of bytes in every room.
MAX_WIRES = 30_000_000


class Role(StrEnum):
    """What a wire is for."""

    INPUT = "input"
    """The input qubit A, which carries the state to clone."""
    SIGNAL = "signal"
    """A signal qubit S_i, half of a Bell pair; after encryption an encrypted clone."""
    NOISE = "noise"
    """A noise qubit N_i, the other half; it stays with the owner as part of the key."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One physical qubit of a scheme.

    Parameters
    ----------
    label : its name, such as ``A``, ``S1`` or ``N1``; unique in the scheme.
    role : what it is for.
    """

    label: str
    role: Role

    def __str__(self) -> str:
        return self.label


def source_and_pairs(n: int) -> tuple[Wire, ...]:
    """Return A, S1..Sn, N1..Nn.

    >>> [wire.label for wire in source_and_pairs(2)]
    ['A', 'S1', 'S2', 'N1', 'N2']
    """
    signals = (Wire(f"S{i}", Role.SIGNAL) for i in range(1, n + 1))
    return (Wire("A", Role.INPUT), *signals, *(Wire(f"N{i}", Role.NOISE) for i in range(1, n + 1)))
