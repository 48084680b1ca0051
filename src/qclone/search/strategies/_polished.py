"""Circuits that are known, made better: one stage is made anew, the others stay as they are."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair, in_layers
from qclone.native._placer import Found, Placer
from qclone.scheme import Scheme
from qclone.search._kept import Kept
from qclone.search.kernels._beam import Options
from qclone.search.kernels._entropies import Cuts
from qclone.search.regions._rows import Sites
from qclone.search.regions._tree_sides import hanging_sides
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule, Site, schedule_of
from qclone.search.stages._sites import decryption_sites, encryption_sites
from qclone.search.stages._state import encrypted_state
from qclone.search.stages._undone import Exchanges, Undone, taken_back, undone

# Circuits that go on being polished: the best, and beside them the shallowest.
_POOL = 4
# What a step tries: preparations of a state, states to prepare, decryptions.
_PREPARED, _TARGETS, _DECRYPTIONS = 5, 4, 8
# A circuit this much worse where the old one lies is tried nowhere else.
_NEAR = 0.004
# Exchanges of labels for each wire, and how hot they begin.
_EXCHANGES, _HOT = 100, 2.0
# Beams: how wide, and how many siblings are kept; where they give up.
_BEAMS, _LAYERS = ((25, 4), (100, 4), (100, 100), (300, 4)), 60


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
            stages = _Stages(self.scheme, self.clone, old.draft, self.placer.device.edges)
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
    """A draft, stage by stage."""

    scheme: Scheme
    clone: str
    draft: Draft
    couplers: tuple[tuple[int, int], ...]

    def drafts(self, rng: random.Random) -> Iterator[Draft]:
        """Yield drafts with one stage made anew; a new encryption leaves something else to prepare."""
        yield from rng.choice((self._prepared, self._prepared, self._decrypted, self._encrypted))(rng)

    @cached_property
    def _sites(self) -> Sites:
        return Sites.of(self.draft, self.scheme.clone(self.clone), self.couplers)

    def _prepared(self, rng: random.Random) -> Iterator[Draft]:
        left, cuts = self._left, self._cuts(rng)
        for _ in range(_PREPARED):
            if (prepare := left.prepared(cuts, _options(rng), rng.randrange(1 << 30))) is not None:
                yield self._draft(left, prepare, self.draft.decrypt)

    def _decrypted(self, rng: random.Random) -> Iterator[Draft]:
        held, reference = self._held(self.draft.roles), self._sites.reference
        prepare = [pair for pair in self.draft.prepare if reference not in pair]
        ends = (self._sites.clone, *self._sites.key)
        concentration = Concentration(held, self._sites.decrypt_edges, ends)
        for _ in range(_DECRYPTIONS):
            schedule = _another(concentration, self.draft.decrypt, rng)
            yield self._draft(self._left, prepare, tuple(chain(*concentration.gates(schedule, rng))))

    def _encrypted(self, rng: random.Random) -> Iterator[Draft]:
        roles, cuts, nodes = self.draft.roles, self._cuts(rng), self._sites.prepared
        spread = encryption_sites(self.scheme, roles)
        concentration = Concentration(spread, self._sites.encrypt_edges, (roles["A"],))
        decryption = schedule_of(self.draft.decrypt, self._held(roles))
        wires = len(self._sites.key) + len(self._sites.noise)
        targets = [
            undone(
                _another(concentration, self.draft.encrypt[::-1], rng),
                spread,
                encrypted_state(self.scheme, roles, nodes),
                roles,
                cuts,
                0.1,
                Exchanges((self._sites.key, self._sites.noise), _EXCHANGES * wires, _HOT, 0.0),
                rng,
            )
            for _ in range(_TARGETS)
        ]
        target = min(targets, key=lambda t: t.cost)
        held = self._held(target.roles)
        decrypt = Concentration(held, self._sites.decrypt_edges, ()).gates(decryption, rng)
        for _ in range(_PREPARED):
            if (prepare := target.prepared(cuts, _options(rng), rng.randrange(1 << 30))) is not None:
                yield self._draft(target, prepare, tuple(chain(*decrypt)))

    @cached_property
    def _left(self) -> Undone:
        roles, nodes = self.draft.roles, self._sites.prepared
        state = encrypted_state(self.scheme, roles, nodes)
        return taken_back(self.draft.encrypt, encryption_sites(self.scheme, roles), state, roles)

    def _held(self, roles: Mapping[str, int]) -> dict[int, Site]:
        return dict.fromkeys(self._sites.spare, EMPTY) | decryption_sites(self.scheme, self.clone, roles)

    def _draft(self, left: Undone, prepare: Sequence[Pair], decrypt: tuple[Pair, ...]) -> Draft:
        source = self._sites.source
        axis = next(paulis[(a, b).index(source)] for a, b, paulis in left.encrypt if source in (a, b))
        return left.draft(prepare, decrypt, self._held(left.roles), axis)

    def _cuts(self, rng: random.Random) -> Cuts:
        sites = self._sites
        parts = [frozenset((sites.clone, *sites.signals)), frozenset((*sites.key, *sites.noise))]
        spine, hanging = parts[:: rng.choice((1, 1, 1, -1))]
        sides = hanging_sides(sites.prepare_edges, spine, hanging, rng.choice((0.0, 3.0)), rng)
        return Cuts.of(sites.prepared, sites.prepare_edges, sides)


def _another(concentration: Concentration, gates: Sequence[Pair], rng: random.Random) -> Schedule:
    """Return a schedule in about as many layers and gates, or the one that these gates keep."""
    layers = len(in_layers(gates)) + rng.choice((-1, 0, 0, 0, 1))
    kept = partial(schedule_of, gates, concentration.sites)
    if rng.random() < 0.3:
        return kept()
    return concentration.schedule(layers, len(gates) + rng.choice((-2, -1, 0, 0, 1)), rng) or kept()


def _options(rng: random.Random) -> Options:
    width, siblings = rng.choice(_BEAMS)
    return Options(
        width, 8, siblings, _LAYERS, rng.choice((0.0, 0.05, 0.1, 0.2)), rng.choice((0.5, 1.0)), True
    )
