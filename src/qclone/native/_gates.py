"""The two-qubit gates of a circuit."""

from __future__ import annotations

import stim


def two_qubit_pairs(circuit: stim.Circuit) -> list[tuple[int, int]]:
    """Return the qubits of every two-qubit gate, in order."""
    pairs = []
    for instruction in circuit:
        if stim.gate_data(instruction.name).is_two_qubit_gate:
            pairs += [(a.value, b.value) for a, b in instruction.target_groups()]
    return pairs
