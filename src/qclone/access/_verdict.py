"""What a set of wires can do: recover the input, learn something about it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import stim

from qclone.access._many import supported_by_many
from qclone.access._ranks import Integers, Supported
from qclone.markup import facts, some
from qclone.scheme import AnyScheme, Composition, Scheme


@dataclass(frozen=True)
class Verdict:
    """What the holder of some wires can do.

    Parameters
    ----------
    held : labels of the wires, in the order of the scheme.
    num_inputs : k, the number of inputs.
    bits : I(R:H), mutual information with a reference that is maximally entangled with the input, in
        units of log2 d; 0 to 2k. 2k is recovery, and 1 for one qubit is one Bloch component.
    leaks : the logical operators that can be measured, as independent generators such as ``Y``; for
        registers one letter an input (``IY``), for qudits powers (``X^2 Z``).
    operators : for each of them, the same operator on the wires that are held, such as ``-Y_S1 Y_S2 Y_S3``;
        for qudits up to a phase.
    """

    held: tuple[str, ...]
    num_inputs: int
    bits: float
    leaks: tuple[str, ...]
    operators: tuple[str, ...]

    @property
    def verdict(self) -> Literal["recovers", "leaks", "nothing"]:
        """``recovers``, ``leaks`` (something but not everything) or ``nothing``."""
        if self.bits == 2 * self.num_inputs:
            return "recovers"
        return "leaks" if self.bits else "nothing"

    @property
    def recovers(self) -> bool:
        """Whether the set is authorized: it holds everything there is to know."""
        return self.verdict == "recovers"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        values = {"bits": f"{self.bits:g} of {2 * self.num_inputs}"}
        if self.verdict == "leaks":
            values |= {"leaks": some(self.leaks), "measured by": some(self.operators, most=3)}
        said = {"recovers": "recovers everything", "leaks": "learns something", "nothing": "learns nothing"}
        return facts(f"{some(self.held)}: {said[self.verdict]}", values)


def classify(scheme: AnyScheme, held: Iterable[str]) -> Verdict:
    """Say what the holder of some wires can recover or learn, by stabiliser ranks; exact.

    With more than 300 clones in the canonical scheme, ranks are taken of fewer pairs that do the same.

    Parameters
    ----------
    scheme : any scheme, of qubits or qudits.
    held : labels of the wires.

    Raises
    ------
    UnknownWireError : a label that the scheme does not have.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> classify(Canonical(2), ["S1", "N1", "N2"]).verdict
    'recovers'
    >>> verdict = classify(Canonical(3), ["S1", "S2", "S3"])
    >>> verdict.bits, verdict.leaks, verdict.operators
    (1, ('Y',), ('-Y_S1 Y_S2 Y_S3',))
    """
    indices = tuple(sorted(set(scheme.indices(held))))
    if (made_of := scheme.composition) is not None and (rows := made_of.side_by_side) is not None:
        return _classify_copies(scheme, made_of, rows, indices)
    return _classify(scheme, indices)


def _classify(scheme: AnyScheme, held: tuple[int, ...]) -> Verdict:
    found = supported_by_many(scheme, held)
    wires = scheme.wires
    labels = [w.label for w in wires]
    signs = _signs(scheme, found)
    return Verdict(
        held=tuple(labels[i] for i in held),
        num_inputs=len(scheme.inputs),
        bits=found.bits,
        leaks=tuple(_logical_name(row, scheme.dimension) for row in found.logicals),
        operators=tuple(
            sign + _operator_name(row, labels, scheme.dimension)
            for sign, row in zip(signs, found.operators, strict=True)
        ),
    )


def _classify_copies(
    scheme: AnyScheme, made_of: Composition, rows: Integers, held: tuple[int, ...]
) -> Verdict:
    """Copies know nothing of each other, so what they leak adds up."""
    inputs, names = len(made_of.base.inputs), [wire.label for wire in scheme.wires]
    own = [wire.label for wire in made_of.base.wires]
    bits, leaks, operators = 0.0, [], []
    known: dict[tuple[int, ...], Verdict] = {}
    for q, part in enumerate(parts_held(rows, held)):
        if part not in known:
            known[part] = _classify(made_of.base, part)
        one = known[part]
        bits += one.bits
        before, after = "I" * (q * inputs), "I" * ((len(rows) - q - 1) * inputs)
        leaks += [before + leak + after for leak in one.leaks]
        if one.operators:
            there = dict(zip(own, (names[wire] for wire in rows[q].tolist()), strict=True))
            operators += [_renamed(operator, there) for operator in one.operators]
    whole = int(bits) if bits == int(bits) else bits
    labels = tuple(names[wire] for wire in held)
    return Verdict(labels, len(scheme.inputs), whole, tuple(leaks), tuple(operators))


def parts_held(rows: Integers, held: Sequence[int]) -> list[tuple[int, ...]]:
    """Return for schemes side by side which of its own wires of each are held.

    >>> parts_held(np.array([[0, 1, 2], [3, 4, 5]]), [1, 3, 5])
    [(1,), (0, 2)]
    """
    where = np.empty(rows.size, dtype=np.int64)
    where[rows.ravel()] = np.arange(rows.size)
    parts: list[list[int]] = [[] for _ in rows]
    for place in sorted(where[list(held)].tolist()):
        parts[place // rows.shape[1]].append(place % rows.shape[1])
    return [tuple(part) for part in parts]


def _renamed(operator: str, names: Mapping[str, str]) -> str:
    """Return an operator such as ``-Y_S1 Y_S2`` on other wires."""
    factors = (factor.partition("_") for factor in operator.split(" "))
    return " ".join(f"{letter}_{names[label]}" for letter, _, label in factors)


def pauli_strings(rows: Integers) -> list[stim.PauliString]:
    """Return rows (x | z) of qubits as Hermitian Pauli strings of positive sign."""
    half = rows.shape[1] // 2
    return [
        stim.PauliString.from_numpy(xs=row[:half].astype(np.bool_), zs=row[half:].astype(np.bool_))
        for row in rows
    ]


def logical_sign(scheme: Scheme, operator: stim.PauliString) -> int:
    """Return the sign with which an operator on the encrypted state is the logical Pauli it belongs to.

    Carried back to the start it is that Pauli on the inputs and Z on wires that began in |0>.
    """
    origin = operator.before(scheme.prepare() + scheme.encrypt())
    return int(np.real(origin.sign))


def _signs(scheme: AnyScheme, found: Supported) -> list[str]:
    if not isinstance(scheme, Scheme):
        return [""] * len(found.operators)
    return ["-" if logical_sign(scheme, p) < 0 else "" for p in pauli_strings(found.operators)]


def _logical_name(row: Integers, d: int) -> str:
    """One letter an input for qubits, powers for qudits.

    >>> _logical_name(np.array([0, 1, 1, 1]), 2), _logical_name(np.array([2, 1]), 3)
    ('ZY', 'X^2 Z')
    """
    half = len(row) // 2
    xs, zs = row[:half].tolist(), row[half:].tolist()
    if d == 2:
        return "".join("IXZY"[x + 2 * z] for x, z in zip(xs, zs, strict=True))
    return " (x) ".join(" ".join(_powers(x, z)) or "I" for x, z in zip(xs, zs, strict=True))


def _operator_name(row: Integers, labels: Sequence[str], d: int) -> str:
    """Return such as ``Y_S1 Z_N2``, for qudits ``X^2_S1 Z_S1``."""
    half = len(row) // 2
    tokens = []
    for wire in np.flatnonzero(row[:half] | row[half:]).tolist():
        x, z = int(row[wire]), int(row[half + wire])
        letters = ["IXZY"[x + 2 * z]] if d == 2 else _powers(x, z)
        tokens += [f"{letter}_{labels[wire]}" for letter in letters]
    return " ".join(tokens)


def _powers(x: int, z: int) -> list[str]:
    return [letter if p == 1 else f"{letter}^{p}" for letter, p in (("X", x), ("Z", z)) if p]
