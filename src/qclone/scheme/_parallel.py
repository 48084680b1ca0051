"""A register: every qubit cloned by the same scheme, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from qclone.errors import InvalidInputError
from qclone.scheme._hooks import Composition
from qclone.scheme._place import place
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import Clone, Scheme
from qclone.scheme._size import WIRE, Size
from qclone.scheme._wires import MAX_WIRES, Wire

if TYPE_CHECKING:
    import stim

    from qclone.scheme._modular import Integers


@register_scheme("parallel")
@dataclass(frozen=True)
class Parallel(Scheme):
    """A register of k qubits, each encrypted by a scheme of its own; arXiv:2602.10695, experiment 4.

    Wire ``S1`` of qubit 0 is ``q0.S1``; wires come qubit by qubit. Clone ``S1`` of the register is clone
    ``S1`` of every qubit. Encryption is linear, so clones of an entangled register are entangled alike.

    Parameters
    ----------
    base : the scheme of each qubit.
    copies : k, the number of qubits (of registers, if `base` takes one), at least 1.

    Raises
    ------
    InvalidInputError : no qubit to clone, or more than 3 10^7 wires.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> pair = Parallel(Canonical(2), 2)
    >>> pair.inputs, pair.clone("S1").wires
    (('q0.A', 'q1.A'), ('q0.S1', 'q1.S1'))
    """

    base: Scheme
    copies: int

    @classmethod
    def size_of(cls, base: Size, copies: int) -> Size:
        copies = max(0, copies)
        qubits, label = copies * base.qubits, base.label + 9
        return Size(
            qubits,
            copies * base.inputs,
            base.clones,
            label,
            copies * base.key,
            copies * base.listed,
            base.work + (WIRE + label) * qubits,
        )

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise InvalidInputError(
                f"A register has at least one qubit, not {self.copies}.", "Give a positive number."
            )
        if self.num_qubits > MAX_WIRES:
            raise InvalidInputError(
                f"The register would have more than {MAX_WIRES} wires.", "Take fewer qubits or clones."
            )

    def __str__(self) -> str:
        many = "1 qubit," if self.copies == 1 else f"{self.copies} qubits in parallel, each"
        return f"{many} in {self.base}"

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(Wire(f"q{q}.{w.label}", w.role) for q in range(self.copies) for w in self.base.wires)

    @cached_property
    def composition(self) -> Composition:
        return Composition(self.base, (self._rows,))

    def missing_phase(self, clone: str | None = None) -> float:
        return self.copies * self.base.missing_phase(clone)

    @property
    def num_qubits(self) -> int:
        return self.copies * self.base.num_qubits

    @property
    def clones(self) -> tuple[str, ...]:
        return self.base.clones

    def clone(self, label: str) -> Clone:
        one = self.base.clone(label)
        return Clone(label, *(_each(part, self.copies) for part in (one.wires, one.key, one.outputs)))

    def prepare(self) -> stim.Circuit:
        return place(self.base.prepare(), self._rows)

    def encrypt(self) -> stim.Circuit:
        return place(self.base.encrypt(), self._rows)

    def decrypt(self, clone: str) -> stim.Circuit:
        return place(self.base.decrypt(clone), self._rows)

    @cached_property
    def _rows(self) -> Integers:
        return np.arange(self.num_qubits).reshape(self.copies, -1)


# Clones of one scheme mostly share one key, which may be long.
@lru_cache(maxsize=8)
def _each(labels: tuple[str, ...], copies: int) -> tuple[str, ...]:
    return tuple(f"q{q}.{label}" for q in range(copies) for label in labels)
