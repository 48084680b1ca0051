"""Circuits of iterated schemes on a whole chip, from where the signal wires are.

Encryption goes level by level. A scheme of the tree is encrypted on three sites in a row, the input's among
them; then the two clones are carried to their own sites, through wires that are still halves of Bell
pairs: a hop or two by swaps (XX, YY, ZZ), farther by waves of gates, a hop a layer. What that leaves behind
is a permutation of those halves, and a gate on two of them for each scheme: preparation is little more than
Bell pairs, and the noise wires lie where these are shortest.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import stim
from scipy.optimize import linear_sum_assignment

from qclone.native._assemble import Draft
from qclone.native._graph import Edge, hops_from, neighbours, reached_from, within
from qclone.native._pairs import Pair, in_layers, third
from qclone.scheme import Iterated, Role
from qclone.search.kernels._greedy import Greed, Tree
from qclone.search.kernels._transport import transport_tree
from qclone.search.regions._ground import Ground
from qclone.search.stages._carry import WAVES, Carrier, swaps, waves
from qclone.search.stages._concentrate import Concentration, Site, applied
from qclone.search.stages._sites import decryption_sites, pauli_at, site_of
from qclone.search.stages._state import encrypted_state
from qclone.search.stages._undone import Undone

# A long way costs more than two short ones: it is a bottleneck in time.
_FARTHER = 1.2
# Edges of the tree of preparation exchanged.
_EXCHANGES = 40_000


@dataclass(frozen=True)
class Encryption:
    """Encryption on a chip, and what it leaves to prepare.

    Parameters
    ----------
    gates : in order.
    source : what the input's X and Z are on its site before.
    supports : noise label -> the signal sites with which it is entangled before.
    """

    gates: tuple[Pair, ...]
    source: Site
    supports: Mapping[str, frozenset[int]]


def families(scheme: Iterated) -> list[tuple[str, str, str]]:
    """Return input, S1 and S2 of every scheme of the tree, level by level, by the wires' labels.

    >>> from qclone.scheme import Canonical
    >>> families(Iterated(Canonical(2), (1, 1)))
    [('A', 'S1', 'S2'), ('S1', 'S1/S1', 'S1/S2'), ('S1/S1', 'S1/S1/S1', 'S1/S1/S2')]
    """
    heads = [w.label.removesuffix("S1").rstrip("/") for w in scheme.wires if w.label.split("/")[-1] == "S1"]
    found = []
    for head in sorted(heads, key=lambda h: len(h.split("/")) if h else 0):
        own = head
        while own.endswith("/A"):
            own = own.removesuffix("/A")
        joint = f"{head}/" if head else ""
        found.append((own or "A", f"{joint}S1", f"{joint}S2"))
    return found


def partner(noise: str) -> str:
    """Return the signal wire of a noise wire's Bell pair.

    >>> partner("S1/N2")
    'S1/S2'
    """
    head, dash, own = noise.rpartition("/")
    return f"{head}{dash}S{own[1:]}"


@dataclass(frozen=True)
class ChipSynthesis:
    """Drafts for given sites of the signal wires.

    Parameters
    ----------
    ground : the scheme, the canonical one with two clones iterated, and the qubits it may use.
    signals : label -> qubit, for the input and every signal wire.
    """

    ground: Ground
    signals: Mapping[str, int]

    @property
    def scheme(self) -> Iterated:
        """The scheme."""
        return self.ground.scheme

    def drafts(self, clone: str, greeds: Iterable[Greed], rng: random.Random) -> list[Draft]:
        """Return a draft that decrypts a clone for each way to be greedy that leads somewhere.

        There is none where the clone is cut off from noise qubits.
        """
        key = self._key(clone)
        if key is None:
            return []
        encryption = self.encryption
        tree = transport_tree(self._goods(key), self._prepare_edges, _EXCHANGES, rng)
        index = {q: k for k, q in enumerate(self._prepared)}
        on = Tree(tuple((index[a], index[b]) for a, b in tree))
        roles = self._roles(tree, key)
        state = encrypted_state(self.scheme, roles, self._prepared)
        for gate in reversed(encryption.gates):
            state.turn(gate)
        undone = Undone(roles, encryption.gates, encryption.source, state.first(len(index)))
        held = decryption_sites(self.scheme, clone, roles)
        decrypt = self._decryption(held, rng)
        prepared = (undone.prepared(on, greed, rng) for greed in greeds)
        return [undone.draft(prepare, decrypt, held) for prepare in prepared if prepare is not None]

    @cached_property
    def encryption(self) -> Encryption:
        """Encryption, level by level, and the supports of what it leaves.

        Clones are carried by waves where that saves layers, by swaps elsewhere: they take fewer gates.
        """
        far = [
            label
            for source, *clones in families(self.scheme)
            for label in clones
            if len(self._way(self.signals[source], self.signals[label])) > WAVES + 1
        ]
        carriers: dict[str, Carrier] = dict.fromkeys(self.signals, waves)
        gates, frame = self._encryption(carriers)
        for label in reversed(far):
            trial = carriers | {label: swaps}
            others, own = self._encryption(trial)
            if len(in_layers(others)) <= len(in_layers(gates)):
                carriers, gates, frame = trial, others, own
        return Encryption(gates, (frame["X"], frame["Z"]), self._supports(gates))

    def _encryption(self, carriers: Mapping[str, Carrier]) -> tuple[tuple[Pair, ...], dict[str, str]]:
        """Gates, and what X and Z are on the input's site before."""
        frames: dict[int, dict[str, str]] = {}
        backwards: list[Pair] = []
        for family in reversed(families(self.scheme)):
            backwards += self._undone(family, carriers, frames)
        return tuple(reversed(backwards)), frames[self._source]

    def _undone(
        self,
        labels: Sequence[str],
        carriers: Mapping[str, Carrier],
        frames: dict[int, dict[str, str]],
    ) -> list[Pair]:
        """One scheme's encryption backwards: clones come back to the input, then the pair is concentrated."""
        family = [self.signals[label] for label in labels]
        source = family[0]
        sites = dict(zip(family, self._images, strict=True))
        for q in family:
            if q in frames:
                x, z = sites[q]
                sites[q] = frames[q][x], frames[q][z]
        (near, by), (far, by_far) = sorted(
            ((self._way(source, self.signals[label]), carriers[label]) for label in labels[1:]),
            key=lambda pair: len(pair[0]),
        )
        # Where both go the same way, the one that has farther to go starts ahead.
        shared = near[1] == far[1]
        ahead = far[2] if shared else far[1]
        gates: list[Pair] = []
        for way, start, carried in ((near, near[1], by), (far, ahead, by_far)):
            gates += carried(way[: way.index(start) - 1 : -1], sites)
        row = {q: sites[q] for q in (source, near[1], ahead)}
        edges = [(source, near[1]), (near[1] if shared else source, ahead)]
        rng, concentration = random.Random(0), Concentration(row, edges, (source,))
        schedule = concentration.schedule(4, 4, rng)
        assert schedule is not None, "three full sites in a row take four gates"
        for a, b, paulis in chain.from_iterable(concentration.gates(schedule, rng)):
            row[a], row[b] = applied(paulis, row[a], row[b])
            gates.append((a, b, paulis))
        x, z = row[source]
        frames[source] = {"I": "I", "X": x, "Z": z, "Y": third(x, z)}
        return gates

    @cached_property
    def _images(self) -> list[Site]:
        """What encryption makes of the input's X and Z, on the input, S1 and S2."""
        base = self.scheme.base
        circuit, source = base.encrypt(), base.index(base.inputs[0])
        pair = [pauli_at(source, p, base.num_qubits).after(circuit) for p in "XZ"]
        return [site_of(pair, q) for q in base.indices((base.inputs[0], "S1", "S2"))]

    def _way(self, a: int, b: int) -> list[int]:
        """The sites from one signal wire to another, along the tree of signal sites."""
        above = self._parents
        up, down = [a], [b]
        while up[-1] != self._source:
            up.append(above[up[-1]])
        while down[-1] != self._source:
            down.append(above[down[-1]])
        while len(up) > 1 and len(down) > 1 and up[-2] == down[-2]:
            up.pop()
            down.pop()
        return [*up, *reversed(down[:-1])]

    @cached_property
    def _parents(self) -> Mapping[int, int]:
        """On the tree of shortest ways to the input."""
        near = neighbours(within(self.signals.values(), self.ground.couplers))
        return reached_from({v: sorted(beside) for v, beside in near.items()}, self._source)

    @property
    def _source(self) -> int:
        return self.signals[self.scheme.inputs[0]]

    @cached_property
    def _prepared(self) -> list[int]:
        """Every qubit connected with the source but it and the reference."""
        others = {*self.ground.qubits} - {self._source, self.ground.reference}
        near = neighbours(within(others, self.ground.couplers))
        first = next(q for label, q in self.signals.items() if q != self._source)
        return sorted(hops_from(near, first))

    @cached_property
    def _prepare_edges(self) -> tuple[Edge, ...]:
        return within(self._prepared, self.ground.couplers)

    @cached_property
    def _free(self) -> list[int]:
        """Where noise wires may lie."""
        used = set(self.signals.values())
        return [q for q in self._prepared if q not in used]

    @property
    def _noise(self) -> list[str]:
        return [w.label for w in self.scheme.wires if w.role is Role.NOISE]

    def _supports(self, gates: Sequence[Pair]) -> dict[str, frozenset[int]]:
        """Follow the signal half of each Bell pair back to before encryption."""
        labels = [w.label for w in self.scheme.wires]
        at = {q: k for k, q in enumerate(self.signals.values())}
        encrypt = self.scheme.encrypt()
        found: dict[str, frozenset[int]] = {}
        backwards = stim.Circuit(
            "\n".join(f"SPP {pq[0]}{at[a]}*{pq[1]}{at[b]}" for a, b, pq in reversed(gates))
        )
        for noise in self._noise:
            signal = labels.index(partner(noise))
            support: set[int] = set()
            for pauli in "XZ":
                image = pauli_at(signal, pauli, len(labels)).after(encrypt)
                moved = stim.PauliString(len(at))
                for label, q in self.signals.items():
                    moved[at[q]] = image[labels.index(label)]
                after = moved.after(backwards)
                support |= {q for q, k in at.items() if after[k]}
            found[noise] = frozenset(support - {self._source})
        return found

    def _key(self, clone: str) -> dict[str, int] | None:
        """The key's noise wires on free sites connected with the clone, near to it and good to wait on.

        Each is near to what it is entangled with.
        """
        whole = self.scheme.clone(clone)
        labels = list(whole.key)
        (start,) = (self.signals[label] for label in whole.wires)
        near = neighbours(within((start, *self._free), self.ground.couplers))
        hops, tolls = hops_from(near, start), dict(zip(self.ground.qubits, self.ground.tolls, strict=True))
        sites = [start]
        while len(sites) <= len(labels):
            edge = {v for q in sites for v in near.get(q, ()) if v not in sites}
            if not edge:
                return None
            sites.append(min(edge, key=lambda q: (hops[q] + tolls[q], q)))
        return self._assigned(labels, sites[1:], self._prepare_edges)

    def _assigned(self, labels: Sequence[str], sites: Sequence[int], edges: Iterable[Edge]) -> dict[str, int]:
        """Noise wires on sites, each near to what it is entangled with."""
        near, supports = neighbours(edges), self.encryption.supports
        hops = {q: hops_from(near, q) for label in labels for q in supports[label]}
        means = [[np.mean([hops[s][q] for s in supports[label]]) for q in sites] for label in labels]
        rows, columns = linear_sum_assignment(np.array(means) ** _FARTHER)
        return {labels[i]: sites[j] for i, j in zip(rows, columns, strict=True)}

    def _roles(self, tree: Sequence[Edge], key: Mapping[str, int]) -> dict[str, int]:
        labels = [n for n in self._noise if n not in key]
        sites = [q for q in self._free if q not in key.values()]
        noise = self._assigned(labels, sites, tree)
        return {**self.signals, **key, **noise, "R": self.ground.reference}

    def _goods(self, key: Mapping[str, int]) -> dict[int, list[float]]:
        """What has to come together in preparation.

        Of the first kind are halves of Bell pairs, of which any signal and any noise qubit may make one;
        each wire of the key makes a pair of its own; and each scheme leaves a gate between two sites.
        """
        supports = self.encryption.supports
        kinds = [{q: -1.0 if q in self._free else 1.0 for q in self._prepared}]
        for label, site in key.items():
            own = {q: 1 / len(supports[label]) for q in supports[label]}
            kinds[0] |= {q: kinds[0][q] - part for q, part in own.items()} | {site: 0.0}
            kinds.append(own | {site: -1.0})
        pairs = {support for support in supports.values() if len(support) == 2}
        kinds += [dict(zip(pair, (1.0, -1.0), strict=True)) for pair in sorted(map(sorted, pairs))]
        return {q: [kind.get(q, 0.0) for kind in kinds] for q in self._prepared}

    def _decryption(self, sites: Mapping[int, Site], rng: random.Random) -> tuple[Pair, ...]:
        """Concentrate the clone's pair of Paulis in as few layers, and then gates, as the solver finds."""
        concentration = Concentration(sites, within(sites, self.ground.couplers), tuple(sites))
        return tuple(chain.from_iterable(concentration.gates(concentration.shortest(rng), rng)))
