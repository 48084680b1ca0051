"""A placed circuit that is read once, with its measurements turned to many directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import stim
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from qclone.device import Device, NoiseRules
from qclone.experiments._direction import PAULI
from qclone.simulate._learned import together
from qclone.simulate._noisy import write
from qclone.simulate._steps import Kind, Step, read


@dataclass(frozen=True)
class Turned:
    """The noisy circuits of all settings and noise rules: the same gates with other pulses before measuring.

    What comes out is `noisy` of `in_directions`, without a circuit of Qiskit's in between for each of them.

    Parameters
    ----------
    placed : measures Z of every bit.
    device : the twin's.
    """

    placed: QuantumCircuit
    device: Device
    _read: dict[bool, list[tuple[list[Step], Step, int]]] = field(default_factory=dict, repr=False)
    _ends: dict[bool, list[Step]] = field(default_factory=dict, repr=False)
    _turns: dict[tuple[int, str, int], list[Step]] = field(default_factory=dict, repr=False)

    @cached_property
    def qubits(self) -> dict[int, int]:
        """The physical qubit that is measured into each bit, in order of measurement."""
        find = self.placed.find_bit
        return {find(i.clbits[0]).index: find(i.qubits[0]).index for i in self._measurements}

    @cached_property
    def records(self) -> dict[int, int]:
        """The measurement record of each bit."""
        find = self.placed.find_bit
        return {find(i.clbits[0]).index: record for record, i in enumerate(self._measurements)}

    def noisy(
        self, letters: str, pulses: Sequence[int], rules: NoiseRules, unread: str | None = None
    ) -> stim.Circuit:
        """Return the circuit that measures a Pauli into each bit.

        Parameters
        ----------
        letters : for each bit, X, Y or Z.
        pulses : for each bit, how many pulses turn that to Z; none, one or two.
        unread : an error that takes the place of each measurement and happens as often as it is wrong.
        """
        steps: list[Step] = []
        for before, measurement, bit in self._parts(rules):
            steps += before
            if bit < len(letters):
                steps += self._turn(measurement.qubits[0], letters[bit], pulses[bit])
            steps.append(measurement)
        steps += self._ends[rules.measurement_time]
        return write(together(steps, self.device, rules), self.device, rules, unread)

    def _parts(self, rules: NoiseRules) -> list[tuple[list[Step], Step, int]]:
        """Return what comes before each measurement, the measurement, and its bit; rules decide its time."""
        known = rules.measurement_time
        if known not in self._read:
            bits = iter([self.placed.find_bit(i.clbits[0]).index for i in self._measurements])
            parts, before = [], list[Step]()
            for step in read(self.placed, self.device, rules):
                if step.kind is Kind.MEASURE:
                    parts.append((before, step, next(bits)))
                    before = []
                else:
                    before.append(step)
            self._read[known], self._ends[known] = parts, before
        return self._read[known]

    def _turn(self, qubit: int, letter: str, pulses: int) -> list[Step]:
        if (qubit, letter, pulses) not in self._turns:
            alone = QuantumCircuit(self.placed.num_qubits)
            PAULI[letter].rotate(alone, qubit, pulses)
            self._turns[qubit, letter, pulses] = read(alone, self.device, NoiseRules())
        return self._turns[qubit, letter, pulses]

    @cached_property
    def _measurements(self) -> list[CircuitInstruction]:
        return [i for i in self.placed.data if i.operation.name == "measure"]
