"""Whether a register can be handed over: written in the formats that `get` writes, and read back the same."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
from qiskit import QuantumCircuit

from qclone.circuits._body import MAX_GATES
from qclone.circuits._operation import MAX_DEFINED_QUBITS, has_amplitudes
from qclone.circuits._register import from_bytes, register_text, to_bytes
from qclone.errors import UnsupportedCircuitError

# What a recovery may append to each qubit: a Clifford gate and a Pauli.
_APPENDED = 8


def rehearse(circuit: QuantumCircuit) -> bytes:
    """Return a register's circuit in QPY, once it is shown to come back from QPY and from OpenQASM 3.

    Amplitudes of more than 12 qubits have no text, and a text may be too long; then QPY is enough.

    Raises
    ------
    UnsupportedCircuitError : it would not come back, or is so large that what a recovery appends would make
        it too large to be read.

    Example
    -------
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> from_bytes(rehearse(bell)).circuit == bell
    True
    """
    most = MAX_GATES - _APPENDED * circuit.num_qubits
    if len(circuit.data) > most:
        raise UnsupportedCircuitError(
            f"The register has {len(circuit.data):,} gates; with what its recovery may append they would be "
            f"more than the {MAX_GATES:,} that can be read back.",
            "Prepare the state with fewer gates.",
        )
    stored = to_bytes(circuit)
    _require_same(from_bytes(stored).circuit, circuit, "QPY")
    large = [i for i in circuit.data if not i.is_standard_gate() and has_amplitudes(i.operation)]
    if all(len(instruction.qubits) <= MAX_DEFINED_QUBITS for instruction in large):
        try:
            text = register_text(circuit)
        except UnsupportedCircuitError:
            return stored
        again = from_bytes(text.encode()).circuit
        # Amplitudes are written as the gates that prepare them, so the circuit is another one.
        if not large:
            _require_same(again, circuit, "OpenQASM 3")
    return stored


def _require_same(back: QuantumCircuit, circuit: QuantumCircuit, form: str) -> None:
    here = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    there = {qubit: i for i, qubit in enumerate(back.qubits)}
    for a, b in zip_longest(circuit.data, back.data):
        same = a is not None and b is not None and a.name == b.name
        same = same and [here[q] for q in a.qubits] == [there[q] for q in b.qubits]
        if not (same and len(a.params) == len(b.params) and np.array_equal(a.params, b.params)):
            raise UnsupportedCircuitError(
                f"The register does not come back from {form} as it is.",
                "Nothing was stored; report this file.",
            )
