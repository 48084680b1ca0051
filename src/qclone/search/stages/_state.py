"""A stabiliser state on the qubits of a lattice: the encrypted one, and what gates make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count

import stim

from qclone.native._pairs import Pair
from qclone.scheme import Scheme
from qclone.search.kernels._vectors import Vectors, packed, turn


@dataclass(frozen=True)
class State:
    """A state, signs left aside.

    Parameters
    ----------
    nodes : the qubits, in the order of the vectors.

    Example
    -------
    >>> state = State((7, 9), packed([(1, 0), (0, 2)], 2))
    >>> state.turn((7, 9, "ZX"))
    >>> state.vectors.tolist(), state.axis(7)
    ([[[1], [3]], [[3], [2]]], 'Y')
    """

    nodes: Sequence[int]
    vectors: Vectors

    @cached_property
    def _at(self) -> dict[int, int]:
        return {q: i for i, q in enumerate(self.nodes)}

    def turn(self, pair: Pair) -> None:
        """Apply exp(-i pi/4 P_a Q_b) in place."""
        a, b, paulis = pair
        p, q = map("XYZ".index, paulis)
        turn(self.vectors, self._at[a], self._at[b], 3 * p + q)

    def axis(self, qubit: int) -> str:
        """Return the axis that a qubit in a product state is an eigenstate of."""
        x, z = self.vectors[self._at[qubit]].any(axis=1)
        return "Z" if not x else "X" if not z else "Y"

    def first(self, count: int) -> State:
        """Return what is on the first so many qubits; both change with either."""
        return State(self.nodes[:count], self.vectors[:count])


@cache
def _encrypted(scheme: Scheme) -> Mapping[str, tuple[int, int]]:
    """The protocol's encrypted state: label, R too -> x and z, one bit a stabiliser."""
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


def encrypted_state(scheme: Scheme, roles: Mapping[str, int], prepared: Sequence[int]) -> State:
    """Return the encrypted state on the prepared qubits, then on the input and its reference.

    A prepared qubit without a role is |0>.
    """
    nodes = (*prepared, roles[scheme.inputs[0]], roles["R"])
    held = {q: _encrypted(scheme)[label] for label, q in roles.items()}
    spare = count(len(roles))
    return State(nodes, packed([held.get(q) or (0, 1 << next(spare)) for q in nodes], len(nodes)))
