"""Find the cuts of a graph on which encrypted cloning works, without trying them all.

Give every vertex v a variable t_v and let M_uv = (t_u + t_v) for each edge (u, v), in characteristic 2. With
t = 1 on the signal vertices and 0 on the noise, M is the cut matrix B and its transpose, so the cut
has full rank if and only if M is regular there. The Pfaffian of M has degree one in each variable, and
such a polynomial, unless it is zero, is non-zero at some point of {0, 1}^V; so a part of a cut can be
completed if and only if M, with those variables fixed, is regular for the others left free. Random values in
GF(2^16) decide that in polynomial time, and a search that asks before each step never turns back far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.scheme._graph_state import Encoder, GraphState, adjacency_of, cut_is_valid
from qclone.scheme._modular import Integers, RowSpace

MAX_KERNEL = 12  # 2^12 vectors tried at most, for cuts of less than full rank


def find_cuts(
    edges: tuple[tuple[int, int], ...], num_signals: int, encoder: Encoder = "XZ", seed: int = 0
) -> Iterator[GraphState]:
    """Yield graph-state schemes on the cuts of a graph that are valid, one after the other.

    First all cuts of full rank: for these every division of the signals into sectors is valid, and they
    are divided in order. Then, where the encoder allows them (odd m; XZ, YZ), cuts of rank
    one less, whose kernel must be an eigenvector of the adjacency matrix. The time between two of them is
    polynomial in the number V of vertices. A step misses cuts with a probability of at most V / 2^17.

    Parameters
    ----------
    edges : the graph; every vertex 0 .. 2 m k - 1 has one.
    num_signals : m, the number of signal vertices of each input.
    encoder : "XZ", "YZ" or "XY".
    seed : of the random order in which cuts come.

    Raises
    ------
    InvalidInputError : the number of vertices is no multiple of 2 m.

    Example
    -------
    >>> path = ((0, 1), (1, 2), (2, 3))
    >>> sorted(scheme.sectors for scheme in find_cuts(path, num_signals=2))
    [((0, 2),), ((0, 3),), ((1, 2),), ((1, 3),)]
    """
    vertices = 1 + max((max(edge) for edge in edges), default=-1)
    if num_signals < 1 or vertices == 0 or vertices % (2 * num_signals):
        raise InvalidInputError(
            f"A graph on {vertices} vertices cannot be cut into sectors of {num_signals} signal vertices.",
            "The number of vertices must be a multiple of 2 m.",
        )
    adjacency, rng = adjacency_of(edges, vertices), np.random.default_rng(seed)
    for cut in full_rank_cuts(adjacency, {}, rng):
        signals = np.flatnonzero(cut).tolist()
        sectors = tuple(tuple(signals[i : i + num_signals]) for i in range(0, len(signals), num_signals))
        yield GraphState(edges, sectors, encoder)
    if num_signals % 2 and encoder != "XY":
        yield from _deficient(edges, adjacency, num_signals, encoder, rng)


def full_rank_cuts(
    adjacency: Integers, fixed: Mapping[int, int], rng: np.random.Generator
) -> Iterator[Integers]:
    """Yield all cuts of full rank, 1 for signal and 0 for noise, with some vertices fixed."""
    chosen = dict(fixed)
    free = [int(v) for v in rng.permutation(len(adjacency)) if v not in chosen]

    def extend(depth: int) -> Iterator[Integers]:
        if not can_be_full_rank(adjacency, chosen, rng):
            return
        if depth == len(free):
            yield np.array([chosen[v] for v in range(len(adjacency))])
            return
        for side in rng.permutation(2).tolist():
            chosen[free[depth]] = side
            yield from extend(depth + 1)
        del chosen[free[depth]]

    yield from extend(0)


def can_be_full_rank(adjacency: Integers, chosen: Mapping[int, int], rng: np.random.Generator) -> bool:
    """Say whether some cut of full rank has these vertices on these sides; only a no can be wrong."""
    values = rng.integers(1, 1 << 16, len(adjacency))
    for vertex, side in chosen.items():
        values[vertex] = side
    return _is_regular(adjacency * (values[:, None] ^ values[None, :]))


def _deficient(
    edges: tuple[tuple[int, int], ...],
    adjacency: Integers,
    m: int,
    encoder: Encoder,
    rng: np.random.Generator,
) -> Iterator[GraphState]:
    """Yield cuts whose kernel is one vector f with A f = f (XZ) or A f = 0 (YZ).

    All of f are signals. A new noise vertex on one vertex of f and a new signal vertex on a noise vertex j
    make the rank full again for some j.
    """
    size = len(adjacency)
    eigen = RowSpace.of((adjacency + np.eye(size, dtype=np.int64) * (encoder == "XZ")) % 2, 2).relations
    seen = set()
    for code in range(1, 1 << min(len(eigen), MAX_KERNEL)):
        bits = np.array([code >> i & 1 for i in range(len(eigen))])
        f = np.flatnonzero(bits @ eigen % 2)
        if len(f) % m or (encoder == "XZ" and len(f) // m % 2):
            continue
        for j in np.delete(np.arange(size), f).tolist():
            extended = np.zeros((size + 2, size + 2), dtype=np.int64)
            extended[:size, :size] = adjacency
            for a, b in ((f[0], size), (j, size + 1)):
                extended[a, b] = extended[b, a] = 1
            fixed = {int(v): 1 for v in f} | {j: 0, size: 0, size + 1: 1}
            for cut in full_rank_cuts(extended, fixed, rng):
                signals = [*f.tolist(), *np.setdiff1d(np.flatnonzero(cut[:size]), f).tolist()]
                sectors = tuple(tuple(signals[i : i + m]) for i in range(0, len(signals), m))
                if sectors not in seen and cut_is_valid(adjacency, sectors, encoder):
                    seen.add(sectors)
                    yield GraphState(edges, sectors, encoder)


def _logarithms() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Powers of x modulo the primitive polynomial x^16 + x^12 + x^3 + x + 1, and their logarithms."""
    powers, element = [], 1
    for _ in range(65535):
        powers.append(element)
        element = element << 1 ^ (0x1100B if element & 0x8000 else 0)
    exp = np.array(powers * 2, dtype=np.int64)
    log = np.zeros(65536, dtype=np.int64)
    log[exp[:65535]] = np.arange(65535)
    return exp, log


_EXP, _LOG = _logarithms()


def _is_regular(matrix: Integers) -> bool:
    """Say whether a matrix over GF(2^16) is invertible, by elimination."""
    rest = matrix.copy()
    while len(rest):
        rows = np.flatnonzero(rest[:, 0])
        if rows.size == 0:
            return False
        pivot = rest[rows[0]]
        rest = np.delete(rest, rows[0], axis=0)
        factors = (_LOG[rest[:, 0]] - _LOG[pivot[0]]) % 65535
        products = _EXP[factors[:, None] + _LOG[pivot[None, :]]]
        products[(rest[:, :1] == 0) | (pivot[None, :] == 0)] = 0
        rest = (rest ^ products)[:, 1:]
    return True
