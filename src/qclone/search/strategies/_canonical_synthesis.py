"""From a layout to drafts: concentrate, disentangle, put together."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain

import numpy as np

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._layout import Layout
from qclone.native._pairs import Pair, third
from qclone.scheme import Canonical
from qclone.search.kernels._beam import Options
from qclone.search.kernels._entropies import Cuts, annealed_order, weighed
from qclone.search.kernels._vectors import Vectors
from qclone.search.regions._tree_sides import tree_sides
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule
from qclone.search.stages._pipeline import (
    Layers,
    decryption_sites,
    disentangled,
    encrypted_state,
    encryption_sites,
    ended,
    followed,
    undone,
)
from qclone.search.stages._state import State

_PAULIS = "XYZ"
# Layers beyond the light cone's: what is tried first, and where it is given up.
_USUAL, _MORE_LAYERS = 2, 8


# A state's cost: the entropies of a tree's cuts, and some of their squares, as bottlenecks take long.
_SQUARE_WEIGHT = 0.1
# Exchanges of noise qubits, and how hot they begin.
_EXCHANGES, _HOT = 1_000, 2.0
# One bit of a column for each qubit.
MOST = 64


@dataclass(frozen=True)
class Target:
    """What preparation must make for an encryption, which is given backwards, as it was found.

    Parameters
    ----------
    roles : the layout's, the noise qubits ordered so that the pairs are close.
    vectors, cuts : the state, and the tree that measures it.
    cost : how entangled it is.
    """

    roles: Mapping[str, int]
    encryption: Layers
    vectors: Vectors
    cuts: Cuts
    cost: float


@dataclass(frozen=True)
class Synthesis:
    """Circuits for a layout, different ones for different random states.

    Raises
    ------
    InvalidInputError : roles and spare qubits are more than a word has bits.
    """

    layout: Layout

    def __post_init__(self) -> None:
        if len(self.layout.roles) + len(self.layout.spare) > MOST:
            raise InvalidInputError(f"A search handles {MOST} qubits at most.", "Take fewer clones.")

    @cached_property
    def _scheme(self) -> Canonical:
        return Canonical(self.layout.num_clones)

    @cached_property
    def encryption(self) -> Concentration:
        """The images of X_A and Z_A, to be concentrated onto A: encryption backwards."""
        held = encryption_sites(self._scheme, self.layout.roles)
        sites = dict.fromkeys(self.layout.encrypt_nodes, EMPTY) | held
        return Concentration(sites, self.layout.encrypt_edges, (self.layout.roles["A"],))

    @cached_property
    def decryption(self) -> Concentration:
        """The logical pair of the clone and all N, to be concentrated onto any of them."""
        held = decryption_sites(self._scheme, self.layout.clone, self.layout.roles)
        sites = dict.fromkeys(self.layout.wires, EMPTY) | held
        return Concentration(sites, self.layout.decrypt_edges, self.layout.decrypt_nodes)

    @cached_property
    def _nodes(self) -> tuple[int, ...]:
        return (*self.layout.signals, *self.layout.noise, *self.layout.spare)

    def cuts(self, rng: random.Random, spread: float = 0.0, *, noise_spine: bool = False) -> Cuts:
        """Return the cuts of a tree with the signal qubits as its spine, or the noise qubits."""
        at = {q: i for i, q in enumerate(self._nodes)}
        spine = self.layout.noise if noise_spine else self.layout.signals
        sides = [sorted(at[q] for q in side) for side in tree_sides(self.layout, spine, spread, rng)]
        edges = [(at[a], at[b]) for a, b in self.layout.prepare_edges]
        return Cuts.of(len(at), edges, sides)

    def _state(self, roles: Mapping[str, int]) -> State:
        return encrypted_state(self._scheme, roles, (*self._nodes, roles["A"], roles["R"]))

    def target(self, schedule: Schedule, cuts: Cuts, roles: Mapping[str, int], rng: random.Random) -> Target:
        """Run encryption backwards by a schedule; of the Paulis that fit, take what disentangles most.

        Then deal out the noise qubits: encryption treats all pairs alike, and so does decryption, except
        for the clone's own.
        """
        sites, state = dict(self.encryption.sites), self._state(roles)
        cost = partial(weighed, state.vectors, cuts, _SQUARE_WEIGHT)
        layers = undone(schedule, sites, state, cost, rng)
        vectors = state.vectors[: len(self._nodes)]
        free = set(self.layout.noise) - {roles.get(f"N{self.layout.clone[1:]}")}
        kinds = np.array([0 if q in free else -1 for q in self._nodes])
        generator = np.random.default_rng(rng.randrange(1 << 30))
        order, least = annealed_order(vectors, kinds, cuts, _SQUARE_WEIGHT, _EXCHANGES, _HOT, 0.0, generator)
        now_at = {self._nodes[o]: q for o, q in zip(order, self._nodes, strict=True)}
        moved = {label: now_at.get(q, q) for label, q in roles.items()}
        return Target(moved, layers, vectors[order], cuts, least)

    def prepare(self, target: Target, options: Options, seed: int) -> tuple[Pair, ...] | None:
        """Return gates that make a state, in order, and leave open what they start from."""
        gates = disentangled(target.vectors, target.cuts, self.layout.prepare_edges, options, seed)
        return None if gates is None else gates[::-1]

    def draft(self, target: Target, preparation: Sequence[Pair], decryption: Layers) -> Draft:
        """Put the stages together."""
        roles, encryption = target.roles, target.encryption
        state = self._state(roles)
        for pair in (*chain.from_iterable(encryption), *reversed(preparation)):
            state.turn(pair)
        touched = {q for a, b, _ in (*preparation, *chain.from_iterable(decryption)) for q in (a, b)}
        start = {q: state.axis(q) for q in self._nodes if q in touched}
        gates = tuple(reversed(list(chain.from_iterable(encryption))))
        x, z = followed(self.encryption.sites, chain.from_iterable(encryption))[roles["A"]]
        link, start[roles["R"]], start[roles["A"]] = _link(x, z, _first_axis(gates, roles["A"]))
        return Draft(
            roles,
            (ended(self.decryption.sites, chain.from_iterable(decryption)),),
            start,
            (*preparation, (roles["R"], roles["A"], link)),
            gates,
            tuple(chain.from_iterable(decryption)),
        )


def shortest(concentration: Concentration, rng: random.Random) -> tuple[int, int]:
    """Return the layers and gates of `short_schedule`."""
    schedule = short_schedule(concentration, rng)
    return len(schedule), sum(map(len, schedule))


def short_schedule(concentration: Concentration, rng: random.Random) -> Schedule:
    """Return a schedule of the least number of layers, and of few gates for that many.

    2 (m - 1) gates are what m sites on a tree need; where that many are not enough, a few more are tried.

    Raises
    ------
    InvalidInputError : the pair cannot be concentrated in a few layers more than its light cone takes.
    """
    least = concentration.least_layers()
    found = None
    layers = least + _USUAL
    while layers >= least and (fewer := concentration.schedule(layers, None, rng)) is not None:
        found, layers = fewer, layers - 1
    layers = least + _USUAL
    while found is None and layers < least + _MORE_LAYERS:
        layers += 1
        found = concentration.schedule(layers, None, rng)
    if found is not None:
        occupied = sum(site != EMPTY for site in concentration.sites.values())
        tree = 2 * (len(concentration.sites) - 1)
        for gates in sorted({2 * occupied - 2, 2 * occupied - 1, 2 * occupied + 1, tree}):
            if (smaller := concentration.schedule(len(found), gates, rng)) is not None:
                return smaller
        return found
    raise InvalidInputError("This layout has no short way to concentrate the pair.", "Try another layout.")


def _first_axis(gates: Sequence[Pair], q: int) -> str:
    return next(paulis[(a, b).index(q)] for a, b, paulis in gates if q in (a, b))


def _link(x: str, z: str, axis: str) -> tuple[str, str, str]:
    """The gate that makes X_R x_A, Z_R z_A stabilisers, with `axis` on A, and what R and A start from."""
    image = {"X": x, "Z": z, "Y": third(x, z)}
    mirrored = next(p for p in _PAULIS if image[p] == axis)
    gate, start = (p for p in _PAULIS if p != mirrored)
    return gate + axis, start, third(image[gate], axis)
