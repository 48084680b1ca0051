"""Which format a file is in, told from its first bytes."""

from __future__ import annotations

import codecs
import re
import warnings

from qclone.circuits._file import CircuitFile, malformed
from qclone.circuits._openqasm2 import read_openqasm2
from qclone.circuits._openqasm3 import read_openqasm3
from qclone.circuits._qpy import read_qpy
from qclone.errors import UnsupportedCircuitError

MAX_BYTES = {"OpenQASM 2": 4 << 20, "OpenQASM 3": 512 << 10, "QPY": 256 << 20}
# White space and comments, never tried twice, then the version.
_VERSION = re.compile(rb"(?>\s|//[^\n]*\n|/\*.*?\*/)*+OPENQASM\s+(\d+)(?:\.\d+)?\s*;", re.S)


def parse(content: bytes, name: str) -> CircuitFile:
    """Return the circuit in a file's content, in whichever format it is.

    Raises
    ------
    UnsupportedCircuitError : no circuit in a known format, malformed (with the line), or too large.
    """
    with warnings.catch_warnings():
        # What the readers mutter about is either refused below or of no consequence.
        warnings.simplefilter("ignore")
        return _parse(content.removeprefix(codecs.BOM_UTF8), name)


def _parse(content: bytes, name: str) -> CircuitFile:
    if not content.strip():
        raise UnsupportedCircuitError(
            f"{name} is empty.", "It should hold a circuit that prepares the register."
        )
    if content.startswith(b"QISKIT"):
        return read_qpy(_within("QPY", content, name), name)
    version = _VERSION.match(content[:65536])
    if version is None:
        raise UnsupportedCircuitError(
            f"{name} is not a circuit: it is neither OpenQASM nor QPY.",
            'An OpenQASM file begins with "OPENQASM 2.0;" or "OPENQASM 3.0;".',
        )
    dialect = {b"2": "OpenQASM 2", b"3": "OpenQASM 3"}.get(version[1])
    if dialect is None:
        raise UnsupportedCircuitError(
            f"{name} is written in OpenQASM {version[1].decode()}.", "Versions 2 and 3 can be read."
        )
    try:
        text = _within(dialect, content, name).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise malformed(name, dialect, f"line {line}", "not text in UTF-8") from None
    read = read_openqasm2 if dialect == "OpenQASM 2" else read_openqasm3
    return read(text, name)


def _within(dialect: str, content: bytes, name: str) -> bytes:
    if len(content) > MAX_BYTES[dialect]:
        limit = f"{MAX_BYTES[dialect] >> 10:,} KiB"
        remedy = "Save the circuit as QPY instead." if dialect != "QPY" else "Prepare fewer qubits at once."
        raise UnsupportedCircuitError(f"{name} is too large: {dialect} is read up to {limit}.", remedy)
    return content
