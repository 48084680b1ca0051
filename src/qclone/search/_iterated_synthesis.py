"""From sites to drafts of iterated schemes: label, concentrate, disentangle.

An iterated scheme's clones differ, so which wire lies where matters. Labels are annealed, so that the
encrypted state has little entanglement across the lattice; then the Paulis of the encryption are chosen
gate by gate, so that undoing it leaves little to prepare.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np
import rustworkx
import stim
from numba import njit

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair, third
from qclone.scheme import Role, Scheme
from qclone.search._beam import Columns, Cuts, Integers, Options, beam, cost_of
from qclone.search._columns import axis_of, pauli_at, site_of, turn
from qclone.search._concentrate import Concentration, Schedule, Site, applied, fitting
from qclone.search._iterated_sites import Sites

Layers = list[list[Pair]]
_FULL: Site = ("X", "Z")
_NOTHING: Site = ("I", "I")
_PAULIS = "XYZ"
# How much bottlenecks matter while labels are exchanged.
_SQUARE_WEIGHT = 0.1


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
    """

    scheme: Scheme
    clone: str
    sites: Sites
    options: Options
    annealing: int = 200_000
    _nodes: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
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
        places = dict.fromkeys(self.sites.spare, _NOTHING) | dict.fromkeys(held, _FULL)
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
        return self._annealed(roles, self._columns(self._state(roles)), kinds, self.annealing, rng)

    def undone(self, roles: Mapping[str, int], schedule: Schedule, rng: random.Random) -> Undone:
        """Run encryption backwards by a schedule; of the Paulis that fit take what disentangles most."""
        inputs, circuit = self.scheme.index(self.scheme.inputs[0]), self.scheme.encrypt()
        pair = [pauli_at(inputs, p, self.scheme.num_qubits).after(circuit) for p in "XZ"]
        sites = {
            roles[w.label]: site_of(pair, i)
            for i, w in enumerate(self.scheme.wires)
            if w.role is not Role.NOISE
        }
        state = self._state(roles)
        layers = []
        for step in schedule:
            layer = []
            for (a, b), types in rng.sample(step, len(step)):
                options = []
                for paulis, after in fitting(sites[a], sites[b], types):
                    turn(state, (a, b, paulis))
                    total, squares = cost_of(self._columns(state), self._cuts)
                    cost = total + self.options.square_weight * squares + 0.3 * rng.random()
                    options.append((cost, paulis, after))
                    turn(state, (a, b, paulis))
                _, paulis, (sites[a], sites[b]) = min(options)
                turn(state, (a, b, paulis))
                layer.append((a, b, paulis))
            layers.append(layer)
        columns = _separated(state, self._nodes, (self.sites.source, self.sites.reference))
        kinds = np.array([k if (k := self._kind(q)) != 0 else -1 for q in self._nodes])
        roles = self._annealed(roles, columns, kinds, self.annealing // 10, rng)
        total, squares = cost_of(columns, self._cuts)
        return Undone(
            roles, layers, sites[self.sites.source], columns, total + self.options.square_weight * squares
        )

    def draft(self, undone: Undone, schedule: Schedule, seed: int) -> Draft | None:
        """Prepare what encryption backwards has left, decrypt by a schedule; None if the search fails."""
        found, path = beam(undone.columns, self._cuts, self.options, np.random.default_rng(seed))
        if not found:
            return None
        edges = self.sites.prepare_edges
        moves = [int(m) for layer in path for m in layer if m >= 0]
        gates = [(*edges[m // 9], _PAULIS[m % 9 // 3] + _PAULIS[m % 3]) for m in moves]
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

    @cached_property
    def _encrypted(self) -> dict[str, tuple[int, int]]:
        """The protocol's encrypted state: label -> its columns, one bit a stabiliser."""
        reference = self.scheme.num_qubits
        circuit = stim.Circuit(f"H {reference}\nCX {reference} {self.scheme.index(self.scheme.inputs[0])}")
        simulator = stim.TableauSimulator()
        simulator.do(circuit + self.scheme.prepare() + self.scheme.encrypt())
        stabilisers = simulator.canonical_stabilizers()
        columns = {}
        for i, label in enumerate([*(w.label for w in self.scheme.wires), "R"]):
            x = sum(1 << k for k, s in enumerate(stabilisers) if s[i] in (1, 2))
            z = sum(1 << k for k, s in enumerate(stabilisers) if s[i] in (2, 3))
            columns[label] = (x, z)
        return columns

    def _state(self, roles: Mapping[str, int]) -> dict[int, tuple[int, int]]:
        state = {q: self._encrypted[label] for label, q in roles.items()}
        return state | {q: (0, 1 << (len(roles) + k)) for k, q in enumerate(self.sites.spare)}

    def _columns(self, state: Mapping[int, tuple[int, int]]) -> Columns:
        return np.array([[state[q][half] for q in self._nodes] for half in range(2)], np.uint64)

    def _annealed(
        self, roles: Mapping[str, int], columns: Columns, kinds: Integers, steps: int, rng: random.Random
    ) -> dict[str, int]:
        """Exchange labels of one kind; `columns` follow in place."""
        generator = np.random.default_rng(rng.randrange(1 << 30))
        order = _anneal(columns, kinds, self._cuts, steps, generator)
        columns[:] = columns[:, order]
        moved = {self._nodes[int(o)]: q for o, q in zip(order, self._nodes, strict=True)}
        return {label: moved.get(q, q) for label, q in roles.items()}

    @cached_property
    def _cuts(self) -> Cuts:
        at = {q: i for i, q in enumerate(self._nodes)}
        sides = [sorted(at[q] for q in side) for side in _cut_sides(self.sites)]
        members = np.zeros((len(sides), max(map(len, sides))), np.int64)
        inside = np.zeros((len(sides), len(at)), np.bool_)
        for c, side in enumerate(sides):
            members[c, : len(side)] = side
            inside[c, side] = True
        edges = np.array([(at[a], at[b]) for a, b in self.sites.prepare_edges], np.int64)
        crossing = [np.flatnonzero(inside[:, a] != inside[:, b]) for a, b in edges]
        first = np.cumsum([0, *map(len, crossing)])
        return Cuts(
            edges, first, np.concatenate(crossing), members, np.array([len(s) for s in sides]), inside
        )

    def _decrypted(
        self, roles: Mapping[str, int], schedule: Schedule, rng: random.Random
    ) -> tuple[tuple[Pair, ...], tuple[int, str]]:
        clone, circuit = self.scheme.clone(self.clone), self.scheme.decrypt(self.clone)
        (output,) = self.scheme.indices(clone.outputs)
        pair = [pauli_at(output, p, self.scheme.num_qubits).before(circuit) for p in "XZ"]
        sites = dict.fromkeys(self.sites.spare, _NOTHING)
        sites |= {
            roles[label]: site_of(pair, self.scheme.index(label)) for label in (*clone.wires, *clone.key)
        }
        layers = Concentration(sites, self.sites.decrypt_edges, tuple(sites)).gates(schedule, rng)
        gates = tuple(chain.from_iterable(layers))
        for a, b, paulis in gates:
            sites[a], sites[b] = applied(paulis, sites[a], sites[b])
        ((q, axes),) = ((q, site) for q, site in sites.items() if site != _NOTHING)
        return gates, (q, "".join(axes))


@njit(cache=True)
def _anneal(
    columns: Columns,
    kinds: Integers,
    cuts: Cuts,
    steps: int,
    rng: np.random.Generator,
) -> Integers:
    """Return the order of the columns, exchanged within their kind (-1 stays), of the lowest cost found."""
    state = columns.copy()
    order = np.arange(len(kinds))
    total, squares = cost_of(state, cuts)
    now = least = total + _SQUARE_WEIGHT * squares
    best = order.copy()
    for step in range(steps):
        i, j = rng.integers(0, len(kinds)), rng.integers(0, len(kinds))
        if i == j or kinds[i] != kinds[j] or kinds[i] < 0:
            continue
        for half in range(2):
            state[half, i], state[half, j] = state[half, j], state[half, i]
        total, squares = cost_of(state, cuts)
        cost = total + _SQUARE_WEIGHT * squares
        if cost <= now or rng.random() < np.exp((now - cost) / (8.0 * 80.0 ** (-step / steps))):
            now = cost
            order[i], order[j] = order[j], order[i]
            if cost < least:
                least = cost
                best[:] = order
        else:
            for half in range(2):
                state[half, i], state[half, j] = state[half, j], state[half, i]
    return best


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
