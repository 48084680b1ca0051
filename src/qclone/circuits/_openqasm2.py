"""OpenQASM 2, read in one pass: what the file itself defines always counts.

Of the library it includes, gates that are plain words by another name are taken as these; the others are what
the text of the library says. Phases of the whole register mean nothing here: this language controls no gate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NoReturn

from qiskit import QuantumCircuit, qasm2

from qclone.circuits._body import Body, TooManyGatesError
from qclone.circuits._expression import ExpressionError, tokens_of, values_of
from qclone.circuits._file import foreign_include, malformed, with_line_feeds
from qclone.circuits._gates2 import BUILT_IN, LIKE_WORDS, Defined, OpaqueError, Step, count_of, maker, opaque
from qclone.circuits._libraries import OWN_LIBRARIES
from qclone.circuits._many import TooManyControlsError
from qclone.circuits._preparation import Preparation
from qclone.circuits._scan2 import (
    MEASURE,
    STATEMENT_WORDS,
    STRING_OR_COMMENT,
    WORD,
    FileError,
    Scanner,
    call_at,
)
from qclone.circuits._words import Params
from qclone.errors import UnsupportedCircuitError

_COMMENT = re.compile(r"//[^\n]*+")
_NOT_MADE = (TooManyGatesError, TooManyControlsError, OpaqueError, ExpressionError)


def read_openqasm2(text: str, name: str, any_state: bool = False) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the state preparation (or the program on any state) in a text, and what was left out of it.

    Raises
    ------
    UnsupportedCircuitError : malformed, with the line; too large; or not a pure state preparation.
    """
    _require_one_line_end(text, name)
    # Blanks for comments keep every offset and every line number.
    text = with_line_feeds(text)
    text = STRING_OR_COMMENT.sub(lambda m: m[1] or " " * len(m[0]), text)

    def place(offset: int) -> str:
        return f"line {text.count(chr(10), 0, offset) + 1}"

    reader = _File(text, 0, Preparation(name, place, any_state))
    try:
        reader.read()
    except FileError as error:
        raise malformed(name, "OpenQASM 2", place(error.offset), error.why, error.remedy) from None
    return reader.made.finish()


def _require_one_line_end(text: str, name: str) -> None:
    """A carriage return ends a comment for those who read lines, and not for Qiskit's parser."""
    if "\r" not in text or "\n" not in text:
        return
    for comment in _COMMENT.finditer(text):
        rest = [part.strip() for part in comment[0].split("\r")[1:]]
        if any(part and not part.startswith("//") for part in rest):
            line = with_line_feeds(text[: comment.start()]).count("\n") + 1
            why = "a carriage return stands in a comment, and readers disagree whether it ends there"
            remedy = "End every line alike, with a line feed."
            raise malformed(name, "OpenQASM 2", f"line {line}", why, remedy)


@cache
def _library(filename: str) -> Mapping[str, Defined]:
    """Return the gates of a library that every tool knows."""
    if filename == "qelib1.inc":
        text = (Path(qasm2.LEGACY_INCLUDE_PATH[0]) / filename).read_text()
        words = LIKE_WORDS
    else:
        text, words = OWN_LIBRARIES[filename], {}
    reader = _File(STRING_OR_COMMENT.sub("", text), 0, Preparation(filename, str))
    reader.read()
    return {**reader.gates, **words}


@dataclass
class _File(Scanner):
    made: Preparation
    gates: dict[str, Defined] = field(default_factory=lambda: dict(BUILT_IN))
    own: set[str] = field(default_factory=set)
    registers: dict[str, range] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    places: dict[str, range | int] = field(default_factory=dict)
    values: dict[str, Params] = field(default_factory=dict)

    def read(self) -> None:
        text = self.text
        while True:
            if call := call_at(text, self.at):
                self.at = call.start
                self._call(call.name, call.params, call.operands)
                self.at = call.end
            elif measure := MEASURE.match(text, self.at):
                self.at = measure.start(1)
                self._measure(measure[1], measure[2])
                self.at = measure.end()
            else:
                self.skip()
                if self.at == len(text):
                    return
                self._statement()

    def _call(self, name: str, params: str | None, operands: str) -> None:
        where = self.at
        if name in ("qreg", "creg"):
            self._register(name, operands)
            return
        if name in STATEMENT_WORDS:
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

    def _statement(self) -> None:
        start = self.at
        word = self.name()
        if word == "OPENQASM":
            self.at = self.text.find(";", self.at) + 1
        elif word == "include":
            self._include(start)
        elif word in ("gate", "opaque"):
            self._definition(word)
        elif word == "if":
            raise self.made.refuse(start, "'if' is classical control")
        elif word == "barrier" and self.take(";"):
            return
        elif word in STATEMENT_WORDS or word in ("reset", "barrier") or word in self.gates:
            self.to_the_fault(word)
        else:
            self._gate_or_noise(start, word)

    def _gate_or_noise(self, start: int, word: str) -> NoReturn:
        self.skip()
        if self.at >= len(self.text) or WORD.match(self.text, self.at) or self.text[self.at] == "(":
            raise FileError(start, f"{word[:40]!r} is not defined")
        raise FileError(start, f"unexpected {word[:40]!r}")

    def _include(self, start: int) -> None:
        self.skip()
        quoted = re.compile(r"""["']([^"'\n]*)["']\s*;""").match(self.text, self.at)
        if quoted is None:
            raise self.unexpected()
        filename = quoted[1]
        if filename != "qelib1.inc" and filename not in OWN_LIBRARIES:
            known = " or ".join(["qelib1.inc", *OWN_LIBRARIES])
            raise foreign_include(self.made.name, self.made.place(start), filename, known)
        self.gates.update({n: g for n, g in _library(filename).items() if n not in self.own})
        self.at = quoted.end()

    def _definition(self, kind: str) -> None:
        name = self.name()
        if name in self.own:
            raise FileError(self.at, f"{name!r} is defined twice")
        if name in ("U", "CX"):
            raise FileError(self.at, f"{name!r} is part of the language")
        params = self.names(")") if self.take("(") else []
        if kind == "opaque":
            qubits = self.names(";")
            self.gates[name] = Defined(len(params), len(qubits), opaque)
        else:
            qubits = self.names("{")
            end = self.text.find("}", self.at)
            if end < 0:
                self.at = len(self.text)
                raise self.unexpected()
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
        steps: list[Step] = []
        while True:
            self.skip()
            if self.at >= end:
                break
            call = call_at(self.text, self.at)
            if call is None or call.end > end:
                word = self.name()
                if word != "barrier":
                    self._gate(word)
                self.to_the_fault(word)
            name, operands = call.name, [token.strip() for token in call.operands.split(",")]
            if strangers := [token for token in operands if token not in index]:
                raise FileError(self.at, f"{strangers[0]!r} is no qubit of this gate")
            local = tuple(index[token] for token in operands)
            if name != "barrier":
                gate = self._gate(name)
                tokens = self._checked_tokens(call.params, numbers)
                given = count_of(tokens) if tokens else 0
                self._check(gate, name, given, len(local))
                if len(set(local)) < len(local):
                    raise FileError(self.at, "a gate acts on one qubit twice")
                steps.append(Step(gate, tokens, local))
            self.at = call.end
        return Defined(len(params), len(qubits), maker(tuple(params), len(qubits), steps))

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
