"""OpenQASM 2, with the gates that other tools take for granted (cu1, u3, ...)."""

from __future__ import annotations

import re
from bisect import bisect_right

from qiskit import QuantumCircuit, qasm2

from qclone.circuits._file import READER_FAILURES, CircuitFile, check_size, foreign_include, malformed, say

_LIBRARY = qasm2.LEGACY_INCLUDE_PATH[0]
_STRING_OR_COMMENT = re.compile(r"""("[^"\n]*"|'[^'\n]*')|//[^\n]*""")
_STATEMENT = re.compile(r"\s*([^;{}]*(?:;|\{[^}]*\}))")


def read_openqasm2(text: str, name: str) -> CircuitFile:
    # Blanks for comments keep every offset and every line number.
    text = _STRING_OR_COMMENT.sub(lambda m: m[1] or " " * len(m[0]), text)
    for include in re.finditer(r"""\binclude\s*["']([^"']*)["']""", text):
        if include[1] != "qelib1.inc":
            line = text.count("\n", 0, include.start()) + 1
            raise foreign_include(name, f"line {line}", include[1], "qelib1.inc")
    sizes = [int(m[1]) for m in re.finditer(r"\b[qc]reg\s+\w+\s*\[\s*(\d{1,18})", text)]
    check_size(name, sum(sizes), text.count(";"))

    def load(end: int) -> QuantumCircuit:
        return qasm2.loads(
            text[:end],
            include_path=(_LIBRARY,),
            custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS,
            custom_classical=qasm2.LEGACY_CUSTOM_CLASSICAL,
        )

    def where(position: int) -> str:
        statements = [(m.start(1), m.end(1)) for m in _STATEMENT.finditer(text)]
        k = bisect_right(statements, position, key=lambda s: len(load(s[1]).data))
        return f"line {text.count(chr(10), 0, statements[k][0]) + 1}"

    try:
        return CircuitFile(load(len(text)), where)
    except READER_FAILURES as error:
        why = say(error)
        place = "somewhere"
        if found := re.match(r"<input>:(\d+),\d+: (.*)", why):
            place, why = f"line {found[1]}", found[2]
        raise malformed(name, "OpenQASM 2", place, why) from None
