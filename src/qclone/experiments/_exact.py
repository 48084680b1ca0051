"""Data from the twin: exact values, with the error that the shots asked for would leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise, product
from math import prod, sqrt

import numpy as np
import stim
from qiskit import QuantumCircuit
from scipy.linalg import hadamard

from qclone.device import Device, NoiseRules
from qclone.errors import UnsupportedCircuitError
from qclone.estimate import Estimate, exact
from qclone.experiments._counts import shared
from qclone.experiments._direction import PAULI
from qclone.experiments._measurement import Settings
from qclone.experiments._turned import Turned
from qclone.simulate import record_expectations
from qclone.simulate._ideal import Observable, ideal_values
from qclone.simulate._stabilizer import no_flips


@dataclass(frozen=True)
class Exact:
    """Expectations of a placed circuit on the twin, without sampling.

    A direction between the axes is a sum of Paulis, so a parity along it is a sum of parities along the
    axes, each an exact product over noise mechanisms: each turned to Z by as many pulses as the direction
    takes, whose depolarising noise knows no axis. The coherence of r qubits needs no sum over the
    2^r strings of X and Y: it is the mean of the stabilisers X^r Z^e, e even, and follows from the joint
    distribution of the errors that flip X^r and Z_i Z_(i+1).

    Parameters
    ----------
    placed : measures Z of every bit.
    settings : directions of the bits.
    device, rules : the twin.
    shots : for the error bars only.
    """

    placed: QuantumCircuit
    settings: Settings
    device: Device
    rules: NoiseRules
    shots: int
    _circuits: dict[tuple[str, tuple[int, ...]], stim.Circuit] = field(default_factory=dict, repr=False)
    _read: Turned | None = field(default=None, repr=False)

    def under(self, rules: NoiseRules) -> Exact:
        """Return the same with other noise rules, without reading the circuit again."""
        return replace(self, rules=rules, _circuits={}, _read=self._turned)

    @cached_property
    def _turned(self) -> Turned:
        return Turned(self.placed, self.device) if self._read is None else self._read

    @property
    def sampled(self) -> bool:
        return False

    def num_shots(self, setting: str) -> int:
        return self.shots

    def parities(self, setting: str, subsets: Sequence[Sequence[int]]) -> list[Estimate]:
        directions = self.settings[setting]
        totals = [0.0] * len(subsets)
        for letters, weights in _letters([d.components() for d in directions]):
            # A subset whose other bits point elsewhere is counted once: with their first letters.
            chosen = [
                i
                for i, bits in enumerate(subsets)
                if all(
                    letters[b] == next(iter(d.components()))
                    for b, d in enumerate(directions)
                    if b not in bits
                )
            ]
            found = self._records(letters, [subsets[i] for i in chosen], [d.pulses for d in directions])
            for i, value in zip(chosen, found, strict=True):
                totals[i] += prod(weights[b] for b in subsets[i]) * value
        return [exact(value, self.shots) for value in totals]

    def zeros(self, setting: str) -> Estimate:
        width = len(self.settings[setting])
        subsets = [[b for b in range(width) if mask >> b & 1] for mask in range(2**width)]
        values = [e.value for e in self.parities(setting, subsets)]
        return exact(sum(values) / len(values), self.shots, low=0)

    def ends(self, setting: str) -> Estimate:
        width = len(self.settings[setting])
        circuit = self._unread("Z" * width, "X_ERROR")
        pairs = _neighbours(self._qubits, "Z")
        _certain(circuit, pairs)
        return exact(no_flips(circuit, pairs), self.shots, low=0)

    def syndromes(self, setting: str, bits: Sequence[int], checks: Sequence[int]) -> list[Estimate]:
        letters = "".join(next(iter(d.components())) for d in self.settings[setting])
        subsets = [[c for i, c in enumerate(checks) if mask >> i & 1] for mask in range(2 ** len(checks))]
        values = np.array(self._records(letters, [*subsets, *([*bits, *s] for s in subsets)]))
        # Means of parities of all subsets and probabilities of all syndromes: a Walsh transform apart.
        signs = hadamard(len(subsets)) / len(subsets)
        rates, signed = (signs @ half for half in np.split(values, 2))
        return shared(rates.tolist(), signed.tolist(), self.shots)

    def coherence(self, settings: Sequence[str]) -> Estimate:
        width = len(self.settings[settings[0]])
        # Rotated by rz(pi/2), sx: X is read as Z, and Z Z has become Y Y. A wrong bit flips X and Y of the
        # state alike but no Z Z, as a Y error does here.
        circuit = self._unread("X" * width, "Y_ERROR")
        pairs = _neighbours(self._qubits, "Y")
        stabilisers = [_pauli("Z", self._qubits), *pairs]
        _certain(circuit, stabilisers)
        # The mean over even e of <X^r Z^e> is P(no flip) - P(X^r alone flipped).
        value = 2 * no_flips(circuit, stabilisers) - no_flips(circuit, pairs)
        return Estimate(value, exact(value, self.shots).error / sqrt(len(settings)))

    def _records(
        self, letters: str, subsets: Sequence[Sequence[int]], pulses: Sequence[int] | None = None
    ) -> list[float]:
        if not subsets:
            return []
        records = self._turned.records
        wanted = [[records[b] for b in bits] for bits in subsets]
        values: list[float] = record_expectations(self._noisy(letters, pulses), wanted).tolist()
        return values

    def _noisy(self, letters: str, pulses: Sequence[int] | None = None) -> stim.Circuit:
        turns = _fewest(letters) if pulses is None else tuple(pulses)
        if (letters, turns) not in self._circuits:
            self._circuits[letters, turns] = self._turned.noisy(letters, turns, self.rules)
        return self._circuits[letters, turns]

    def _unread(self, letters: str, error: str) -> stim.Circuit:
        return self._turned.noisy(letters, _fewest(letters), self.rules, error)

    @property
    def _qubits(self) -> list[int]:
        """The physical qubit that is measured into each bit."""
        where = self._turned.qubits
        return [where[bit] for bit in sorted(where)]


def _fewest(letters: str) -> tuple[int, ...]:
    return tuple(PAULI[p].pulses for p in letters)


def _letters(components: Sequence[Mapping[str, float]]) -> list[tuple[str, list[float]]]:
    return [
        ("".join(p for p, _ in choice), [w for _, w in choice])
        for choice in product(*(c.items() for c in components))
    ]


def _neighbours(qubits: Sequence[int], letter: str) -> list[stim.PauliString]:
    return [_pauli(letter, pair) for pair in pairwise(qubits)]


def _pauli(letter: str, qubits: Sequence[int]) -> stim.PauliString:
    string = stim.PauliString(1 + max(qubits))
    for q in qubits:
        string[q] = letter
    return string


def _certain(circuit: stim.Circuit, stabilisers: Sequence[stim.PauliString]) -> None:
    """Raise UnsupportedCircuitError unless all stabilisers are +1 without noise."""
    if any(value != 1 for value in ideal_values(circuit, [Observable(s) for s in stabilisers])):
        raise UnsupportedCircuitError(
            "Without noise this circuit does not end in the state that parity oscillations are for.",
            "Measure outputs that hold a Bell or GHZ state.",
        )
