"""Encryption run backwards, and what it leaves to prepare."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair, third
from qclone.search.kernels._entropies import Cuts, annealed_order, weighed
from qclone.search.kernels._greedy import Greed, Tree
from qclone.search.stages._concentrate import Schedule, Site, applied, fitting
from qclone.search.stages._sites import ended
from qclone.search.stages._state import State

_PAULIS = "XYZ"
# How random the choice among Paulis is, in ebits.
_NOISE = 0.3
# Weight of the squares of entropies: bottlenecks take long.
_SQUARES = 0.1
# While labels are exchanged, in ebits.
_HOT, _COLD = 8.0, 0.1


@dataclass(frozen=True)
class Undone:
    """Encryption run backwards, and the state that it leaves to prepare.

    Parameters
    ----------
    roles : label -> qubit.
    encrypt : encryption, in order.
    source : what the input's X and Z are before, on its qubit.
    left : the state of all but the input and its reference.
    cost : how entangled it is, where that was asked.
    """

    roles: Mapping[str, int]
    encrypt: tuple[Pair, ...]
    source: Site
    left: State
    cost: float = 0.0

    def prepared(self, tree: Tree, greed: Greed, rng: random.Random) -> tuple[Pair, ...] | None:
        """Return gates on a tree that make the state from a product state, in order; None where greed fails.

        Different random states give different gates.
        """
        generator = np.random.default_rng(rng.randrange(1 << 30))
        gates = tree.disentangle(self.left.vectors.copy(), greed, generator)
        nodes = self.left.nodes
        return None if gates is None else tuple((nodes[a], nodes[b], paulis) for a, b, paulis in gates[::-1])

    def draft(
        self,
        prepare: Sequence[Pair],
        decrypt: tuple[Pair, ...],
        held: Mapping[int, Site],
    ) -> Draft:
        """Put the stages together; the reference's gate acts on the axis that spares the input a pulse.

        Parameters
        ----------
        held : what decryption, whose gates concentrate it, makes X and Z of the output.
        """
        state = State(self.left.nodes, self.left.vectors.copy())
        for gate in reversed(prepare):
            state.turn(gate)
        roles, gates = self.roles, (*prepare, *self.encrypt, *decrypt)
        used = {q for a, b, _ in gates for q in (a, b)}
        start = {q: state.axis(q) for q in state.nodes if q in used}
        source = roles["A"]
        axis = next(paulis[(a, b).index(source)] for a, b, paulis in self.encrypt if source in (a, b))
        link, start[roles["R"]], start[source] = _link(*self.source, axis)
        prepare = (*prepare, (roles["R"], source, link))
        return Draft(roles, (ended(held, decrypt),), start, prepare, self.encrypt, decrypt)


def _link(x: str, z: str, axis: str) -> tuple[str, str, str]:
    """The gate that makes X_R x_A, Z_R z_A stabilisers, with `axis` on A, and what R and A start from."""
    image = {"X": x, "Z": z, "Y": third(x, z)}
    mirrored = next(p for p in _PAULIS if image[p] == axis)
    gate, start = (p for p in _PAULIS if p != mirrored)
    return gate + axis, start, third(image[gate], axis)


def undone(
    schedule: Schedule,
    sites: Mapping[int, Site],
    state: State,
    roles: Mapping[str, int],
    cuts: Cuts,
    groups: Sequence[Collection[int]],
    steps: int,
    rng: random.Random,
) -> Undone:
    """Run encryption backwards by a schedule; of the Paulis that fit, take what disentangles most.

    Parameters
    ----------
    sites : the input's X and Z, encrypted.
    state : the encrypted one, input and reference last; it follows.
    groups, steps : labels that change places afterwards, see `relabelled`.
    """
    sites, backwards = dict(sites), []
    for step in schedule:
        for (a, b), types in rng.sample(step, len(step)):
            options = []
            for paulis, after in fitting(sites[a], sites[b], types):
                state.turn((a, b, paulis))
                cost = weighed(state.vectors, cuts, _SQUARES)
                options.append((cost + _NOISE * rng.random(), paulis, after))
                state.turn((a, b, paulis))
            _, paulis, (sites[a], sites[b]) = min(options)
            state.turn((a, b, paulis))
            backwards.append((a, b, paulis))
    left = state.first(len(state.nodes) - 2)
    moved = relabelled(left, roles, cuts, groups, steps, rng)
    cost = weighed(left.vectors, cuts, _SQUARES)
    return Undone(moved, tuple(reversed(backwards)), sites[roles["A"]], left, cost)


def taken_back(
    encrypt: tuple[Pair, ...], sites: Mapping[int, Site], state: State, roles: Mapping[str, int]
) -> Undone:
    """Run an encryption backwards as it is; sites and state as in `undone`."""
    moved = dict(sites)
    for a, b, paulis in reversed(encrypt):
        moved[a], moved[b] = applied(paulis, moved[a], moved[b])
        state.turn((a, b, paulis))
    return Undone(roles, encrypt, moved[roles["A"]], state.first(len(state.nodes) - 2))


def relabelled(
    state: State,
    roles: Mapping[str, int],
    cuts: Cuts,
    groups: Sequence[Collection[int]],
    steps: int,
    rng: random.Random,
) -> dict[str, int]:
    """Return roles for which a state is little entangled across cuts; the state follows.

    Parameters
    ----------
    groups : qubits among which labels may change places.
    steps : exchanges tried, by simulated annealing.
    """
    kinds = np.array([next((k for k, group in enumerate(groups) if q in group), -1) for q in state.nodes])
    generator = np.random.default_rng(rng.randrange(1 << 30))
    order, _ = annealed_order(state.vectors, kinds, cuts, _SQUARES, steps, _HOT, _COLD, generator)
    state.vectors[:] = state.vectors[order]
    moved = {state.nodes[int(o)]: q for o, q in zip(order, state.nodes, strict=True)}
    return {label: moved.get(q, q) for label, q in roles.items()}
