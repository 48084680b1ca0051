"""What a circuit file says, and how to refuse one without trusting it.

OpenQASM and QPY readers believe what a file says about itself; sizes, includes and the like are
therefore checked before the file reaches them, and whatever they raise becomes one sentence.
"""

from __future__ import annotations

import struct

import openqasm3
from qiskit.exceptions import QiskitError

from qclone.errors import UnsupportedCircuitError

# On a damaged file the readers raise these besides errors of their own.
READER_FAILURES = (
    QiskitError,
    openqasm3.parser.QASM3ParsingError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


def with_line_feeds(text: str) -> str:
    r"""Return a text whose lines all end with a line feed, as the language's own lexer divides them.

    >>> with_line_feeds("x;\r\ny;\rz;")
    'x;\ny;\nz;'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def malformed(name: str, dialect: str, where: str, why: str, remedy: str = "") -> UnsupportedCircuitError:
    return UnsupportedCircuitError(
        f"{name}, {where}: {why.rstrip('.')}.", remedy or f"It should be valid {dialect}."
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
