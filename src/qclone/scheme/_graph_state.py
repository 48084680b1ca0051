"""Encrypted cloning on any graph state, cut into signal and noise qubits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal, get_args

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.scheme import _text
from qclone.scheme._concentrate import recover_qubits
from qclone.scheme._modular import Integers, RowSpace
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import Clone, Scheme
from qclone.scheme._size import WIRE, Size
from qclone.scheme._text import line
from qclone.scheme._weyl import WeylRows
from qclone.scheme._wires import Role, Wire

Encoder = Literal["XZ", "YZ", "XY"]
ENCODERS: tuple[str, ...] = get_args(Encoder)


@register_scheme("graph_state")
@dataclass(frozen=True)
class GraphState(Scheme):
    """k qubits cloned with a graph state in place of the Bell pairs.

    The vertices of a graph on 2 m k qubits are cut into k sectors of m signal qubits and m k noise
    qubits; the graph state is CZ on every edge, on |+>. Input i is encrypted by
    exp(-i pi/4 P_A P_S1..P_Sm) exp(-i pi/4 Q_A Q_S1..Q_Sm) on its sector, (P, Q) = (X, Z), (Y, Z) or (X, Y).
    Clone ``Sj`` is the j-th signal qubit of every sector; its key is all noise qubits.

    Not every cut will do: `cut_is_valid` is the exact criterion for every signal qubit of every sector to
    be a clone. It promises recovery only. Secrecy is another question, for `qclone.access`.

    Parameters
    ----------
    edges : pairs of vertices 0 .. 2 m k - 1.
    sectors : the signal vertices of each input, m each; all other vertices are noise.
    encoder : the Paulis (P, Q).

    Raises
    ------
    InvalidInputError : edges that make no simple graph, sectors that do not cut it in half, or a cut that is
        not valid: some clone could not be recovered.

    Example
    -------
    >>> ring = tuple((i, (i + 1) % 4) for i in range(4))
    >>> scheme = GraphState(ring, sectors=((0, 1),))
    >>> scheme.clones, [wire.label for wire in scheme.wires]
    (('S1', 'S2', 'A'), ['A', 'S1', 'S2', 'N1', 'N2'])
    """

    edges: tuple[tuple[int, int], ...]
    sectors: tuple[tuple[int, ...], ...]
    encoder: Encoder = "XZ"

    @classmethod
    def size_of(
        cls, edges: Sequence[tuple[int, int]], sectors: Sequence[Sequence[int]], encoder: str = "XZ"
    ) -> Size:
        noise = sum(map(len, sectors))
        clones, label, vertices = noise // max(1, len(sectors)) + 1, 20, 2 * noise
        listed = clones * len(sectors) + noise
        work = vertices**2 * (8 + vertices // 4) + WIRE * (vertices + len(edges))
        return Size(vertices + len(sectors), len(sectors), clones, label, noise, listed, work)

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            raise InvalidInputError(
                f"There is no encoder {self.encoder!r}.", f"Choose one of {', '.join(ENCODERS)}."
            )
        signals = self._signal_vertices
        vertices = 2 * len(signals)
        if len({len(s) for s in self.sectors}) != 1 or len(set(signals)) < len(signals) or not signals:
            raise InvalidInputError(
                "Sectors are one or more disjoint sets of equally many signal vertices.",
                "Give each input its own m vertices.",
            )
        if any(not 0 <= vertex < vertices for vertex in chain(signals, *self.edges)):
            raise InvalidInputError(
                f"{len(signals)} signal vertices need a graph on the vertices 0 to {vertices - 1}.",
                "As many vertices are signal as are noise.",
            )
        adjacency_of(self.edges, vertices)
        if not cut_is_valid(self.adjacency, self.sectors, self.encoder):
            raise InvalidInputError(
                "This cut is not valid: some clone could not be recovered from the noise qubits.",
                "`find_cuts` lists cuts of the same graph that are.",
            )

    def __str__(self) -> str:
        return f"a graph-state scheme of {self.num_inputs} x {self.num_signals} signal qubits"

    @property
    def num_inputs(self) -> int:
        """k, the number of sectors."""
        return len(self.sectors)

    @property
    def num_signals(self) -> int:
        """m, the number of signal qubits of each sector."""
        return len(self.sectors[0])

    @cached_property
    def adjacency(self) -> Integers:
        """Adjacency matrix of the graph, shape (2 m k, 2 m k)."""
        return adjacency_of(self.edges, 2 * len(self._signal_vertices))

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        numbers = range(1, self.num_signals + 1)
        inputs = (Wire(self._in_sector(q, "A"), Role.INPUT) for q in range(self.num_inputs))
        signals = (
            Wire(self._in_sector(q, f"S{j}"), Role.SIGNAL) for q in range(self.num_inputs) for j in numbers
        )
        noise = (Wire(f"N{i}", Role.NOISE) for i in range(1, len(self._signal_vertices) + 1))
        return (*inputs, *signals, *noise)

    @cached_property
    def clones(self) -> tuple[str, ...]:
        signals = tuple(f"S{j}" for j in range(1, self.num_signals + 1))
        return signals if self._decoder("A") is None else (*signals, "A")

    def clone(self, label: str) -> Clone:
        if label not in self.clones:
            raise self.no_such_clone(label)
        wires = tuple(self._in_sector(q, label) for q in range(self.num_inputs))
        key = tuple(w.label for w in self.wires if w.role is Role.NOISE)
        return Clone(label, wires, key, outputs=wires)

    def prepare(self) -> stim.Circuit:
        ends = self._wire_of_vertex[np.array(self.edges, dtype=np.int64).reshape(-1, 2)]
        return _text.circuit([line("H", np.sort(self._wire_of_vertex)), line("CZ", ends[:, 0], ends[:, 1])])

    def encrypt(self) -> stim.Circuit:
        p, q = self.encoder
        m, k = self.num_signals, self.num_inputs
        each = [[i, *range(k + i * m, k + (i + 1) * m)] for i in range(k)]
        return _text.circuit(
            f"SPP {' '.join('*'.join(f'{pauli}{w}' for w in wires) for wires in each)}" for pauli in (q, p)
        )

    def decrypt(self, clone: str) -> stim.Circuit:
        circuit = self._decoder(clone) if clone in self.clones else None
        if circuit is None:
            raise self.no_such_clone(clone)
        return circuit

    def _decoder(self, clone: str) -> stim.Circuit | None:
        outputs = self.indices(self._in_sector(q, clone) for q in range(self.num_inputs))
        noise = range(self.num_qubits - len(self._signal_vertices), self.num_qubits)
        return recover_qubits(*self._rows, [*outputs, *noise], outputs)

    @cached_property
    def _rows(self) -> tuple[WeylRows, WeylRows, WeylRows]:
        return self.encrypted_rows()

    @cached_property
    def _signal_vertices(self) -> list[int]:
        return list(chain(*self.sectors))

    @cached_property
    def _wire_of_vertex(self) -> Integers:
        signals = self._signal_vertices
        noise = [v for v in range(2 * len(signals)) if v not in set(signals)]
        wires = np.empty(2 * len(signals), dtype=np.int64)
        wires[[*signals, *noise]] = np.arange(len(wires)) + self.num_inputs
        return wires

    def _in_sector(self, sector: int, label: str) -> str:
        return label if self.num_inputs == 1 else f"q{sector}.{label}"


def adjacency_of(edges: tuple[tuple[int, int], ...], num_vertices: int) -> Integers:
    """Return the adjacency matrix of a simple graph; raises InvalidInputError if it is none."""
    adjacency = np.zeros((num_vertices, num_vertices), dtype=np.int64)
    for a, b in edges:
        if a == b or adjacency[a, b]:
            raise InvalidInputError(f"The edge ({a}, {b}) is a loop or comes twice.", "Give each edge once.")
        adjacency[a, b] = adjacency[b, a] = 1
    return adjacency


def cut_is_valid(adjacency: Integers, sectors: tuple[tuple[int, ...], ...], encoder: Encoder) -> bool:
    """Say whether every signal qubit, with all noise qubits, gives its input back: exact, over GF(2).

    B is the part of the adjacency matrix between signals and noise, A_S the part within the signals. A
    product of graph stabilisers over the signals v touches the noise in B^T v. If B^T v is 0 for
    some v, the signals are correlated among themselves, which is harmless only for what the encoder leaves
    alone: ker(B^T) must lie in E. For even m, and for XY, E = {0}. For odd m and sector-constant v = F c,
    XZ: E = {(A_S + 1) F c = 0, 1.c = 0}; YZ: E = {A_S F c = 0}.

    Parameters
    ----------
    adjacency : shape (2 m k, 2 m k).
    sectors : the signal vertices of each input, m each.
    encoder : "XZ", "YZ" or "XY".
    """
    signals = np.array(list(chain(*sectors)))
    m = len(sectors[0])
    noise = np.delete(np.arange(len(adjacency)), signals)
    kernel = RowSpace.of(adjacency[np.ix_(signals, noise)], 2).relations
    if len(kernel) == 0:
        return True
    if m % 2 == 0 or encoder == "XY":
        return False
    by_sector = kernel.reshape(len(kernel), -1, m)
    constant = (by_sector == by_sector[:, :, :1]).all()
    within = kernel @ adjacency[np.ix_(signals, signals)] % 2
    if encoder == "YZ":
        return bool(constant and not within.any())
    return bool(constant and (within == kernel).all() and not (by_sector[:, :, 0].sum(axis=1) % 2).any())
