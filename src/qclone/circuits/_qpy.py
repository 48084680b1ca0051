"""QPY, Qiskit's own binary format."""

from __future__ import annotations

import io
import struct

from qiskit import QuantumCircuit, qpy

from qclone.circuits._file import READER_FAILURES, CircuitFile, check_size
from qclone.errors import UnsupportedCircuitError


def read_qpy(content: bytes, name: str) -> CircuitFile:
    try:
        check_size(name, *_qpy_promises(content))
        circuits = qpy.load(io.BytesIO(content))
    except UnsupportedCircuitError:
        raise
    except READER_FAILURES:
        raise UnsupportedCircuitError(
            f"{name} is a damaged QPY file.", "Save it again with qiskit.qpy.dump."
        ) from None
    if len(circuits) != 1 or not isinstance(circuits[0], QuantumCircuit):
        raise UnsupportedCircuitError(
            f"{name} holds {len(circuits)} programs.", "It should hold one circuit."
        )
    return CircuitFile(circuits[0], lambda position: f"instruction {position + 1}")


def _qpy_promises(content: bytes) -> tuple[int, int]:
    """Return the number of bits and of instructions that the header announces."""
    formats = qpy.formats
    version = content[6]
    if version < 12:
        raise UnsupportedCircuitError(
            f"The QPY file is of version {version}.", "Save it again with Qiskit 1.1 or later."
        )
    start = formats.FILE_HEADER_V10_SIZE + formats.TYPE_KEY_SIZE
    if version >= 16:
        (start,) = struct.unpack_from(formats.CIRCUIT_TABLE_ENTRY_PACK, content, start)
    header = struct.unpack_from(formats.CIRCUIT_HEADER_V12_PACK, content, start)
    fields = formats.CIRCUIT_HEADER_V12._make(header)
    return fields.num_qubits + fields.num_clbits + fields.num_vars, fields.num_instructions
