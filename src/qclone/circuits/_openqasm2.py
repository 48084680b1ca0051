"""OpenQASM 2, read in one pass: what the file itself defines always counts.

Of the library it includes, gates that are plain words by another name are taken as these; the others are what
the text of the library says. Phases of the whole register mean nothing here: this language controls no gate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn

from qiskit import QuantumCircuit, qasm2

from qclone.circuits._body import Body, Part, TooManyGatesError, body_of
from qclone.circuits._expression import ExpressionError, evaluate, tokens_of, values_of
from qclone.circuits._file import foreign_include, malformed
from qclone.circuits._libraries import OWN_LIBRARIES
from qclone.circuits._many import TooManyControlsError
from qclone.circuits._preparation import Preparation
from qclone.circuits._words import WORDS, Params
from qclone.errors import UnsupportedCircuitError

_STRING_OR_COMMENT = re.compile(r"""("[^"\n]*"|'[^'\n]*')|//[^\n]*""")
_OPERAND = r"[A-Za-z_]\w*+(?:\s*+\[\s*+\d++\s*+\])?+"
_CALL = re.compile(
    rf"\s*+([A-Za-z_]\w*+)\s*+(?:\(((?:[^()\[\]{{}};\"]|\((?:[^()\[\]{{}};\"]|\([^()\[\]{{}};\"]*+\))*+\))*+)\))?+"
    rf"\s*+({_OPERAND}(?:\s*+,\s*+{_OPERAND})*+)\s*+,?+\s*+;"
)
# The same with parameters in brackets of any depth, taken piece by piece.
_OPENED = re.compile(r"\s*+([A-Za-z_]\w*+)\s*+\(")
_OPERANDS = re.compile(rf"\s*+({_OPERAND}(?:\s*+,\s*+{_OPERAND})*+)\s*+,?+\s*+;")
_MEASURE = re.compile(rf"\s*+measure\s++({_OPERAND})\s*+->\s*+({_OPERAND})\s*+;")
_BLANK = re.compile(r"\s*+")
_WORD = re.compile(r"[A-Za-z_]\w*+")
_DIGITS = re.compile(r"\d++")
_BRACKET = re.compile(r"[();]")
_BRACKET_OR_END = re.compile(r"[();{}\"]")
_STATEMENT_WORDS = {"qreg", "creg", "gate", "opaque", "include", "if", "measure", "OPENQASM"}
# Parameters for which what a gate makes is remembered.
_MAX_MADE = 64


class Defined(NamedTuple):
    """A gate of the file: what it takes and what it makes of its parameters."""

    num_params: int
    num_qubits: int
    make: Callable[[Params], tuple[str | Body, Params]]


class Call(NamedTuple):
    """A gate's call: where its name is, its parameters if it has brackets, and where it ends."""

    start: int
    name: str
    params: str | None
    operands: str
    end: int


