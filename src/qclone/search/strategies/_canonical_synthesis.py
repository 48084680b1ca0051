"""From a layout to drafts: concentrate, disentangle, put together."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._pairs import Pair
from qclone.scheme import Canonical
from qclone.search.kernels._entropies import Cuts
from qclone.search.regions._layout import Layout
from qclone.search.regions._tree_sides import layout_sides
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule
from qclone.search.stages._sites import decryption_sites, encryption_sites
from qclone.search.stages._state import encrypted_state
from qclone.search.stages._undone import Exchanges, Undone, undone

# Layers beyond the light cone's: what is tried first, and where it is given up.
_USUAL, _MORE_LAYERS = 2, 8
# A state's cost: the entropies of a tree's cuts, and some of their squares, as bottlenecks take long.
_SQUARE_WEIGHT = 0.1
# Exchanges of noise qubits, and how hot they begin.
_EXCHANGES, _HOT = 1_000, 2.0
# One bit of a column for each qubit.
MOST = 64


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
        spine = self.layout.noise if noise_spine else self.layout.signals
        sides = layout_sides(self.layout, spine, spread, rng)
        return Cuts.of(self._nodes, self.layout.prepare_edges, sides)

    def undone(self, schedule: Schedule, cuts: Cuts, rng: random.Random) -> Undone:
        """Run encryption backwards by a schedule, then deal out the noise qubits.

        Encryption treats all pairs alike, and so does decryption, except for the clone's own.
        """
        roles = self.layout.roles
        free = set(self.layout.noise) - {roles.get(f"N{self.layout.clone[1:]}")}
        return undone(
            schedule,
            self.encryption.sites,
            encrypted_state(self._scheme, roles, self._nodes),
            roles,
            cuts,
            _SQUARE_WEIGHT,
            Exchanges([free], _EXCHANGES, _HOT, 0.0),
            rng,
        )

    def draft(self, undone: Undone, prepare: Sequence[Pair], decryption: Iterable[Sequence[Pair]]) -> Draft:
        """Put the stages together; the reference's gate acts on the axis that spares the input a pulse."""
        source = self.layout.roles["A"]
        axis = next(paulis[(a, b).index(source)] for a, b, paulis in undone.encrypt if source in (a, b))
        return undone.draft(prepare, tuple(chain.from_iterable(decryption)), self.decryption.sites, axis)


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
