"""A value with one standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite, sqrt

from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its standard deviation; sums and multiples propagate it as independent errors.

    Parameters
    ----------
    value : the best estimate.
    error : one standard deviation, at least 0; 0 means exact.

    Example
    -------
    >>> (Estimate(0.8, 0.03) + Estimate(0.6, 0.04)) / 2
    Estimate(value=0.7, error=0.025)
    >>> print(Estimate(0.8234, 0.0041))
    0.823 ± 0.004
    """

    value: float
    error: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and isfinite(self.error) and self.error >= 0):
            raise InvalidInputError(
                f"{self.value} ± {self.error} is no estimate.", "Give finite numbers, the error at least 0."
            )

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f}"

    def __add__(self, other: Estimate | float) -> Estimate:
        if isinstance(other, Estimate):
            return Estimate(self.value + other.value, hypot(self.error, other.error))
        return Estimate(self.value + other, self.error)

    __radd__ = __add__

    def __neg__(self) -> Estimate:
        return Estimate(-self.value, self.error)

    def __sub__(self, other: Estimate | float) -> Estimate:
        return self + -other

    def __rsub__(self, other: float) -> Estimate:
        return -self + other

    def __mul__(self, factor: float) -> Estimate:
        return Estimate(self.value * factor, self.error * abs(factor))

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Estimate:
        return self * (1 / divisor)


def average(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of independent estimates."""
    return sum(estimates, Estimate(0.0)) / len(estimates)


def exact(value: float, shots: int, low: float = -1.0, high: float = 1.0) -> Estimate:
    """Return a known mean of a two-valued outcome with the error that `shots` shots would leave.

    Outcomes are `low` or `high`: a parity by default, a population for low = 0. The error is that of
    `parity` at the expected counts.

    Example
    -------
    >>> print(exact(0.6, shots=10_000))
    0.600 ± 0.008
    """
    span = high - low
    return Estimate(value, span * binomial_error((value - low) / span, shots))


def binomial_error(rate: float, shots: int) -> float:
    """Return one standard deviation of a rate seen in `shots` shots.

    sqrt(p (1 - p)/shots) with p = (rate shots + 1/2)/(shots + 1), the mean of the posterior of Jeffreys'
    prior: an event never seen is not an event known never to happen.

    Raises
    ------
    InvalidInputError : no shots: nothing was measured.
    """
    if shots < 1:
        raise InvalidInputError("Nothing is known from no shots.", "Ask for at least one shot.")
    smoothed = (min(max(rate, 0.0), 1.0) * shots + 0.5) / (shots + 1)
    return sqrt(smoothed * (1 - smoothed) / shots)
