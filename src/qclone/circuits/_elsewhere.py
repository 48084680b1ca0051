"""OpenQASM 3 whose loops and arithmetic another library runs: for verification only.

qclone's two readings of OpenQASM 3 know gates in two ways and run statements in one. pyqasm (extra `verify`)
runs statements and opens the file's own gates by code of its own; it shares the parser, openqasm3.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from openqasm3 import ast

from qclone.circuits._gates3 import BUILT_IN, STANDARD

MAX_TEXT = 1 << 16
MAX_STEPS = 20_000
"""Statements that are run twice."""

_PLAIN = (
    ast.Include,
    ast.QubitDeclaration,
    ast.QuantumGate,
    ast.QuantumPhase,
    ast.QuantumGateDefinition,
    ast.QuantumMeasurementStatement,
    ast.QuantumReset,
    ast.QuantumBarrier,
    ast.Pragma,
)


def is_run(statements: list[Any]) -> bool:
    """Whether a program has more than calls of gates with numbers, and definitions made of these.

    >>> from openqasm3 import parse
    >>> texts = "qubit q; U(pi / 2, 0, 1) q;", "qubit q; U(sin(1), 0, 0) q;", "qubit q; int n = 3;"
    >>> [is_run(parse(text).statements) for text in texts]
    [False, True, True]
    """
    return not all(map(_is_plain, statements))


def _is_plain(node: Any) -> bool:
    if isinstance(node, ast.ClassicalDeclaration):
        return isinstance(node.type, ast.BitType) and node.init_expression is None
    if not isinstance(node, _PLAIN):
        return False
    # Arithmetic in plain calls has a reader of its own.
    reckons = isinstance(node, ast.QuantumGateDefinition) or bool(getattr(node, "modifiers", None))
    found = (ast.FunctionCall, ast.BinaryExpression) if reckons else ast.FunctionCall
    return not any(isinstance(one, found) for one in _nodes(node))


def unrolled(text: str, statements: list[Any]) -> str | None:
    """Return a program as calls of the library's gates, made by pyqasm; None if it does not read it."""
    try:
        import pyqasm
    except ImportError:
        return None
    if len(text) > MAX_TEXT:
        return None
    own = {node.name.name for node in statements if isinstance(node, ast.QuantumGateDefinition)}
    # It says on a logger of its own what it raises as well.
    logger = logging.getLogger("pyqasm")
    kept, logger.disabled = logger.disabled, True
    try:
        module = pyqasm.loads(text if "OPENQASM" in text else f"OPENQASM 3.0;\n{text}")
        module.unroll(external_gates=sorted({*STANDARD, *BUILT_IN} - own))
        return str(pyqasm.dumps(module))
    except Exception:  # it knows less of the language, and says so in many ways
        return None
    finally:
        logger.disabled = kept


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, list):
        for one in node:
            yield from _nodes(one)
    elif isinstance(node, ast.QASMNode):
        yield node
        for value in vars(node).values():
            yield from _nodes(value)
