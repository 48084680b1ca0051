"""Which edges couple when, so that a pair of Paulis is concentrated: Boolean variables and a solver."""

from __future__ import annotations

import random
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from qclone.errors import MissingPackageError
from qclone.native._graph import hops_from, neighbours

NOTHING, P_ONLY, Q_ONLY, SAME, FULL = TYPES = range(5)

Types = tuple[int, int]
Schedule = list[list[tuple[tuple[int, int], Types]]]
"""Per layer, (edge, types after)."""

# Where the solver gives up: what takes longer is rarely worth it.
CONFLICTS = 20_000


@dataclass
class Scheduler:
    """Schedules in a number of layers: a solver that is asked again and again.

    Parameters
    ----------
    types : node -> the type of its site at first.
    edges, ends : what a gate may couple, and where the pair may end.
    transitions : pairs of types -> pairs of types one gate away.
    most : the largest number of gates it can be asked for.
    """

    types: Mapping[int, int]
    edges: Sequence[tuple[int, int]]
    ends: Sequence[int]
    transitions: Mapping[Types, frozenset[Types]]
    layers: int
    most: int

    def __post_init__(self) -> None:
        try:
            from pysat.solvers import Glucose4
        except ImportError:
            raise MissingPackageError("python-sat", "search") from None
        number = count(1)
        near = neighbours(self.edges)
        hops = [hops_from(near, v) for v in self.ends]
        # What is farther from every end than layers are left must be gone.
        far = {v: min((h[v] for h in hops if v in h), default=self.layers + 1) for v in self.types}
        self._kind = {
            (t, v, k): next(number) for t in range(self.layers + 1) for v in self.types for k in TYPES
        }
        self._gate = {
            (t, e): next(number)
            for t in range(self.layers)
            for e, ends in enumerate(self.edges)
            if min(far[v] for v in ends) <= self.layers - t - 1
        }
        self._number = number
        self._solver: Any = Glucose4(bootstrap_with=[*self._types(far), *self._steps()])
        # Before the interpreter takes the solver's library apart.
        weakref.finalize(self, self._solver.delete)

    @property
    def _is_tree(self) -> bool:
        return len(self.edges) == len(self.types) - 1

    def _counted(self, gates: Iterable[int], most: int) -> list[int]:
        """Return literals of which number k is true if more than k of the gates are."""
        counter: list[int] = []
        for gate in gates:
            before, counter = counter, [next(self._number) for _ in range(most + 1)]
            self._solver.add_clause([-gate, counter[0]])
            for x, y in zip(before, counter, strict=False):
                self._solver.add_clause([-x, y])
            for x, y in zip(before, counter[1:], strict=False):
                self._solver.add_clause([-gate, -x, y])
        return counter

    @cached_property
    def _total(self) -> list[int]:
        return self._counted(self._gate.values(), self.most)

    @cached_property
    def _thrice(self) -> list[int]:
        """For each edge: it has more than two gates."""
        own: dict[int, list[int]] = {e: [] for e in range(len(self.edges))}
        for (_, e), gate in self._gate.items():
            own[e].append(gate)
        return [counter[2] for gates in own.values() if (counter := self._counted(gates, 2))]

    def _at_most(self, gates: int) -> list[int]:
        if self._is_tree and gates == 2 * len(self.edges):
            # Each edge of a tree takes two gates to empty what is beyond it: a bound that spreads at once.
            return [-x for x in self._thrice]
        return [-self._total[gates]]

    def _types(self, far: Mapping[int, int]) -> Iterator[list[int]]:
        """Every site has one type, at first the given one; in the end one is full and the others nothing."""
        kind = self._kind
        for t in range(self.layers + 1):
            for v in self.types:
                yield [kind[t, v, k] for k in TYPES]
                yield from ([-kind[t, v, k], -kind[t, v, m]] for k in TYPES for m in range(k))
                if t and far[v] > self.layers - t:
                    yield [kind[t, v, NOTHING]]
        for v, k in self.types.items():
            yield [kind[0, v, k]]
            allowed = (NOTHING, FULL) if v in self.ends else (NOTHING,)
            yield [kind[self.layers, v, k] for k in allowed]
        full = [kind[self.layers, v, FULL] for v in self.ends]
        yield from ([-x, -y] for i, x in enumerate(full) for y in full[:i])

    def _steps(self) -> Iterator[list[int]]:
        """No site has two gates in a layer, without one its type stays, and a gate is a transition."""
        kind, gate = self._kind, self._gate
        # The five types of a site are numbered one after the other.
        rules = [
            (*before, u, partners)
            for before, after in self.transitions.items()
            for u in TYPES
            for partners in [[w for w in TYPES if (u, w) in after]]
            if len(partners) < len(TYPES)
        ]
        for t in range(self.layers):
            here: dict[int, list[int]] = {v: [] for v in self.types}
            for e, (a, b) in enumerate(self.edges):
                if (x := gate.get((t, e))) is None:
                    continue
                here[a].append(x)
                here[b].append(x)
                from_a, from_b, to_a, to_b = (kind[s, v, 0] for s in (t, t + 1) for v in (a, b))
                for k, m, u, partners in rules:
                    yield [-x, -k - from_a, -m - from_b, -u - to_a, *[w + to_b for w in partners]]
            for v, gates in here.items():
                yield from ([-x, -y] for i, x in enumerate(gates) for y in gates[:i])
                yield from ([*gates, -kind[t, v, k], kind[t + 1, v, k]] for k in TYPES)

    def schedule(self, max_gates: int | None, rng: random.Random) -> Schedule | None:
        """Return a schedule of at most so many gates, or None; different states give different ones."""
        solver = self._solver
        solver.set_phases([x if rng.random() < 0.5 else -x for x in self._kind.values()])
        solver.set_phases([-x for x in self._gate.values()])
        solver.conf_budget(CONFLICTS)
        bound = [] if max_gates is None or max_gates >= len(self._gate) else self._at_most(max_gates)
        if not solver.solve_limited(assumptions=bound):
            return None
        true = {x for x in solver.get_model() if x > 0}
        ends = {(t, v): k for (t, v, k), x in self._kind.items() if x in true}
        return [
            [
                ((a, b), (ends[t + 1, a], ends[t + 1, b]))
                for e, (a, b) in enumerate(self.edges)
                if self._gate.get((t, e)) in true
            ]
            for t in range(self.layers)
        ]
