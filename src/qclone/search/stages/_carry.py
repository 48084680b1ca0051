"""Gates that carry a qubit along a way, through others that are still halves of Bell pairs.

A swap takes three layers a hop. Waves of gates, one behind the other, take a layer a hop, and four.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from qclone.native._pairs import Pair
from qclone.search.stages._concentrate import EMPTY, Site, applied

Carrier = Callable[[Sequence[int], dict[int, Site]], list[Pair]]
"""Gates that carry what is on the first of some sites to the last; the sites follow."""

# From so many hops on, waves are faster.
WAVES = 3

_SWAP = ("XX", "YY", "ZZ")


def swaps(way: Sequence[int], sites: dict[int, Site]) -> list[Pair]:
    """Carry what is on the first site to the last, a site in three layers."""
    gates: list[Pair] = []
    for a, b in pairwise(way):
        gates += [(a, b, paulis) for paulis in _SWAP]
        sites[a], sites[b] = sites.get(b, EMPTY), sites[a]
    return gates


def waves(way: Sequence[int], sites: dict[int, Site]) -> list[Pair]:
    """Carry what is on the first site to the last, a site a layer, by three waves of gates.

    The first spreads what X has become over all sites; two layers later the second contracts it on the last
    one and spreads what Z has become; two layers later the third contracts that. What was on the way moves
    back by one site, entangled; gates along it take that back.
    """
    if len(way) <= WAVES:
        return swaps(way, sites)
    gates: list[Pair] = []
    first = sites[way[0]][0]
    sites |= dict.fromkeys(way[1:], EMPTY)

    def turn(a: int, b: int, p: str, q: str) -> None:
        sites[a], sites[b] = applied(p + q, sites[a], sites[b])
        gates.append((a, b, p + q))

    steps = list(pairwise(way))
    for a, b in steps:
        turn(a, b, "Y" if gates else sites[a][1], "X")
    for a, b in steps:
        turn(a, b, sites[a][0], "Y")
    for a, b in steps:
        turn(a, b, sites[a][1], "X" if b != way[-1] else sites[b][0])
    for k, (a, b) in reversed(list(enumerate(steps[:-1]))):
        gates.append((a, b, ("Y" if k else first) + ("X" if k < len(steps) - 2 else "Z")))
    return gates
