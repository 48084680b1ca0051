"""Circuits of iterated schemes on a whole chip, from where the signal wires are.

Encryption goes level by level. A scheme of the tree is encrypted on three sites in a row, the input's among
them; then swaps (XX, YY, ZZ) carry the two clones to their own sites, through wires that are still halves
of Bell pairs. What that leaves behind is a permutation of those, and a gate on two of them for each scheme:
preparation is little more than Bell pairs, and the noise wires lie where these are shortest.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import stim
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from qclone.native._assemble import Draft
from qclone.native._concentrate import Concentration, Site, applied
from qclone.native._disentangle import Greed, Tree, Vectors, packed, turn
from qclone.native._layout import Edge
from qclone.native._pairs import Pair
from qclone.native._place import hops_from, neighbours
from qclone.native._transport import rooted, transport_tree
from qclone.scheme import Iterated, Role

_NOTHING: Site = ("I", "I")
_SWAP = ("XX", "YY", "ZZ")
# A long way costs more than two short ones: it is a bottleneck in time.
_FARTHER = 1.2
_NEVER = 1e4
# Edges of the tree of preparation exchanged.
_EXCHANGES = 12_000


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
    scheme : the canonical scheme with two clones, iterated.
    clone : the clone to decrypt.
    couplers : those that may be used.
    reference : the qubit entangled with the input, its neighbour.
    signals : label -> qubit, for the input and every signal wire.
    """

    scheme: Iterated
    clone: str
    couplers: tuple[Edge, ...]
    reference: int
    signals: Mapping[str, int]

    def drafts(self, greeds: Iterable[Greed], rng: random.Random) -> list[Draft]:
        """Return a draft for each way to be greedy that leads somewhere; none if decryption is impossible."""
        encryption = self.encryption(rng)
        tree = transport_tree(
            set(self.signals.values()) - {self._source}, self._prepare_edges, _EXCHANGES, rng
        )
        key = self._key_sites()
        if key is None:
            return []
        index = {q: k for k, q in enumerate(self._prepared)}
        on = Tree(tuple((index[a], index[b]) for a, b in tree))
        roles = self._roles(encryption, tree, key)
        state = self._state(roles)
        for a, b, paulis in reversed(encryption.gates):
            turn(state, self._column(a), self._column(b), _number(paulis))
        state = state[: len(index)]
        decrypt, output = self._decryption(roles, rng)
        found = []
        for greed in greeds:
            left = state.copy()
            gates = on.disentangle(left, greed, np.random.default_rng(rng.randrange(1 << 30)))
            if gates is None:
                continue
            x, z = encryption.source
            start = {q: _axis(left[k]) for q, k in index.items()}
            start |= {self._source: next(p for p in "XYZ" if p not in (x, z)), self.reference: "Y"}
            prepare = [(self._prepared[a], self._prepared[b], paulis) for a, b, paulis in reversed(gates)]
            pair = (self.reference, self._source, "X" + z)
            found.append(Draft(roles, (output,), start, (pair, *prepare), encryption.gates, decrypt))
        return found

    def encryption(self, rng: random.Random) -> Encryption:
        """Return encryption, level by level, and the supports of what it leaves."""
        frames: dict[int, dict[str, str]] = {}
        backwards: list[Pair] = []
        for family in reversed(families(self.scheme)):
            backwards += self._undone([self.signals[label] for label in family], frames, rng)
        frame = frames[self._source]
        gates = tuple(reversed(backwards))
        return Encryption(gates, (frame["X"], frame["Z"]), self._supports(gates))

    def _undone(
        self, family: Sequence[int], frames: dict[int, dict[str, str]], rng: random.Random
    ) -> list[Pair]:
        """One scheme's encryption backwards: clones come back to the input, then the pair is concentrated."""
        source = family[0]
        sites = dict(zip(family, self._images, strict=True))
        for q in family:
            if q in frames:
                x, z = sites[q]
                sites[q] = frames[q][x], frames[q][z]
        near, far = sorted((self._way(source, q) for q in family[1:]), key=len)
        # Where both go the same way, the one that has farther to go starts ahead.
        shared = near[1] == far[1]
        ahead = far[2] if shared else far[1]
        gates: list[Pair] = []
        for way, start in ((near, near[1]), (far, ahead)):
            back = way[: way.index(start) - 1 : -1]
            for b, a in pairwise(back):
                gates += [(a, b, paulis) for paulis in _SWAP]
                sites[a], sites[b] = sites[b], sites.get(a, _NOTHING)
        row = {q: sites[q] for q in (source, near[1], ahead)}
        edges = [(source, near[1]), (near[1] if shared else source, ahead)]
        solved = Concentration(row, edges, (source,)).solve(4, 4, rng)
        assert solved is not None, "three full sites in a row take four gates"
        for a, b, paulis in (pair for layer in solved for pair in layer):
            row[a], row[b] = applied(paulis, row[a], row[b])
            gates.append((a, b, paulis))
        x, z = row[source]
        frames[source] = {"I": "I", "X": x, "Z": z, "Y": next(p for p in "XYZ" if p not in (x, z))}
        return gates

    @cached_property
    def _images(self) -> list[Site]:
        """What encryption makes of the input's X and Z, on the input, S1 and S2."""
        base = self.scheme.base
        circuit, source = base.encrypt(), base.index(base.inputs[0])
        images = []
        for pauli in "XZ":
            string = stim.PauliString(base.num_qubits)
            string[source] = pauli
            images.append(string.after(circuit))
        return [
            ("IXYZ"[images[0][q]], "IXYZ"[images[1][q]]) for q in base.indices((base.inputs[0], "S1", "S2"))
        ]

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
        return rooted(self._within(self.signals.values()), self._source)

    @property
    def _source(self) -> int:
        return self.signals[self.scheme.inputs[0]]

    def _within(self, nodes: Iterable[int]) -> list[Edge]:
        kept = set(nodes)
        return [(a, b) for a, b in self.couplers if a in kept and b in kept]

    @cached_property
    def _prepared(self) -> list[int]:
        """Every qubit connected with the source but it and the reference."""
        rest = [e for e in self.couplers if not {self._source, self.reference} & set(e)]
        near = neighbours(rest)
        first = next(q for label, q in self.signals.items() if q != self._source)
        return sorted(hops_from(near, first))

    @cached_property
    def _prepare_edges(self) -> list[Edge]:
        return self._within(self._prepared)

    @cached_property
    def _free(self) -> list[int]:
        """Where noise wires may lie."""
        used = set(self.signals.values())
        return [q for q in self._prepared if q not in used]

    def _column(self, q: int) -> int:
        return [*self._prepared, self._source, self.reference].index(q)

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
                string = stim.PauliString(len(labels))
                string[signal] = pauli
                image = string.after(encrypt)
                moved = stim.PauliString(len(at))
                for label, q in self.signals.items():
                    moved[at[q]] = image[labels.index(label)]
                after = moved.after(backwards)
                support |= {q for q, k in at.items() if after[k]}
            found[noise] = frozenset(support - {self._source})
        return found

    def _distances(self, encryption: Encryption, tree: Sequence[Edge]) -> NDArray[np.float64]:
        """How far each noise label (rows) would be from what it is entangled with, at each free site."""
        near = neighbours(tree)
        hops = {q: hops_from(near, q) for q in self.signals.values() if q in near}
        table = [
            [np.mean([hops[s][q] for s in encryption.supports[label]]) for q in self._free]
            for label in self._noise
        ]
        return np.array(table) ** _FARTHER

    def _key_sites(self) -> list[int] | None:
        """The free sites nearest to the clone, connected with it and one another."""
        whole = self.scheme.clone(self.clone)
        (clone,) = (self.signals[label] for label in whole.wires)
        hops = hops_from(neighbours(self._within((clone, *self._free))), clone)
        near = sorted((h, q) for q, h in hops.items() if q != clone)[: len(whole.key)]
        return [q for _, q in near] if len(near) == len(whole.key) else None

    def _roles(self, encryption: Encryption, tree: Sequence[Edge], key: Sequence[int]) -> dict[str, int]:
        """Noise labels lie near to what they are entangled with, the key's on the key's sites."""
        cost = self._distances(encryption, tree)
        held = set(self.scheme.clone(self.clone).key)
        at_key = np.array([q in key for q in self._free])
        for row, label in zip(cost, self._noise, strict=True):
            row[at_key != (label in held)] += _NEVER
        rows, columns = linear_sum_assignment(cost)
        noise = {self._noise[i]: self._free[j] for i, j in zip(rows, columns, strict=True)}
        return {**self.signals, **noise, "R": self.reference}

    def _state(self, roles: Mapping[str, int]) -> Vectors:
        """The encrypted state on the prepared qubits, the source and the reference; spare ones are |0>."""
        reference = self.scheme.num_qubits
        circuit = stim.Circuit(f"H {reference}\nCX {reference} {self.scheme.index(self.scheme.inputs[0])}")
        simulator = stim.TableauSimulator()
        simulator.do(circuit + self.scheme.prepare() + self.scheme.encrypt())
        tableau = simulator.current_inverse_tableau().inverse()
        outputs = [tableau.z_output(k).to_numpy() for k in range(len(tableau))]
        labels = [*(w.label for w in self.scheme.wires), "R"]
        columns = {
            roles[label]: tuple(
                sum(int(out[half][i]) << k for k, out in enumerate(outputs)) for half in range(2)
            )
            for i, label in enumerate(labels)
        }
        everything = [*self._prepared, self._source, self.reference]
        spare = [q for q in everything if q not in columns]
        columns |= {q: (0, 1 << len(outputs) + k) for k, q in enumerate(spare)}
        return packed([columns[q] for q in everything], len(everything))

    def _decryption(
        self, roles: Mapping[str, int], rng: random.Random
    ) -> tuple[tuple[Pair, ...], tuple[int, str]]:
        """Concentrate the clone's pair of Paulis in as few layers, and then gates, as the solver finds."""
        whole, circuit = self.scheme.clone(self.clone), self.scheme.decrypt(self.clone)
        (output,) = self.scheme.indices(whole.outputs)
        images = []
        for pauli in "XZ":
            string = stim.PauliString(self.scheme.num_qubits)
            string[output] = pauli
            images.append(string.before(circuit))
        held = {roles[label]: self.scheme.index(label) for label in (*whole.wires, *whole.key)}
        sites = {q: ("IXYZ"[images[0][i]], "IXYZ"[images[1][i]]) for q, i in held.items()}
        concentration = Concentration(sites, self._within(held), tuple(held))
        layers = concentration.least_layers()
        while (solved := concentration.solve(layers, None, rng)) is None:
            layers += 1
        for gates in range(2 * (len(held) - 1), sum(map(len, solved))):
            fewer = concentration.solve(layers, gates, rng)
            if fewer is not None:
                solved = fewer
                break
        pairs = tuple(pair for layer in solved for pair in layer)
        for a, b, paulis in pairs:
            sites[a], sites[b] = applied(paulis, sites[a], sites[b])
        ((q, axes),) = ((q, site) for q, site in sites.items() if site != _NOTHING)
        return pairs, (q, "".join(axes))


def _number(paulis: str) -> int:
    return 3 * "XYZ".index(paulis[0]) + "XYZ".index(paulis[1])


def _axis(columns: NDArray[np.uint64]) -> str:
    """The axis that a qubit in a product state is an eigenstate of."""
    return "Z" if not columns[0].any() else "X" if not columns[1].any() else "Y"
