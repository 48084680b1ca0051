"""Schemes and codes that ship, as pairs."""

from __future__ import annotations

from qclone.scheme import FIVE_QUBIT, Canonical, GraphState, Iterated, Parallel, Scheme, SecretSharing

FIVE = SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))
SCHEMES: dict[str, Scheme] = {
    "n = 1": Canonical(1),
    "n = 2": Canonical(2),
    "n = 3": Canonical(3),
    "n = 4": Canonical(4),
    "five-qubit code": FIVE,
    "iterated": Iterated.virtual(Canonical(2), 1),
    "parallel": Parallel(Canonical(2), 2),
    "graph state": GraphState(((0, 2), (1, 3), (0, 1)), ((0, 1),)),
}
