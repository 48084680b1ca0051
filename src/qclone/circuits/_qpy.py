"""QPY, Qiskit's own binary format."""

from __future__ import annotations

import io
import multiprocessing
import struct

from qiskit import QuantumCircuit, qpy
from qiskit.qpy import formats
from qiskit.qpy.common import QPY_VERSION

from qclone.circuits._body import MAX_GATES
from qclone.circuits._file import READER_FAILURES
from qclone.circuits._preparation import MAX_QUBITS
from qclone.errors import UnsupportedCircuitError

# Versions of the format whose circuit header is the one below.
_KNOWN_VERSIONS = range(12, 19)
# What the oldest Qiskit reads that qclone runs on: what one has stored, any other opens.
_WRITTEN_VERSION = 15
_TRIAL_BYTES, _TRIAL_SECONDS = 4 << 30, 30


def read_qpy(content: bytes, name: str) -> QuantumCircuit:
    version = content[6] if len(content) > 6 else 0
    if version > QPY_VERSION:
        raise UnsupportedCircuitError(
            f"{name} is QPY of version {version}, and this Qiskit reads up to {QPY_VERSION}.",
            f"Save it with qiskit.qpy.dump(..., version={QPY_VERSION}), or update Qiskit.",
        )
    try:
        _check_size(name, *_announced(content))
        if not _survives(content):
            raise ValueError
        circuits = _load(content)
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
    _check_size(name, circuits[0].num_qubits, len(circuits[0].data))
    return circuits[0]


def write_qpy(circuit: QuantumCircuit) -> bytes:
    """Return the circuit in a version of QPY that every Qiskit reads on which qclone runs."""
    stream = io.BytesIO()
    qpy.dump(circuit, stream, version=_WRITTEN_VERSION)
    return stream.getvalue()


def _check_size(name: str, num_qubits: int, num_instructions: int) -> None:
    if num_qubits > MAX_QUBITS:
        raise UnsupportedCircuitError(
            f"{name} declares {num_qubits:,} qubits.", f"At most {MAX_QUBITS:,} can be read."
        )
    # Measurements and barriers are instructions, too.
    if num_instructions > 2 * MAX_GATES:
        raise UnsupportedCircuitError(
            f"{name} is too large: it holds {num_instructions:,} instructions.",
            "Prepare the state with fewer gates.",
        )


def _load(content: bytes) -> list[QuantumCircuit]:
    return qpy.load(io.BytesIO(content))


def _announced(content: bytes) -> tuple[int, int]:
    """Return the number of qubits and of instructions that the header announces."""
    fields = header(content)
    return (0, 0) if fields is None else (fields.num_qubits, fields.num_instructions)


def header(content: bytes) -> formats.CIRCUIT_HEADER_V12 | None:
    """Return the header of the first circuit, or None if it is of a version without this one."""
    version = content[6]
    if version not in _KNOWN_VERSIONS:
        return None
    start = formats.FILE_HEADER_V10_SIZE + 1  # one letter says what programs there are
    if version >= 16:
        (start,) = struct.unpack_from(formats.CIRCUIT_TABLE_ENTRY_PACK, content, start)
    return formats.CIRCUIT_HEADER_V12._make(
        struct.unpack_from(formats.CIRCUIT_HEADER_V12_PACK, content, start)
    )


def _survives(content: bytes) -> bool:
    """Try in a child process whether reading ends, within bounds of memory and time.

    Gate definitions announce sizes of their own, and Qiskit allocates whatever is announced.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        return True
    child = multiprocessing.get_context("fork").Process(target=_try_to_load, args=(content,), daemon=True)
    child.start()
    child.join(_TRIAL_SECONDS)
    if child.exitcode is None:
        child.kill()
        child.join()
    return child.exitcode == 0


def _try_to_load(content: bytes) -> None:
    import faulthandler
    import os
    import resource

    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_DATA, (_TRIAL_BYTES, _TRIAL_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_TRIAL_SECONDS, _TRIAL_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is printed as an allocator gives up is nobody's business.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        _load(content)
    except READER_FAILURES:
        os._exit(1)
