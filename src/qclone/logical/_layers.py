"""Gates in layers, each as early as it can be, and which logical operators are measured by whom when."""

from __future__ import annotations

from dataclasses import dataclass

import stim

Layer = list[tuple[str, tuple[int, ...]]]


def layered(circuit: stim.Circuit) -> list[Layer]:
    """Return the gates in layers: every gate in the first one after all that its wires need.

    >>> [len(layer) for layer in layered(stim.Circuit("CX 0 1 2 3 1 2\\nH 0"))]
    [2, 2]
    """
    layers: list[Layer] = []
    busy: dict[int, int] = {}
    for gate in circuit:
        for group in gate.target_groups():
            wires = tuple(t.value for t in group)
            at = max(busy.get(w, 0) for w in wires)
            busy.update(dict.fromkeys(wires, at + 1))
            if at == len(layers):
                layers.append([])
            layers[at].append((gate.name, wires))
    return layers


@dataclass(frozen=True)
class Schedule:
    """When the syndrome of every block is measured.

    Parameters
    ----------
    every : after so many layers of logical gates since the last round, and earlier where a fault could
        otherwise count twice (see `rounds_after`); 0 for never.
    storage : T, rounds between encryption and decryption.
    """

    every: int = 3
    storage: int = 0


def carried_back(operators: list[stim.PauliString], layers: list[Layer]) -> list[list[stim.PauliString]]:
    """Return what operators at the end are after each layer: item i is after i layers."""
    history = [operators]
    for layer in reversed(layers):
        circuit = stim.Circuit()
        for name, wires in layer:
            circuit.append(name, wires)
        history.append([p.before(circuit) for p in history[-1]])
    return history[::-1]
