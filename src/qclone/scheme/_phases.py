"""The free phases of the qudit construction: pick those that leak nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, log

from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Phases:
    """The units (u, v) of the chirps of a qudit scheme and the worst leak that they cause.

    Parameters
    ----------
    u, v : units modulo d.
    leak : g, the largest gcd(d, a b - p (q + 1)) over p + q = n with a b u v = 1 mod d. A set with one
        wire of each pair, p of them signal and q noise qudits, learns log(g) about the input; 1 means
        that no unauthorised set learns anything.
    dimension : d.
    """

    u: int
    v: int
    leak: int
    dimension: int

    @property
    def leak_free(self) -> bool:
        """Whether no unauthorised set learns anything."""
        return self.leak == 1

    @property
    def leakage(self) -> float:
        """Worst mutual information of a partially informed set with the input, in units of log d (0 to 1)."""
        return log(self.leak) / log(self.dimension)


def choose_phases(dimension: int, num_clones: int) -> Phases:
    """Return phases without leakage if there are any, and else those that leak least.

    There are some if and only if d is odd or n is even. For each odd prime factor of d, a b is taken such
    that (n + 1)^2 - 4 a b is no square modulo that prime, so a b = p (q + 1) has no solution. For d even and
    n odd every choice leaks (a b and p (q + 1) are both odd for odd p), and the choice below leaks a
    factor 2: one bit.

    Parameters
    ----------
    dimension : d, at least 2.
    num_clones : n, at least 1.

    Raises
    ------
    InvalidInputError : d < 2 or n < 1.

    Example
    -------
    >>> choose_phases(2, 2).leak_free, choose_phases(2, 3).leak, choose_phases(3, 3)
    (True, 2, Phases(u=1, v=2, leak=1, dimension=3))
    """
    check_size(dimension, num_clones)
    if worst_leak(dimension, num_clones, 1) == 1:
        return Phases(1, 1, 1, dimension)
    half = (num_clones + 1) // 2
    # Modulo 4 with n + 1 = 2 m: a b - p (q + 1) = a b - m^2 + (p - m)^2 stays below 4 for this choice.
    residue, modulus = (1 if num_clones % 2 == 0 or half % 2 == 0 else 3), gcd(dimension, 4)
    for prime in _odd_primes(dimension):
        target = next(ab for ab in range(1, prime) if not _is_square((num_clones + 1) ** 2 - 4 * ab, prime))
        # Chinese remainder: keep the residue so far, add the one modulo this prime.
        residue += modulus * ((target - residue) * pow(modulus, -1, prime) % prime)
        modulus *= prime
    while gcd(residue, dimension) != 1:
        residue += modulus
    ab = residue % dimension
    return Phases(1, pow(ab, -1, dimension), worst_leak(dimension, num_clones, ab), dimension)


def worst_leak(dimension: int, num_clones: int, ab: int) -> int:
    """Return the largest gcd(d, ab - p (q + 1)) over p + q = n, for a given a b modulo d."""
    # p (n - p + 1) modulo d repeats with period d in p.
    return max(
        gcd(dimension, ab - p * (num_clones - p + 1)) for p in range(min(num_clones, dimension - 1) + 1)
    )


def check_size(dimension: int, num_clones: int) -> None:
    """Raise InvalidInputError unless there can be a scheme of this size."""
    if not 2 <= dimension <= 10**6:
        raise InvalidInputError(
            f"The dimension must be between 2 and {10**6}, not {dimension}.", "A qubit has dimension 2."
        )
    if not 1 <= num_clones <= 10**6:
        raise InvalidInputError(
            f"The number of clones must be between 1 and {10**6}, not {num_clones}.",
            "Two is the smallest number that is encrypted for qubits.",
        )


def _odd_primes(number: int) -> list[int]:
    primes, candidate = [], 3
    number //= number & -number
    while number > 1:
        if candidate * candidate > number:
            candidate = number
        if number % candidate == 0:
            primes.append(candidate)
            while number % candidate == 0:
                number //= candidate
        candidate += 2
    return primes


def _is_square(number: int, prime: int) -> bool:
    return number % prime == 0 or pow(number, (prime - 1) // 2, prime) == 1
