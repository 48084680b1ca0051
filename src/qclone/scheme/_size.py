"""How large a scheme is, known from its parameters before any of it is made."""

from __future__ import annotations

from dataclasses import dataclass

from qclone.errors import InvalidInputError
from qclone.scheme._wires import MAX_WIRES

WIRE = 100
"""What a wire takes beside its label, in the unit of `Size.work`."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a scheme.

    Parameters
    ----------
    qubits, inputs, clones : how many there are. label : the longest label of a wire, in characters.
    key : the number of wires in the longest key of a clone.
    listed : the number of labels in all clones and their keys, a key that clones share counted once.
    work : what making it takes, in bytes or, where that is more, in nanoseconds of one processor.
    """

    qubits: int
    inputs: int
    clones: int
    label: int
    key: int
    listed: int
    work: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """The largest scheme that is made from a description. Nothing of a larger one is made."""

    qubits: int = MAX_WIRES
    work: int = 10**10

    def check(self, size: Size) -> None:
        """Raise InvalidInputError if a scheme of this size is too large."""
        if size.qubits > self.qubits:
            raise InvalidInputError(
                f"The scheme would have {count(size.qubits)} wires, more than {self.qubits:,}.",
                "Take fewer qubits, levels or clones.",
            )
        if size.work > self.work:
            raise InvalidInputError(
                f"Making the scheme would take {count(size.work)} steps, more than {self.work:,}.",
                "Take fewer qubits, levels or clones.",
            )


def count(number: int) -> str:
    """Return a number as people read it, however large.

    >>> count(12345), count(10**4000)
    ('12,345', 'over 10^15')
    """
    return f"{number:,}" if number < 10**15 else "over 10^15"
