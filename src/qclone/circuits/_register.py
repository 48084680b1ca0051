"""Registers: the states that users store, given as circuits or as state vectors."""

from __future__ import annotations

import io
import os
import stat
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import StatePreparation

from qclone.circuits._dialects import DIALECTS
from qclone.circuits._formats import MAX_BYTES, parse
from qclone.circuits._from_qiskit import prepare_from_circuit
from qclone.circuits._operation import MAX_AMPLITUDE_QUBITS
from qclone.circuits._preparation import LEFT_OUT
from qclone.circuits._qpy import write_qpy
from qclone.circuits._state import state_vector
from qclone.circuits._write import written
from qclone.durable import write_out
from qclone.errors import InvalidInputError, UnsupportedCircuitError

NUMPY_MAGIC = b"\x93NUMPY"
# 2^24 complex amplitudes are 256 MiB.
MAX_VECTOR_QUBITS = 24
SUFFIXES = (".qasm", ".qpy")
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Register:
    """A pure state of k qubits, as the unitary circuit that makes it from |0...0>.

    Parameters
    ----------
    circuit : unitary gates on k >= 1 qubits; no classical bits, no measurements, no barriers.
    notices : sentences about what was left out when the file was read.
    source : the name of the file.
    content : what the file says, as bytes; empty if it was not read from OpenQASM or QPY.
    """

    circuit: QuantumCircuit
    notices: tuple[str, ...]
    source: str
    content: bytes = field(default=b"", repr=False)

    @property
    def readings(self) -> tuple[str, ...]:
        """Of the notices, those that say how something was read, not that it was left out."""
        return tuple(notice for notice in self.notices if not notice.startswith(LEFT_OUT))

    @property
    def num_qubits(self) -> int:
        """Number of qubits k."""
        return self.circuit.num_qubits

    @cached_property
    def state_vector(self) -> NDArray[np.complex128]:
        """The amplitudes, shape (2^k,); index bit i is qubit i, as in Qiskit."""
        if self.num_qubits > MAX_VECTOR_QUBITS:
            raise UnsupportedCircuitError(
                f"The state of {self.num_qubits} qubits has 2^{self.num_qubits} amplitudes.",
                f"At most {MAX_VECTOR_QUBITS} qubits can be written out.",
            )
        return np.asarray(state_vector(self.circuit).data)


def read_register(path: str | os.PathLike[str]) -> Register:
    """Read a state preparation from OpenQASM 2, OpenQASM 3, QPY, or a NumPy file of amplitudes.

    The format is told from the content; ``-`` reads standard input. Final measurements, barriers and delays
    are left out, with a notice. A ``.npy`` file holds 2^k amplitudes of norm 1 in Qiskit's order (index bit i
    is qubit i).

    Raises
    ------
    UnsupportedCircuitError : not a circuit, malformed, too large, or not a pure state preparation; the
        message names the line (OpenQASM) or the position (QPY) of what is wrong.
    InvalidInputError : there is no such file, or it cannot be read.
    """
    path = Path(path)
    return from_bytes(content_of(path), name_of(path))


def from_text(text: str, name: str = "the text") -> Register:
    """Read a state preparation from OpenQASM text.

    >>> bell = from_text('OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];')
    >>> bell.state_vector.round(3).tolist()
    [(0.707+0j), 0j, 0j, (0.707+0j)]
    """
    return from_bytes(text.encode(), name)


def from_bytes(content: bytes, name: str = "the circuit") -> Register:
    """Read a state preparation from the content of a file; see `read_register`.

    >>> from_bytes(b'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q;').num_qubits
    3
    """
    if content.startswith(NUMPY_MAGIC):
        return Register(_amplitudes(content, name), (), name)
    return Register(*parse(content, name), name, content)


def from_circuit(circuit: QuantumCircuit, name: str = "the circuit") -> Register:
    """Take a Qiskit circuit for a state preparation, by the same rules as one in a file.

    Raises
    ------
    UnsupportedCircuitError : not a pure state preparation; the message names the position of what is wrong.

    Example
    -------
    >>> circuit = QuantumCircuit(1, 1)
    >>> _ = circuit.h(0), circuit.measure(0, 0)
    >>> from_circuit(circuit).notices
    ('Left out the final measurement of 1 qubit.',)
    """
    with warnings.catch_warnings():
        # What Qiskit mutters as it takes gates apart is of no consequence here.
        warnings.simplefilter("ignore")
        return Register(*prepare_from_circuit(circuit, name), name)


def to_text(
    circuit: QuantumCircuit, dialect: str = "qasm3", *, barriers: bool = True, notes: Sequence[str] = ()
) -> str:
    """Return the circuit in OpenQASM, in gates of the standard library and others that are defined by them.

    Registers whose names the language has taken are renamed.

    Parameters
    ----------
    dialect : ``qasm3``, ``qasm2``, or that of a neighbour: ``cirq``, ``pytket``, ``braket``, ``pennylane``.
    barriers : write barriers, where the dialect has them.
    notes : lines of comment below the first one.

    Raises
    ------
    UnsupportedCircuitError : a gate that OpenQASM has no words for, such as amplitudes of over 12 qubits.

    Example
    -------
    >>> plus = QuantumCircuit(1)
    >>> _ = plus.h(0)
    >>> to_text(plus).splitlines()[-2:]
    ['qubit[1] q;', 'h q[0];']
    """
    return written(circuit, DIALECTS[dialect], barriers=barriers, notes=notes)


