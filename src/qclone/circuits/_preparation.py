"""What makes a circuit a state preparation: unitary gates on |0...0>, measured at the end at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qiskit import QuantumCircuit, QuantumRegister
from qiskit.circuit import CircuitInstruction, Operation, Qubit

from qclone.circuits._assembled import gate_of
from qclone.circuits._body import MAX_GATES, Part, size_of, unrolled
from qclone.circuits._known import known_bit
from qclone.circuits._words import PHASE
from qclone.errors import UnsupportedCircuitError

MAX_QUBITS = 10_000
LEFT_OUT = "Left out"
"""How a notice begins that says what of a file is not in its register."""


class Preparation:
    """Takes what a file does, one thing after the other, and keeps the circuit in plain words that it makes.

    Parameters
    ----------
    name : of the file, for messages.
    place : the place in the file of what was given as `where`, such as "line 8".
    any_state : what is read acts on whatever its qubits hold, as a program does; a register's begin in |0>.
    """

    def __init__(self, name: str, place: Callable[[int], str], any_state: bool = False) -> None:
        self.name = name
        self.any_state = any_state
        self.place = place
        self.circuit = QuantumCircuit()
        self.size = 0
        self._touched = bytearray()
        self._measured: dict[int, int] = {}
        self._zero_at: dict[int, int] = {}
        self._delays = 0
        self._said: dict[str, None] = {}
        self._bits: list[Qubit] = []
        self._phase = 0.0

    def declare(self, count: int) -> range:
        """Add qubits in |0> and return their numbers."""
        first = len(self._touched)
        if first + count > MAX_QUBITS:
            raise UnsupportedCircuitError(
                f"{self.name} declares {first + count:,} qubits.", f"At most {MAX_QUBITS:,} can be read."
            )
        self._touched.extend(bytes(count))
        self._bits.extend(added := [Qubit() for _ in range(count)])
        for bit in added:
            # Checked against no other bit: these are new, and there may be as many declarations as qubits.
            self.circuit._data.add_qubit(bit)
        return range(first, first + count)

    def gate(self, part: Part, where: int) -> None:
        """Do a gate on given qubits, which are different ones."""
        what, params, qubits = part
        if self._measured:
            self._require_unmeasured(qubits, where)
        if isinstance(what, str):
            if what == PHASE:
                self._phase += params[0]
                return
            self._grow(1, where)
            self._append(what, params, qubits)
            return
        self._grow(size_of(part), where)
        self.say(*what.says)
        for word, given, places in unrolled(part):
            if word == PHASE:
                self._phase += given[0]
            else:
                self._append(word, given, places)

    def amplitudes(self, operation: Operation, qubits: Sequence[int], where: int) -> None:
        """Prepare a state that is given by its amplitudes; in text it is made of gates, here it stays."""
        if self.any_state:
            raise self.refuse(where, "it prepares a state, whatever was there")
        self._require_unmeasured(qubits, where)
        self._grow(1, where)
        for q in qubits:
            self._touched[q] = 1
        self.circuit._append(CircuitInstruction(operation, [self._bits[q] for q in qubits]))

    def measure(self, qubit: int, where: int) -> None:
        self._measured.setdefault(qubit, where)

    def reset(self, qubit: int, where: int) -> None:
        """Nothing for a qubit that is provably |0>, a flip for one that is provably |1>."""
        known = not self.any_state and qubit not in self._measured
        if known and not self._touched[qubit]:
            return
        bit = known_bit(self.circuit, qubit, self._zero_at) if known else None
        if bit is None:
            raise self.refuse(where, "'reset' discards a state")
        if bit:
            self._grow(1, where)
            self._append("x", (), (qubit,))
        # As if it were new: what comes before does not count any more.
        self._touched[qubit] = 0
        self._zero_at[qubit] = len(self.circuit.data)

    def delay(self) -> None:
        self._delays += 1

    def say(self, *sentences: str) -> None:
        """Keep sentences for whoever puts the register, each once."""
        self._said.update(dict.fromkeys(sorted(sentences)))

    def refuse(self, where: int, reason: str) -> UnsupportedCircuitError:
        if self.any_state:
            return UnsupportedCircuitError(
                f"{self.name} is not unitary: {self.place(where)}: {reason}.",
                "A program measures, resets and branches nowhere; measurements may only come last.",
            )
        return UnsupportedCircuitError(
            f"{self.name} is not a pure state preparation: {self.place(where)}: {reason}.",
            "A register is what unitary gates make of |0...0>; measurements may only come last.",
        )

    def finish(self) -> tuple[QuantumCircuit, tuple[str, ...]]:
        """Return the circuit, and what was left out of it."""
        if not self._touched:
            wanted = "act on it" if self.any_state else "prepare its state"
            raise UnsupportedCircuitError(
                f"{self.name} has no qubits.", f"Declare at least one and {wanted}."
            )
        self.circuit.global_phase = self._phase
        self.circuit.add_register(QuantumRegister(name="q", bits=self._bits))
        notices = list(self._said)
        if self._measured:
            notices.append(f"{LEFT_OUT} the final measurement of {_counted(len(self._measured), 'qubit')}.")
        if self._delays:
            delays = _counted(self._delays, "delay")
            notices.append(f"{LEFT_OUT} {delays}: a register is a state, without a duration.")
        return self.circuit, tuple(notices)

    def _append(self, word: str, params: tuple[float, ...], qubits: Sequence[int]) -> None:
        bits, touched = self._bits, self._touched
        for q in qubits:
            touched[q] = 1
        self.circuit._append(CircuitInstruction(gate_of(word, params), [bits[q] for q in qubits]))

    def _grow(self, gates: int, where: int) -> None:
        self.size += gates
        if self.size > MAX_GATES:
            raise UnsupportedCircuitError(
                f"{self.name}, {self.place(where)}: it stands for more than {MAX_GATES:,} gates.",
                "Prepare the state with fewer gates.",
            )

    def _require_unmeasured(self, qubits: Sequence[int], where: int) -> None:
        if earlier := [self._measured[q] for q in qubits if q in self._measured]:
            again = f"'measure' in the middle: its qubit is used again on {self.place(where)}"
            raise self.refuse(min(earlier), again)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
