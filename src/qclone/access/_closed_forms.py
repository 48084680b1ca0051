"""Who learns what in the canonical scheme, by formula: the second way, independent of ranks.

Pairs look alike, so a set counts only by its symmetry class: c pairs held whole, p pairs by their signal wire
only, q by their noise wire only, e not at all, and whether A is held. With d the dimension and a b = 1/(u v)
(d = 2: a b = 1), in units of log d,

    ======================== =============================== ==================================
                             without A                       with A
    ======================== =============================== ==================================
    e >= 1, c = 0            0                               0
    e >= 1, c >= 1           0                               2
    e = 0,  c >= 1           2                               2
    one wire of each pair    log gcd(d, a b - p (q + 1))     2 - log gcd(d, a b - q (p + 1))
    ======================== =============================== ==================================

For qubits the last line is 1 with n odd and p odd (2 - 1 with n odd and q odd): the Y component leaks.
Aligned sets of qudits at a b = 1: arXiv:2605.11642; of qubits: arXiv:2604.10155, 2605.27421.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import comb
from typing import Literal, NamedTuple

from qclone.errors import InvalidInputError
from qclone.scheme import AlikePairs, AnyScheme

MAX_CLASSES = 2_000_000
"""More are neither listed nor drawn."""


class SymmetryClass(NamedTuple):
    """All sets of wires that differ by a permutation of pairs, and what each of them learns."""

    complete: int
    """c, pairs of which both wires are held."""
    signals: int
    """p, pairs of which only the signal wire is held."""
    noise: int
    """q, pairs of which only the noise wire is held."""
    absent: int
    """e, pairs of which nothing is held."""
    with_input: bool
    """Whether A is held."""
    bits: float
    """Mutual information with the input, in units of log2 d, 0 to 2."""
    num_sets: int
    """How many sets are alike."""

    @property
    def size(self) -> int:
        """Number of wires held."""
        return 2 * self.complete + self.signals + self.noise + self.with_input

    @property
    def verdict(self) -> Literal["recovers", "leaks", "nothing"]:
        """As `Verdict.verdict`."""
        return "recovers" if self.bits == 2 else "leaks" if self.bits else "nothing"


def closed_form(scheme: AnyScheme, held: Iterable[str]) -> SymmetryClass:
    """Return the symmetry class of a set of wires of the canonical scheme, qubits or qudits.

    Raises
    ------
    UnknownWireError : a label that the scheme does not have.
    InvalidInputError : another kind of scheme, for which there are only ranks (`classify`).

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> found = closed_form(Canonical(3), ["S1", "S2", "S3"])
    >>> found.signals, found.bits, found.num_sets
    (3, 1, 1)
    """
    one = symmetric(scheme)
    n, indices = one.num_pairs, set(scheme.indices(held))
    with_input = 0 in indices
    signals = {i for i in indices if 1 <= i <= n}
    noise = {i - n for i in indices if i > n}
    both = len(signals & noise)
    p, q = len(signals) - both, len(noise) - both
    absent = n - both - p - q
    bits = _bits(both, absent, with_input, 0 if both + absent else one.aligned_bits(p, q, with_input))
    num_sets = comb(n, both) * comb(n - both, p) * comb(n - both - p, q)
    return SymmetryClass(both, p, q, absent, with_input, bits, num_sets)


def symmetry_classes(scheme: AnyScheme) -> list[SymmetryClass]:
    """Return every symmetry class of the canonical scheme, qubits or qudits.

    There are (n + 1)(n + 2)(n + 3)/3 of them, in rising order of c, p and q, without A first.

    Raises
    ------
    InvalidInputError : another kind of scheme, whose pairs need not look alike, or too many classes.

    Example
    -------
    >>> from collections import Counter
    >>> from qclone.scheme import Canonical
    >>> counts = Counter()
    >>> for one in symmetry_classes(Canonical(5)):
    ...     counts[one.verdict] += one.num_sets
    >>> counts
    Counter({'nothing': 1008, 'recovers': 1008, 'leaks': 32})
    """
    one = symmetric(scheme)
    n = one.num_pairs
    if num_classes(n) > MAX_CLASSES:
        raise InvalidInputError(
            f"{scheme} has {num_classes(n):,} classes of sets; at most {MAX_CLASSES:,} are listed.",
            "Ask for a set of wires with classify (--hold), or count them all with count_sets.",
        )
    aligned = {(p, a): one.aligned_bits(p, n - p, a) for p in range(n + 1) for a in (False, True)}
    classes = []
    for with_input in (False, True):
        for c in range(n + 1):
            for p in range(n + 1 - c):
                sets = comb(n, c) * comb(n - c, p)
                for q in range(n + 1 - c - p):
                    e = n - c - p - q
                    bits = _bits(c, e, with_input, aligned[p, with_input])
                    classes.append(SymmetryClass(c, p, q, e, with_input, bits, sets))
                    sets = sets * e // (q + 1)
    return classes


def num_classes(num_clones: int) -> int:
    """Return how many symmetry classes there are: (n + 1)(n + 2)(n + 3)/3."""
    n = num_clones
    return (n + 1) * (n + 2) * (n + 3) // 3


def count_sets(scheme: AnyScheme) -> dict[str, int]:
    """Return how many sets of wires learn nothing, leak, and recover, without listing them.

    Each pair is held whole, missed, or held by one of its two wires. What a set learns depends on whether any
    pair is whole (c) and any is missed (e), and where neither is, on its number p of signal wires:
    2^n sets there, 3^n - 2^n with c alone or e alone, 4^n - 2 3^n + 2^n with both; with A and without.

    Raises
    ------
    InvalidInputError : another kind of scheme than the canonical one, qubits or qudits.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> count_sets(Canonical(3)), sum(count_sets(Canonical(1000)).values()) == 2**2001
    ({'nothing': 60, 'leaks': 8, 'recovers': 60}, True)
    """
    one = symmetric(scheme)
    n = one.num_pairs
    counts = {"nothing": 0, "leaks": 0, "recovers": 0}
    for a in (False, True):
        for p in range(n + 1):
            aligned = _class(one, 0, p, n - p, 0, a)
            counts[aligned] += comb(n, p)
        one_sided = 3**n - 2**n
        for c, e, sets in ((1, 0, one_sided), (0, 1, one_sided), (1, 1, 4**n - 2 * one_sided - 2**n)):
            counts[_class(one, c, 0, 0, e, a)] += sets
    return counts


def _class(one: AlikePairs, c: int, p: int, q: int, e: int, with_input: bool) -> str:
    bits = _bits(c, e, with_input, one.aligned_bits(p, q, with_input) if not (c or e) else 0)
    return SymmetryClass(c, p, q, e, with_input, bits, 1).verdict


def symmetric(scheme: AnyScheme) -> AlikePairs:
    """Return the pairs of the scheme if they look alike."""
    if scheme.alike is not None:
        return scheme.alike
    raise InvalidInputError(
        f"There is no closed form for {scheme}.", "Use `classify`, which works by ranks for every scheme."
    )


def _bits(complete: int, absent: int, with_input: bool, if_aligned: float) -> float:
    if complete:
        return 2 if with_input or absent == 0 else 0
    return 0 if absent else if_aligned
