"""The circuit that prepares a register, as bytes: the only place of the store that opens it, with Qiskit."""

from __future__ import annotations

import base64
import io
import warnings
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Operation

    from qclone.circuits import Compared

STATE_VECTOR_QUBITS = 12
"""Up to here state vectors are instant; beyond, a Clifford register is compared by stabilisers."""
MAX_STATE_VECTOR_QUBITS = 24
MAX_SOURCE_BYTES = 1 << 20
"""Of a file, compressed, that is kept beside what is stored of it, for verification."""
_SOURCE = "source"
_MAX_FILE_BYTES = 256 << 20


def core_of(circuit: QuantumCircuit, source: bytes = b"") -> bytes:
    """Return a register's circuit as QPY bytes that are shown to open again and to be written in any format.

    Parameters
    ----------
    source : the file that the circuit was read from, which a verification compares with; the circuit itself
        if there is none.

    Warns
    -----
    UserWarning : what can be read in two ways, and how it was: an evolution that is a product formula.

    Raises
    ------
    UnsupportedCircuitError : the circuit is not a pure state preparation, or would not come back.
    """
    from qclone.circuits import from_circuit, rehearse

    read = from_circuit(circuit)
    for reading in read.readings:
        warnings.warn(reading, stacklevel=3)  # at who calls put
    plain = read.circuit
    said = zlib.compress(source or _as_given(circuit))
    if len(said) <= MAX_SOURCE_BYTES:
        plain.metadata = {_SOURCE: base64.b85encode(said).decode()}
    return rehearse(plain)


def _as_given(circuit: QuantumCircuit) -> bytes:
    try:
        return dump(circuit)
    except Exception:  # gates of anyone's making may raise anything
        return b""


def source_of(core: QuantumCircuit) -> bytes:
    """Return the file that a register was read from; empty if it was too large to keep."""
    said = (core.metadata or {}).get(_SOURCE)
    return zlib.decompressobj().decompress(base64.b85decode(said), _MAX_FILE_BYTES) if said else b""


def dump(circuit: QuantumCircuit) -> bytes:
    """Return the circuit as QPY bytes."""
    from qclone.circuits import to_bytes

    return to_bytes(circuit)


def load(data: bytes) -> QuantumCircuit:
    """Return the circuit of QPY bytes. Raises InvalidInputError if they are none."""
    from qiskit import qpy

    from qclone.circuits import check_qpy

    check_qpy(data)
    try:
        return qpy.load(io.BytesIO(data))[0]
    except Exception as error:  # a damaged file may raise anything
        raise InvalidInputError(f"This is no QPY file: {type(error).__name__}.", "Write it again.") from None


def with_frame(core: bytes, frame: str) -> QuantumCircuit:
    """Return the circuit that prepares the delivered state: the core, then the Clifford on top of it."""
    import stim

    from qclone.compute import append_gates

    circuit = load(core)
    circuit.metadata = {}
    plain: list[str] = []
    for gate in stim.Circuit(frame):
        if gate.name == "R":
            append_gates(circuit, "\n".join(plain))
            plain = []
            circuit.reset([t.value for t in gate.targets_copy()])
        else:
            plain.append(str(gate))
    append_gates(circuit, "\n".join(plain))
    return circuit


def fidelity_with_source(core: bytes, delivered: bytes) -> Compared:
    """Return |<a|b>|^2 of what a register's file says and what was delivered, in OpenQASM or QPY, and how.

    Both are read another way than the one by which registers are read and stored. Where that is out of reach,
    what is delivered is compared with what was stored instead.

    Raises
    ------
    InvalidInputError : that is out of reach, too.
    """
    from qclone.circuits import Compared, OutOfReachError, compare, from_bytes

    stored = load(core)
    source = source_of(stored)
    why = "it is not kept"
    if source:
        try:
            return compare(source, delivered)
        except OutOfReachError as error:
            why = str(error)
    circuit = load(delivered) if delivered.startswith(b"QISKIT") else from_bytes(delivered).circuit
    return Compared(
        circuit_fidelity(stored, circuit), f"with what was stored of the file, not with the file: {why}"
    )


def state_fidelity(a: bytes, b: bytes) -> float:
    """Return |<a|b>|^2 of the states that two QPY circuits prepare.

    By state vectors up to 12 qubits; for larger registers by what is seen first: the circuits are the same
    gate by gate, they are Clifford, or there are no more than 24 qubits.

    Raises
    ------
    InvalidInputError : the registers differ in size, or are too large and not Clifford.
    """
    return circuit_fidelity(load(a), load(b))


def circuit_fidelity(a: QuantumCircuit, b: QuantumCircuit) -> float:
    """Return |<a|b>|^2 of the states that two circuits prepare; see `state_fidelity`."""
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import StabilizerState
    from qiskit.quantum_info import state_fidelity as overlap

    from qclone.circuits import has_amplitudes, state_vector

    if a.num_qubits != b.num_qubits:
        raise InvalidInputError(
            f"Registers of {a.num_qubits} and {b.num_qubits} qubits have no fidelity.", "Compare equal sizes."
        )
    # Amplitudes are no Clifford gates, and it takes Qiskit minutes to see that.
    if a.num_qubits > STATE_VECTOR_QUBITS and not any(has_amplitudes(i.operation) for i in a.data):
        if _gates(a) == _gates(b):
            return 1.0
        with suppress(QiskitError):
            there_and_back, zeros = StabilizerState(a.compose(b.inverse())), "0" * a.num_qubits
            return float(there_and_back.probabilities_dict_from_bitstring(zeros)[zeros])
    if a.num_qubits > MAX_STATE_VECTOR_QUBITS:
        raise InvalidInputError(
            f"The fidelity of {a.num_qubits} qubits that are not in a stabiliser state is out of reach.",
            f"Up to {MAX_STATE_VECTOR_QUBITS} qubits it is computed.",
        )
    return float(overlap(state_vector(a), state_vector(b)))


def _gates(circuit: QuantumCircuit) -> list[tuple[Operation, list[int]]]:
    return [(i.operation, [circuit.find_bit(q).index for q in i.qubits]) for i in circuit.data]
