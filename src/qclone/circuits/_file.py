"""What a circuit file says, and how to refuse one without trusting it.

OpenQASM and QPY readers believe what a file says about itself; sizes, includes and the like are
therefore checked before the file reaches them, and whatever they raise becomes one sentence.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import openqasm3
import qiskit_qasm3_import
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError

from qclone.errors import UnsupportedCircuitError

MAX_QUBITS = 1000
# A statement may act on every qubit at once, so a short file can stand for a long circuit.
MAX_INSTRUCTIONS = 20_000_000

# On a damaged file the readers raise these besides errors of their own.
READER_FAILURES = (
    QiskitError,
    openqasm3.parser.QASM3ParsingError,
    qiskit_qasm3_import.ConversionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True)
class CircuitFile:
    """A circuit as its file says it.

    Parameters
    ----------
    circuit : everything in the file, measurements included.
    where : the place in the file of the instruction at a position of ``circuit.data``, such as "line 8".
    """

    circuit: QuantumCircuit
    where: Callable[[int], str]


def position_in_circuit(position: int) -> str:
    """The place of an instruction in a circuit without lines."""
    return f"instruction {position + 1}"


def malformed(name: str, dialect: str, where: str, why: str) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(f"{name}, {where}: {why.rstrip('.')}.", f"It should be valid {dialect}.")


def check_size(name: str, num_bits: int, num_statements: int) -> None:
    if num_bits > MAX_QUBITS:
        raise UnsupportedCircuitError(
            f"{name} declares {num_bits:,} qubits and bits.", f"At most {MAX_QUBITS:,} can be read."
        )
    if num_bits * num_statements > MAX_INSTRUCTIONS:
        raise UnsupportedCircuitError(
            f"{name} is too large: {num_statements:,} statements on {num_bits:,} qubits.",
            "Prepare fewer qubits at once.",
        )


def foreign_include(name: str, where: str, included: str, standard: str) -> UnsupportedCircuitError:
    return UnsupportedCircuitError(
        f"{name}, {where}: it includes {included!r}, but no file other than {standard} is read.",
        "Copy the gate definitions it needs into the circuit file.",
    )


def say(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    message = error.message if isinstance(error, QiskitError) else str(error)
    return " ".join(str(message).split())[:200] or type(error).__name__
