"""What all syntheses have in common: the encrypted state, encryption undone, what is left prepared."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import count

import numpy as np
import stim

from qclone.native._layout import Edge
from qclone.native._pairs import Pair
from qclone.scheme import Role, Scheme
from qclone.search.kernels._beam import Options, beam
from qclone.search.kernels._entropies import Cuts
from qclone.search.kernels._vectors import Vectors, packed
from qclone.search.stages._concentrate import EMPTY, Schedule, Site, applied, fitting
from qclone.search.stages._state import State, pauli_at, site_of

Layers = list[list[Pair]]
_PAULIS = "XYZ"
# How random the choice among Paulis is, in ebits.
_NOISE = 0.3


def encryption_sites(scheme: Scheme, roles: Mapping[str, int]) -> dict[int, Site]:
    """Return what encryption makes of the input's X and Z, by the qubits of all wires but noise."""
    source, circuit = scheme.index(scheme.inputs[0]), scheme.encrypt()
    pair = [pauli_at(source, p, scheme.num_qubits).after(circuit) for p in "XZ"]
    wires = [(i, w) for i, w in enumerate(scheme.wires) if w.role is not Role.NOISE]
    return {roles[w.label]: site_of(pair, i) for i, w in wires}


def decryption_sites(scheme: Scheme, clone: str, roles: Mapping[str, int]) -> dict[int, Site]:
    """Return what decryption makes X and Z of a clone's output, by the qubits of the clone and its key."""
    whole, circuit = scheme.clone(clone), scheme.decrypt(clone)
    (output,) = scheme.indices(whole.outputs)
    pair = [pauli_at(output, p, scheme.num_qubits).before(circuit) for p in "XZ"]
    return {roles[label]: site_of(pair, scheme.index(label)) for label in (*whole.wires, *whole.key)}


@cache
def encrypted(scheme: Scheme) -> Mapping[str, tuple[int, int]]:
    """Return the protocol's encrypted state: label, R too -> its columns, one bit a stabiliser."""
    reference = scheme.num_qubits
    circuit = stim.Circuit(f"H {reference}\nCX {reference} {scheme.index(scheme.inputs[0])}")
    simulator = stim.TableauSimulator()
    simulator.do(circuit + scheme.prepare() + scheme.encrypt())
    stabilisers = simulator.canonical_stabilizers()
    columns = {}
    for i, label in enumerate([*(w.label for w in scheme.wires), "R"]):
        x = sum(1 << k for k, s in enumerate(stabilisers) if s[i] in (1, 2))
        z = sum(1 << k for k, s in enumerate(stabilisers) if s[i] in (2, 3))
        columns[label] = (x, z)
    return columns


def encrypted_state(scheme: Scheme, roles: Mapping[str, int], nodes: Sequence[int]) -> State:
    """Return that state on some qubits, all that have roles among them, and |0> on the others."""
    held = {q: encrypted(scheme)[label] for label, q in roles.items()}
    spare = count(len(roles))
    return State(nodes, packed([held.get(q) or (0, 1 << next(spare)) for q in nodes], len(nodes)))


def undone(
    schedule: Schedule,
    sites: dict[int, Site],
    state: State,
    cost: Callable[[], float],
    rng: random.Random,
) -> Layers:
    """Run encryption backwards by a schedule; of the Paulis that fit, take what disentangles most.

    Sites and state follow.
    """
    layers: Layers = []
    for step in schedule:
        layers.append([])
        for (a, b), types in rng.sample(step, len(step)):
            options = []
            for paulis, after in fitting(sites[a], sites[b], types):
                state.turn((a, b, paulis))
                options.append((cost() + _NOISE * rng.random(), paulis, after))
                state.turn((a, b, paulis))
            _, paulis, (sites[a], sites[b]) = min(options)
            state.turn((a, b, paulis))
            layers[-1].append((a, b, paulis))
    return layers


def disentangled(
    vectors: Vectors, cuts: Cuts, edges: Sequence[Edge], options: Options, seed: int
) -> tuple[Pair, ...] | None:
    """Return gates that make a product state of one, so backwards they prepare it; None if that fails."""
    found, path = beam(vectors, cuts, options, np.random.default_rng(seed))
    if not found:
        return None
    moves = [int(m) for layer in path for m in layer if m >= 0]
    return tuple((*edges[m // 9], _PAULIS[m % 9 // 3] + _PAULIS[m % 3]) for m in moves)


def followed(sites: Mapping[int, Site], gates: Iterable[Pair]) -> dict[int, Site]:
    """Return what gates make of a pair of Paulis."""
    moved = dict(sites)
    for a, b, paulis in gates:
        moved[a], moved[b] = applied(paulis, moved[a], moved[b])
    return moved


def ended(sites: Mapping[int, Site], gates: Iterable[Pair]) -> tuple[int, str]:
    """Return the one qubit on which gates concentrate a pair, and its axes there."""
    ((q, axes),) = ((q, site) for q, site in followed(sites, gates).items() if site != EMPTY)
    return q, "".join(axes)
