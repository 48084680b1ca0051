"""From a layout to drafts: label, concentrate, disentangle, put together.

Where clones differ, as those of an iterated scheme do, it matters which wire lies where. Labels are annealed,
so that the encrypted state has little entanglement across the lattice; then the Paulis of the encryption are
chosen gate by gate, so that undoing it leaves little to prepare.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair, in_layers
from qclone.scheme import Scheme
from qclone.search.kernels._entropies import Cuts
from qclone.search.kernels._greedy import Greed, Tree
from qclone.search.regions._layout import Layout, wires_of
from qclone.search.regions._tree_sides import layout_tree
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule, Site, type_of
from qclone.search.stages._sites import decryption_sites, encryption_sites
from qclone.search.stages._state import State, encrypted_state
from qclone.search.stages._undone import Undone, relabelled, undone

# How often the noise qubits are the spine of a tree, and how far the borders of its blocks may be moved.
_REVERSED, _SPREADS = 0.15, (0.0, 3.0)
# Trees for each state to prepare, tries on each, and how greedy they are: see `Greed`.
_TREES, _TRIES = 6, 12
_NOISES, _POWERS, _LEAST = (0.1, 0.3, 0.6, 1.0), (1.0, 1.4, 2.0), (0.0, 0.2, 0.5)
# Exchanges of labels tried for each wire, where clones differ; of noise labels, encryption undone, in all.
_EXCHANGES, _AFTERWARDS = 6_000, 1_000


@dataclass(frozen=True)
class Synthesis:
    """Circuits of a scheme with one input on a layout, different ones for different random states.

    Parameters
    ----------
    clone : the clone to decrypt, of one wire.
    exchanges : of labels, for each wire.
    """

    scheme: Scheme
    clone: str
    layout: Layout
    exchanges: int = _EXCHANGES

    @cached_property
    def roles(self) -> dict[str, int]:
        """Wires, in order on the places of their kind."""
        places, own = self.layout.roles, wires_of(self.scheme, self.clone)
        return {label: places[place] for place, label in own.items()} | {"R": places["R"]}

    @cached_property
    def encryption(self) -> Concentration:
        """What encryption makes of X and Z of the input, to be concentrated onto it: encryption backwards."""
        return Concentration(
            self._encrypted(self.roles), self.layout.encrypt_edges, (self.layout.roles["A"],)
        )

    @cached_property
    def decryption(self) -> Concentration:
        """The logical pair of the clone and its key, to be concentrated onto any of them."""
        return self._decryption(self.roles)

    def _encrypted(self, roles: Mapping[str, int]) -> Mapping[int, Site]:
        return dict.fromkeys(self.layout.encrypt_nodes, EMPTY) | encryption_sites(self.scheme, roles)

    def _decryption(self, roles: Mapping[str, int]) -> Concentration:
        layout = self.layout
        sites = dict.fromkeys(layout.wires, EMPTY) | decryption_sites(self.scheme, self.clone, roles)
        return Concentration(sites, layout.decrypt_edges, layout.decrypt_nodes)

    def tree(self, rng: random.Random) -> Tree:
        """Return a spanning tree of what is prepared, its spine the signal qubits or, at times, the noise."""
        layout, at = self.layout, {q: k for k, q in enumerate(self.layout.prepared)}
        spine = layout.noise if rng.random() < _REVERSED else layout.signals
        edges = layout_tree(layout, spine, rng.choice(_SPREADS), rng)
        return Tree(tuple((at[a], at[b]) for a, b in edges))

    def labelled(self, cuts: Cuts, rng: random.Random) -> dict[str, int]:
        """Return roles for which the encrypted state is little entangled; where clones are alike, any."""
        if self.scheme.alike is not None:
            return self.roles
        state = self.state(self.roles).first(len(self.layout.prepared))
        steps = self.exchanges * self.scheme.num_qubits
        return relabelled(state, self.roles, cuts, [*self._signals, *self._noise], steps, rng)

    def undone(self, roles: Mapping[str, int], schedule: Schedule, cuts: Cuts, rng: random.Random) -> Undone:
        """Run encryption backwards by a schedule, then exchange labels of noise qubits."""
        return undone(
            schedule, self._encrypted(roles), self.state(roles), roles, cuts, self._noise, _AFTERWARDS, rng
        )

    def prepared(self, target: Undone, rng: random.Random) -> list[tuple[Pair, ...]]:
        """Return the shallowest of many preparations, and the one of fewest gates; none where all fail."""
        tried = [
            target.prepared(tree, Greed(rng.choice(_NOISES), rng.choice(_POWERS), rng.choice(_LEAST)), rng)
            for _ in range(_TREES)
            for tree in [self.tree(rng)] * _TRIES
        ]
        found = [prepare for prepare in tried if prepare is not None]
        sizes = [(len(in_layers(p)), len(p)) for p in found]
        best = (min(sizes), min(sizes, key=lambda size: size[::-1])) if found else ()
        return [found[sizes.index(size)] for size in dict.fromkeys(best)]

    def draft(self, undone: Undone, prepare: Sequence[Pair], schedule: Schedule, rng: random.Random) -> Draft:
        """Put the stages together, decryption by a schedule."""
        decryption = self._decryption(undone.roles)
        decrypt = tuple(chain.from_iterable(decryption.gates(schedule, rng)))
        return undone.draft(prepare, decrypt, decryption.sites)

    def state(self, roles: Mapping[str, int]) -> State:
        """Return the encrypted state on all that is prepared, the input and its reference."""
        return encrypted_state(self.scheme, roles, self.layout.prepared)

    @property
    def _signals(self) -> list[list[int]]:
        """Signal qubits but the clone whose labels may change places: schedules go by the types of sites."""
        rest = [q for q in self.layout.signals if q != self.layout.roles[self.layout.clone]]
        return _of_a_type(rest, self.encryption)

    @property
    def _noise(self) -> list[list[int]]:
        """The same of noise qubits: those of the key, and the others."""
        key = self.layout.key
        return [*_of_a_type(key, self.decryption), [q for q in self.layout.noise if q not in key]]


def _of_a_type(qubits: Sequence[int], concentration: Concentration) -> list[list[int]]:
    types = {q: type_of(concentration.sites[q]) for q in qubits}
    return [[q for q in qubits if types[q] == kind] for kind in sorted({*types.values()})]
