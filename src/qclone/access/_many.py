"""Very many clones: in the canonical scheme a few pairs of each kind show what all of them do.

Pairs look alike, and a set that can be made no smaller has its logical operators without any choice. So the
letter on a wire depends only on the kind of its pair (held by the signal wire, by the noise wire, or whole),
and on the numbers of pairs of each kind modulo d. A scheme with few pairs and the same numbers modulo d
gives the letters; the tests compare them with ranks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qclone.access._ranks import Integers, Supported, supported
from qclone.scheme import AlikePairs, AnyScheme

MANY = 300


def supported_by_many(scheme: AnyScheme, held: tuple[int, ...]) -> Supported:
    """Return logical operators on some wires: by example for very many clones, else by ranks.

    By example they are on a minimal set already, and stabilisers are left out.
    """
    alike = scheme.alike
    if alike is not None and alike.num_pairs > max(MANY, 8 * alike.dimension):
        return by_example(alike, held)
    return supported(scheme, held)


def by_example(alike: AlikePairs, held: tuple[int, ...]) -> Supported:
    """Return the logical operators on a minimal part of what is held."""
    sample = _sample(alike, held)
    n, few = alike.num_pairs, sample.num_pairs
    found = supported(alike.fewer(few), sample.held)
    operators = np.zeros((len(found.operators), 2 * (2 * n + 1)), dtype=np.int64)
    for wires, example in sample.kinds:
        for half in (0, 1):
            operators[:, wires + half * (2 * n + 1)] = found.operators[:, [example + half * (2 * few + 1)]]
    return Supported(found.bits, found.logicals, operators, operators[:0])


@dataclass(frozen=True)
class _Sample:
    """A small scheme, what is held of it, and for wires of the large scheme one that is like them."""

    num_pairs: int
    held: tuple[int, ...]
    kinds: tuple[tuple[Integers, int], ...]


def _sample(alike: AlikePairs, held: tuple[int, ...]) -> _Sample:
    n, d = alike.num_pairs, alike.dimension
    inside = np.zeros(2 * n + 1, dtype=np.bool_)
    inside[list(held)] = True
    signal, noise, with_input = inside[1 : n + 1], inside[n + 1 :], bool(inside[0])
    whole: Integers = np.flatnonzero(signal & noise)[:1]
    if with_input and whole.size:
        # A with one pair is enough: the others are as good as absent.
        signal, noise = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    absent = ~(signal | noise)
    absent[whole] = False
    by_signal = np.flatnonzero(_without(signal, whole))
    by_noise = np.flatnonzero(_without(noise & ~signal, whole))
    counts = [_few(len(kind), d) for kind in (whole, by_signal, by_noise, np.flatnonzero(absent))]
    few, first = sum(counts), np.cumsum([1, *counts]).tolist()
    # The large pairs are numbered from 0, wires from 1: S_i is wire i, N_i is wire few + i.
    kinds = [
        (np.zeros(int(with_input), dtype=np.int64), 0),
        (whole + 1, first[0]),
        (whole + n + 1, first[0] + few),
        (by_signal + 1, first[1]),
        (by_noise + n + 1, first[2] + few),
    ]
    chosen = [
        *range(int(with_input)),
        *range(first[0], first[2]),
        *(i + few for i in (*range(first[0], first[1]), *range(first[2], first[3]))),
    ]
    return _Sample(few, tuple(chosen), tuple((wires, like) for wires, like in kinds if wires.size))


def _few(count: int, d: int) -> int:
    """A small number that is the same modulo d."""
    return count if count < 2 * d else d + count % d


def _without(kind: NDArray[np.bool_], whole: Integers) -> NDArray[np.bool_]:
    rest = kind.copy()
    rest[whole] = False
    return rest
