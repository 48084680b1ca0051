"""Backends of Qiskit's first version, which Qiskit 2 has no class for: a configuration, and properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from qiskit.circuit import Measure
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

# Operations of Qiskit's that are no gates, and are given a place here themselves.
_OTHERS = {"measure", "reset", "delay"}


def is_first_version(backend: Any) -> bool:
    """Whether a backend says what it is by `configuration()` instead of a target."""
    return getattr(backend, "target", None) is None and callable(getattr(backend, "configuration", None))


def first_version_target(backend: Any) -> Target | None:
    """Return the target of a backend's `configuration()` and `properties()`; None if it has no qubits.

    What is not operational has error 1. Gates that Qiskit does not know by their names are left out.
    """
    configuration: Any = backend.configuration()
    properties = getattr(backend, "properties", None)
    stated = _Stated(properties() if callable(properties) else None)
    width = getattr(configuration, "n_qubits", None) or getattr(configuration, "num_qubits", None)
    if not width:
        return None
    target = Target(
        num_qubits=width,
        qubit_properties=[QubitProperties(stated.of("t1", q), stated.of("t2", q)) for q in range(width)],
    )
    pairs = [tuple(edge) for edge in getattr(configuration, "coupling_map", None) or ()]
    own = {gate.name: gate for gate in getattr(configuration, "gates", None) or ()}
    known = get_standard_gate_name_mapping()
    for name in configuration.basis_gates:
        if name not in known or name in _OTHERS or known[name].num_qubits > 2:
            continue
        places: Iterable[tuple[int, ...]] = [(q,) for q in range(width)]
        if known[name].num_qubits == 2:
            places = [tuple(edge) for edge in getattr(own.get(name), "coupling_map", None) or ()] or pairs
        each = {place: stated.gate(name, place) for place in places}
        target.add_instruction(known[name], each or None, name=name)
    readout = {(q,): stated.readout(q) for q in range(width)}
    target.add_instruction(Measure(), readout)
    for name in ("reset", "delay"):
        target.add_instruction(known[name], {(q,): None for q in range(width)}, name=name)
    return target


class _Stated:
    """Calibration by the names that Qiskit's `BackendProperties` has; None for what is not stated."""

    def __init__(self, properties: Any) -> None:
        self.properties = properties

    def of(self, what: str, *which: Any) -> Any:
        ask: Callable[..., Any] | None = getattr(self.properties, what, None)
        if ask is None:
            return None
        try:
            return ask(*which)
        except Exception:  # each package has an error of its own for what was not measured
            return None

    def gate(self, name: str, place: tuple[int, ...]) -> InstructionProperties:
        works = self.of("is_gate_operational", name, list(place)) is not False
        error = self.of("gate_error", name, list(place)) if works else 1.0
        return InstructionProperties(self.of("gate_length", name, list(place)), error)

    def readout(self, qubit: int) -> InstructionProperties:
        works = self.of("is_qubit_operational", qubit) is not False
        error = self.of("readout_error", qubit) if works else 1.0
        return InstructionProperties(self.of("readout_length", qubit), error)
