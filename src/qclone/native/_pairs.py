"""Two-qubit gates as Pauli pairs, exp(-i pi/4 P_a Q_b): one CZ each, up to one-qubit gates.

Up to Pauli signs a one-qubit Clifford permutes the axes X, Y, Z, and a CZ asks only which axis is Z.
So a circuit is a list of pairs, and the pulses in between follow: `H` brings X to Z, `SQRT_X` brings Y
to Z, one pulse each; `S` is a change of frame, free, and passes a CZ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import stim

Pair = tuple[int, int, str]
"""(a, b, "PQ") is the gate exp(-i pi/4 P_a Q_b)."""
G = TypeVar("G", tuple[int, int], Pair)

Axes = dict[str, str]
"""Where a qubit's axes point, up to signs: logical -> physical."""

_TO_Z = {"X": "H", "Y": "SQRT_X", "Z": ""}


def axes_of(gate: str) -> Axes:
    """Return where a one-qubit Clifford sends X, Y and Z, up to signs.

    >>> axes_of("SQRT_X")
    {'X': 'X', 'Y': 'Z', 'Z': 'Y'}
    """
    tableau = stim.gate_data(gate or "I").tableau
    images = tableau.x_output(0), tableau.y_output(0), tableau.z_output(0)
    return {p: str(image)[-1] for p, image in zip("XYZ", images, strict=True)}


_IMAGE = {name: axes_of(name) for name in ("", "S", "H", "SQRT_X", "C_XYZ", "C_ZYX")}
# Each one-qubit Clifford, up to Paulis, by the axes that X and Z go to.
_NAMES = {image["X"] + image["Z"]: name for name, image in _IMAGE.items()}


@dataclass
class Frames:
    """The axes of every qubit while pairs are turned into gates.

    Parameters
    ----------
    start : the logical axis that |0> of each qubit stands for.
    """

    start: Mapping[int, str]

    def __post_init__(self) -> None:
        self._axes = {q: dict(_IMAGE[_TO_Z[axis]]) for q, axis in self.start.items()}

    def gates(self, layers: Iterable[Sequence[Pair]], shown: Mapping[int, str]) -> stim.Circuit:
        """Return the pairs, layer by layer, as CZ and pulses.

        `shown` names qubits that end with some logical axes pointing to the physical X and Z: "XZ" for a
        qubit in its own axes.
        """
        lines = []
        for layer in layers:
            pulses = [f"{name} {q}" for q, name in self._pulses(layer) if name]
            lines += [*pulses, "CZ " + " ".join(f"{a} {b}" for a, b, _ in layer)]
            for a, b, _ in layer:
                self._apply(a, "S")
                self._apply(b, "S")
        lines += [f"{name} {q}" for q, name in self._show(shown) if name]
        return stim.Circuit("\n".join(lines))

    def _pulses(self, layer: Sequence[Pair]) -> Iterable[tuple[int, str]]:
        for a, b, paulis in layer:
            for q, pauli in zip((a, b), paulis, strict=True):
                name = _TO_Z[self._axes[q][pauli]]
                self._apply(q, name)
                yield q, name

    def _show(self, shown: Mapping[int, str]) -> Iterable[tuple[int, str]]:
        for q, axes in shown.items():
            found = {self._axes[q][axes[0]]: "X", self._axes[q][axes[1]]: "Z"}
            found |= {p: "Y" for p in "XYZ" if p not in found}
            name = _NAMES["".join(found[p] for p in "XZ")]
            self._apply(q, name)
            yield q, name

    def _apply(self, q: int, name: str) -> None:
        image = _IMAGE[name]
        self._axes[q] = {p: image[physical] for p, physical in self._axes[q].items()}


def in_layers(gates: Iterable[G]) -> list[list[G]]:
    """Return gates, which begin with their two qubits, in layers, each as early as its qubits are free.

    >>> in_layers([(0, 1, "ZZ"), (2, 3, "ZZ"), (1, 2, "XX")])
    [[(0, 1, 'ZZ'), (2, 3, 'ZZ')], [(1, 2, 'XX')]]
    """
    layers: list[list[G]] = []
    free: dict[int, int] = {}
    for gate in gates:
        a, b = gate[:2]
        at = max(free.get(a, 0), free.get(b, 0))
        free[a] = free[b] = at + 1
        layers += [[] for _ in range(at + 1 - len(layers))]
        layers[at].append(gate)
    return layers


def conjugated(gate: str, x: str, y: str) -> tuple[str, str]:
    """Return what a Pauli on two qubits, I included, is after exp(-i pi/4 P_a Q_b), up to signs.

    >>> conjugated("ZZ", "X", "I")
    ('Y', 'Z')
    """
    if (x not in ("I", gate[0])) == (y not in ("I", gate[1])):
        return x, y
    return _product(gate[0], x), _product(gate[1], y)


def _product(p: str, q: str) -> str:
    return p if q == "I" else "I" if p == q else third(p, q)


def third(p: str, q: str) -> str:
    """Return the Pauli that is neither of two.

    >>> third("X", "Z")
    'Y'
    """
    return next(r for r in "XYZ" if r not in (p, q))


def two_qubit_pairs(circuit: stim.Circuit) -> list[tuple[int, int]]:
    """Return the qubits of every two-qubit gate of a circuit, in order."""
    gates = (gate for gate in circuit if stim.gate_data(gate.name).is_two_qubit_gate)
    return [(a.value, b.value) for gate in gates for a, b in gate.target_groups()]
