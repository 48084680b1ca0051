"""A register's history falls into blocks that never met: each is as small as one qubit's scheme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Wires that gates connect, and what happened to them.

    Parameters
    ----------
    wires : their numbers in the register, ascending; the block itself numbers them from 0.
    circuit : gates and noise, as stim text on the block's own numbers.
    """

    wires: Indices
    circuit: str

    def local(self, wires: Sequence[int]) -> tuple[int, ...]:
        """Return the block's numbers of some of its wires."""
        return tuple(np.searchsorted(self.wires, np.asarray(wires, dtype=np.int64)).tolist())


@dataclass(frozen=True)
class _Layer:
    """One instruction: its head, and its targets cut into pieces that cannot be torn apart."""

    head: str
    first: Indices
    """A wire of each piece."""
    pieces: Indices | list[stim.PauliString]
    """Shape (pieces, wires of one) for gates; Pauli products otherwise."""


def blocks(
    circuit: stim.Circuit, num_wires: int, together: Sequence[Sequence[int]]
) -> tuple[list[Block], Indices]:
    """Cut a circuit without loops into its connected parts, in time linear in its length.

    Parameters
    ----------
    together : groups of wires that belong to one block whatever connects them.

    Returns
    -------
    The blocks, and for every wire the number of its block; -1 for wires that nothing happened to and
    that are in no group.

    Example
    -------
    >>> parts, block_of = blocks(stim.Circuit("H 0 3\\nCX 0 1"), 4, [(2,)])
    >>> [part.circuit for part in parts], block_of.tolist()
    (['H 0\\nCX 0 1', '', 'H 0'], [0, 0, 1, 2])
    """
    layers = list(_layers(circuit))
    touched = np.zeros(num_wires, dtype=bool)
    edges: list[Indices] = []
    for layer in layers:
        touched[layer.first] = True
        if isinstance(layer.pieces, list):
            groups = [np.array(piece.pauli_indices()) for piece in layer.pieces]
        elif layer.pieces.shape[1] == 2:
            groups = []
            touched[layer.pieces] = True
            edges.append(layer.pieces)
        else:
            groups = []
        for wires in groups:
            touched[wires] = True
            edges.append(_chain(wires))
    for group in together:
        wires = np.asarray(group, dtype=np.int64)
        touched[wires] = True
        edges.append(_chain(wires))
    pairs = np.concatenate([*edges, np.zeros((0, 2), np.int64)])
    # Loaded where it is needed: it takes longer than most commands.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), (num_wires,) * 2)
    _, component = connected_components(graph, directed=False)
    return _gather(layers, np.where(touched, component, -1))


def _layers(circuit: stim.Circuit) -> Iterator[_Layer]:
    for gate in circuit:
        targets = gate.targets_copy()
        if not targets:
            continue
        arguments = ", ".join(map(repr, gate.gate_args_copy()))
        head = f"{gate.name}({arguments})" if arguments else gate.name
        data = stim.gate_data(gate.name)
        if data.takes_pauli_targets:
            products = [_product(group) for group in gate.target_groups()]
            products = [product for product in products if product.weight]
            first = np.array([product.pauli_indices()[0] for product in products], dtype=np.int64)
            yield _Layer(head, first, products)
        else:
            width = 2 if data.is_two_qubit_gate else 1
            pieces = np.array([target.value for target in targets], dtype=np.int64).reshape(-1, width)
            yield _Layer(head, pieces[:, 0], pieces)


def _product(group: list[stim.GateTarget]) -> stim.PauliString:
    """Return the product of Pauli targets; one that repeats a wire is multiplied out, as stim does."""
    product = stim.PauliString(0)
    for target in group:
        factor = stim.PauliString({target.value: target.pauli_type})
        product *= -factor if target.is_inverted_result_target else factor
    return product


def _chain(wires: Indices) -> Indices:
    return np.stack([wires[:-1], wires[1:]], axis=1).astype(np.int64)


def _gather(layers: list[_Layer], component: Indices) -> tuple[list[Block], Indices]:
    """Write down what happened to each component, on numbers of its own."""
    there = np.flatnonzero(component >= 0)
    # Blocks in the order of their first wires.
    _, first, inverse = np.unique(component[there], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    block_of = np.full(len(component), -1, dtype=np.int64)
    block_of[there] = rank[inverse]
    order = there[np.argsort(block_of[there], kind="stable")]
    starts = np.searchsorted(block_of[order], np.arange(len(first)))
    local = np.empty(len(component), dtype=np.int64)
    local[order] = np.arange(len(order)) - starts[block_of[order]]
    lines: list[list[str]] = [[] for _ in first]
    for layer in layers:
        where = block_of[layer.first]
        if isinstance(layer.pieces, list):
            for number, product in zip(where.tolist(), layer.pieces, strict=True):
                lines[number].append(f"{layer.head} {_text(product, local)}")
            continue
        by_block = np.argsort(where, kind="stable")
        numbers, begin = np.unique(where[by_block], return_index=True)
        names = list(map(str, local[layer.pieces[by_block]].ravel().tolist()))
        bounds = [*(begin * layer.pieces.shape[1]).tolist(), len(names)]
        for i, number in enumerate(numbers.tolist()):
            lines[number].append(f"{layer.head} {' '.join(names[bounds[i] : bounds[i + 1]])}")
    wires = np.split(order, starts[1:]) if len(starts) else []
    return [Block(w, "\n".join(text)) for w, text in zip(wires, lines, strict=True)], block_of


def _text(product: stim.PauliString, local: Indices) -> str:
    factors = (f"{'_XYZ'[product[wire]]}{local[wire]}" for wire in product.pauli_indices())
    return ("!" if product.sign == -1 else "") + "*".join(factors)
