"""From counts of bit strings to parities and populations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from qclone.errors import InvalidInputError
from qclone.estimate._estimate import Estimate, binomial_error

Counts = Mapping[str, int]
"""Shots by bit string, the last character being bit 0, as Qiskit writes them (without spaces)."""


def parity(counts: Counts, bits: Collection[int] | None = None) -> Estimate:
    """Return the mean of (-1)^(sum of some measured bits).

    Parameters
    ----------
    counts : shots by bit string; bit 0 is the last character.
    bits : which bits; all of them by default.

    Raises
    ------
    InvalidInputError : no shots, or bits that were not measured.

    Example
    -------
    >>> print(parity({"00": 450, "11": 450, "01": 100}))
    0.800 ± 0.019
    """
    shots, width = _shots_and_width(counts)
    chosen = range(width) if bits is None else bits
    if any(not 0 <= b < width for b in chosen):
        raise InvalidInputError(
            f"Bits {sorted(chosen)} were not all measured.", f"Bits are numbered from 0 to {width - 1}."
        )
    odd = sum(n for text, n in counts.items() if sum(text[-1 - b] == "1" for b in chosen) % 2)
    rate = odd / shots
    return Estimate(1 - 2 * rate, 2 * binomial_error(rate, shots))


def population(counts: Counts, outcomes: Iterable[str]) -> Estimate:
    """Return the probability of some outcomes, such as all zeros and all ones.

    Example
    -------
    >>> print(population({"00": 450, "11": 450, "01": 100}, ["00", "11"]))
    0.900 ± 0.010
    """
    shots, _ = _shots_and_width(counts)
    rate = sum(counts.get(text, 0) for text in set(outcomes)) / shots
    return Estimate(rate, binomial_error(rate, shots))


def _shots_and_width(counts: Counts) -> tuple[int, int]:
    shots = sum(counts.values())
    widths = {len(text) for text in counts}
    if shots < 1 or len(widths) != 1:
        raise InvalidInputError(
            "These are no counts: no shots, or bit strings of different lengths.",
            "Give shots by bit string, all of one length.",
        )
    return shots, widths.pop()
