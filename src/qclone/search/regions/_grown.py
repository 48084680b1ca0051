"""Layouts grown at random on any lattice: two regions, one for S and one for N, that meet."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qclone.native._graph import Edge, hops_from, neighbours, reached_from
from qclone.search.regions._layout import Layout
from qclone.search.regions._tree_sides import layout_tree, sides

_NO_WAY = 10_000


def grown(couplers: Iterable[Edge], num_clones: int, clone: str, rng: random.Random) -> Layout | None:
    """Return a layout grown from a random place, or None where it ran out of room.

    The clone and its noise qubit sit on a coupler, or on both ends of a spare qubit; signal and noise
    regions grow from them by turns, each step to a free neighbour, the sooner the closer it is to where
    they began. A and R follow at the border of the signal region; if A is the clone, it is the first.
    """
    couplers = tuple(couplers)
    near = neighbours(couplers)
    if not near:
        return None
    root = rng.choice(sorted(near))
    bridge = rng.choice(near[root]) if rng.random() < 0.5 else None
    key = rng.choice([q for q in near[root if bridge is None else bridge] if q != root] or [root])
    if key == root:
        return None
    spread = rng.choice((0.0, 0.5, 1.0, 2.0))
    signals, noise = [root], [key]
    used = {root, key} | ({bridge} if bridge is not None else set())
    wanted = num_clones + (clone == "A")
    while len(signals) < wanted or len(noise) < num_clones:
        for region, size in ((signals, wanted), (noise, num_clones)):
            if len(region) < size:
                step = _step(region, near, used, spread, rng)
                if step is None:
                    return None
                region.append(step)
                used.add(step)
    if clone == "A":
        a, *signals = signals
    else:
        border = [q for s in signals for q in near[s] if q not in used]
        if not border:
            return None
        a = rng.choice(border)
    free = [q for q in near[a] if q not in used and q != a]
    if not free:
        return None
    roles = {"A": a, "R": rng.choice(free)}
    pairs = [*signals[1:]]
    rng.shuffle(pairs)
    roles |= {f"S{i}": q for i, q in enumerate([signals[0], *pairs], 1)}
    roles |= {f"N{i}": q for i, q in enumerate(noise, 1)}
    return with_spares(Layout(roles, clone, (), couplers), near)


def with_spares(layout: Layout, near: Mapping[int, list[int]]) -> Layout | None:
    """Return it with every free qubit that links both regions as spare, or None where they stay apart."""
    taken, noise = set(layout.roles.values()), set(layout.noise)
    border = (*layout.signals, layout.roles["A"])
    spare = {q for s in border for q in near[s] if q not in taken and not noise.isdisjoint(near[q])}
    spare |= set(layout.spare)
    layout = replace(layout, spare=tuple(sorted(spare)))
    if not layout.in_one_piece and (way := _way(near, layout.signals, noise, taken)):
        # The Bell pairs need a way that avoids A: around a hexagon, say.
        layout = replace(layout, spare=tuple(sorted(spare | way)))
    return layout if layout.in_one_piece else None


def _way(
    near: Mapping[int, list[int]], starts: Iterable[int], ends: Set[int], taken: Collection[int]
) -> set[int]:
    """Return the free qubits of a shortest way between two regions; none where there is no such way."""
    free = {v: [w for w in beside if w not in taken] for v, beside in near.items()}
    before, way = reached_from(free, *starts), set[int]()
    v = next((v for v, last in before.items() if v != last and not ends.isdisjoint(near[v])), None)
    while v is not None and v != before[v]:
        way.add(v)
        v = before[v]
    return way


def promising(layouts: Iterable[Layout | None]) -> Layout | None:
    """Return the layout with the shortest ways: for Bell pairs, from A, and to where decryption ends."""
    return min((layout for layout in layouts if layout is not None), key=ways, default=None)


def ways(layout: Layout) -> float:
    """Return about how many gates a layout takes, waiting included.

    On a tree Bell pairs are shortest when as many cross a cut as one side has signal qubits more than
    noise qubits, or fewer. What crosses a rung goes one by one, in and out of a qubit.
    """
    signals, noise = set(layout.signals), set(layout.noise)
    tree = layout_tree(layout, signals, 0.0, random.Random(0))
    flows = [abs(len(side & signals) - len(side & noise)) for side in sides(tree)]
    spread = hops_between(layout.encrypt_edges, [layout.roles["A"]], layout.signals).max()
    key = (layout.roles[layout.clone], *layout.key)
    gather = hops_between(layout.decrypt_edges, layout.decrypt_nodes, key).max(axis=1).min()
    # Every layer costs each of the 2 n qubits some idling: about a fifth of a gate.
    return float(sum(flows) + 0.2 * 2 * layout.num_clones * (2 * max(flows) + spread + gather))


def hops_between(edges: Iterable[Edge], starts: Sequence[int], ends: Sequence[int]) -> NDArray[np.int64]:
    """Return how many couplers lie between nodes; far more than there are where there is no way."""
    near = neighbours(edges)
    return np.array([[hops.get(q, _NO_WAY) for q in ends] for hops in (hops_from(near, s) for s in starts)])


def _step(
    region: Collection[int],
    near: Mapping[int, list[int]],
    used: Collection[int],
    spread: float,
    rng: random.Random,
) -> int | None:
    options = [(age, q) for age, s in enumerate(region) for q in near[s] if q not in used]
    if not options:
        return None
    return min(options, key=lambda option: option[0] + spread * len(region) * rng.random())[1]
