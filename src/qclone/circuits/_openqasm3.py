"""OpenQASM 3: plain gate calls are read here, all else is parsed into a syntax tree; both run in order.

A benchmark is a million gate calls, and the parser takes half a millisecond for each.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from functools import cache
from typing import Any, NamedTuple

import openqasm3
from openqasm3 import ast
from qiskit import QuantumCircuit

from qclone.circuits._body import TooManyGatesError
from qclone.circuits._expression import UNREAD, ExpressionError, values_of
from qclone.circuits._file import READER_FAILURES, malformed, say, with_line_feeds
from qclone.circuits._gate_calls3 import StatementError
from qclone.circuits._gates3 import STANDARD, Gate, OwnGate
from qclone.circuits._libraries import BRAKET
from qclone.circuits._many import TooManyControlsError
from qclone.circuits._modifiers import UnknownPowerError
from qclone.circuits._preparation import Preparation
from qclone.circuits._program3 import End, Program
from qclone.circuits._words import Params
from qclone.errors import UnsupportedCircuitError

# The parser takes half a millisecond a statement.
MAX_PARSED_BYTES = 2 << 20
# Strings and lines that the parser takes as they stand, whatever they look like; then comments.
_BLANKED = re.compile(
    r"""("[^"\n]*"|'[^'\n]*'|(?<!\w)\#?pragma\b[^\n]*|@[^\W\d][^\n]*)|//[^\n]*|/\*.*?\*/""", re.S
)
_NOT_BLANK = re.compile(r"[^\n]")
_OPERAND = r"(?:[^\W\d]\w*+(?:\s*+\[\s*+\d{1,9}+\s*+\])?+|\$\d{1,9}+)"
# Arithmetic that needs no names but pi, in one pair of brackets within another at most.
_FLAT = r"(?:[\d.]++(?:[eE][+-]?+\d++)?+|(?<!\w)pi\b|π|[\s+\-*/,])"
_PARAMS = rf"\(((?:{_FLAT}|\({_FLAT}*+\))*+)\)"
_CALL = re.compile(rf"\s*+([^\W\d]\w*+)\s*+(?:{_PARAMS})?+\s*+({_OPERAND}(?:\s*+,\s*+{_OPERAND})*+)\s*+;")
_MEASURE = re.compile(
    rf"\s*+(?:({_OPERAND})\s*+=\s*+)?+measure\s++({_OPERAND})\s*+(?:->\s*+({_OPERAND})\s*+)?+;"
)
# A pragma or an annotation takes all that is left of its line, wherever it begins.
_MARKS = re.compile(r"""[{};]|"[^"\n]*"|'[^'\n]*'|(?:(?<!\w)\#?pragma\b|@[^\W\d])[^\n]*+""")
# Names that begin another statement, and types, which look like calls on what they declare.
_WORDS = """
OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end return
for while in switch case default pragma input output const readonly mutable qreg qubit creg bool bit
int uint float angle complex array void duration stretch gphase inv pow ctrl negctrl durationof
delay reset measure barrier true false sizeof nop
"""
_KEYWORDS = frozenset(_WORDS.split())


class Call(NamedTuple):
    """A statement that is read without a parser."""

    line: int
    name: str
    params: str | None
    operands: str


class Text(NamedTuple):
    """What is left for the parser.

    Parameters
    ----------
    text : of the statements that are no calls.
    starts, lines : the line of this text where a piece begins -> the line of the file.
    calls : the calls, with the number of pieces that come before each.
    """

    text: str
    starts: list[int]
    lines: list[int]
    calls: list[tuple[int, Call]]

    def line_of(self, line: int) -> int:
        piece = max(0, bisect_right(self.starts, line) - 1)
        return self.lines[piece] + line - self.starts[piece]

    def piece_of(self, line: int) -> int:
        return bisect_right(self.starts, line)


def read_openqasm3(
    text: str, name: str, any_state: bool = False, inputs: Mapping[str, float] | None = None
) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the state preparation (or the program on any state) in a text, and what was left out of it.

    Parameters
    ----------
    inputs : values of what the text declares as `input`; FreeParameterError for what is not among them.

    Raises
    ------
    UnsupportedCircuitError : malformed, with the line; too large; not a pure state preparation; or in need of
        what only a run can tell.
    """
    made = Preparation(name, lambda line: f"line {line}", any_state)
    blanked = _BLANKED.sub(lambda m: m[1] or _NOT_BLANK.sub(" ", m[0]), with_line_feeds(text))
    divided = _divided(blanked)
    if len(divided.text) > MAX_PARSED_BYTES:
        raise UnsupportedCircuitError(
            f"{name} is too large: {len(divided.text) >> 10:,} KiB of it are more than gates on qubits.",
            f"{MAX_PARSED_BYTES >> 10:,} KiB of loops, definitions and arithmetic are read; unroll the rest.",
        )
    divided, statements = _parsed(divided, blanked, name)
    program = Program(made, divided.line_of, braket_gates, inputs or {})
    try:
        for item in _in_order(divided, statements):
            if isinstance(item, Call):
                _do(program, item)
            else:
                program.step(item)
    except End:
        pass
    except ExpressionError as error:
        raise malformed(name, "OpenQASM 3", made.place(program.line), str(error), error.remedy) from None
    except (TooManyGatesError, TooManyControlsError, UnknownPowerError, RecursionError) as error:
        why = "is nested too deeply" if isinstance(error, RecursionError) else error
        raise UnsupportedCircuitError(
            f"{name}, {made.place(program.line)}: a gate {why}.", "Write it in fewer gates."
        ) from None
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError) as error:
        match error:
            case ZeroDivisionError():
                why = "a division by zero"
            case OverflowError():
                why = "a number is beyond double precision, which ends at 1.8e308"
            case _:
                why = f"it has no value: {say(error)}"
        raise malformed(name, "OpenQASM 3", made.place(program.line), why, UNREAD) from None
    return made.finish()


@cache
def braket_gates() -> Mapping[str, Gate | OwnGate]:
    """Return the gates that Braket's programs use without a definition."""
    program = Program(Preparation("Braket's gates", str))
    program.gates.update(STANDARD)
    program.run(openqasm3.parse(BRAKET).statements)
    return program.gates


