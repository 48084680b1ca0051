"""The part of a chip that a scheme takes, and where its input lies."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qclone.device import Device
from qclone.errors import InvalidInputError
from qclone.native._graph import Edge, hops_from, in_one_piece, neighbours, within
from qclone.scheme import Iterated
from qclone.search.kernels._transport import Integers, table_of

# Couplers with a higher error are left alone where there is another way.
_BAD = 0.05
# How long a qubit waits while a chip is encrypted, roughly.
_WAITS_S = 6e-6
# Losing the state with this probability is as bad as a site one hop farther away.
_LOSS = 0.02
# Gates through a qubit's best coupler, at least.
_GATES = 4
# So many places for the input are tried, the most central ones.
_SOURCES = 12


@dataclass(frozen=True)
class Ground:
    """As many qubits as a scheme has wires, and one for the reference.

    Parameters
    ----------
    source, reference : the qubits of the input and of what it is entangled with, neighbours.
    qubits : all of them, in ascending order; without source and reference they are in one piece.
    """

    scheme: Iterated
    device: Device
    source: int
    reference: int
    qubits: tuple[int, ...]

    @classmethod
    def near_the_centre(cls, scheme: Iterated, device: Device, rng: random.Random) -> Ground:
        """Return one whose input lies where three couplers meet and everything is near.

        Raises
        ------
        InvalidInputError : the chip is too small for the scheme, or not of the kind that is known.
        """
        near = neighbours(device.edges)
        if max(map(len, near.values())) > 3:
            raise InvalidInputError(
                f"A qubit of {device.name} has more than three neighbours.", "Take a heavy-hex lattice."
            )
        whole = max((hops_from(near, q) for q in near), key=len)
        sources = sorted(
            (q for q in whole if len(near[q]) == 3), key=lambda q: (max(hops_from(near, q).values()), q)
        )
        rest = [(source, q) for source in sources[:_SOURCES] for q in near[source]]
        rng.shuffle(rest)
        while True:
            source, reference = rest.pop()
            try:
                return cls.around(scheme, device, source, reference)
            except InvalidInputError:
                if not rest:
                    raise

    @classmethod
    def around(cls, scheme: Iterated, device: Device, source: int, reference: int) -> Ground:
        """Return qubits that are near the source and lose little while they wait."""
        ends, tolls = {source, reference}, _tolls(device)
        errors = _least_errors(device)
        near = neighbours([e for e in device.edges if not ends & set(e)])
        beside = [q for q in neighbours(device.edges).get(source, ()) if q in near]
        hops = max((hops_from(near, q) for q in beside), key=len, default={})
        if len(hops) < scheme.num_qubits - 1:
            raise InvalidInputError(
                f"{scheme} has {scheme.num_qubits} wires and a reference, {device.name} "
                f"{len(hops) + 2} qubits in one piece.",
                "Clone fewer again.",
            )
        worst = sorted(hops, key=lambda q: (-hops[q] - tolls[q] - _GATES * errors[q] / _LOSS, q))
        kept = set(hops)
        while len(kept) >= scheme.num_qubits:
            kept.discard(next(q for q in worst if q in kept and hops[q] and in_one_piece(kept - {q}, near)))
        return cls(scheme, device, source, reference, tuple(sorted(kept | ends)))

    @cached_property
    def tolls(self) -> NDArray[np.float64]:
        """What waiting costs on each qubit, in hops."""
        tolls = _tolls(self.device)
        return np.array([tolls[q] for q in self.qubits])

    @cached_property
    def couplers(self) -> tuple[Edge, ...]:
        """Couplers among them, but for bad ones that nothing hangs on."""
        kept, errors = set(self.qubits), {(c.a, c.b): c.error for c in self.device.couplers}
        couplers = within(kept, self.device.edges)
        inner = kept - {self.source, self.reference}
        for edge in sorted(within(inner, couplers), key=lambda e: -errors[e]):
            rest = tuple(e for e in couplers if e != edge)
            if errors[edge] > _BAD and in_one_piece(inner, neighbours(rest)):
                couplers = rest
        return couplers

    @cached_property
    def near(self) -> Integers:
        """Neighbours of every qubit, numbered as in `qubits`: shape (qubits, 3), -1 for none."""
        return table_of(self.couplers)

    @cached_property
    def hops(self) -> Integers:
        """Couplers between any two qubits, shape (qubits, qubits)."""
        near = neighbours(self.couplers)
        hops = {q: hops_from(near, q) for q in self.qubits}
        return np.array([[hops[q][v] for v in self.qubits] for q in self.qubits])


def _least_errors(device: Device) -> dict[int, float]:
    """The error of each qubit's best coupler."""
    least: dict[int, float] = {}
    for c in device.couplers:
        for q in (c.a, c.b):
            least[q] = min(c.error, least.get(q, 1.0))
    return least


def _tolls(device: Device) -> dict[int, float]:
    """How probably each qubit loses its state while it waits, in hops."""
    qubits = {q: device.qubit(q) for q in device.working_qubits}
    rates = {q: (1 / own.t1_s + 2 / own.t2_s) / 3 for q, own in qubits.items()}
    return {q: (1 - math.exp(-_WAITS_S * rate)) / _LOSS for q, rate in rates.items()}
