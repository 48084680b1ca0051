"""Concentrating an anticommuting pair of Paulis onto one site, in the fewest layers: a small SAT problem.

Encryption, up to a Clifford on the signal qubits that preparation absorbs, is fixed by the images of
X_A and Z_A; backwards it concentrates them onto A. Decryption concentrates the logical pair of (S_j, N)
onto one site. Up to one-qubit Cliffords a site of the pair (P, Q) has one of five types, and a two-qubit
gate is a transition on pairs of types; so the gates of a layer are Boolean variables, and so is the
type of each site between layers.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

from qclone.errors import InvalidInputError
from qclone.native._graph import hops_from, neighbours
from qclone.native._pairs import Pair, conjugated, in_layers
from qclone.search.stages._schedule import FULL, NOTHING, P_ONLY, Q_ONLY, SAME, Schedule, Scheduler

__all__ = ["EMPTY", "Concentration", "Schedule", "Site", "applied", "fitting", "schedule_of", "type_of"]

Site = tuple[str, str]
"""The Paulis of the pair on one site, each of I, X, Y, Z."""
EMPTY: Site = ("I", "I")

# Beyond the light cone's, where it is given up; and beyond the fewest that there can be, what is tried.
_MORE_LAYERS = 16
_MORE_GATES = (0, 1, 2, 4, 8, 16, 32)
_GATES = tuple(p + q for p in "XYZ" for q in "XYZ")


def num_gates(schedule: Schedule) -> int:
    """Return how many gates a schedule has."""
    return sum(map(len, schedule))


def type_of(site: Site) -> int:
    """Return which of the five types a site has."""
    p, q = site
    if p == "I" and q == "I":
        return NOTHING
    if q == "I":
        return P_ONLY
    if p == "I":
        return Q_ONLY
    return SAME if p == q else FULL


def applied(gate: str, a: Site, b: Site) -> tuple[Site, Site]:
    """Return two sites after exp(-i pi/4 P_a Q_b), up to signs.

    >>> applied("ZZ", ("X", "Z"), ("I", "I"))
    (('Y', 'Z'), ('Z', 'I'))
    """
    images = [conjugated(gate, x, y) for x, y in zip(a, b, strict=True)]
    return (images[0][0], images[1][0]), (images[0][1], images[1][1])


@cache
def _transitions() -> dict[tuple[int, int], frozenset[tuple[int, int]]]:
    """Pairs of types -> pairs of types one gate away."""
    found: dict[tuple[int, int], set[tuple[int, int]]] = {}
    sites = [(p, q) for p in "IXYZ" for q in "IXYZ"]
    for a, b in product(sites, repeat=2):
        after = found.setdefault((type_of(a), type_of(b)), set())
        for gate in _GATES:
            x, y = applied(gate, a, b)
            after.add((type_of(x), type_of(y)))
    return {before: frozenset(after) for before, after in found.items()}


def fitting(a: Site, b: Site, types: tuple[int, int]) -> list[tuple[str, tuple[Site, Site]]]:
    """Return the gates that lead to the wanted types, each with what it makes of the two sites."""
    return [
        (gate, after)
        for gate in _GATES
        for after in [applied(gate, a, b)]
        if (type_of(after[0]), type_of(after[1])) == types
    ]


def schedule_of(gates: Sequence[Pair], sites: Mapping[int, Site]) -> Schedule:
    """Return the schedule that gates keep which concentrate a pair, whatever their Paulis.

    >>> schedule_of([(0, 1, "ZZ")], {0: ("X", "Z"), 1: ("Z", "I")})
    [[((0, 1), (4, 0))]]
    """
    moved, schedule = dict(sites), []
    for layer in in_layers(gates):
        step = []
        for a, b, paulis in layer:
            moved[a], moved[b] = applied(paulis, moved[a], moved[b])
            step.append(((a, b), (type_of(moved[a]), type_of(moved[b]))))
        schedule.append(step)
    return schedule


@dataclass(frozen=True)
class Concentration:
    """A pair of Paulis on the sites of a graph, to be concentrated onto one of some sites.

    Parameters
    ----------
    sites : node -> the pair's Paulis there.
    edges : pairs of nodes that a gate may couple.
    ends : nodes on which the pair may end.
    """

    sites: Mapping[int, Site]
    edges: Sequence[tuple[int, int]]
    ends: Sequence[int]

    def least_layers(self) -> int:
        """Return a light cone's bound: in a layer the pair moves by one coupler at most."""
        occupied = [v for v, site in self.sites.items() if type_of(site) != NOTHING]
        near = neighbours(self.edges)
        return min(
            max(hops.get(v, len(near)) for v in occupied) for hops in (hops_from(near, v) for v in self.ends)
        )

    def shortest(self, rng: random.Random) -> Schedule:
        """Return a schedule in as few layers as the solver finds one, and of few gates for that many.

        m sites in full on a tree need 2 (m - 1) gates; where that many are not enough, more are tried.

        Raises
        ------
        InvalidInputError : the pair cannot be concentrated in a few layers more than its light cone takes.
        """
        least = self.least_layers()
        tried = (self.schedule(layers, None, rng) for layers in range(least, least + _MORE_LAYERS))
        found = next((schedule for schedule in tried if schedule is not None), None)
        if found is None:
            raise InvalidInputError("This layout has no short way to concentrate the pair.", "Try another.")
        fewest = 2 * (sum(site != EMPTY for site in self.sites.values()) - 1)
        bounds = (fewest + more for more in _MORE_GATES if fewest + more < num_gates(found))
        fewer = (self.schedule(len(found), gates, rng) for gates in bounds)
        return next((schedule for schedule in fewer if schedule is not None), found)

    def schedule(self, layers: int, max_gates: int | None, rng: random.Random) -> Schedule | None:
        """Return, per layer, the coupled edges and the types they end with; None where there are none."""
        known = self._schedulers.get(layers)
        if known is None or (max_gates or 0) > known.most:
            types = {v: type_of(site) for v, site in self.sites.items()}
            most = max(max_gates or 0, 2 * len(types)) + 4
            known = Scheduler(types, self.edges, self.ends, _transitions(), layers, most)
            self._schedulers[layers] = known
        return known.schedule(max_gates, rng)

    @cached_property
    def _schedulers(self) -> dict[int, Scheduler]:
        return {}

    def gates(self, schedule: Schedule, rng: random.Random) -> list[list[Pair]]:
        """Choose the Paulis of each gate: any that leads to the wanted types."""
        sites = dict(self.sites)
        layers = []
        for step in schedule:
            layer = []
            for (a, b), types in step:
                paulis, (sites[a], sites[b]) = rng.choice(fitting(sites[a], sites[b], types))
                layer.append((a, b, paulis))
            layers.append(layer)
        return layers
