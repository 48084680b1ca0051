"""How likely it is that a block's outputs hold what was put in, given what its checks said: exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.estimate import Mechanisms, no_flip_probability
from qclone.store._algebra import Algebra, Bits, Known

MAX_BITS = 20
"""Up to here all outcomes of a block's checks and all its errors are listed."""


@dataclass(frozen=True)
class Likelihood:
    """Entanglement fidelity of the channel from a block's inputs to its outputs, given the outcomes.

    The outputs' Choi state overlaps the Bell state by 4^-k sum_P over the Paulis P on k outputs that equal
    +-P on the inputs. These form a group of 2^h elements, so F = 2^(h - 2k) times the probability that
    the noise gives all its h generators the sign +, given the checks that depend on noise alone.

    Parameters
    ----------
    circuit : the block's gates and noise. num_wires, inputs, outputs, measured : its wires.
    algebra : of the circuit without noise.
    """

    circuit: stim.Circuit
    num_wires: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    measured: tuple[int, ...]
    algebra: Algebra

    def fidelity(self, outcomes: Bits, x: Bits, z: Bits) -> float | None:
        """Return it for outcomes that occurred and a Pauli that was then applied; None if out of reach.

        Parameters
        ----------
        outcomes : shape (measured,). x, z : shape (outputs,).
        """
        checks = [self._flipped(one, outcomes) for one in self.algebra.certain]
        signs = [self._flipped(one, outcomes) ^ _anticommutes(one.output, x, z) for one in self._kept]
        share = 2.0 ** (len(self._kept) - 2 * len(self.outputs))
        if not self._mechanisms[0]:
            return share if not any((*checks, *signs)) else 0.0
        if len(checks) + len(signs) > MAX_BITS:
            return self._wide(checks, signs, share)
        seen = sum(bit << i for i, bit in enumerate(checks))
        column = self._joint[:, seen]
        total = float(column.sum())
        return share * float(column[sum(bit << i for i, bit in enumerate(signs))]) / total if total else None

    def _wide(self, checks: Sequence[bool], signs: Sequence[bool], share: float) -> float | None:
        if checks or any(signs):
            return None
        try:
            return share * no_flip_probability(Mechanisms(*self._mechanisms, len(signs)))
        except InvalidInputError:
            return None

    @staticmethod
    def _flipped(one: Known, outcomes: Bits) -> bool:
        sign = (one.image.sign != one.output.sign) if one.output.weight else one.image.sign == -1
        return bool(sign) ^ bool((one.measured & outcomes).sum() % 2)

    @cached_property
    def _kept(self) -> list[Known]:
        """Generators of the products that equal themselves, up to a sign, on the inputs."""
        rows = list(self.algebra.known)
        moved = [_bits(one.output) ^ _bits(one.image) for one in rows]
        kept: list[Known] = []
        pivots: list[int] = []
        for i in range(len(rows)):
            for j in pivots:
                if moved[i][np.flatnonzero(moved[j])[0]]:
                    rows[i], moved[i] = _product(rows[i], rows[j]), moved[i] ^ moved[j]
            if moved[i].any():
                pivots.append(i)
            else:
                kept.append(rows[i])
        return kept

    @cached_property
    def _mechanisms(self) -> tuple[tuple[frozenset[int], ...], tuple[float, ...]]:
        """Independent errors, with the checks and then the generators that each flips.

        Each input is half of a Bell pair here, so that all of them have definite values to flip.
        """
        if self.circuit == self.circuit.without_noise():
            return (), ()
        references = range(self.num_wires, self.num_wires + len(self.inputs))
        circuit = stim.Circuit()
        for reference, wire in zip(references, self.inputs, strict=True):
            circuit.append("H", [reference])
            circuit.append("CX", [reference, wire])
        circuit += self.circuit
        for i, one in enumerate((*self.algebra.certain, *self._kept)):
            ends = [(wire, "IXYZ"[one.output[o]]) for o, wire in enumerate(self.outputs) if one.output.weight]
            ends += [(wire, "Z") for wire, there in zip(self.measured, one.measured, strict=True) if there]
            ends += [(self.num_wires + o, "IXYZ"[one.image[o]]) for o in range(len(self.inputs))]
            targets = [stim.target_pauli(wire, pauli) for wire, pauli in ends if pauli != "I"]
            circuit.append("OBSERVABLE_INCLUDE", targets, i)
        errors = [error for error in circuit.detector_error_model().flattened() if error.type == "error"]
        flips = tuple(frozenset(target.val for target in error.targets_copy()) for error in errors)
        return flips, tuple(error.args_copy()[0] for error in errors)

    @cached_property
    def _joint(self) -> NDArray[np.float64]:
        """Probability of every pattern of flips, shape (2^generators, 2^checks)."""
        checks, bits = len(self.algebra.certain), len(self.algebra.certain) + len(self._kept)
        words = np.arange(2**bits, dtype=np.uint32)
        spectrum = np.ones(2**bits)
        for flips, p in zip(*self._mechanisms, strict=True):
            mask = np.uint32(sum(1 << bit for bit in flips))
            spectrum[(np.bitwise_count(words & mask) & np.uint8(1)).astype(bool)] *= 1 - 2 * p
        for bit in range(bits):
            halves = spectrum.reshape(-1, 2, 2**bit)
            spectrum = np.stack([halves[:, 0] + halves[:, 1], halves[:, 0] - halves[:, 1]], axis=1).ravel()
        return np.maximum(spectrum / 2**bits, 0).reshape(-1, 2**checks)


def _product(a: Known, b: Known) -> Known:
    output, image = a.output * b.output, a.image * b.image
    for phase in (1j, -1j):
        if output.sign == phase:
            output, image = output / phase, image / phase
    return Known(output, a.measured ^ b.measured, image)


def _bits(operator: stim.PauliString) -> Bits:
    return np.concatenate(operator.to_numpy())


def _anticommutes(operator: stim.PauliString, x: Bits, z: Bits) -> bool:
    ox, oz = operator.to_numpy()
    return bool(((ox & z) ^ (oz & x)).sum() % 2)