def register_text(circuit: QuantumCircuit) -> str:
    """Return the circuit in OpenQASM 3 that can be read back.

    Raises
    ------
    UnsupportedCircuitError : OpenQASM has no words for it (see `to_text`), or more than are read.

    Example
    -------
    >>> register_text(QuantumCircuit(1)).split()[-2:]
    ['qubit[1]', 'q;']
    """
    text, most = to_text(circuit), MAX_BYTES["OpenQASM 3"]
    if len(text.encode()) > most:
        raise UnsupportedCircuitError(
            f"The circuit in OpenQASM 3 takes {len(text) >> 10:,} KiB; {most >> 10:,} KiB are read back.",
            "Write it as QPY.",
        )
    return text


def to_bytes(circuit: QuantumCircuit) -> bytes:
    """Return the circuit in QPY, of a version that every Qiskit reads on which qclone runs.

    >>> to_bytes(QuantumCircuit(1))[:6]
    b'QISKIT'
    """
    return write_qpy(circuit)


def write_register(circuit: QuantumCircuit, path: str | os.PathLike[str]) -> None:
    """Write a circuit as OpenQASM 3 (``.qasm``) or QPY (``.qpy``): whole or not at all.

    Raises
    ------
    InvalidInputError : the name ends with neither.
    UnsupportedCircuitError : no OpenQASM that can be read back holds it; see `register_text`.

    Example
    -------
    >>> import tempfile
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_register(bell, f"{folder}/bell.qasm")
    ...     read_register(f"{folder}/bell.qasm").circuit == bell
    True
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise InvalidInputError(
            f"The format of {path.name} is not known.", f"End its name with one of {', '.join(SUFFIXES)}."
        )
    content = to_bytes(circuit) if path.suffix == ".qpy" else register_text(circuit).encode()
    write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it: no one ever sees half of it."""
    write_out(path, content)


def name_of(path: Path) -> str:
    return "stdin" if str(path) == STANDARD_INPUT else path.name


def content_of(path: Path) -> bytes:
    remedy = "Give the path of an OpenQASM, QPY or NumPy file, or - for standard input."
    most = max(*MAX_BYTES.values(), 32 << MAX_VECTOR_QUBITS) + 1
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer.read(most)
    try:
        kind = path.stat().st_mode
        if stat.S_ISFIFO(kind):
            return _from_pipe(path, most)
        if not stat.S_ISREG(kind):
            what = "a directory" if path.is_dir() else "not a regular file"
            raise InvalidInputError(f"{path} is {what}.", remedy)
        with path.open("rb") as stream:
            return stream.read(most)
    except FileNotFoundError:
        raise InvalidInputError(f"There is no file {path}.", remedy) from None
    except PermissionError:
        raise InvalidInputError(f"{path} may not be read.", "Change its permissions, or copy it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"{path} cannot be read: {reason}.", remedy) from None


def _from_pipe(path: Path, most: int) -> bytes:
    """Read until every writer has closed the pipe; one that nobody has open for writing is empty."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    with os.fdopen(handle, "rb") as stream:
        return stream.read(most)


def _amplitudes(content: bytes, name: str) -> QuantumCircuit:
    try:
        vector = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception:  # its header is read as Python, and what is damaged may raise anything
        raise UnsupportedCircuitError(
            f"{name} is a damaged NumPy file.", "Save it again with numpy.save."
        ) from None
    num_qubits = int(vector.size).bit_length() - 1
    if vector.dtype.kind not in "iufc" or vector.ndim != 1 or vector.size != 2**num_qubits or num_qubits == 0:
        raise UnsupportedCircuitError(
            f"{name} holds {vector.dtype} of shape {vector.shape}, not a state vector.",
            "A register of k qubits has 2^k complex amplitudes.",
        )
    if num_qubits > MAX_AMPLITUDE_QUBITS:
        raise UnsupportedCircuitError(
            f"{name} holds {num_qubits} qubits.",
            f"At most {MAX_AMPLITUDE_QUBITS} can be read as amplitudes; give a circuit.",
        )
    amplitudes = vector.astype(np.complex128)
    norm = float(np.linalg.norm(amplitudes))
    if not abs(norm - 1) < _norm_error(vector.dtype):
        raise UnsupportedCircuitError(
            f"The amplitudes in {name} have norm {norm:.9g}, not 1.", "Normalise them."
        )
    circuit = QuantumCircuit(num_qubits)
    circuit.append(StatePreparation(amplitudes / norm), range(num_qubits))
    return circuit


def _norm_error(dtype: np.dtype[Any]) -> float:
    """Return by how much a norm may differ from 1: what a simulator gathers that computes in this precision.

    >>> _norm_error(np.dtype(np.complex128)), _norm_error(np.dtype(np.complex64))
    (1e-06, 0.0001)
    """
    if dtype.kind not in "fc":
        return 1e-6
    return {16: 2e-2, 32: 1e-4}.get(8 * dtype.itemsize // (2 if dtype.kind == "c" else 1), 1e-6)
