"""Stabiliser codes as secret-sharing schemes: a set of qubits that can correct the loss of all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import stim

from qclone.errors import InvalidInputError
from qclone.scheme._gather import restrict
from qclone.scheme._weyl import WeylRows


@dataclass(frozen=True)
class StabilizerCode:
    """A stabiliser code with a choice of logical operators.

    Parameters
    ----------
    stabilizers : independent commuting Pauli strings such as "+XZZXI", one character a qubit.
    logicals : (X, Z) of each logical qubit, as Pauli strings.

    Raises
    ------
    InvalidInputError : strings that are no Paulis of one length, or operators that do not commute as
        those of a code do: no state could obey them.

    Example
    -------
    >>> repetition = StabilizerCode(("ZZI", "IZZ"), (("XXX", "ZII"),))
    >>> repetition.recovers([0, 1]), repetition.recovers([0, 1, 2])
    (False, True)
    """

    stabilizers: tuple[str, ...]
    logicals: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        pairs = [_pauli(text) for pair in self.logicals for text in pair]
        stabilizers = [_pauli(text) for text in self.stabilizers]
        lengths = {len(pauli) for pauli in (*pairs, *stabilizers)}
        if len(lengths) != 1 or not pairs or lengths != {len(stabilizers) + len(pairs) // 2}:
            raise InvalidInputError(
                f"{len(stabilizers)} stabilisers and {len(pairs) // 2} logical qubits make no code on "
                f"{', '.join(map(str, sorted(lengths)))} qubits.",
                "A code of k logical on n physical qubits has n - k stabilisers.",
            )
        obeys = all(
            p.commutes(q) != (i // 2 == j // 2) for i, p in enumerate(pairs) for j, q in enumerate(pairs[:i])
        ) and all(s.commutes(p) for s in stabilizers for p in (*pairs, *stabilizers))
        if not obeys:
            raise InvalidInputError(
                "The operators do not commute as those of a code do.",
                "Stabilisers commute with everything; X and Z of one logical qubit anticommute.",
            )
        try:
            stim.Tableau.from_stabilizers([*stabilizers, *pairs[1::2]])
        except ValueError:
            raise InvalidInputError(
                "The stabilisers are not independent.", "Leave out those that are products of others."
            ) from None

    @property
    def num_qubits(self) -> int:
        """n, the number of physical qubits."""
        return len(self.stabilizers) + len(self.logicals)

    @cached_property
    def rows(self) -> tuple[WeylRows, WeylRows, WeylRows]:
        """X and Z of each logical qubit and the stabilisers, as operators."""
        xs, zs = zip(*self.logicals, strict=True)
        if self.stabilizers:
            stabilizers = WeylRows.of_paulis(map(stim.PauliString, self.stabilizers))
        else:
            stabilizers = WeylRows.single(2, self.num_qubits)
        x_rows, z_rows = (WeylRows.of_paulis(map(stim.PauliString, paulis)) for paulis in (xs, zs))
        return x_rows, z_rows, stabilizers

    def recovers(self, qubits: Iterable[int]) -> bool:
        """Say whether these qubits (from 0) give all logical qubits back: a qualified set."""
        xs, zs, stabilizers = self.rows
        return restrict(WeylRows.stack([xs, zs]), stabilizers, sorted(qubits)) is not None


def _pauli(text: str) -> stim.PauliString:
    letters = text.removeprefix("+").removeprefix("-")
    if not letters or set(letters) - set("IXYZ"):
        raise InvalidInputError(f"{text!r} is no Pauli string.", "Write it like +XZZXI.")
    return stim.PauliString(text)
