"""Where the signal wires of an iterated scheme go on a whole chip; compiled annealing.

Exchanged are labels of signal sites, signal sites with noise sites, and edges of the spanning tree on which
preparation will go; counted are the gates and layers of encryption, how far Bell pairs have to go, how far
the key is from the clone, and what its qubits lose while they wait.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qclone.search.kernels._compiled import njit
from qclone.search.kernels._cooling import accepts
from qclone.search.kernels._transport import Integers, exchange, exchanged, rooted, transport_cost
from qclone.search.stages._carry import WAVES


class Weights(NamedTuple):
    """What a gate, a layer, an ebit across an edge, a hop of the key, a broken rule and a clash count.

    Set by hand, with a gate as the unit. Of 46 short annealings of ``Iterated(Canonical(2), (3, 6))`` on
    kingston, -ln((4 Fe - 1)/3) grows by 0.0034 a gate, 0.0039 a layer, 0.0010 an ebit and 0.014 a hop (least
    squares, r^2 = 0.41): 1 to 1.2 to 0.3 to 4. Layers and ebits weigh more than that here, which nothing
    measured asks for; a broken rule costs more than it can ever save, as no circuit passes it.
    """

    gate: float = 1.0
    layer: float = 3.0
    ebit: float = 3.0
    broken: float = 60.0
    clash: float = 2.0
    key: float = 3.0


class Wiring(NamedTuple):
    """The lattice and the scheme, as numbers.

    Parameters
    ----------
    near : shape (sites, 3): neighbours, -1 for none.
    hops : shape (sites, sites).
    tolls : shape (sites,), what it costs, in hops, that a wire of the key waits there.
    source, reference : sites.
    families : shape (schemes, 3): labels of input, S1, S2.
    levels : of each scheme.
    born : of each label: the level after which it is no longer half of a Bell pair; 0 for the input.
    routes : shape (clones, 1 + key): a clone's label, and for each noise wire of its key the input beside
        which its partner is before encryption.
    """

    near: Integers
    hops: Integers
    tolls: NDArray[np.float64]
    source: int
    reference: int
    families: Integers
    levels: Integers
    born: Integers
    routes: Integers


@njit(cache=True)
def _parents(w: Wiring, label: Integers, parent: Integers, depth: Integers, order: Integers) -> int:
    """Fill the tree of signal sites, each array of shape (sites,); return how many are reached."""
    count = rooted(w.near, label[w.near] >= 0, w.source, parent, order)
    depth[w.source] = 0
    for v in order[1:count]:
        depth[v] = depth[parent[v]] + 1
    return count


@njit(cache=True)
def encryption_cost(
    w: Wiring,
    weights: Weights,
    label: Integers,
    site: Integers,
    parent: Integers,
    depth: Integers,
    shown: NDArray[np.float64],
) -> float:
    """Gates and layers of encryption, and what is in the way of clones on the move.

    Parameters
    ----------
    label, parent, depth : shape (sites,); label is -1 for none, parent and depth are those of `_parents`.
    site : shape (labels,).
    shown : shape (4,), filled with gates, layers, broken rules (a clone would pass through another),
        clashes (through a wire that another needs at the same level).
    """
    busy = np.zeros(len(label), np.int64)
    used = np.full(len(label), -1, np.int64)
    level = -1
    gates = broken = clashes = 0
    last = 0
    ways = np.empty((2, 64), np.int64)
    sizes = np.zeros(2, np.int64)
    for f in range(len(w.families)):
        if w.levels[f] != level:
            level = w.levels[f]
            used[:] = -1
        source = site[w.families[f, 0]]
        for k in range(2):
            # From the clone's site down to the input's.
            u, v = site[w.families[f, 1 + k]], source
            m, tail = 0, 63
            while u != v:
                if depth[u] >= depth[v]:
                    ways[k, m] = u
                    m += 1
                    u = parent[u]
                else:
                    ways[k, tail] = v
                    tail -= 1
                    v = parent[v]
                if m > tail:
                    return 1e9
            ways[k, m] = u
            m += 1
            for t in range(tail + 1, 64):
                ways[k, m] = ways[k, t]
                m += 1
            sizes[k] = m - 1
        near, far = (0, 1) if sizes[0] <= sizes[1] else (1, 0)
        shared = ways[near, sizes[near] - 1] == ways[far, sizes[far] - 1]
        stops = sizes[near] - 1, sizes[far] - (2 if shared else 1)
        gates += 4 + 3 * (stops[0] + stops[1])
        third = ways[far, stops[1]]
        row = source, ways[near, stops[0]], third
        start = max(busy[row[0]], busy[row[1]], busy[row[2]]) + 4
        for q in row:
            busy[q] = start
        for k, stop in ((far, stops[1]), (near, stops[0])):
            waves = 3 if stop >= WAVES else 1
            if waves == 3:
                # What waves make of the sites in between is taken back before they come.
                gates += stop - 1
                for t in range(1, stop):
                    start = max(busy[ways[k, t]], busy[ways[k, t - 1]]) + 1
                    busy[ways[k, t]] = busy[ways[k, t - 1]] = start
            for _ in range(waves):
                for t in range(stop, 0, -1):
                    start = max(busy[ways[k, t]], busy[ways[k, t - 1]]) + 3 // waves
                    busy[ways[k, t]] = busy[ways[k, t - 1]] = start
                    last = max(last, start)
        last = max(last, busy[source])
        for k in range(2):
            for t in range(sizes[k]):
                q = ways[k, t]
                own = label[q]
                if own != w.families[f, 1] and own != w.families[f, 2] and w.born[own] <= level + 1:
                    broken += 1
                if used[q] >= 0 and used[q] != f:
                    clashes += 1
                used[q] = f
        if used[source] >= 0 and used[source] != f:
            clashes += 1
        used[source] = f
    shown[0], shown[1], shown[2], shown[3] = gates, last, broken, clashes
    return weights.gate * gates + weights.layer * last + weights.broken * broken + weights.clash * clashes


@njit(cache=True)
def key_cost(w: Wiring, label: Integers, site: Integers) -> float:
    """Of the clones that will do, the one nearest to its key and to what that is entangled with.

    The key's sites are connected, near, and such that waiting there costs little.

    Parameters
    ----------
    label : shape (sites,), -1 for none.
    site : shape (labels,).
    """
    best = 1e9
    size = w.routes.shape[1] - 1
    seen = np.zeros(len(label), np.bool_)
    edge = np.empty(len(label), np.int64)
    away = np.empty(len(label), np.int64)
    for r in range(len(w.routes)):
        # The key's sites, one after the other where it is cheapest; `edge` holds those that come next.
        q = site[w.routes[r, 0]]
        seen[:] = False
        seen[q] = True
        cost, count = w.tolls[q], 0
        away[q] = 0
        for k in range(size):
            cost += w.hops[site[w.routes[r, 0]], site[w.routes[r, 1 + k]]]
            for u in w.near[q]:
                if u >= 0 and not seen[u] and label[u] < 0 and u != w.reference:
                    seen[u] = True
                    edge[count], away[u] = u, away[q] + 1
                    count += 1
            if count == 0:
                cost += 1000.0
                break
            least = 0
            for n in range(1, count):
                if away[edge[n]] + w.tolls[edge[n]] < away[edge[least]] + w.tolls[edge[least]]:
                    least = n
            q = edge[least]
            count -= 1
            edge[least] = edge[count]
            cost += w.tolls[q] + 0.5 * away[q]
        best = min(best, cost)
    return best


@njit(cache=True)
def _surplus(label: Integers) -> NDArray[np.float64]:
    """A signal wire wants a noise wire for its Bell pair: shape (sites, 1)."""
    return np.where(label >= 0, 1.0, -1.0).reshape(-1, 1)


@njit(cache=True)
def anneal_sites(
    w: Wiring,
    weights: Weights,
    label: Integers,
    links: NDArray[np.bool_],
    root: int,
    steps: int,
    hot: float,
    cold: float,
    rng: np.random.Generator,
) -> tuple[Integers, float, int]:
    """Return the label of every site (-1: none) where the cost was least, that cost, and the broken rules.

    Parameters
    ----------
    label : to start from: labels on connected sites.
    links : to start from: shape (sites, 3), a spanning tree of all sites but source and reference.
    """
    sites = len(label)
    label, links = label.copy(), links.copy()
    number = label.max() + 1
    site = np.zeros(number, np.int64)
    for q in range(sites):
        if label[q] >= 0:
            site[label[q]] = q
    parent, depth, order = np.empty(sites, np.int64), np.empty(sites, np.int64), np.empty(sites, np.int64)
    above, row, flow = np.empty(sites, np.int64), np.empty(sites, np.int64), np.empty((sites, 1))
    shown = np.zeros(4)
    size = rooted(w.near, links, root, above, row)
    _parents(w, label, parent, depth, order)
    own = encryption_cost(w, weights, label, site, parent, depth, shown)
    ebits = transport_cost(_surplus(label), above, row[:size], flow)
    now = own + weights.ebit * ebits + weights.key * key_cost(w, label, site)
    best, best_label, broken = now, label.copy(), shown[2]
    for step in range(steps):
        u = rng.random()
        if u < 0.25:
            # Another edge in the tree of preparation.
            a, b, c, d = exchange(w.near, links, above, row[:size], rng)
            if a < 0:
                continue
            exchanged(w.near, links, above, row[:size], (a, b), (c, d))
            fresh = transport_cost(_surplus(label), above, row[:size], flow)
            cost = now + weights.ebit * (fresh - ebits)
            if accepts(cost - now, hot, cold, step / steps, rng):
                now, ebits = cost, fresh
            else:
                exchanged(w.near, links, above, row[:size], (c, d), (a, b))
                continue
        else:
            i = site[rng.integers(0, number)]
            if u < 0.7:
                j = site[rng.integers(0, number)]
                if rng.random() < 0.7 and w.hops[i, j] > 4:
                    continue
            else:
                j = rng.integers(0, sites)
                if label[j] >= 0 or j == w.reference:
                    continue
                if rng.random() < 0.8 and w.hops[i, j] > 6:
                    continue
                beside = False
                for n in w.near[j]:
                    if n >= 0 and n != i and label[n] >= 0:
                        beside = True
                if not beside:
                    continue
            if i == j or w.source in (i, j):
                continue
            noise = label[j] < 0
            label[i], label[j] = label[j], label[i]
            if label[i] >= 0:
                site[label[i]] = i
            site[label[j]] = j
            good = True
            if noise:
                good = _parents(w, label, parent, depth, order) == number
            fresh = ebits
            if good:
                own = encryption_cost(w, weights, label, site, parent, depth, shown)
                if noise:
                    fresh = transport_cost(_surplus(label), above, row[:size], flow)
                cost = own + weights.ebit * fresh + weights.key * key_cost(w, label, site)
                good = accepts(cost - now, hot, cold, step / steps, rng)
            if good:
                now, ebits = cost, fresh
            else:
                label[i], label[j] = label[j], label[i]
                site[label[i]] = i
                if label[j] >= 0:
                    site[label[j]] = j
                if noise:
                    _parents(w, label, parent, depth, order)
                continue
        if now < best - 1e-9:
            best = now
            best_label[:] = label
            encryption_cost(w, weights, label, site, parent, depth, shown)
            broken = shown[2]
    return best_label, best, int(broken)
