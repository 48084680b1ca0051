"""Encryption and decryption along a tree of couplers: no two-qubit gate leaves it, so nothing is swapped.

A parity of all wires is collected by CX from every child to its parent, used at the root and released
again. On the root's side of the protocol that is all there is: both factors of U_enc are phases of such
parities, and both controlled corrections of U_dec are controlled by or act on them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import stim

from qclone.circuits._cost import cost_of

Neighbours = Mapping[int, Iterable[int]]


@dataclass(frozen=True)
class Tree:
    """A rooted tree on the nodes of a graph.

    Parameters
    ----------
    nodes : the nodes, root first, each after its parent.
    parents : the parent of every node but the root, in the order of ``nodes[1:]``.
    """

    nodes: tuple[int, ...]
    parents: tuple[int, ...]

    @property
    def edges(self) -> list[tuple[int, int]]:
        """(child, parent), children before their parents' turn: a parity is collected in this order."""
        return list(zip(self.nodes[:0:-1], self.parents[::-1], strict=True))


def widest_first(neighbours: Neighbours, root: int, size: int, barred: Iterable[int] = ()) -> Tree | None:
    """Return the tree of the `size` nodes nearest to the root, or None if there are fewer."""
    parent: dict[int, int] = {}
    nodes, queue, seen = [root], deque([root]), {root, *barred}
    while queue and len(nodes) < size:
        node = queue.popleft()
        for other in sorted(set(neighbours[node]) - seen):
            if len(nodes) < size:
                parent[other] = node
                seen.add(other)
                nodes.append(other)
                queue.append(other)
    return Tree(tuple(nodes), tuple(parent[n] for n in nodes[1:])) if len(nodes) == size else None


def encrypt_tree(neighbours: Neighbours, size: int) -> Tree | None:
    """Return the tree on which U_enc of `size` wires takes the fewest layers; None if no tree is as large."""
    trees = (widest_first(neighbours, root, size) for root in neighbours)
    return min((t for t in trees if t), key=lambda t: _layers(t.edges), default=None)


def decrypt_tree(
    neighbours: Neighbours, size: int, pair: tuple[int, int] | None = None
) -> tuple[int, Tree] | None:
    """Return the node of S_j and the tree of all N, its root N_j, on which U_dec takes the fewest layers.

    Parameters
    ----------
    size : number of wires, n + 1.
    pair : the nodes of S_j and N_j if they are given.
    """
    pairs = [pair] if pair else [(s, root) for root in neighbours for s in neighbours[root]]
    trees = [
        (s, tree)
        for s, root in pairs
        if s in set(neighbours[root]) and (tree := widest_first(neighbours, root, size - 1, barred=[s]))
    ]
    return min(trees, key=lambda found: _layers(found[1].edges), default=None)


def encrypt_on(tree: Tree) -> stim.Circuit:
    """Return exp(-i pi/4 X..X) exp(-i pi/4 Z..Z) on the nodes of a tree, up to a phase: 4 (m - 1) CX."""
    rotation = [*_collect(tree.edges), f"S {tree.nodes[0]}", *_release(tree.edges)]
    hadamards = f"H {' '.join(map(str, tree.nodes))}"
    return stim.Circuit("\n".join([*rotation, hadamards, *rotation, hadamards]))


def decrypt_on(signal: int, tree: Tree) -> stim.Circuit:
    """Return U_dec(j) with S_j beside the root N_j of a tree of all N: 4 n - 3 two-qubit gates for n > 1.

    After the Bell basis change the bits l on S_j and k on N_j control Z^l X^k on every other noise qubit.
    Z..Z with N_j in it is collected at N_j, its neighbour; the CZ of S_j and N_j that is one too many
    is the CZ that U_dec ends with.
    """
    noise, edges = tree.nodes[0], tree.edges
    lines = [f"CX {signal} {noise}", f"H {signal}"]
    lines += [*_collect(edges), f"CZ {signal} {noise}", *_release(edges)]
    # X..X on a subtree is collected at its top by CX from parent to child, where N_j controls it.
    inner = [(parent, child) for child, parent in edges if parent != noise]
    tops = [child for child, parent in edges if parent == noise]
    lines += [*_collect(inner), *(f"CX {noise} {top}" for top in tops), *_release(inner)]
    lines += [f"S {signal} {noise}", f"H {signal}", f"CX {signal} {noise}"]
    return stim.Circuit("\n".join(lines))


def _collect(edges: Sequence[tuple[int, int]]) -> list[str]:
    return [f"CX {a} {b}" for a, b in edges]


def _release(edges: Sequence[tuple[int, int]]) -> list[str]:
    return _collect(edges)[::-1]


def _layers(edges: Sequence[tuple[int, int]]) -> int:
    return cost_of(stim.Circuit("\n".join(_collect(edges)))).layers
