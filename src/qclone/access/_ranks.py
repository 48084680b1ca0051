"""Which logical operators a set of wires can measure, by ranks of the stabiliser group.

Let the input be half of a maximally entangled state with a reference R. A logical operator L shows up in the
state of H if and only if L times some stabiliser acts on H alone; those L form a group L(H), and
I(R:H) = log_d |L(H)| for the stabiliser state, in any dimension d.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qclone.access._bits import Bits, Words, eliminate, pack, unpack
from qclone.scheme import AnyScheme, RowSpace, Scheme

Integers = NDArray[np.int64]
_BATCH_WORDS = 1 << 22


@dataclass(frozen=True)
class Supported:
    """The operators that act on a set of wires alone, as rows of integers modulo d.

    Parameters
    ----------
    bits : I(R:H) in units of log2 d.
    logicals : shape (r, 2 inputs), generators of L(H): powers of X of every input, then of Z.
    operators : shape (r, 2 wires), what each of them is on H: powers of X of every wire, then of Z.
    stabilizers : shape (s, 2 wires), generators of the stabilisers on H.
    """

    bits: float
    logicals: Integers
    operators: Integers
    stabilizers: Integers


def supported(scheme: AnyScheme, held: Iterable[int]) -> Supported:
    """Return the logical operators and stabilisers that act on the wires of these indices alone."""
    inside = np.zeros(scheme.num_qubits, dtype=np.bool_)
    inside[list(held)] = True
    if isinstance(scheme, Scheme):
        return _supported_qubits(scheme, inside)
    return _supported_qudits(scheme, inside)


def information(scheme: Scheme, held: NDArray[np.bool_]) -> Integers:
    """Return I(R:H) in bits for many sets at once.

    Parameters
    ----------
    scheme : a scheme of qubits.
    held : shape (sets, wires); which wires each set holds.
    """
    generators, twice = _generators(scheme), 2 * len(scheme.inputs)
    lead = pack(generators)
    batch = max(1, _BATCH_WORDS // lead.size)
    bits = []
    for start in range(0, len(held), batch):
        outside = ~held[start : start + batch]
        rows = lead[None] & pack(np.concatenate([outside, outside], axis=1))[:, None]
        eliminate(rows, rows.shape[2])
        bits.append((~rows[:, -twice:].any(axis=2)).sum(axis=1))
    return np.concatenate(bits) if bits else np.zeros(0, dtype=np.int64)


@lru_cache(maxsize=8)
def _generators(scheme: Scheme) -> Bits:
    """Stabilisers, then logical X, then logical Z of every input, as columns (x | z)."""
    size = scheme.num_qubits
    # Straight from the tableau: a table of bytes instead of integers.
    circuit = scheme.prepare() + scheme.encrypt()
    circuit.append("I", [size - 1])
    x2x, x2z, z2x, z2z, _, _ = circuit.to_tableau().to_numpy()
    inputs = list(scheme.indices(scheme.inputs))
    fresh = np.delete(np.arange(size), inputs)
    xs = np.vstack([z2x[fresh], x2x[inputs], z2x[inputs]])
    zs = np.vstack([z2z[fresh], x2z[inputs], z2z[inputs]])
    return np.hstack([xs, zs]).view(np.uint8)


def _supported_qubits(scheme: Scheme, inside: NDArray[np.bool_]) -> Supported:
    generators, twice = _generators(scheme), 2 * len(scheme.inputs)
    columns = np.concatenate([inside, inside])
    held = np.flatnonzero(columns)
    tags = np.zeros((len(generators), twice), np.uint8)
    tags[-twice:] = np.eye(twice, dtype=np.uint8)
    outside = pack(generators[:, ~columns])
    lead = outside.shape[1]
    rows: Words = np.concatenate([outside, pack(tags), pack(generators[:, held])], axis=1)[None]
    eliminate(rows, lead)
    free: NDArray[np.bool_] = np.logical_not(rows[0, :, :lead].any(axis=1))
    split = lead + pack(tags).shape[1]
    operators = np.zeros((int(free.sum()), len(columns)), dtype=np.int64)
    operators[:, held] = unpack(rows[0, free, split:], len(held))
    logicals = unpack(rows[0, free, lead:split], twice).astype(np.int64)
    count = int(free[-twice:].sum())
    first = len(operators) - count
    return Supported(count, logicals[first:], operators[first:], operators[:first])


def _supported_qudits(scheme: AnyScheme, inside: NDArray[np.bool_]) -> Supported:
    encoding, d, twice = scheme.encoding(), scheme.dimension, 2 * len(scheme.inputs)
    columns = np.concatenate([inside, inside])
    stabilizers = _lighter(encoding.stabilizers, d)
    generators = np.vstack([encoding.logical_x, encoding.logical_z, stabilizers])
    tags = np.eye(len(generators), twice, dtype=np.int64)
    table = np.hstack([generators[:, ~columns], tags, generators[:, columns]])
    # In Howell's form the rows that start late enough generate everything that starts late enough.
    space = RowSpace.of(table, d)
    lead = int((~columns).sum())
    pivots = np.array(space.pivots, dtype=np.int64)
    logical, stabilizer = (pivots >= lead) & (pivots < lead + twice), pivots >= lead + twice
    operators = np.zeros((len(pivots), len(columns)), dtype=np.int64)
    operators[:, columns] = space.rows[:, lead + twice :]
    entries = space.rows[logical, pivots[logical]]
    bits = float(np.log(d / entries).sum() / np.log(d)) if entries.size else 0.0
    return Supported(
        bits, space.rows[logical, lead : lead + twice], operators[logical], operators[stabilizer]
    )


def _lighter(rows: Integers, d: int) -> Integers:
    """Subtract from each row the one before it where that leaves less: wires that look alike cancel."""
    differences = (rows[1:] - rows[:-1]) % d
    lighter = np.count_nonzero(differences, axis=1) < np.count_nonzero(rows[1:], axis=1)
    return np.vstack([rows[:1], np.where(lighter[:, None], differences, rows[1:])])
