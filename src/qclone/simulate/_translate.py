"""Placed circuits in a backend's own gates: nothing moves, nothing runs that the backend has no noise for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import pi
from typing import Any

import qiskit
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction
from qiskit.circuit.library import CXGate
from qiskit.quantum_info import Operator
from qiskit.synthesis import TwoQubitBasisDecomposer
from qiskit.transpiler import PassManager, Target, generate_preset_pass_manager
from qiskit.transpiler.exceptions import TranspilerError

from qclone.errors import InvalidInputError, QcloneError

# Entanglers that a change of frame about Z passes through.
_DIAGONAL = {"cz", "rzz"}
# What every backend takes, whether its target names it or not.
_ALWAYS = {"barrier", "measure"}


class Translation:
    """From the gates of placed circuits (cz and other entanglers, rz, sx, x) to those of a target.

    Qubits stay where they are, so couplers are checked, not chosen. Where the target has all gates of a
    circuit the circuit stays as it is. Where it has phased pulses but no rz, changes of frame are carried
    into the phases of the pulses, as the processor's own compiler does.

    Parameters
    ----------
    target : the backend's own gates; see `qclone.device.own_target`.
    name : of the backend, for messages.
    backend : whose target it is, if its package plugs stages of its own into Qiskit's passes.
    """

    def __init__(self, target: Target, name: str = "the backend", backend: Any = None) -> None:
        self.target, self.name = target, name
        self.backend = backend
        # Vendors' own stages are plugged into passes that are made for their backend.
        self._for = {"backend": backend} if getattr(backend, "target", None) is target else {"target": target}

    def run(self, circuits: Sequence[QuantumCircuit]) -> list[QuantumCircuit]:
        """Return the circuits in the target's gates.

        Raises
        ------
        InvalidInputError : a circuit has more qubits, or entangles a pair that the target does not couple, or
            the target's gates are not enough.
        """
        return [self._one(circuit) for circuit in circuits]

    def _one(self, circuit: QuantumCircuit) -> QuantumCircuit:
        width = self.target.num_qubits
        if width is not None and circuit.num_qubits > width:
            raise InvalidInputError(
                f"{self.name} has {width} qubits; the circuits are placed on {circuit.num_qubits}.",
                "Place them on device.from_backend of the same backend.",
            )
        if (
            self._unknown(circuit) is None
            and self._is_directed(circuit)
            and not _has_resonators(self.backend)
        ):
            return circuit
        if _has_resonators(self.backend):
            translated = _through_resonators(circuit, self.backend)
        elif self._phased:
            translated = self._sorted(in_phases(circuit))
        else:
            try:
                translated = self._manager(circuit.num_qubits).run(self._directed(circuit))
            except TranspilerError as error:
                raise InvalidInputError(
                    f"The circuit cannot be written in the gates of {self.name}: {error.message}.",
                    "Place it on device.from_backend of the same backend.",
                ) from None
        if not _has_resonators(self.backend) and (unknown := self._unknown(translated)) is not None:
            raise QcloneError(
                f"{self.name} has no {unknown[0]} on qubits {unknown[1]} (Qiskit {qiskit.__version__}).",
                "Place the circuit on device.from_backend of the same backend.",
            )
        return translated

    @cached_property
    def _phased(self) -> bool:
        names = set(self.target.operation_names)
        kinds = {n: self.target.operation_from_name(n) for n in names}
        two = {n for n, k in kinds.items() if isinstance(k, Instruction) and k.num_qubits == 2}
        return "r" in names and "rz" not in names and "cz" in two and two <= _DIAGONAL

    def _directed(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Turn round two-qubit gates where the target has them in the other direction alone, or better."""
        directions = self._directions
        if directions is None:
            return circuit
        index = {q: i for i, q in enumerate(circuit.qubits)}
        turned = circuit.copy_empty_like()
        for instruction in circuit.data:
            pair = tuple(index[q] for q in instruction.qubits)
            if len(pair) != 2 or not isinstance(instruction.operation, Gate) or pair in directions:
                turned.append(instruction)
                continue
            if pair[::-1] not in directions:
                raise InvalidInputError(
                    f"{self.name} does not couple the qubits {pair[0]} and {pair[1]}.",
                    "Place the circuit on device.from_backend of the same backend.",
                )
            turned.compose(
                _from_the_other_side(instruction.operation), instruction.qubits[::-1], inplace=True
            )
        return turned

    def _sorted(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Name the qubits of symmetric gates in the order in which the target does."""
        directions = self._directions
        index = {q: i for i, q in enumerate(circuit.qubits)}
        named = circuit.copy_empty_like()
        for instruction in circuit.data:
            pair = tuple(index[q] for q in instruction.qubits)
            turned = len(pair) == 2 and directions is not None and pair not in directions
            named.append(instruction.replace(qubits=instruction.qubits[::-1]) if turned else instruction)
        return named

    def _is_directed(self, circuit: QuantumCircuit) -> bool:
        directions = self._directions
        index = {q: i for i, q in enumerate(circuit.qubits)}
        pairs = {tuple(index[q] for q in i.qubits) for i in circuit.data if isinstance(i.operation, Gate)}
        return directions is None or all(pair in directions for pair in pairs if len(pair) == 2)

    @cached_property
    def _directions(self) -> set[tuple[int, ...]] | None:
        """The pairs, in order, on which the target has any two-qubit gate; None for all.

        Of the two directions of a pair the one with the smaller error, as in the device: calibrations state
        1 for the one that nobody has measured.
        """
        found: dict[tuple[int, ...], float | None] = {}
        for name in self.target.operation_names:
            operation = self.target.operation_from_name(name)
            if isinstance(operation, type) and issubclass(operation, Gate):
                return None  # a class of gates, anywhere
            if isinstance(operation, Gate) and operation.num_qubits == 2:
                entries = self.target[name]
                if not entries or None in entries:
                    return None
                for pair, entry in entries.items():
                    errors = [e for e in (found.get(pair), entry and entry.error) if e is not None]
                    found[pair] = min(errors, default=None)
        return {pair for pair in found if not _is_better(found.get(pair[::-1]), found[pair])} or None

    def _unknown(self, circuit: QuantumCircuit) -> tuple[str, tuple[int, ...]] | None:
        """Return an operation that the target lacks where it is; None if there is none."""
        index = {q: i for i, q in enumerate(circuit.qubits)}
        for instruction in circuit.data:
            operation, qubits = instruction.operation, tuple(index[q] for q in instruction.qubits)
            if operation.name in _ALWAYS:
                continue
            # Angles must suit the target's; a state that is initialised is none.
            angles = [p for p in operation.params if not isinstance(p, str)]
            if not self.target.instruction_supported(operation.name, qubits, parameters=angles or None):
                return operation.name, qubits
        return None

    def _manager(self, num_qubits: int) -> PassManager:
        return generate_preset_pass_manager(
            optimization_level=1,
            **self._for,
            initial_layout=list(range(num_qubits)),
            layout_method="trivial",
            routing_method="none",
            seed_transpiler=0,
        )


def _is_better(error: float | None, other: float | None) -> bool:
    return error is not None and other is not None and error < other


def _has_resonators(backend: Any) -> bool:
    """Whether states must be moved to a resonator to be entangled, as on IQM's stars."""
    has = getattr(backend, "has_resonators", None)
    return bool(has()) if callable(has) else False


def _through_resonators(circuit: QuantumCircuit, backend: Any) -> QuantumCircuit:
    """Return the circuit with the moves that the vendor's own compiler puts in."""
    from iqm.qiskit_iqm import transpile_to_IQM

    moved: QuantumCircuit = transpile_to_IQM(
        circuit, backend, initial_layout=list(range(circuit.num_qubits)), perform_move_routing=True
    )
    return moved


def _from_the_other_side(gate: Gate) -> QuantumCircuit:
    """Return a gate as a circuit in which qubit 0 controls every CX and is the gate's second qubit."""
    swapped = Operator(gate).reverse_qargs()
    if swapped == Operator(gate):
        named = QuantumCircuit(2)
        named.append(gate, [0, 1])
        return named
    decomposed: QuantumCircuit = TwoQubitBasisDecomposer(CXGate())(swapped)
    return decomposed


def in_phases(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit of cz, rz, sx, x, without its rz: pulses r(theta, phi) carry the frame.

    rz(a) turns all later pulses: r(theta, phi) rz(a) = rz(a) r(theta, phi - a). It passes through what is
    diagonal, and before a measurement of Z it does nothing.

    Example
    -------
    >>> circuit = QuantumCircuit(1)
    >>> circuit.rz(pi / 2, 0); circuit.sx(0)  # doctest: +ELLIPSIS
    <...
    >>> [(i.operation.name, [float(p) for p in i.operation.params]) for i in in_phases(circuit).data]
    [('r', [1.5707963267948966, -1.5707963267948966])]
    """
    placed = circuit.copy_empty_like()
    frame = dict.fromkeys(circuit.qubits, 0.0)
    for instruction in circuit.data:
        operation, qubits = instruction.operation, instruction.qubits
        if operation.name == "rz":
            frame[qubits[0]] += float(operation.params[0])
        elif operation.name in ("sx", "x"):
            placed.r(pi / 2 if operation.name == "sx" else pi, -frame[qubits[0]], qubits[0])
        elif operation.name == "id":
            continue
        else:
            if operation.name == "reset":
                frame[qubits[0]] = 0.0
            placed.append(instruction)
    return placed
