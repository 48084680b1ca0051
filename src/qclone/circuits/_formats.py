"""Which format a file is in, told from its first bytes."""

from __future__ import annotations

import codecs
import re
import warnings

from qiskit import QuantumCircuit

from qclone.circuits._file import malformed
from qclone.circuits._from_qiskit import prepare_from_circuit
from qclone.circuits._openqasm2 import read_openqasm2
from qclone.circuits._openqasm3 import read_openqasm3
from qclone.circuits._qpy import read_qpy
from qclone.errors import UnsupportedCircuitError

MAX_BYTES = {"OpenQASM 2": 256 << 20, "OpenQASM 3": 256 << 20, "QPY": 256 << 20}
# White space and comments, never tried twice, then the version.
_START = rb"(?>\s|//[^\r\n]*+(?:[\r\n]|\Z)|/\*.*?\*/)*+"
_VERSION = re.compile(_START + rb"OPENQASM\s+(\d+)(?:\.\d+)?\s*;", re.S)
_KEYWORDS = (
    rb"include|qubit|qreg|creg|bit|gate|const|def|defcal|defcalgrammar|input|output|pragma|cal|int|uint|float|"
    rb"angle|bool|array|complex|duration|stretch|extern|let|box|reset|delay|for|while|if|switch|U|gphase|ctrl|"
    rb"negctrl|inv|pow"
)
# The version line is optional in OpenQASM 3 (and qreg is a word of it, too).
_VERSIONLESS = re.compile(_START + rb"(?:@\w|#?(?:" + _KEYWORDS + rb")\b)", re.S)
_INCLUDES_2 = re.compile(rb"""\binclude\s*["'](?:qelib1|hqslib1)\.inc["']""")

Parsed = tuple[QuantumCircuit, tuple[str, ...]]


def parse(content: bytes, name: str, any_state: bool = False) -> Parsed:
    """Return the state preparation in a file's content, in whichever format it is, and what was left out.

    Parameters
    ----------
    any_state : what is read acts on whatever its qubits hold, as a program does; a register's begin in |0>.

    Raises
    ------
    UnsupportedCircuitError : no circuit in a known format, malformed (with the line), too large, or no pure
        state preparation.
    """
    with warnings.catch_warnings():
        # What the readers mutter about is either refused below or of no consequence.
        warnings.simplefilter("ignore")
        return _parse(content.removeprefix(codecs.BOM_UTF8), name, any_state)


def _parse(content: bytes, name: str, any_state: bool) -> Parsed:
    if not content.strip():
        wanted = "a program to run" if any_state else "a circuit that prepares the register"
        raise UnsupportedCircuitError(f"{name} is empty.", f"It should hold {wanted}.")
    if content.startswith(b"QISKIT"):
        return prepare_from_circuit(read_qpy(_within("QPY", content, name), name), name, any_state)
    dialect = dialect_of(content, name)
    try:
        text = _within(dialect, content, name).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise malformed(name, dialect, f"line {line}", "not text in UTF-8", "Save it as such.") from None
    return (read_openqasm2 if dialect == "OpenQASM 2" else read_openqasm3)(text, name, any_state)


def dialect_of(content: bytes, name: str) -> str:
    """Return "OpenQASM 2" or "OpenQASM 3"; a text that names no version is the latter.

    Raises
    ------
    UnsupportedCircuitError : it is neither.
    """
    head = content[:65536]
    version = _VERSION.match(head)
    if version is None and _VERSIONLESS.match(head):
        return "OpenQASM 2" if _INCLUDES_2.search(head) else "OpenQASM 3"
    if version is None:
        raise UnsupportedCircuitError(
            f"{name} is not a circuit: it is neither OpenQASM nor QPY.",
            'An OpenQASM file begins with "OPENQASM 2.0;" or "OPENQASM 3.0;".',
        )
    dialect = {b"2": "OpenQASM 2", b"3": "OpenQASM 3"}.get(version[1])
    if dialect is None:
        raise UnsupportedCircuitError(
            f"{name} is written in OpenQASM {version[1].decode()[:20]}.", "Versions 2 and 3 can be read."
        )
    return dialect


def _within(dialect: str, content: bytes, name: str) -> bytes:
    if len(content) > MAX_BYTES[dialect]:
        limit = f"{MAX_BYTES[dialect] >> 20:,} MiB"
        raise UnsupportedCircuitError(
            f"{name} is too large: {dialect} is read up to {limit}.", "Prepare the state with fewer gates."
        )
    return content
