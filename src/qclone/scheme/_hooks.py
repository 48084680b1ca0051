"""What a scheme may say of itself, so that others need not know its class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import gcd, log
from typing import TYPE_CHECKING

from qclone.scheme._phases import worst_leak

if TYPE_CHECKING:
    from qclone.scheme._modular import Integers
    from qclone.scheme._scheme import AnyScheme, Scheme


@dataclass(frozen=True, eq=False)
class Composition:
    """A scheme that is one scheme of qubits again and again.

    Parameters
    ----------
    base : the scheme that is repeated.
    levels : for each level an array of shape (schemes, wires of base): the wires that each takes. An input
        at a later level is a wire that is a clone at the level before; all other wires are taken once. With
        one level the schemes stand side by side: inputs come scheme by scheme, and a clone of the whole is
        the clone of that label of each.
    """

    base: Scheme
    levels: tuple[Integers, ...]

    @property
    def side_by_side(self) -> Integers | None:
        """The wires of each scheme if they stand side by side, shape (schemes, wires of base); else None."""
        return self.levels[0] if len(self.levels) == 1 else None


@dataclass(frozen=True, eq=False)
class AlikePairs:
    """The wires are A, S1..Sn, N1..Nn in this order, and pairs (S_i, N_i) can change places unnoticed.

    For such schemes access has closed forms, and a few pairs show what millions do. `check_scheme` shows the
    symmetry of a scheme of up to 200 wires.

    Parameters
    ----------
    num_pairs : n.
    fewer : the same scheme with another number of pairs, the same modulo 2 d.
    ab : 1/(u v) modulo d, of the two phases of encryption; 1 for qubits.
    dimension : d, of every wire.
    """

    num_pairs: int
    fewer: Callable[[int], AnyScheme]
    ab: int = 1
    dimension: int = 2

    def aligned_bits(self, signals: int, noise: int, with_input: bool) -> float:
        """Return I(R:H) of a set with exactly one wire of each pair, in units of log2 d.

        log gcd(d, a b - p (q + 1)) without A and 2 - log gcd(d, a b - q (p + 1)) with A, to the base d, of p
        signal and q noise wires; arXiv:2605.11642, for qubits arXiv:2604.10155.
        """
        d = self.dimension
        if with_input:
            return 2 - _log(gcd(d, self.ab - noise * (signals + 1)), d)
        return _log(gcd(d, self.ab - signals * (noise + 1)), d)

    @cached_property
    def leaks(self) -> bool:
        """Whether some set learns something and not everything."""
        return worst_leak(self.dimension, self.num_pairs, self.ab) > 1


def _log(g: int, d: int) -> float:
    """log g / log d, exact where it is an integer."""
    return (g == d) + 0 if g in (1, d) else log(g) / log(d)
