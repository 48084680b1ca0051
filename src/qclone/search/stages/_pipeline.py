"""What all syntheses have in common: the encrypted state, encryption undone, what is left prepared."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import stim

from qclone.native._layout import Edge
from qclone.native._pairs import Pair
from qclone.scheme import Role, Scheme
from qclone.search.kernels._beam import Options, beam
from qclone.search.kernels._entropies import Columns, Cuts, weighed
from qclone.search.stages._columns import State, pauli_at, site_of, turn
from qclone.search.stages._concentrate import EMPTY, Schedule, Site, applied, fitting

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


def encrypted_state(scheme: Scheme, roles: Mapping[str, int], spare: Iterable[int]) -> State:
    """Return that state on the qubits that have roles, and |0> on spare ones."""
    state = {q: encrypted(scheme)[label] for label, q in roles.items()}
    return state | {q: (0, 1 << (len(roles) + k)) for k, q in enumerate(spare)}


def columns_of(state: State, nodes: Sequence[int]) -> Columns:
    """Return the columns of some qubits, for the kernels: shape (2, qubits)."""
    return np.array([[state[q][half] for q in nodes] for half in range(2)], np.uint64)


def entanglement(nodes: Sequence[int], cuts: Cuts, square_weight: float, state: State) -> float:
    """Return the entropies of a state over cuts of some qubits, and their squares with a weight."""
    return weighed(columns_of(state, nodes), cuts, square_weight)


def undone(
    schedule: Schedule,
    sites: dict[int, Site],
    state: State,
    cost: Callable[[State], float],
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
                turn(state, (a, b, paulis))
                options.append((cost(state) + _NOISE * rng.random(), paulis, after))
                turn(state, (a, b, paulis))
            _, paulis, (sites[a], sites[b]) = min(options)
            turn(state, (a, b, paulis))
            layers[-1].append((a, b, paulis))
    return layers


def disentangled(
    columns: Columns, cuts: Cuts, edges: Sequence[Edge], options: Options, seed: int
) -> tuple[Pair, ...] | None:
    """Return gates that make a product state of columns, so backwards they prepare it; None if that fails."""
    found, path = beam(columns, cuts, options, np.random.default_rng(seed))
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
