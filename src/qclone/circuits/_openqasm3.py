"""OpenQASM 3."""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import redirect_stderr

import openqasm3
import qiskit_qasm3_import
from openqasm3 import ast
from qiskit import QuantumCircuit

from qclone.circuits._file import READER_FAILURES, CircuitFile, check_size, foreign_include, malformed, say
from qclone.errors import UnsupportedCircuitError

# Some milliseconds each.
MAX_NESTED = 2_000


def read_openqasm3(text: str, name: str) -> CircuitFile:
    try:
        # The lexer prints on stderr before it raises.
        with redirect_stderr(io.StringIO()):
            program = openqasm3.parse(text)
    except READER_FAILURES as error:
        raise malformed(name, "OpenQASM 3", *_syntax_error(error)) from None
    bits = 1 + max((int(m[1]) for m in re.finditer(r"\$(\d{1,18})", text)), default=-1)
    statements = program.statements
    for statement in statements:
        if isinstance(statement, ast.Include) and statement.filename != "stdgates.inc":
            raise foreign_include(name, _line(statement), statement.filename, "stdgates.inc")
        bits += _declared_bits(statement, name)
    check_size(name, bits, len(statements))
    _check_nesting(statements, name)

    def load(count: int) -> QuantumCircuit:
        return qiskit_qasm3_import.convert(ast.Program(statements[:count], program.version))

    def where(position: int) -> str:
        count = bisect_right(range(len(statements)), position, key=lambda k: len(load(k + 1).data))
        return _line(statements[count])

    def fails(count: int) -> bool:
        try:
            load(count)
        except READER_FAILURES:
            return True
        return False

    try:
        return CircuitFile(load(len(statements)), where)
    except READER_FAILURES as error:
        first = bisect_left(range(len(statements)), True, key=lambda k: fails(k + 1))
        why = re.sub(r"^\d+,\d+: ", "", say(error))
        raise malformed(name, "OpenQASM 3", _line(statements[first]), why) from None


def _check_nesting(statements: Sequence[ast.Statement | ast.Pragma], name: str) -> None:
    """Refuse gates that stand for very many others: the converter builds all of them."""
    sizes: dict[str, int] = {}
    for statement in statements:
        if isinstance(statement, ast.QuantumGateDefinition):
            body = [part for part in statement.body if isinstance(part, ast.QuantumGate)]
            size = sizes[statement.name.name] = 1 + sum(sizes.get(part.name.name, 1) for part in body)
            if size > MAX_NESTED:
                raise UnsupportedCircuitError(
                    f"{name}, {_line(statement)}: {statement.name.name!r} stands for more than "
                    f"{MAX_NESTED:,} gates.",
                    "Save the circuit as QPY instead.",
                )


def _syntax_error(error: BaseException) -> tuple[str, str]:
    """Return the place and the reason that the parser leaves in one of two ways."""
    if found := re.match(r"L(\d+):C\d+: (.*)", str(error), re.S):
        return f"line {found[1]}", found[2]
    cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    token = getattr(cause, "offendingToken", None)
    if token is None:
        return "somewhere", "nested too deeply" if isinstance(error, RecursionError) else say(error)
    found_token = "end of file" if token.text == "<EOF>" else repr(token.text)
    return f"line {token.line}", f"unexpected {found_token}"


def _line(statement: ast.QASMNode) -> str:
    return f"line {statement.span.start_line}" if statement.span else "somewhere"


def _declared_bits(statement: ast.Statement | ast.Pragma, name: str) -> int:
    if isinstance(statement, ast.QubitDeclaration):
        size = statement.size
    elif isinstance(statement, ast.ClassicalDeclaration) and isinstance(statement.type, ast.BitType):
        size = statement.type.size
    else:
        return 0
    if size is None:
        return 1
    if not isinstance(size, ast.IntegerLiteral):
        where = _line(statement)
        raise malformed(name, "OpenQASM 3 with plain numbers for sizes", where, "the size is an expression")
    return int(size.value)
