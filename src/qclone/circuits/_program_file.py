"""Programs in files: unitary circuits on whatever their qubits hold, with free parameters or none."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector, random_statevector

from qclone.circuits._file import READER_FAILURES, say
from qclone.circuits._formats import dialect_of, parse
from qclone.circuits._openqasm3 import read_openqasm3
from qclone.circuits._program3 import FreeParameterError
from qclone.circuits._qpy import read_qpy
from qclone.circuits._register import content_of, name_of
from qclone.errors import MissingPackageError, UnsupportedCircuitError

MAX_COMPARED_QUBITS = 12
"""Up to here two readings of a program with free parameters are compared."""
_TOLERANCE = 1e-9


def read_program(path: str | os.PathLike[str]) -> QuantumCircuit:
    """Read a unitary circuit from OpenQASM 2, OpenQASM 3 or QPY; final measurements are left out.

    The file is read as a register's is, but no qubit is known to hold |0>. What an OpenQASM 3 text declares
    as `input` is a free parameter. Such a text is read by Qiskit's importer, which keeps parameters, and
    once more by our own reading with values for them; both must do the same.

    Raises
    ------
    UnsupportedCircuitError : no circuit, malformed (with the line), not unitary, too large, or read in two
        ways that differ.
    InvalidInputError : there is no such file, or it cannot be read.
    """
    path = Path(path)
    return program_from_bytes(content_of(path), name_of(path))


def program_from_bytes(content: bytes, name: str) -> QuantumCircuit:
    """Read what is in a file, as `read_program` does.

    Parameters
    ----------
    name : of the file, for messages.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    if content.startswith(b"QISKIT"):
        circuit = read_qpy(content, name)
        if circuit.parameters:
            return circuit
    try:
        return parse(content, name, any_state=True)[0]
    except FreeParameterError:
        assert dialect_of(content, name) == "OpenQASM 3"
        return _with_parameters(content.decode(), name)


def _with_parameters(text: str, name: str) -> QuantumCircuit:
    circuit = _imported(text, name)
    if circuit.num_qubits > MAX_COMPARED_QUBITS:
        raise UnsupportedCircuitError(
            f"{name} has free parameters and {circuit.num_qubits} qubits; two readings of it are compared.",
            f"Use {MAX_COMPARED_QUBITS} qubits at most, write the values, or save the circuit as QPY.",
        )
    rng = np.random.default_rng(len(text))
    values = {parameter.name: float(rng.uniform(-3, 3)) for parameter in circuit.parameters}
    # What is declared and not used has no effect, and Qiskit forgets it.
    while True:
        try:
            ours = read_openqasm3(text, name, any_state=True, inputs=values)[0]
            break
        except FreeParameterError as error:
            values[error.parameter] = 0.0
    bound = circuit.assign_parameters({p: values[p.name] for p in circuit.parameters})
    psi = random_statevector(2**circuit.num_qubits, seed=1)
    theirs = bound.remove_final_measurements(inplace=False)
    one, other = (Statevector(psi).evolve(c).data for c in (ours, theirs))
    if abs(abs(np.vdot(one, other)) - 1) > _TOLERANCE:
        raise UnsupportedCircuitError(
            f"{name} has free parameters, and Qiskit's importer reads it otherwise than it is written.",
            "Write the values in place of `input`, or avoid modifiers on gates of the file's own.",
        )
    return circuit


def _imported(text: str, name: str) -> QuantumCircuit:
    from qiskit import qasm3

    try:
        import qiskit_qasm3_import  # noqa: F401
    except ImportError:
        raise MissingPackageError("qiskit-qasm3-import", "compute") from None
    try:
        return qasm3.loads(text)
    except READER_FAILURES as error:
        raise _beyond_parameters(text, name, say(error)) from None


def _beyond_parameters(text: str, name: str, said: str) -> UnsupportedCircuitError:
    """Say where the importer stopped, in the words of the file and not in its own."""
    place, lines = re.match(r"(\d+),\d+:", said), text.splitlines()
    where, what = "", "it holds something that"
    if place and 0 < int(place[1]) <= len(lines):
        where, what = f", line {place[1]}", repr(lines[int(place[1]) - 1].strip()[:80])
    return UnsupportedCircuitError(
        f"{name}{where}: {what} cannot be read while parameters of the program are free.",
        "Write the values in place of `input`, or save the circuit as QPY. Free are `input float` and "
        "`input angle`, in sums, products and quotients of numbers.",
    )
