"""From sites to drafts of iterated schemes: label, concentrate, disentangle.

An iterated scheme's clones differ, so which wire lies where matters. Labels are annealed, so that the
encrypted state has little entanglement across the lattice; then the Paulis of the encryption are chosen
gate by gate, so that undoing it leaves little to prepare.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from qclone.search.kernels._entropies import Columns, Cuts, Integers, annealed_order, weighed
from qclone.search.regions._rows import Sites
from qclone.search.stages import _pipeline as stages
from qclone.search.stages._columns import State, axis_of, turn
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule, Site
from qclone.search.stages._pipeline import Layers

_FULL: Site = ("X", "Z")
# How much bottlenecks matter while labels are exchanged.
_SQUARE_WEIGHT = 0.1
_HOT, _COLD = 8.0, 0.1


@dataclass(frozen=True)
class Undone:
    """Encryption run backwards: the gates, what the input's X and Z have become, the state before them.

    Parameters
    ----------
    columns : shape (2, prepared qubits); of a state without the input and its reference.
    """

    roles: Mapping[str, int]
    layers: Layers
    source: Site
    columns: Columns
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
        columns = stages.columns_of(self._state(roles), self._nodes)
        return self._annealed(roles, columns, kinds, self.annealing, rng)

    def undone(self, roles: Mapping[str, int], schedule: Schedule, rng: random.Random) -> Undone:
        """Run encryption backwards by a schedule; of the Paulis that fit take what disentangles most."""
        sites, state = stages.encryption_sites(self.scheme, roles), self._state(roles)
        cost_of = partial(stages.entanglement, self._nodes, self._cuts, self.options.square_weight)
        layers = stages.undone(schedule, sites, state, cost_of, rng)
        columns = _separated(state, self._nodes, (self.sites.source, self.sites.reference))
        kinds = np.array([k if (k := self._kind(q)) != 0 else -1 for q in self._nodes])
        roles = self._annealed(roles, columns, kinds, self.annealing // 10, rng)
        cost = weighed(columns, self._cuts, self.options.square_weight)
        return Undone(roles, layers, sites[self.sites.source], columns, cost)

    def draft(self, undone: Undone, schedule: Schedule, seed: int) -> Draft | None:
        """Prepare what encryption backwards has left, decrypt by a schedule; None if the search fails."""
        gates = stages.disentangled(undone.columns, self._cuts, self.sites.prepare_edges, self.options, seed)
        if gates is None:
            return None
        state = {q: (int(undone.columns[0, i]), int(undone.columns[1, i])) for i, q in enumerate(self._nodes)}
        for gate in gates:
            turn(state, gate)
        x, z = undone.source
        start = {q: axis_of(*state[q]) for q in self._nodes}
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
        return stages.encrypted_state(self.scheme, roles, self.sites.spare)

    def _annealed(
        self, roles: Mapping[str, int], columns: Columns, kinds: Integers, steps: int, rng: random.Random
    ) -> dict[str, int]:
        """Exchange labels of one kind; `columns` follow in place."""
        generator = np.random.default_rng(rng.randrange(1 << 30))
        order, _ = annealed_order(columns, kinds, self._cuts, _SQUARE_WEIGHT, steps, _HOT, _COLD, generator)
        columns[:] = columns[:, order]
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


def _separated(state: Mapping[int, tuple[int, int]], kept: Sequence[int], dropped: Iterable[int]) -> Columns:
    """Return the columns of the kept qubits, which are in a state of their own.

    Gaussian elimination leaves the stabilisers that are nothing on the dropped qubits.
    """
    masks = [half for q in dropped for half in state[q]]
    bits = max(v.bit_length() for pair in state.values() for v in pair)
    rows = [{(q, h) for q in kept for h in range(2) if state[q][h] >> k & 1} for k in range(bits)]
    tails = [sum((mask >> k & 1) << i for i, mask in enumerate(masks)) for k in range(bits)]
    for i in range(len(masks)):
        pivot = next((k for k, tail in enumerate(tails) if tail >> i & 1), None)
        if pivot is None:
            continue
        row, tail = rows.pop(pivot), tails.pop(pivot)
        for k in range(len(tails)):
            if tails[k] >> i & 1:
                tails[k] ^= tail
                rows[k] = rows[k] ^ row
    columns = np.zeros((2, len(kept)), np.uint64)
    for k, row in enumerate(row for row in rows if row):
        for i, q in enumerate(kept):
            for half in range(2):
                if (q, half) in row:
                    columns[half, i] |= np.uint64(1 << k)
    return columns
