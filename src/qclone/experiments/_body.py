"""The circuits of the paper before routing: an ancilla or a GHZ state, a scheme's stages, measurements.

Each measurement is guarded by a barrier, so that compilers neither drop gates which do not matter to a
measurement of Z nor move the place where a rotation to another direction goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise

from qiskit import QuantumCircuit

from qclone.access import Checks
from qclone.circuits import to_qiskit
from qclone.errors import InvalidInputError
from qclone.scheme import Scheme

ANCILLA = 0
"""The reference qubit comes first; wire w of the scheme is qubit w + 1."""


class Order(IntEnum):
    """In which order ancilla and clone are measured; the scenarios of experiment 2."""

    ANCILLA_FIRST = 1
    """The ancilla after encryption; decryption waits until its measurement is over."""
    TOGETHER = 2
    CLONE_FIRST = 3
    """The ancilla waits until the measurement of the clone is over."""


def clone_with_ancilla(
    scheme: Scheme, clone: str, order: Order | None = None, *, bell_measurement: bool = False
) -> QuantumCircuit:
    """Return the circuit that clones half of a Bell pair, decrypts one clone and measures both halves.

    Bit 0 is the ancilla, bit 1 the decrypted clone. With `bell_measurement` both are 0 exactly where
    ancilla and clone are in the Bell state.

    Parameters
    ----------
    order : of the two measurements. With one, decryption begins after all of encryption: the same gates for
        every order, so that routing is the same too and results differ by the order alone.
        None: both at the end, and stages may overlap.
    """
    circuit = _encrypted(scheme, num_bits=2)
    output = 1 + scheme.index(_only(scheme.clone(clone).outputs))
    if order is not None:
        _separate(circuit)
    if order is Order.ANCILLA_FIRST:
        measure(circuit, [ANCILLA], [0])
        _separate(circuit)
    _append(circuit, scheme, scheme.decrypt(clone))
    if bell_measurement:
        circuit.cx(ANCILLA, output)
        circuit.h(ANCILLA)
    if order is Order.CLONE_FIRST:
        _separate(circuit)
        measure(circuit, [output], [1])
        _separate(circuit)
        measure(circuit, [ANCILLA], [0])
    elif order is Order.ANCILLA_FIRST:
        measure(circuit, [output], [1])
    else:
        measure(circuit, [ANCILLA, output], [0, 1])
    return circuit


def wires_with_ancilla(scheme: Scheme, wires: Sequence[str], clone: str | None = None) -> QuantumCircuit:
    """Return the circuit that measures the ancilla (bit 0) and wires of the scheme (bits 1, 2, ...).

    Parameters
    ----------
    clone : which clone is decrypted before; none by default.
    """
    circuit = _encrypted(scheme, num_bits=1 + len(wires))
    if clone is not None:
        _append(circuit, scheme, scheme.decrypt(clone))
    qubits = [ANCILLA, *(1 + w for w in scheme.indices(wires))]
    measure(circuit, qubits, list(range(len(qubits))))
    return circuit


def checked_with_ancilla(checks: Checks) -> QuantumCircuit:
    """Return the circuit that decrypts with checks: bit 0 the ancilla, bit 1 the output, then the checks."""
    scheme = checks.scheme
    circuit = _encrypted(scheme, num_bits=2 + checks.num_checks)
    _append(circuit, scheme, checks.circuit)
    wires = scheme.indices([_only(checks.outputs), *checks.measured])
    qubits = [ANCILLA, *(1 + w for w in wires)]
    measure(circuit, qubits, list(range(len(qubits))))
    return circuit


def ghz_cloned(scheme: Scheme, clone: str) -> QuantumCircuit:
    """Return the circuit that clones a GHZ state of all inputs, decrypts and measures the outputs.

    Bit i is the output of input i; one input is prepared in |+>.
    """
    circuit = QuantumCircuit(scheme.num_qubits, len(scheme.inputs))
    inputs = scheme.indices(scheme.inputs)
    circuit.h(inputs[0])
    for a, b in pairwise(inputs):
        circuit.cx(a, b)
    for stage in (scheme.prepare(), scheme.encrypt(), scheme.decrypt(clone)):
        circuit.compose(to_qiskit(stage, scheme.num_qubits), inplace=True)
    outputs = scheme.indices(scheme.clone(clone).outputs)
    measure(circuit, outputs, range(len(outputs)))
    return circuit


def measure(circuit: QuantumCircuit, qubits: Sequence[int], bits: Sequence[int]) -> None:
    """Append measurements behind a barrier."""
    circuit.barrier(qubits)
    circuit.measure(qubits, bits)


def _encrypted(scheme: Scheme, num_bits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(1 + scheme.num_qubits, num_bits)
    circuit.h(ANCILLA)
    circuit.cx(ANCILLA, 1 + scheme.index(_only(scheme.inputs)))
    _append(circuit, scheme, scheme.prepare())
    _append(circuit, scheme, scheme.encrypt())
    return circuit


def _append(circuit: QuantumCircuit, scheme: Scheme, stage: object) -> None:
    circuit.compose(to_qiskit(stage, scheme.num_qubits), range(1, 1 + scheme.num_qubits), inplace=True)


def _separate(circuit: QuantumCircuit) -> None:
    circuit.barrier()


def _only(labels: Sequence[str]) -> str:
    if len(labels) != 1:
        raise InvalidInputError(
            f"An ancilla is entangled with one input; this scheme has {len(labels)}.",
            "Clone a GHZ state of its inputs instead.",
        )
    return labels[0]
