"""Independent errors that flip sets of stabilisers: the exact probability that none is flipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError

Floats = NDArray[np.float64]
_DENSE_BITS = 16
_MAX_WIDTH = 24


@dataclass(frozen=True)
class Mechanisms:
    """Independent error mechanisms, each with the stabiliser generators it flips.

    Parameters
    ----------
    flips : for each mechanism the generators it flips, numbered from 0.
    probabilities : for each mechanism how often it strikes, in [0, 1/2].
    num_generators : r; a stabiliser state of r qubits has r generators.
    """

    flips: tuple[frozenset[int], ...]
    probabilities: tuple[float, ...]
    num_generators: int

    def __post_init__(self) -> None:
        if len(self.flips) != len(self.probabilities):
            raise InvalidInputError(
                "Every mechanism has one set of flips and one probability.", "Give as many of each."
            )
        if not all(0 <= p <= 0.5 for p in self.probabilities):
            raise InvalidInputError(
                "The probability of an independent error lies between 0 and 1/2.",
                "1/2 forgets a bit completely.",
            )
        if any(not 0 <= g < self.num_generators for flips in self.flips for g in flips):
            raise InvalidInputError(
                "A mechanism flips a generator that does not exist.",
                f"Generators are numbered from 0 to {self.num_generators - 1}.",
            )


def no_flip_probability(mechanisms: Mechanisms) -> float:
    """Return the probability that the errors together flip no generator, exactly.

    For a stabiliser state under Pauli noise this is the fidelity with the noiseless state, the mean of
    all 2^r stabilisers:

        F = 2^-r sum_s prod_m (1 - 2 p_m)^(parity of s on the flips of m).

    Few generators: one Walsh-Hadamard transform of length 2^r. Many: the sum is carried out variable by
    variable; each mechanism touches few generators, so the cost is exponential only in the width of
    their overlap (a chain of 100 blocks has width 2 or 3).

    Raises
    ------
    InvalidInputError : the overlap is wider than 24 generators; sample instead.

    Example
    -------
    >>> round(no_flip_probability(Mechanisms((frozenset({0, 1}), frozenset({0, 1})), (0.1, 0.1), 2)), 9)
    0.82
    """
    merged: dict[frozenset[int], float] = {}
    for flips, p in zip(mechanisms.flips, mechanisms.probabilities, strict=True):
        if flips:
            merged[flips] = merged.get(flips, 1.0) * (1 - 2 * p)
    if mechanisms.num_generators <= _DENSE_BITS:
        return _by_transform(merged, mechanisms.num_generators)
    return _by_elimination(merged)


def _by_transform(eigenvalues: dict[frozenset[int], float], num_generators: int) -> float:
    log_eigenvalues = np.zeros(2**num_generators)
    dead = np.zeros(2**num_generators)
    for flips, eigenvalue in eigenvalues.items():
        index = sum(1 << g for g in flips)
        if eigenvalue == 0:
            dead[index] = 1.0
        else:
            log_eigenvalues[index] = np.log(eigenvalue)
    # (1 - Walsh)/2 sums over the mechanisms that anticommute with each stabiliser.
    anticommuting = (log_eigenvalues.sum() - _walsh(log_eigenvalues)) / 2
    values = np.exp(anticommuting)
    if dead.any():
        values[(dead.sum() - _walsh(dead)) > 0.5] = 0.0
    return float(values.mean())


def _walsh(values: Floats) -> Floats:
    out = values.copy()
    step = 1
    while step < len(out):
        pairs = out.reshape(-1, 2, step)
        out = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
        step *= 2
    return out


@dataclass(frozen=True)
class _Factor:
    """A table over some bits, one axis of length 2 a bit, in the order of `bits`."""

    bits: tuple[int, ...]
    table: Floats


def _by_elimination(eigenvalues: dict[frozenset[int], float]) -> float:
    factors = [_parity_factor(flips, eigenvalue) for flips, eigenvalue in eigenvalues.items()]
    result = 1.0
    while bits := {b for f in factors for b in f.bits}:
        chosen, union = min(
            ((b, _union(f for f in factors if b in f.bits)) for b in sorted(bits)),
            key=lambda pair: len(pair[1]),
        )
        _check_width(len(union))
        order = (chosen, *sorted(union - {chosen}))
        tables = [_aligned(f, order) for f in factors if chosen in f.bits]
        product = reduce(np.multiply, tables)
        full = np.broadcast_to(product, (2,) * len(order))
        factors = [f for f in factors if chosen not in f.bits]
        factors.append(_Factor(order[1:], full.mean(axis=0)))
        result *= float(np.prod([f.table for f in factors if not f.bits]))
        factors = [f for f in factors if f.bits]
    return result


def _parity_factor(flips: frozenset[int], eigenvalue: float) -> _Factor:
    _check_width(len(flips))
    bits = tuple(sorted(flips))
    parity = np.indices((2,) * len(bits)).sum(axis=0) % 2
    return _Factor(bits, np.where(parity == 1, eigenvalue, 1.0))


def _union(factors: Iterable[_Factor]) -> set[int]:
    return {b for f in factors for b in f.bits}


def _aligned(factor: _Factor, order: Sequence[int]) -> Floats:
    """Return the table with one axis for each bit of `order`, of length 1 where the factor lacks it."""
    wanted = [b for b in order if b in factor.bits]
    table = np.transpose(factor.table, [factor.bits.index(b) for b in wanted])
    return table.reshape([2 if b in factor.bits else 1 for b in order])


def _check_width(width: int) -> None:
    if width > _MAX_WIDTH:
        raise InvalidInputError(
            f"The errors of {width} qubits are entwined: too many for an exact sum.",
            "Sample the circuit instead.",
        )