class FileError(Exception):
    """What is wrong with the file at an offset of its text."""

    def __init__(self, offset: int, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.offset = offset
        self.why = why
        self.remedy = remedy


def _word(name: str, params: Callable[..., Params] | None = None, count: int | None = None) -> Defined:
    word = WORDS[name]
    given = word.num_params if count is None else count
    if params is None:
        return Defined(given, word.num_qubits, lambda p: (name, p))
    return Defined(given, word.num_qubits, lambda p: (name, params(*p)))


_NOTHING = Body(1, ())
_BUILT_IN = {"U": _word("u"), "CX": _word("cx")}
# The same up to a phase of the whole register.
_LIKE_WORDS = {
    **{name: _word(name) for name in WORDS},
    "u1": _word("p"),
    "u2": _word("u", lambda phi, lam: (math.pi / 2, phi, lam), 2),
    "u3": _word("u"),
    "cu1": _word("cp"),
    "cu3": _word("cu", lambda theta, phi, lam: (theta, phi, lam, 0.0), 3),
    "id": Defined(0, 1, lambda p: (_NOTHING, ())),
    "u0": Defined(1, 1, lambda p: (_NOTHING, ())),
}


def read_openqasm2(text: str, name: str, any_state: bool = False) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the state preparation (or the program on any state) in a text, and what was left out of it.

    Raises
    ------
    UnsupportedCircuitError : malformed, with the line; too large; or not a pure state preparation.
    """
    # Blanks for comments keep every offset and every line number.
    text = _STRING_OR_COMMENT.sub(lambda m: m[1] or " " * len(m[0]), text)

    def place(offset: int) -> str:
        return f"line {text.count(chr(10), 0, offset) + 1}"

    reader = _File(text, Preparation(name, place, any_state))
    try:
        reader.read()
    except FileError as error:
        raise malformed(name, "OpenQASM 2", place(error.offset), error.why, error.remedy) from None
    return reader.made.finish()


def _call_at(text: str, at: int) -> Call | None:
    if plain := _CALL.match(text, at):
        return Call(plain.start(1), plain[1], plain[2], plain[3], plain.end())
    opened = _OPENED.match(text, at)
    if opened is None:
        return None
    depth, place = 1, opened.end()
    while depth:
        mark = _BRACKET_OR_END.search(text, place)
        if mark is None or mark[0] not in "()":
            return None
        depth += 1 if mark[0] == "(" else -1
        place = mark.end()
    rest = _OPERANDS.match(text, place)
    if rest is None:
        return None
    return Call(opened.start(1), opened[1], text[opened.end() : place - 1], rest[1], rest.end())


@cache
def _library(filename: str) -> Mapping[str, Defined]:
    """Return the gates of a library that every tool knows."""
    if filename == "qelib1.inc":
        text = (Path(qasm2.LEGACY_INCLUDE_PATH[0]) / filename).read_text()
        words = _LIKE_WORDS
    else:
        text, words = OWN_LIBRARIES[filename], {}
    reader = _File(_STRING_OR_COMMENT.sub("", text), Preparation(filename, str))
    reader.read()
    return {**reader.gates, **words}


@dataclass
class _File:
    text: str
    made: Preparation
    at: int = 0
    gates: dict[str, Defined] = field(default_factory=lambda: dict(_BUILT_IN))
    own: set[str] = field(default_factory=set)
    registers: dict[str, range] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    places: dict[str, range | int] = field(default_factory=dict)
    values: dict[str, Params] = field(default_factory=dict)

    def read(self) -> None:
        text = self.text
        while True:
            if call := _call_at(text, self.at):
                self.at = call.start
                self._call(call.name, call.params, call.operands)
                self.at = call.end
            elif measure := _MEASURE.match(text, self.at):
                self.at = measure.start(1)
                self._measure(measure[1], measure[2])
                self.at = measure.end()
            else:
                self._skip()
                if self.at == len(text):
                    return
                self._statement()

    def _call(self, name: str, params: str | None, operands: str) -> None:
        where = self.at
        if name in ("qreg", "creg"):
            self._register(name, operands)
            return
        if name in _STATEMENT_WORDS:
            raise FileError(where, f"unexpected {operands.split(',', maxsplit=1)[0].strip()!r}")
        qubits = [self._operand(token) for token in operands.split(",")]
        if name == "barrier":
            return
        if name == "reset":
            for one in qubits:
                for qubit in [one] if isinstance(one, int) else one:
                    self.made.reset(qubit, where)
            return
        gate = self._gate(name)
        values = self._values(params)
        self._check(gate, name, len(values), len(qubits))
        part = self._made(gate, values, name, where)
        singles = tuple([q for q in qubits if isinstance(q, int)])
        if len(singles) == len(qubits):
            self._do(part, singles, where)
            return
        length = {len(q) for q in qubits if not isinstance(q, int)}
        if len(length) > 1:
            raise FileError(where, "registers of different sizes")
        for k in range(length.pop()):
            self._do(part, tuple(q if isinstance(q, int) else q[k] for q in qubits), where)

    def _do(self, part: tuple[str | Body, Params], qubits: tuple[int, ...], where: int) -> None:
        if len(qubits) > 1 and len(set(qubits)) < len(qubits):
            raise FileError(where, "a gate acts on one qubit twice")
        self.made.gate((*part, qubits), where)

    def _gate(self, name: str) -> Defined:
        gate = self.gates.get(name)
        if gate is None:
            raise FileError(self.at, f"{name!r} is not defined")
        return gate

    def _check(self, gate: Defined, name: str, params: int, qubits: int) -> None:
        if gate.num_params != params:
            raise FileError(self.at, f"{name!r} takes {gate.num_params} parameters, not {params}")
        if gate.num_qubits != qubits:
            raise FileError(self.at, f"{name!r} acts on {gate.num_qubits} qubits, not {qubits}")

    def _made(self, gate: Defined, params: Params, name: str, where: int) -> tuple[str | Body, Params]:
        try:
            return gate.make(params)
        except ExpressionError as error:
            raise FileError(where, f"in {name!r}, {error}", error.remedy) from None
        except (TooManyGatesError, TooManyControlsError, OpaqueError, RecursionError) as error:
            why = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise UnsupportedCircuitError(
                f"{self.made.name}, {self.made.place(where)}: {name!r} {why}.",
                "Define it in fewer gates that are defined themselves.",
            ) from None

    def _values(self, params: str | None) -> Params:
        if params is None or not params.strip():
            return ()
        values = self.values.get(params)
        if values is None:
            values = self.values[params] = self._evaluate(params)
        return values

    def _evaluate(self, params: str) -> Params:
        try:
            return values_of(params)
        except ExpressionError as error:
            raise FileError(self.at, str(error), error.remedy) from None

    def _operand(self, token: str) -> range | int:
        found = self.places.get(token)
        if found is not None:
            return found
        name, _, index = token.partition("[")
        register = self.registers.get(name.strip())
        if register is None:
            raise FileError(self.at, f"{name.strip()!r} is no quantum register")
        if not index:
            found = register
        else:
            number = index.strip()[:-1].strip()
            if len(number.lstrip("0")) > 9 or int(number) >= len(register):
                raise FileError(self.at, f"index {number[:20]} is out-of-range for {name.strip()!r}")
            found = register[int(number)]
        self.places[token] = found
        return found

    def _register(self, kind: str, operands: str) -> None:
        if "," in operands or "[" not in operands:
            raise FileError(self.at, "a register is declared as name[size]")
        name, _, size = operands.partition("[")
        name, digits = name.strip(), size.strip()[:-1].strip().lstrip("0")
        if name in self.registers or name in self.bits:
            raise FileError(self.at, f"{name!r} is declared twice")
        count = int(digits[:18] or 0)
        if kind == "creg":
            self.bits[name] = count
        else:
            self.registers[name] = self.made.declare(count)

    def _measure(self, source: str, target: str) -> None:
        qubits = self._operand(source)
        name, _, index = target.partition("[")
        if name.strip() not in self.bits:
            raise FileError(self.at, f"{name.strip()!r} is no classical register")
        size = self.bits[name.strip()]
        number = index.strip()[:-1].strip().lstrip("0")
        if index and (len(number) > 18 or int(number or 0) >= size):
            raise FileError(self.at, f"index {number[:20]} is out-of-range for {name.strip()!r}")
        if (1 if isinstance(qubits, int) else len(qubits)) != (1 if index else size):
            raise FileError(self.at, "as many qubits as bits are measured")
        for qubit in [qubits] if isinstance(qubits, int) else qubits:
            self.made.measure(qubit, self.at)

    # What is left is rare, and read token by token.

    def _skip(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def _take(self, token: str) -> bool:
        self._skip()
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._unexpected()

    def _unexpected(self) -> FileError:
        self._skip()
        if self.at >= len(self.text):
            return FileError(len(self.text.rstrip()), "unexpected end-of-file")
        word = _WORD.match(self.text, self.at)
        return FileError(self.at, f"unexpected {word[0][:40] if word else self.text[self.at]!r}")

    def _name(self) -> str:
        self._skip()
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise self._unexpected()
        self.at = word.end()
        return word[0]

    def _names(self, end: str) -> list[str]:
        names: list[str] = []
        while not self._take(end):
            if names:
                self._expect(",")
                if self._take(end):
                    break
            names.append(self._name())
        if len(set(names)) < len(names):
            raise FileError(self.at, "a name stands for two things")
        return names

    def _statement(self) -> None:
        start = self.at
        word = self._name()
        if word == "OPENQASM":
            self.at = self.text.find(";", self.at) + 1
        elif word == "include":
            self._include(start)
        elif word in ("gate", "opaque"):
            self._definition(word)
        elif word == "if":
            raise self.made.refuse(start, "'if' is classical control")
        elif word == "barrier" and self._take(";"):
            return
        elif word in _STATEMENT_WORDS or word in ("reset", "barrier") or word in self.gates:
            self._to_the_fault(word)
        else:
            self._gate_or_noise(start, word)

    def _gate_or_noise(self, start: int, word: str) -> NoReturn:
        self._skip()
        if self.at >= len(self.text) or _WORD.match(self.text, self.at) or self.text[self.at] == "(":
            raise FileError(start, f"{word[:40]!r} is not defined")
        raise FileError(start, f"unexpected {word[:40]!r}")

    def _to_the_fault(self, word: str) -> NoReturn:
        """Say where a statement stops being one: every valid one was read before."""
        if self._take("("):
            depth = 1
            while depth and (mark := _BRACKET.search(self.text, self.at)):
                self.at = mark.end() - (mark[0] == ";")
                depth = 0 if mark[0] == ";" else depth + (1 if mark[0] == "(" else -1)
            if depth or self.text[self.at - 1] != ")":
                raise self._unexpected()
        self._operands()
        if word == "measure":
            self._expect("->")
            self._operands()
        self._expect(";")
        raise FileError(self.at, f"{word!r} is not used like this")

    def _operands(self) -> None:
        while True:
            self._name()
            if self._take("["):
                self._skip()
                digits = _DIGITS.match(self.text, self.at)
                if digits is None:
                    raise self._unexpected()
                self.at = digits.end()
                self._expect("]")
            if not self._take(","):
                return

    def _include(self, start: int) -> None:
        self._skip()
        quoted = re.compile(r"""["']([^"'\n]*)["']\s*;""").match(self.text, self.at)
        if quoted is None:
            raise self._unexpected()
        filename = quoted[1]
        if filename != "qelib1.inc" and filename not in OWN_LIBRARIES:
            known = " or ".join(["qelib1.inc", *OWN_LIBRARIES])
            raise foreign_include(self.made.name, self.made.place(start), filename, known)
        self.gates.update({n: g for n, g in _library(filename).items() if n not in self.own})
        self.at = quoted.end()

    def _definition(self, kind: str) -> None:
        name = self._name()
        if name in self.own:
            raise FileError(self.at, f"{name!r} is defined twice")
        if name in ("U", "CX"):
            raise FileError(self.at, f"{name!r} is part of the language")
        params = self._names(")") if self._take("(") else []
        if kind == "opaque":
            qubits = self._names(";")
            self.gates[name] = Defined(len(params), len(qubits), _opaque)
        else:
            qubits = self._names("{")
            end = self.text.find("}", self.at)
            if end < 0:
                self.at = len(self.text)
                raise self._unexpected()
            self.gates[name] = gate = self._compiled(params, qubits, end)
            if not params:
                # Made where it is defined, gates that are nested a thousand deep need no recursion.
                with suppress(*_NOT_MADE):
                    gate.make(())
            self.at = end + 1
        self.own.add(name)

    def _compiled(self, params: list[str], qubits: list[str], end: int) -> Defined:
        index = {name: i for i, name in enumerate(qubits)}
        numbers = dict.fromkeys(params, 0.0)
        steps: list[_Step] = []
        while True:
            self._skip()
            if self.at >= end:
                break
            call = _call_at(self.text, self.at)
            if call is None or call.end > end:
                word = self._name()
                if word != "barrier":
                    self._gate(word)
                self._to_the_fault(word)
            name, operands = call.name, [token.strip() for token in call.operands.split(",")]
            if strangers := [token for token in operands if token not in index]:
                raise FileError(self.at, f"{strangers[0]!r} is no qubit of this gate")
            local = tuple(index[token] for token in operands)
            if name != "barrier":
                gate = self._gate(name)
                tokens = self._checked_tokens(call.params, numbers)
                count = 0 if not tokens else _count(tokens)
                self._check(gate, name, count, len(local))
                if len(set(local)) < len(local):
                    raise FileError(self.at, "a gate acts on one qubit twice")
                steps.append(_Step(gate, tokens, local))
            self.at = call.end
        return Defined(len(params), len(qubits), _maker(tuple(params), len(qubits), steps))

    def _checked_tokens(self, text: str | None, numbers: Mapping[str, float]) -> list[str]:
        try:
            tokens = tokens_of(text or "")
        except ExpressionError as error:
            raise FileError(self.at, str(error)) from None
        for i, token in enumerate(tokens):
            is_name = token.isidentifier() and token not in numbers and token != "pi"
            if is_name and tokens[i + 1 : i + 2] != ["("]:
                raise FileError(self.at, f"{token!r} is not defined")
        return tokens


class OpaqueError(Exception):
    """A gate has no definition; the text completes a sentence about it."""


_NOT_MADE = (TooManyGatesError, TooManyControlsError, OpaqueError, ExpressionError)


class _Step(NamedTuple):
    gate: Defined
    tokens: Sequence[str]
    qubits: tuple[int, ...]


def _opaque(params: Params) -> tuple[str | Body, Params]:
    raise OpaqueError("is not a unitary gate: it is opaque, without a definition")


def _count(tokens: Sequence[str]) -> int:
    depth = count = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        count += token == "," and not depth
    return count + (tokens[-1] != ",")


def _maker(
    names: tuple[str, ...], num_qubits: int, steps: Sequence[_Step]
) -> Callable[[Params], tuple[str | Body, Params]]:
    made: dict[Params, Body] = {}

    def make(params: Params) -> tuple[str | Body, Params]:
        body = made.get(params)
        if body is None:
            numbers = dict(zip(names, params, strict=True))
            parts: list[Part] = []
            for step in steps:
                values = evaluate(step.tokens, numbers) if step.tokens else ()
                what, given = step.gate.make(values)
                parts.append((what, given, step.qubits))
            body = body_of(num_qubits, parts)
            if len(made) >= _MAX_MADE:
                made.clear()
            made[params] = body
        return body, ()

    return make
