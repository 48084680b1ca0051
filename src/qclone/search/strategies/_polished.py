"""Circuits that are known, made better: one stage is made anew, the others stay as they are."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair, in_layers
from qclone.native._placer import Found, Placer
from qclone.scheme import Scheme
from qclone.search._kept import Kept
from qclone.search.regions._layout import Layout
from qclone.search.stages._concentrate import Concentration, Schedule, schedule_of
from qclone.search.stages._undone import Undone, taken_back
from qclone.search.strategies._synthesis import Synthesis

# Circuits that go on being polished: the best, and beside them the shallowest.
_POOL = 4
# What a step tries: states to prepare, decryptions.
_TARGETS, _DECRYPTIONS = 4, 8
# A circuit this much worse where the old one lies is tried nowhere else.
_NEAR = 0.004


@dataclass
class PolishedSearch:
    """A search that can go on as long as one likes; each circuit that is better is where it goes on.

    Parameters
    ----------
    clone : a clone of one wire.
    begun : placed drafts.
    kept : the best so far.
    """

    scheme: Scheme
    clone: str
    placer: Placer
    rng: random.Random
    begun: Sequence[Draft]
    kept: Kept[Found] = field(default_factory=Kept)
    _pool: list[Found] = field(default_factory=list)

    def run(self) -> Iterator[None]:
        """Search without end; stop it at any step."""
        for draft in self.begun:
            self._add(self.placer.there(draft))
        while self._pool:
            shallowest = [found for _, found in self.kept][-1:]
            old = self.rng.choice([*self._pool, *shallowest])
            layout = Layout.of(old.draft, self.scheme, self.clone, self.placer.device.edges)
            stages = _Stages(Synthesis(self.scheme, self.clone, layout), old.draft)
            for draft in stages.drafts(self.rng):
                found = self.placer.there(draft)
                if found.fidelity > old.fidelity - _NEAR or found.layers < old.layers:
                    elsewhere = self.placer.best(draft)
                    self._add(max(found, elsewhere or found, key=lambda f: f.fidelity))
            yield

    def _add(self, found: Found) -> None:
        self.kept.add(found)
        if found not in self._pool:
            self._pool = sorted([*self._pool, found], key=lambda f: f.fidelity, reverse=True)[:_POOL]


@dataclass(frozen=True)
class _Stages:
    """A draft, stage by stage, and what can be made on its layout."""

    synthesis: Synthesis
    draft: Draft

    def drafts(self, rng: random.Random) -> Iterator[Draft]:
        """Yield drafts with one stage made anew; a new encryption leaves something else to prepare."""
        yield from rng.choice((self._prepared, self._prepared, self._decrypted, self._encrypted))(rng)

    def _prepared(self, rng: random.Random) -> Iterator[Draft]:
        for prepare in self.synthesis.prepared(self._left, rng):
            yield self._left.draft(prepare, self.draft.decrypt, self.synthesis.decryption.sites)

    def _decrypted(self, rng: random.Random) -> Iterator[Draft]:
        prepare = [pair for pair in self.draft.prepare if self.draft.roles["R"] not in pair]
        for _ in range(_DECRYPTIONS):
            schedule = _another(self.synthesis.decryption, self.draft.decrypt, rng)
            yield self.synthesis.draft(self._left, prepare, schedule, rng)

    def _encrypted(self, rng: random.Random) -> Iterator[Draft]:
        synthesis, cuts = self.synthesis, self.synthesis.tree(rng).cuts
        schedules = [_another(synthesis.encryption, self.draft.encrypt[::-1], rng) for _ in range(_TARGETS)]
        targets = [synthesis.undone(synthesis.roles, schedule, cuts, rng) for schedule in schedules]
        target = min(targets, key=lambda t: t.cost)
        decryption = schedule_of(self.draft.decrypt, synthesis.decryption.sites)
        for prepare in synthesis.prepared(target, rng):
            yield synthesis.draft(target, prepare, decryption, rng)

    @cached_property
    def _left(self) -> Undone:
        roles = self.synthesis.roles
        sites = self.synthesis.encryption.sites
        return taken_back(self.draft.encrypt, sites, self.synthesis.state(roles), roles)


def _another(concentration: Concentration, gates: Sequence[Pair], rng: random.Random) -> Schedule:
    """Return a schedule in about as many layers and gates, or the one that these gates keep."""
    layers = len(in_layers(gates)) + rng.choice((-1, 0, 0, 0, 1))
    kept = partial(schedule_of, gates, concentration.sites)
    if rng.random() < 0.3:
        return kept()
    return concentration.schedule(layers, len(gates) + rng.choice((-2, -1, 0, 0, 1)), rng) or kept()
