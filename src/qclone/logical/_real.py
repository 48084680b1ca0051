"""Real Clifford circuits, of CX, CZ and H only, found by search."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.logical._frames import Bits

Gate = tuple[str, int, int]
_BLOCKS = 6_000_000


def real_circuit(circuit: stim.Circuit) -> stim.Circuit | None:
    """Return few two-qubit gates of CX and CZ, and H, that do what a real circuit does, up to Paulis.

    A beam search over its table of images: each move is a controlled Pauli with letters X or Z on both
    wires, and what is left at the end, on each wire by itself, is nothing or H. None if the search, which is
    bounded, does not come to an end; then the circuit is not real or has very many wires.
    """
    wires = sorted({t.value for gate in circuit for t in gate.targets_copy()})
    if not wires:
        return stim.Circuit()
    size = len(wires)
    place = {w: i for i, w in enumerate(wires)}
    small = stim.Circuit()
    for gate in circuit.decomposed():
        small.append(gate.name, [place[t.value] for t in gate.targets_copy()])
    small.append("I", [size - 1])
    x2x, x2z, z2x, z2z, _, _ = small.to_tableau().to_numpy()
    # Axes: image of X or Z, of wire, X or Z part, on wire.
    table = np.array([[x2x, x2z], [z2x, z2z]], dtype=np.uint8).transpose(0, 2, 1, 3)
    found = _search(table)
    return min((_written(moves, rest, wires) for moves, rest in found), key=_weight, default=None)


def two_qubit_gates(circuit: stim.Circuit) -> int:
    """Return the number of two-qubit gates."""
    return sum(len(g.target_groups()) for g in circuit if stim.gate_data(g.name).is_two_qubit_gate)


def _search(table: Bits) -> list[tuple[list[tuple[int, int, int, int]], Bits]]:
    """Return the shortest lists of moves (wire, letter, wire, letter) found and what they leave."""
    size = table.shape[1]
    moves = [(a, p, b, q) for a, b in combinations(range(size), 2) for p in (0, 1) for q in (0, 1)]
    states, history = table[None], [np.zeros((1, 0), np.int16)]
    width = max(4, min(400, _BLOCKS // (max(1, len(moves)) * 4 * size * size)))
    seen: set[bytes] = set()
    path = history[0]
    for _ in range(8 * size + 4):
        left = _entangled(states)
        if (left == 0).any():
            done = np.flatnonzero(left == 0)[:64]
            return [([moves[m] for m in path[i]], states[i]) for i in done]
        grown, paths = [], []
        for index, (a, p, b, q) in enumerate(moves):
            # A controlled Pauli P_a Q_b: what anticommutes with P on a gets Q on b, and the reverse.
            after = states.copy()
            on_a, on_b = states[..., 1 - p, a].copy(), states[..., 1 - q, b].copy()
            after[..., q, b] ^= on_a
            after[..., p, a] ^= on_b
            grown.append(after)
            paths.append(np.hstack([path, np.full((len(path), 1), index, np.int16)]))
        states, path = np.concatenate(grown), np.concatenate(paths)
        keys = np.packbits(states.reshape(len(states), -1), axis=1)
        _, first = np.unique(keys, axis=0, return_index=True)
        first = np.array([i for i in first if keys[i].tobytes() not in seen], dtype=np.int64)
        if first.size == 0:
            return []
        best = first[np.argsort(_entangled(states[first]), kind="stable")[:width]]
        states, path = states[best], path[best]
        seen.update(keys[i].tobytes() for i in best)
    return []


def _entangled(states: Bits) -> NDArray[np.int64]:
    """Number of wires of others that the images touch, and more where X and Z of a wire differ there."""
    blocks = states.transpose(0, 2, 4, 1, 3)
    touched = blocks.any(axis=(3, 4))
    full = blocks[..., 0, 0] * blocks[..., 1, 1] + blocks[..., 0, 1] * blocks[..., 1, 0]
    diagonal = np.eye(states.shape[2], dtype=bool)
    return (2 * touched + (full % 2 == 1))[:, ~diagonal].sum(axis=1)


def _written(moves: list[tuple[int, int, int, int]], rest: Bits, wires: list[int]) -> stim.Circuit:
    """The moves undo the circuit up to local H: so it is that H, then the moves backwards."""
    # Where X became Z, an H is left.
    gates: list[Gate] = [("H", wire, wire) for wire in range(len(wires)) if rest[0, wire, 1, wire]]
    for a, p, b, q in reversed(moves):
        # Letters: 0 is X, 1 is Z.
        if p == 1:
            gates.append(("CX", a, b) if q == 0 else ("CZ", a, b))
        elif q == 1:
            gates.append(("CX", b, a))
        else:
            gates += [("H", a, a), ("CX", a, b), ("H", a, a)]
    circuit = stim.Circuit()
    for name, a, b in _cancelled(gates):
        circuit.append(name, [wires[a]] if name == "H" else [wires[a], wires[b]])
    return circuit


def _cancelled(gates: list[Gate]) -> list[Gate]:
    """Leave out pairs of H with nothing between them."""
    kept: list[Gate] = []
    for gate in gates:
        if gate[0] == "H":
            last = next((i for i in reversed(range(len(kept))) if gate[1] in kept[i][1:]), None)
            if last is not None and kept[last][0] == "H":
                del kept[last]
                continue
        kept.append(gate)
    return kept


def _weight(circuit: stim.Circuit) -> tuple[int, int]:
    depth: dict[int, int] = {}
    for gate in circuit:
        for group in gate.target_groups():
            at = max(depth.get(t.value, 0) for t in group) + 1
            depth.update({t.value: at for t in group})
    return max(depth.values(), default=0), len(circuit)
