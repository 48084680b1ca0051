"""Clones cloned again: a tree of schemes, each taking a clone of its parent as its input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.scheme._hooks import Composition
from qclone.scheme._modular import Integers
from qclone.scheme._place import place
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import Clone, Scheme
from qclone.scheme._size import WIRE, Bounds, Size
from qclone.scheme._wires import Role, Wire


@register_scheme("iterated")
@dataclass(frozen=True)
class Iterated(Scheme):
    """Every clone, or some of them, cloned again with fresh pairs, level by level; arXiv:2602.10695, exp. 3.

    The first generation are the clones of `base`. At each level some clones of the newest generation are
    inputs of `base` again, and its clones are the next generation. With all of them, l levels give
    C^(l+1) clones, C the number of clones of `base`: n + 1 for the canonical scheme with even n, n for
    odd n. Decryption goes from the last level inwards and needs the keys along one path: n (l + 1) qubits.

    A clone is named by its path, ``S1/S2``: clone S2 of clone S1. A wire is named by where it was born:
    ``S1/N2`` is N2 of the scheme that took clone S1 as its input. Each final clone is one wire:
    clone ``S1/S2`` is on wire ``S1/S2``; clone ``S1/A`` is on wire ``S1``, for the input of a
    scheme is the wire of the clone that was cloned again.

    Parameters
    ----------
    base : a scheme of one qubit whose clones are single wires outside of all keys.
    recloned : for each level, which clones of the newest generation are cloned again: the first so many
        of them, in order, or their labels.

    Raises
    ------
    InvalidInputError : a base of another kind, a level that names clones that are not there, or more
        than 3 10^7 wires.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> Iterated.full(Canonical(2), levels=1).clones
    ('S1/S1', 'S1/S2', 'S1/A', 'S2/S1', 'S2/S2', 'S2/A', 'A/S1', 'A/S2', 'A/A')
    >>> Iterated(Canonical(2), recloned=(("A",),)).clones
    ('S1', 'S2', 'A/S1', 'A/S2', 'A/A')
    """

    base: Scheme
    recloned: tuple[int | tuple[str, ...], ...]

    @classmethod
    def full(cls, base: Scheme, levels: int) -> Iterated:
        """Return the scheme in which every clone is cloned again, `levels` times."""
        _check_levels(levels)
        return cls(base, tuple(len(base.clones) ** level for level in range(1, levels + 1)))

    @classmethod
    def virtual(cls, base: Scheme, levels: int) -> Iterated:
        """Return the scheme in which one clone a level is cloned again.

        Any path of the full scheme, with all that decryption along it needs, on n (levels + 1) pairs: it
        stands for C^(levels + 1) virtual clones; arXiv:2602.10695, table VI.
        """
        _check_levels(levels)
        return cls(base, (1,) * levels)

    @classmethod
    def size_of(cls, base: Size, recloned: Sequence[int | tuple[str, ...]]) -> Size:
        newest, nodes, clones, text = base.clones, 1, base.clones, 0
        for level, chosen in enumerate(recloned, start=2):
            count = max(0, chosen) if isinstance(chosen, int) else len(chosen)
            newest, nodes, clones = count * base.clones, nodes + count, clones + count * (base.clones - 1)
            # A wire and a clone are called by the whole path to them.
            text += (WIRE + level * (base.label + 1)) * (newest + count * base.qubits)
        levels = len(recloned) + 1
        qubits = base.qubits + (nodes - 1) * max(0, base.qubits - 1)
        label, key = levels * (base.label + 1), levels * base.key
        work = base.work + (WIRE + base.label) * (base.listed + base.qubits) + text
        return Size(qubits, base.inputs, clones, label, key, clones * (1 + key), work)

    def __post_init__(self) -> None:
        Bounds().check(self.size)
        clones = [self.base.clone(label) for label in self.base.clones]
        held = {wire for clone in clones for wire in clone.wires}
        keys = set(chain(*{clone.key for clone in clones}))
        if len(self.base.inputs) != 1 or any(len(clone.wires) != 1 for clone in clones) or held & keys:
            raise InvalidInputError(
                f"The clones of {self.base} cannot be cloned again: that takes one input and clones of one "
                "wire each, apart from the keys.",
                "Iterate the scheme of one qubit first, then put copies of the result in parallel.",
            )
        newest, nodes = len(clones), 1
        for level, chosen in enumerate(self.recloned, start=1):
            count = chosen if isinstance(chosen, int) else len(set(chosen))
            if not 1 <= count <= newest or (isinstance(chosen, tuple) and count < len(chosen)):
                raise InvalidInputError(
                    f"Level {level} cannot clone {chosen} again: the generation before has {newest} clones.",
                    f"Name different ones of them, or give a number from 1 to {newest}.",
                )
            newest, nodes = count * len(clones), nodes + count
        if any(isinstance(chosen, tuple) for chosen in self.recloned):
            _ = self._nodes  # Finds every clone that was named, or raises.

    def __str__(self) -> str:
        return f"{self.base} iterated to l = {self.levels}"

    @cached_property
    def num_qubits(self) -> int:
        return self.size.qubits  # no wire need be named to count them

    @cached_property
    def composition(self) -> Composition:
        return Composition(self.base, tuple(self._nodes))

    @property
    def levels(self) -> int:
        """l, how many times clones are cloned again."""
        return len(self.recloned)

    @property
    def num_virtual_clones(self) -> int:
        """C^(l+1), the number of clones if all were cloned again at each level."""
        return len(self.base.clones) ** (self.levels + 1)

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        fresh = [w for w in self.base.wires if w.role is not Role.INPUT]
        again = (Wire(f"{label}/{w.label}", w.role) for label in self._node_of if label for w in fresh)
        return (*self.base.wires, *again)

    @cached_property
    def clones(self) -> tuple[str, ...]:
        return tuple(label for label in self._born if label not in self._node_of)

    def clone(self, label: str) -> Clone:
        route = self._route(label)
        on = [(row, self.base.clone(own)) for row, own, _ in route]
        held = [row[self.base.index(clone.wires[0])] for row, clone in on[:1]]
        key = [row[self.base.index(wire)] for row, clone in on for wire in clone.key]
        return Clone(label, self._labels(held), self._labels(key), self._labels([route[-1][2]]))

    def prepare(self) -> stim.Circuit:
        return place(self.base.prepare(), np.vstack(self._nodes))

    def encrypt(self) -> stim.Circuit:
        circuit, base = stim.Circuit(), self.base.encrypt()
        for rows in self._nodes:
            circuit += place(base, rows)
        return circuit

    def decrypt(self, clone: str) -> stim.Circuit:
        circuit = stim.Circuit()
        for row, own, _ in self._route(clone):
            circuit += place(self.base.decrypt(own), row)
        return circuit

    def _route(self, label: str) -> list[tuple[Integers, str, int]]:
        """Return, from the last level inwards, the wires of each scheme on the path, its clone, the output.

        What a scheme gives back is the clone that the scheme above it decrypts.
        """
        if label not in self._born or label in self._node_of:
            raise self.no_such_clone(label)
        route: list[tuple[Integers, str, int]] = []
        while label:
            node, own = self._born[label]
            level, position = self._node_of[node]
            row, clone = self._nodes[level][position].copy(), self.base.clone(own)
            if route:
                row[self.base.index(clone.wires[0])] = route[-1][2]
            route.append((row, own, int(row[self.base.index(clone.outputs[0])])))
            label = node
        return route

    def _labels(self, indices: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.wires[i].label for i in indices)

    @cached_property
    def _nodes(self) -> list[Integers]:
        """For each level, shape (schemes, wires of base): on which wires each scheme of that level is."""
        size = self.base.num_qubits
        source = self.base.index(self.base.inputs[0])
        inner = np.delete(np.arange(size), source)
        column = {own: self.base.index(self.base.clone(own).wires[0]) for own in self.base.clones}
        rows, total = [np.arange(size)[None]], size
        for labels in self._generations[1:]:
            parents, own = zip(*(self._born[label] for label in labels), strict=True)
            level = np.empty((len(labels), size), dtype=np.int64)
            level[:, source] = rows[-1][[self._node_of[p][1] for p in parents], [column[c] for c in own]]
            level[:, inner] = np.arange(total, total + len(labels) * (size - 1)).reshape(-1, size - 1)
            rows.append(level)
            total += len(labels) * (size - 1)
        return rows

    @cached_property
    def _generations(self) -> list[tuple[str, ...]]:
        """For each level, the clones that are its inputs; the empty label is the input of the whole."""
        generations: list[tuple[str, ...]] = [("",)]
        for chosen in self.recloned:
            newest = self._children(generations[-1])
            if isinstance(chosen, int):
                generations.append(tuple(newest)[:chosen])
            elif set(chosen) <= set(newest):
                generations.append(chosen)
            else:
                missing = ", ".join(sorted(set(chosen) - set(newest)))
                raise InvalidInputError(
                    f"Level {len(generations)} cannot clone {missing} again.",
                    "Name clones of the generation before by their paths, such as S1/S2.",
                )
        return generations

    @cached_property
    def _node_of(self) -> dict[str, tuple[int, int]]:
        """The level and position of the scheme that takes a clone as its input."""
        return {
            label: (level, position)
            for level, labels in enumerate(self._generations)
            for position, label in enumerate(labels)
        }

    @cached_property
    def _born(self) -> dict[str, tuple[str, str]]:
        """For every clone of every generation, the input of its scheme and its label there."""
        return {
            label: origin for labels in self._generations for label, origin in self._children(labels).items()
        }

    def _children(self, labels: Iterable[str]) -> dict[str, tuple[str, str]]:
        return {f"{up}/{own}" if up else own: (up, own) for up in labels for own in self.base.clones}


def _check_levels(levels: int) -> None:
    if not 0 <= levels <= 40:
        raise InvalidInputError(
            f"The number of levels must be between 0 and 40, not {levels}.", "Level 0 clones once."
        )
