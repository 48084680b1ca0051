"""From sites to drafts of iterated schemes: label, concentrate, disentangle.

An iterated scheme's clones differ, so which wire lies where matters. Labels are annealed, so that the
encrypted state has little entanglement across the lattice; then the Paulis of the encryption are chosen
gate by gate, so that undoing it leaves little to prepare.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain

import numpy as np
import rustworkx

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._pairs import Pair, third
from qclone.scheme import Role, Scheme
from qclone.search.kernels._beam import Options
from qclone.search.kernels._entropies import Cuts, annealed_order, weighed
from qclone.search.kernels._vectors import Integers, Vectors
from qclone.search.regions._rows import Sites
from qclone.search.stages import _pipeline as stages
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule, Site
from qclone.search.stages._pipeline import Layers
from qclone.search.stages._state import State

_FULL: Site = ("X", "Z")
# How much bottlenecks matter while labels are exchanged.
_SQUARE_WEIGHT = 0.1
_HOT, _COLD = 8.0, 0.1


@dataclass(frozen=True)
class Undone:
    """Encryption run backwards: the gates, what the input's X and Z have become, the state before them.

    Parameters
    ----------
    vectors : of the prepared qubits; the input and its reference are in a state of their own.
    """

    roles: Mapping[str, int]
    layers: Layers
    source: Site
    vectors: Vectors
    cost: float


@dataclass(frozen=True)
class IteratedSynthesis:
    """Circuits of a scheme with one input on some sites, different ones for different random states.

    Parameters
    ----------
    annealing : exchanges of labels tried.

    Raises
    ------
    InvalidInputError : X and Z are not spread over every wire, as by an odd number of clones.
    """

    scheme: Scheme
    clone: str
    sites: Sites
    options: Options
    annealing: int = 200_000
    _nodes: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        at = {w.label: i for i, w in enumerate(self.scheme.wires)}
        forth = stages.encryption_sites(self.scheme, at)
        spread = (*forth.values(), *stages.decryption_sites(self.scheme, self.clone, at).values())
        if any("I" in site or len(set(site)) < 2 for site in spread):
            raise InvalidInputError(
                f"On some wire of {self.scheme} X and Z become the same, or nothing.",
                "Take a scheme with an even number of clones, such as 2 or 4.",
            )
        object.__setattr__(self, "_nodes", self.sites.prepared)

    @cached_property
    def encryption(self) -> Concentration:
        """Encryption backwards, as far as types go: the pair is on every signal qubit in full."""
        places = (self.sites.source, self.sites.clone, *self.sites.signals)
        return Concentration(dict.fromkeys(places, _FULL), self.sites.encrypt_edges, (self.sites.source,))

    @cached_property
    def decryption(self) -> Concentration:
        """Decryption as far as types go."""
        held = (self.sites.clone, *self.sites.key)
        places = dict.fromkeys(self.sites.spare, EMPTY) | dict.fromkeys(held, _FULL)
        return Concentration(places, self.sites.decrypt_edges, held)

    def labelled(self, rng: random.Random) -> dict[str, int]:
        """Return roles for which the encrypted state has little entanglement across the lattice."""
        signals, key, noise = self._labels
        roles = {
            self.scheme.inputs[0]: self.sites.source,
            "R": self.sites.reference,
            self._wire: self.sites.clone,
        }
        for labels, places in (
            (signals, self.sites.signals),
            (key, self.sites.key),
            (noise, self.sites.noise),
        ):
            roles |= zip(rng.sample(labels, len(labels)), places, strict=True)
        kinds = np.array([self._kind(q) for q in self._nodes])
        vectors = self._state(roles).vectors[: len(self._nodes)]
        return self._annealed(roles, vectors, kinds, self.annealing, rng)

    def undone(self, roles: Mapping[str, int], schedule: Schedule, rng: random.Random) -> Undone:
        """Run encryption backwards by a schedule; of the Paulis that fit take what disentangles most."""
        sites, state = stages.encryption_sites(self.scheme, roles), self._state(roles)
        cost = partial(weighed, state.vectors, self._cuts, self.options.square_weight)
        layers = stages.undone(schedule, sites, state, cost, rng)
        vectors = state.vectors[: len(self._nodes)]
        kinds = np.array([k if (k := self._kind(q)) != 0 else -1 for q in self._nodes])
        roles = self._annealed(roles, vectors, kinds, self.annealing // 10, rng)
        return Undone(roles, layers, sites[self.sites.source], vectors, cost())

    def draft(self, undone: Undone, schedule: Schedule, seed: int) -> Draft | None:
        """Prepare what encryption backwards has left, decrypt by a schedule; None if the search fails."""
        gates = stages.disentangled(undone.vectors, self._cuts, self.sites.prepare_edges, self.options, seed)
        if gates is None:
            return None
        state = State(self._nodes, undone.vectors.copy())
        for gate in gates:
            state.turn(gate)
        x, z = undone.source
        start = {q: state.axis(q) for q in self._nodes}
        start |= {self.sites.source: third(x, z), self.sites.reference: "Y"}
        prepare = (*reversed(gates), (self.sites.reference, self.sites.source, "X" + z))
        encrypt = tuple(reversed(list(chain.from_iterable(undone.layers))))
        decrypt, output = self._decrypted(undone.roles, schedule, random.Random(seed))
        used = {q for a, b, _ in (*prepare, *encrypt, *decrypt) for q in (a, b)}
        start = {q: axis for q, axis in start.items() if q in used}
        return Draft(undone.roles, (output,), start, prepare, encrypt, decrypt)

    @cached_property
    def _wire(self) -> str:
        (wire,) = self.scheme.clone(self.clone).wires
        return wire

    @cached_property
    def _labels(self) -> tuple[list[str], list[str], list[str]]:
        """Signal wires but the clone, the key, all other noise."""
        key = list(self.scheme.clone(self.clone).key)
        signals = [w.label for w in self.scheme.wires if w.role is Role.SIGNAL and w.label != self._wire]
        noise = [w.label for w in self.scheme.wires if w.role is Role.NOISE and w.label not in key]
        return signals, key, noise

    def _kind(self, q: int) -> int:
        groups = (self.sites.signals, self.sites.key, self.sites.noise)
        return next((k for k, group in enumerate(groups) if q in group), -1)

    def _state(self, roles: Mapping[str, int]) -> State:
        return stages.encrypted_state(
            self.scheme, roles, (*self._nodes, self.sites.source, self.sites.reference)
        )

    def _annealed(
        self, roles: Mapping[str, int], vectors: Vectors, kinds: Integers, steps: int, rng: random.Random
    ) -> dict[str, int]:
        """Exchange labels of one kind; `vectors` follow in place."""
        generator = np.random.default_rng(rng.randrange(1 << 30))
        order, _ = annealed_order(vectors, kinds, self._cuts, _SQUARE_WEIGHT, steps, _HOT, _COLD, generator)
        vectors[:] = vectors[order]
        moved = {self._nodes[int(o)]: q for o, q in zip(order, self._nodes, strict=True)}
        return {label: moved.get(q, q) for label, q in roles.items()}

    @cached_property
    def _cuts(self) -> Cuts:
        at = {q: i for i, q in enumerate(self._nodes)}
        sides = [sorted(at[q] for q in side) for side in _cut_sides(self.sites)]
        return Cuts.of(len(at), [(at[a], at[b]) for a, b in self.sites.prepare_edges], sides)

    def _decrypted(
        self, roles: Mapping[str, int], schedule: Schedule, rng: random.Random
    ) -> tuple[tuple[Pair, ...], tuple[int, str]]:
        held = stages.decryption_sites(self.scheme, self.clone, roles)
        sites = dict.fromkeys(self.sites.spare, EMPTY) | held
        layers = Concentration(sites, self.sites.decrypt_edges, tuple(sites)).gates(schedule, rng)
        gates = tuple(chain.from_iterable(layers))
        return gates, stages.ended(sites, gates)


def _cut_sides(sites: Sites) -> Iterator[set[int]]:
    """The smaller sides of the cuts of a spanning tree that keeps signal qubits together."""
    names, spine = sites.prepared, {sites.clone, *sites.signals}
    at = {q: i for i, q in enumerate(names)}
    graph: rustworkx.PyGraph[int, float] = rustworkx.PyGraph()
    graph.add_nodes_from(range(len(names)))
    rungs = [q for e in sites.prepare_edges for q in e if len(spine & set(e)) == 1]
    near = {q: min(abs(q - r) for r in rungs) for q in names}
    for a, b in sites.prepare_edges:
        within = {a, b} <= spine
        # Where noise qubits are cut apart is as far from the rungs as possible.
        weight = 0.0 if within else 1.0 if {a, b} & spine else 2.0 + 0.01 * (near[a] + near[b])
        graph.add_edge(at[a], at[b], weight)
    tree = rustworkx.minimum_spanning_tree(graph, weight_fn=float)
    for a, b, _ in tree.weighted_edge_list():
        rest = tree.copy()
        rest.remove_edge(a, b)
        side = {names[i] for i in rustworkx.node_connected_component(rest, a)}
        yield min(side, set(names) - side, key=len)
