"""From a layout to drafts: concentrate, disentangle, put together."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.native._beam import Columns, Cuts, Options, beam, cost_of
from qclone.native._concentrate import Concentration, Site, applied
from qclone.native._layout import Layout
from qclone.native._pairs import Pair
from qclone.scheme import Canonical

_PAULIS = "XYZ"
_MORE_LAYERS = 8
Layers = list[list[Pair]]


@dataclass(frozen=True)
class Synthesis:
    """Circuits for a layout, different ones for different random states.

    Parameters
    ----------
    options : how widely preparation is searched for.
    """

    layout: Layout
    options: Options = field(default=Options(100, 8, 2, 40, 0.1, 1.0))

    @cached_property
    def encryption(self) -> Concentration:
        """The images of X_A and Z_A, to be concentrated onto A: encryption backwards."""
        scheme = Canonical(self.layout.num_clones)
        pair = [_at(0, p, scheme.num_qubits).after(scheme.encrypt()) for p in "XZ"]
        sites = {
            self.layout.roles[w.label]: _site(pair, i)
            for i, w in enumerate(scheme.wires)
            if not w.label.startswith("N")
        }
        return Concentration(sites, self.layout.encrypt_edges, (self.layout.roles["A"],))

    @cached_property
    def decryption(self) -> Concentration:
        """The logical pair of the clone and all N, to be concentrated onto any of them."""
        scheme, clone = Canonical(self.layout.num_clones), self.layout.clone
        circuit = scheme.decrypt(clone)
        pair = [_at(scheme.index(clone), p, scheme.num_qubits).before(circuit) for p in "XZ"]
        sites: dict[int, Site] = dict.fromkeys(self.layout.spare, ("I", "I"))
        for label in (clone, *scheme.clone(clone).key):
            sites[self.layout.roles[label]] = _site(pair, scheme.index(label))
        return Concentration(sites, self.layout.decrypt_edges, self.layout.decrypt_nodes)

    @cached_property
    def _nodes(self) -> tuple[int, ...]:
        return (*self.layout.signals, *self.layout.noise, *self.layout.spare)

    @cached_property
    def _cuts(self) -> Cuts:
        at = {q: i for i, q in enumerate(self._nodes)}
        sides = [sorted(at[q] for q in min(cut, key=len)) for cut in self.layout.bipartitions()]
        members = np.zeros((len(sides), max(map(len, sides))), np.int64)
        inside = np.zeros((len(sides), len(at)), np.bool_)
        for c, side in enumerate(sides):
            members[c, : len(side)] = side
            inside[c, side] = True
        edges = np.array([(at[a], at[b]) for a, b in self.layout.prepare_edges], np.int64)
        crossing = [np.flatnonzero(inside[:, a] != inside[:, b]) for a, b in edges]
        first = np.cumsum([0, *map(len, crossing)])
        sizes = np.array([len(side) for side in sides])
        return Cuts(edges, first, np.concatenate(crossing), members, sizes, inside)

    @cached_property
    def _encrypted(self) -> dict[int, tuple[int, int]]:
        """The protocol's encrypted state: qubit -> its columns, one bit a stabiliser."""
        scheme, layout = Canonical(self.layout.num_clones), self.layout
        reference = scheme.num_qubits
        circuit = stim.Circuit(f"H {reference}\nCX {reference} 0") + scheme.prepare() + scheme.encrypt()
        simulator = stim.TableauSimulator()
        simulator.do(circuit)
        stabilisers = simulator.canonical_stabilizers()
        labels = [*(w.label for w in scheme.wires), "R"]
        columns = {}
        for i, label in enumerate(labels):
            x = sum(1 << k for k, s in enumerate(stabilisers) if s[i] in (1, 2))
            z = sum(1 << k for k, s in enumerate(stabilisers) if s[i] in (2, 3))
            columns[layout.roles[label]] = (x, z)
        for k, q in enumerate(layout.spare):
            columns[q] = (0, 1 << (len(stabilisers) + k))
        return columns

    def before(self, encryption: Layers) -> tuple[Columns, float]:
        """Return the state that preparation must make for an encryption (given backwards), and its cost."""
        state = dict(self._encrypted)
        for pair in _flat(encryption):
            _apply(state, pair)
        columns = np.array([[state[q][half] for q in self._nodes] for half in range(2)], np.uint64)
        total, squares = cost_of(columns, self._cuts)
        return columns, total + self.options.square_weight * squares

    def prepare(self, columns: Columns, seed: int) -> tuple[Pair, ...] | None:
        """Return gates that make a state, in order, and leave open what they start from."""
        found, path = beam(columns, self._cuts, self.options, np.random.default_rng(seed))
        if not found:
            return None
        moves = [int(m) for layer in path for m in layer if m >= 0]
        edges = self.layout.prepare_edges
        return tuple((*edges[m // 9], _PAULIS[m % 9 // 3] + _PAULIS[m % 3]) for m in reversed(moves))

    def draft(self, preparation: Sequence[Pair], encryption: Layers, decryption: Layers) -> Draft:
        """Put the stages together; `encryption` is given backwards, as it was found."""
        state = dict(self._encrypted)
        for pair in (*_flat(encryption), *reversed(preparation)):
            _apply(state, pair)
        touched = {q for a, b, _ in (*preparation, *_flat(decryption)) for q in (a, b)}
        start = {q: _axis(*state[q]) for q in self._nodes if q in touched}
        roles = self.layout.roles
        gates = tuple(reversed(list(_flat(encryption))))
        x, z = _after(self.encryption.sites, encryption)[roles["A"]]
        link, start[roles["R"]], start[roles["A"]] = _link(x, z, _first_axis(gates, roles["A"]))
        ends = {q: s for q, s in _after(self.decryption.sites, decryption).items() if s != ("I", "I")}
        ((output, axes),) = ends.items()
        return Draft(
            roles,
            ((output, "".join(axes)),),
            start,
            (*preparation, (roles["R"], roles["A"], link)),
            gates,
            tuple(_flat(decryption)),
        )


def shortest(concentration: Concentration, rng: random.Random) -> tuple[int, int]:
    """Return the least number of layers, and a small number of gates that is enough in that many.

    2 (m - 1) gates are what a tree of m sites needs; where that many are not enough, a few more are tried.

    Raises
    ------
    InvalidInputError : the pair cannot be concentrated in a few layers more than its light cone takes.
    """
    first = concentration.least_layers()
    for layers in range(first, first + _MORE_LAYERS):
        if (found := concentration.solve(layers, None, rng)) is not None:
            least = 2 * (len(concentration.sites) - 1)
            for gates in (least, least + 1, least + 3):
                if concentration.solve(layers, gates, rng) is not None:
                    return layers, gates
            return layers, len(list(_flat(found)))
    raise InvalidInputError("This layout has no short way to concentrate the pair.", "Try another layout.")


def _flat(layers: Iterable[Sequence[Pair]]) -> Iterator[Pair]:
    return (pair for layer in layers for pair in layer)


def _at(qubit: int, pauli: str, width: int) -> stim.PauliString:
    string = stim.PauliString(width)
    string[qubit] = pauli
    return string


def _site(pair: Sequence[stim.PauliString], qubit: int) -> Site:
    p, q = pair
    return "IXYZ"[p[qubit]], "IXYZ"[q[qubit]]


def _apply(state: dict[int, tuple[int, int]], pair: Pair) -> None:
    a, b, paulis = pair
    mask = 0
    for q, pauli in zip((a, b), paulis, strict=True):
        x, z = state[q]
        mask ^= {"X": z, "Y": x ^ z, "Z": x}[pauli]
    for q, pauli in zip((a, b), paulis, strict=True):
        x, z = state[q]
        state[q] = (x ^ mask if pauli != "Z" else x, z ^ mask if pauli != "X" else z)


def _axis(x: int, z: int) -> str:
    """The axis that a qubit in a product state is an eigenstate of."""
    return "Z" if x == 0 else "X" if z == 0 else "Y"


def _after(sites: Mapping[int, Site], layers: Layers) -> dict[int, Site]:
    moved = dict(sites)
    for a, b, paulis in _flat(layers):
        moved[a], moved[b] = applied(paulis, moved[a], moved[b])
    return moved


def _first_axis(gates: Sequence[Pair], q: int) -> str:
    return next(paulis[(a, b).index(q)] for a, b, paulis in gates if q in (a, b))


def _third(p: str, q: str) -> str:
    return next(r for r in _PAULIS if r not in (p, q))


def _link(x: str, z: str, axis: str) -> tuple[str, str, str]:
    """The gate that makes X_R x_A, Z_R z_A stabilisers, with `axis` on A, and what R and A start from."""
    image = {"X": x, "Z": z, "Y": _third(x, z)}
    mirrored = next(p for p in _PAULIS if image[p] == axis)
    gate, start = (p for p in _PAULIS if p != mirrored)
    return gate + axis, start, _third(image[gate], axis)
