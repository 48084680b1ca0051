"""Data from the twin: exact values, with the error that the shots asked for would leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from qclone.experiments._direction import PAULI, in_directions
from qclone.experiments._measurement import Settings
from qclone.simulate import expectations, noisy, record_expectations, stabilizer_fidelity


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
        circuit = _unread(self._noisy("Z" * width), "X_ERROR")
        pairs = _neighbours(_qubits(self.placed), "Z")
        return exact(_no_flips(circuit, pairs), self.shots, low=0)

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
        circuit = _unread(self._noisy("X" * width), "Y_ERROR")
        qubits = _qubits(self.placed)
        pairs = _neighbours(qubits, "Y")
        untouched = _no_flips(circuit, [_pauli("Z", qubits), *pairs])
        # The mean over even e of <X^r Z^e> is P(no flip) - P(X^r alone flipped).
        value = 2 * untouched - _no_flips(circuit, pairs)
        return Estimate(value, exact(value, self.shots).error / sqrt(len(settings)))

    def _records(
        self, letters: str, subsets: Sequence[Sequence[int]], pulses: Sequence[int] | None = None
    ) -> list[float]:
        if not subsets:
            return []
        order = _record_of_bit(self.placed)
        wanted = [[order[b] for b in bits] for bits in subsets]
        values: list[float] = record_expectations(self._noisy(letters, pulses), wanted).tolist()
        return values

    def _noisy(self, letters: str, pulses: Sequence[int] | None = None) -> stim.Circuit:
        directions = {bit: PAULI[p] for bit, p in enumerate(letters)}
        turns = tuple(d.pulses for d in directions.values()) if pulses is None else tuple(pulses)
        if (letters, turns) not in self._circuits:
            circuit = in_directions(self.placed, directions, dict(enumerate(turns)))
            self._circuits[letters, turns] = noisy(circuit, self.device, self.rules)
        return self._circuits[letters, turns]


def _letters(components: Sequence[Mapping[str, float]]) -> list[tuple[str, list[float]]]:
    return [
        ("".join(p for p, _ in choice), [w for _, w in choice])
        for choice in product(*(c.items() for c in components))
    ]


def _record_of_bit(circuit: QuantumCircuit) -> dict[int, int]:
    measured = [i for i in circuit.data if i.operation.name == "measure"]
    return {circuit.find_bit(m.clbits[0]).index: record for record, m in enumerate(measured)}


def _qubits(circuit: QuantumCircuit) -> list[int]:
    """Return the physical qubit that is measured into each bit."""
    where = {
        circuit.find_bit(i.clbits[0]).index: circuit.find_bit(i.qubits[0]).index
        for i in circuit.data
        if i.operation.name == "measure"
    }
    return [where[bit] for bit in sorted(where)]


def _unread(circuit: stim.Circuit, flip: str) -> stim.Circuit:
    """Return the circuit with an error in place of each measurement that is wrong as often."""
    unread = stim.Circuit()
    for instruction in circuit:
        if instruction.name != "M":
            unread.append(instruction)  # not as text, which has six digits of a probability
        elif wrong := instruction.gate_args_copy():
            unread.append(flip, [t.value for t in instruction.targets_copy()], wrong[0])
    return unread


def _neighbours(qubits: Sequence[int], letter: str) -> list[stim.PauliString]:
    return [_pauli(letter, pair) for pair in pairwise(qubits)]


def _pauli(letter: str, qubits: Sequence[int]) -> stim.PauliString:
    string = stim.PauliString(1 + max(qubits))
    for q in qubits:
        string[q] = letter
    return string


def _no_flips(circuit: stim.Circuit, stabilisers: Sequence[stim.PauliString]) -> float:
    """Return the probability that errors flip none of the stabilisers, all of which are +1 without noise."""
    if not stabilisers:
        return 1.0
    if not all(expectations(circuit.without_noise(), stabilisers) == 1):
        raise UnsupportedCircuitError(
            "Without noise this circuit does not end in the state that parity oscillations are for.",
            "Measure outputs that hold a Bell or GHZ state.",
        )
    return stabilizer_fidelity(circuit, stabilisers)
