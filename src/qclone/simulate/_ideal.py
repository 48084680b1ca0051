"""What an observable is without noise: carried back through a Clifford circuit to |0...0>."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import stim

from qclone.errors import UnsupportedCircuitError

_FEEDBACK = {"CX": 1, "CY": 2, "CZ": 3, "XCZ": 1, "YCZ": 2}
_RESET = {"RX": 1, "RY": 2, "R": 3}
_MEASURE = {"MX": 1, "MY": 2, "M": 3}
_MEASURE_RESET = {"MRX": 1, "MRY": 2, "MR": 3}
_AFTER_NAME = re.compile(r"[ (\[]")
_MEASURE_PAIR = {"MXX": "X", "MYY": "Y", "MZZ": "Z"}


@dataclass(frozen=True)
class Observable:
    """A Pauli at the end of a circuit times the parity of some of its measurement records.

    Parameters
    ----------
    pauli : Hermitian Pauli on the first ``len(pauli)`` qubits.
    records : absolute indices of measurement records; the value of a record is (-1)^bit.
    """

    pauli: stim.PauliString
    records: frozenset[int] = frozenset()


CHAIN = ("E", "CORRELATED_ERROR", "ELSE_CORRELATED_ERROR")
"""Errors of which at most one happens: each is asked for only if none before it in its chain has."""


def ideal_values(circuit: stim.Circuit, observables: Iterable[Observable]) -> list[int]:
    """Return the noiseless expectation, -1, 0 or +1, of each observable on |0...0>; linear in gates each."""
    steps = _steps(circuit)
    return [_ideal_value(steps, circuit.num_qubits, circuit.num_measurements, o) for o in observables]


def chain_damping(circuit: stim.Circuit, observable: Observable) -> float:
    """Return what chains of exclusive errors leave of an observable whose noiseless value is not 0.

    Errors k = 1, 2, ... of a chain happen with P_k = p_k prod_{j<k} (1 - p_j): prod_chains (1 - 2 sum P_k),
    the sum over those errors that anticommute with the observable carried back to them.
    """
    width = max(circuit.num_qubits, len(observable.pauli))
    back = _Back(
        stim.PauliString(width) * observable.pauli, set(observable.records), circuit.num_measurements
    )
    damping, chain = 1.0, list[tuple[float, bool]]()
    for step in reversed(_steps(circuit, keep=CHAIN)):
        if isinstance(step, stim.Circuit):
            back.pauli = back.pauli.before(step)
            continue
        if step.name not in CHAIN:
            back.undo(step)
            continue
        error = _product(width, [t for t in step.targets_copy() if not t.is_combiner])
        chain.insert(0, (step.gate_args_copy()[0], not back.pauli.commutes(error)))
        if step.name != "ELSE_CORRELATED_ERROR":
            damping *= _left_by(chain)
            chain = []
    return damping * _left_by(chain)


def _left_by(chain: Sequence[tuple[float, bool]]) -> float:
    none_yet, flipped = 1.0, 0.0
    for probability, flips in chain:
        flipped += none_yet * probability * flips
        none_yet *= 1 - probability
    return 1 - 2 * flipped


def _steps(circuit: stim.Circuit, keep: Sequence[str] = ()) -> list[stim.Circuit | stim.CircuitInstruction]:
    """Unitary stretches as circuits, which stim carries a Pauli through, and the rest one by one.

    Noise is left out, but for what is to be kept.

    By lines of text: appending to a circuit one instruction at a time, or `without_noise`, copies the
    targets of a growing instruction again and again, which is quadratic for a chain of gates. Text has six
    digits of a probability, though: what is kept is taken as it is.
    """
    steps: list[stim.Circuit | stim.CircuitInstruction] = []
    stretch: list[str] = []
    flat = circuit.flattened()
    kept = iter([step for step in flat if step.name in keep] if keep else [])
    for line in str(flat).splitlines():
        name = _AFTER_NAME.split(line, maxsplit=1)[0]
        is_unitary, breaks = _role(name)
        is_feedback = name in _FEEDBACK and ("rec[" in line or "sweep[" in line)
        if is_unitary and not is_feedback:
            stretch.append(line)
        elif name in keep:
            steps += [stim.Circuit("\n".join(stretch)), next(kept)]
            stretch = []
        elif breaks or is_feedback:
            steps += [stim.Circuit("\n".join(stretch)), *stim.Circuit(line)]
            stretch = []
    return [*steps, stim.Circuit("\n".join(stretch))]


@cache
def _role(name: str) -> tuple[bool, bool]:
    """Whether an instruction is a gate, and whether it resets or measures."""
    data = stim.gate_data(name)
    return data.is_unitary, data.is_reset or data.produces_measurements


def _ideal_value(
    steps: Sequence[stim.Circuit | stim.CircuitInstruction],
    num_qubits: int,
    num_measurements: int,
    observable: Observable,
) -> int:
    width = max(num_qubits, len(observable.pauli))
    pauli = stim.PauliString(width) * observable.pauli
    back = _Back(pauli, set(observable.records), num_measurements)
    for step in reversed(steps):
        if isinstance(step, stim.Circuit):
            back.pauli = back.pauli.before(step)
        elif not back.undo(step):
            return 0
    return 0 if back.pauli.pauli_indices("XY") else round(back.pauli.sign.real)


@dataclass
class _Back:
    """An observable on its way back through measurements, resets and feedback."""

    pauli: stim.PauliString
    records: set[int]
    num_records: int

    def undo(self, step: stim.CircuitInstruction) -> bool:
        """Carry the observable back over one instruction; False where its expectation is 0."""
        name = step.name
        if name in _FEEDBACK:
            return self._undo_feedback(step)
        groups = [list(g) for g in step.target_groups()]
        if name in _RESET:
            return all(self._undo_reset(g[0].value, _RESET[name]) for g in reversed(groups))
        if name in _MEASURE_RESET:
            basis = _MEASURE_RESET[name]
            return all(
                self._undo_reset(g[0].value, basis) and self._undo_measure(g[0], basis)
                for g in reversed(groups)
            )
        if name in _MEASURE:
            return all(self._undo_measure(g[0], _MEASURE[name]) for g in reversed(groups))
        if name == "MPP":
            return all(self._undo_product(_product(len(self.pauli), g)) for g in reversed(groups))
        if name in _MEASURE_PAIR:
            return all(
                self._undo_product(_pair(len(self.pauli), _MEASURE_PAIR[name], g)) for g in reversed(groups)
            )
        if name == "MPAD":
            return all(self._undo_pad(g[0].value) for g in reversed(groups))
        raise UnsupportedCircuitError(
            f"The instruction {name} has no exact expectation here.", "Use the sampler instead."
        )

    def _undo_feedback(self, step: stim.CircuitInstruction) -> bool:
        for a, b in reversed([tuple(g) for g in step.target_groups()]):
            control, target = (b, a) if a.is_qubit_target else (a, b)
            if a.is_qubit_target and b.is_qubit_target:
                self.pauli = self.pauli.before(stim.Circuit(f"{step.name} {a.value} {b.value}"))
            elif control.is_measurement_record_target and self.pauli[target.value] not in (
                0,
                _FEEDBACK[step.name],
            ):
                self.records ^= {self.num_records + control.value}
        return True

    def _undo_reset(self, qubit: int, basis: int) -> bool:
        commutes = self.pauli[qubit] in (0, basis)
        self.pauli[qubit] = 0
        return commutes

    def _next_record(self) -> bool:
        self.num_records -= 1
        return self.num_records in self.records

    def _undo_measure(self, target: stim.GateTarget, basis: int) -> bool:
        wanted = self._next_record()
        held = self.pauli[target.value]
        if held not in (0, basis):
            return False
        if wanted:
            self.pauli[target.value] = basis - held
            if target.is_inverted_result_target:
                self.pauli *= -1
        return True

    def _undo_product(self, product: stim.PauliString) -> bool:
        wanted = self._next_record()
        if not self.pauli.commutes(product):
            return False
        if wanted:
            self.pauli *= product
        return True

    def _undo_pad(self, bit: int) -> bool:
        if self._next_record() and bit:
            self.pauli *= -1
        return True


def _product(width: int, group: Sequence[stim.GateTarget]) -> stim.PauliString:
    product = stim.PauliString(width)
    for target in group:
        factor = stim.PauliString(width)
        factor[target.value] = target.pauli_type
        product *= -factor if target.is_inverted_result_target else factor
    return product


def _pair(width: int, basis: str, group: Sequence[stim.GateTarget]) -> stim.PauliString:
    product = stim.PauliString(width)
    for target in group:
        product[target.value] = basis
        if target.is_inverted_result_target:
            product *= -1
    return product