def _do(program: Program, call: Call) -> None:
    program.line = call.line
    if call.name == "measure":
        _measure(program, call.operands, call.params)
        return
    operands = [program.operand(one.strip()) for one in call.operands.split(",")]
    if call.name == "barrier":
        return
    if call.name == "reset":
        for qubit in operands[0].places:
            program.made.reset(qubit, call.line)
        return
    program.apply(call.name, _params(call.params, program), operands)


def _measure(program: Program, source: str, target: str | None) -> None:
    measured = ast.QuantumMeasurement(_node(source))
    program.step(ast.QuantumMeasurementStatement(measured, None if target is None else _node(target)))


def _node(operand: str) -> Any:
    name, _, index = operand.partition("[")
    identifier = ast.Identifier(name.strip())
    if not index:
        return identifier
    return ast.IndexedIdentifier(identifier, [[ast.IntegerLiteral(int(index.strip()[:-1]))]])


def _params(text: str | None, program: Program) -> Params:
    if text is None or not text.strip():
        return ()
    if "pi" in program.scopes[0] or "π" in program.scopes[0]:
        raise StatementError("pi is the language's, and the file declares another one")
    return values_of(text.replace("π", "pi"), integers=True)


def _divided(text: str) -> Text:
    """Take the calls out of a text; a statement is one if the one before it ended with a semicolon."""
    pieces: list[str] = []
    open_piece: list[str] = []
    starts: list[int] = []
    lines: list[int] = []
    calls: list[tuple[int, Call]] = []
    at, line, here = 0, 1, 1
    while at < len(text):
        call, first = _call_at(text, at)
        if call is None:
            end = _end_of_statement(text, at)
            if not open_piece:
                starts.append(here)
                lines.append(line)
            # Pieces that follow each other are one: the parser reads them as they stand.
            open_piece.append(text[at:end])
            line += text.count("\n", at, end)
            at = end
            continue
        if open_piece:
            pieces.append("".join(open_piece))
            here += pieces[-1].count("\n") + 1
            open_piece = []
        line += text.count("\n", at, call.start(first))
        calls.append((len(pieces), _as_call(call, first, line)))
        line += text.count("\n", call.start(first), call.end())
        at = call.end()
    return Text("\n".join([*pieces, "".join(open_piece)]), starts, lines, calls)


def _call_at(text: str, at: int) -> tuple[re.Match[str] | None, int]:
    """Return a call or a measurement at a place, and the group that it begins with."""
    if call := _CALL.match(text, at):
        name = call[1]
        if name not in _KEYWORDS or (name in ("barrier", "reset") and call[2] is None):
            return call, 1
        if name != "measure":
            return None, 0
    if measure := _MEASURE.match(text, at):
        return measure, 2
    return None, 0


def _as_call(match: re.Match[str], first: int, line: int) -> Call:
    if first == 1:
        return Call(line, match[1], match[2], match[3])
    return Call(line, "measure", match[1] or match[3], match[2])


def _end_of_statement(text: str, at: int) -> int:
    """Return where a statement ends with a semicolon outside all braces, whatever comes before that."""
    depth = 0
    for mark in _MARKS.finditer(text, at):
        match mark[0]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
            case ";":
                if depth <= 0:
                    return mark.end()
    return len(text)


def _in_order(divided: Text, statements: list[Any]) -> Iterator[Any]:
    done = 0
    for pieces, call in divided.calls:
        while done < len(statements) and divided.piece_of(statements[done].span.start_line) <= pieces:
            yield statements[done]
            done += 1
        yield call
    yield from statements[done:]


def _parsed(divided: Text, whole: str, name: str) -> tuple[Text, list[Any]]:
    """Return the statements of a text, and which part of the whole was parsed for them."""
    if not divided.text.strip():
        return divided, []
    try:
        program = _parse(divided.text)
    except READER_FAILURES as error:
        if divided.calls and len(whole) <= MAX_PARSED_BYTES:
            # Only what the parser does not take as it stands is called invalid.
            return _parsed(Text(whole, [1], [1], []), whole, name)
        line, why = _syntax_error(error)
        place = "somewhere" if line is None else f"line {divided.line_of(line)}"
        invalid = isinstance(error, openqasm3.parser.QASM3ParsingError)
        raise malformed(name, "OpenQASM 3", place, why, "" if invalid else UNREAD) from None
    if program.version is not None and not program.version.startswith("3"):
        raise malformed(name, "OpenQASM 3", "line 1", f"its version is {program.version[:20]}")
    return divided, list(program.statements)


def _parse(text: str) -> ast.Program:
    # The lexer prints on stderr before it raises.
    with redirect_stderr(io.StringIO()):
        return openqasm3.parse(text)


def _syntax_error(error: BaseException) -> tuple[int | None, str]:
    """Return the line and the reason that the parser leaves in one of two ways."""
    if found := re.match(r"L(\d+):C\d+: (.*)", str(error), re.S):
        return int(found[1]), " ".join(found[2].split())[:200]
    cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    token = getattr(cause, "offendingToken", None)
    if token is None:
        return None, "nested too deeply" if isinstance(error, RecursionError) else say(error)
    found_token = "end of file" if token.text == "<EOF>" else repr(token.text[:40])
    return token.line, f"unexpected {found_token}"
