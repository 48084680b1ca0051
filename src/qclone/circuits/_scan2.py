"""The text of OpenQASM 2: calls and measurements found as a whole, all else token by token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

STRING_OR_COMMENT = re.compile(r"""("[^"\n]*"|'[^'\n]*')|//[^\n]*""")
_OPERAND = r"[A-Za-z_]\w*+(?:\s*+\[\s*+\d++\s*+\])?+"
_CALL = re.compile(
    rf"\s*+([A-Za-z_]\w*+)\s*+(?:\(((?:[^()\[\]{{}};\"]|\((?:[^()\[\]{{}};\"]|\([^()\[\]{{}};\"]*+\))*+\))*+)\))?+"
    rf"\s*+({_OPERAND}(?:\s*+,\s*+{_OPERAND})*+)\s*+,?+\s*+;"
)
# The same with parameters in brackets of any depth, taken piece by piece.
_OPENED = re.compile(r"\s*+([A-Za-z_]\w*+)\s*+\(")
_OPERANDS = re.compile(rf"\s*+({_OPERAND}(?:\s*+,\s*+{_OPERAND})*+)\s*+,?+\s*+;")
MEASURE = re.compile(rf"\s*+measure\s++({_OPERAND})\s*+->\s*+({_OPERAND})\s*+;")
_BLANK = re.compile(r"\s*+")
WORD = re.compile(r"[A-Za-z_]\w*+")
_DIGITS = re.compile(r"\d++")
_BRACKET = re.compile(r"[();]")
_BRACKET_OR_END = re.compile(r"[();{}\"]")
STATEMENT_WORDS = {"qreg", "creg", "gate", "opaque", "include", "if", "measure", "OPENQASM"}


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


def call_at(text: str, at: int) -> Call | None:
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


@dataclass
class Scanner:
    """A text and a place in it.

    Parameters
    ----------
    at : offset of what is read next.
    """

    text: str
    at: int

    def skip(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def take(self, token: str) -> bool:
        self.skip()
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise self.unexpected()

    def unexpected(self) -> FileError:
        self.skip()
        if self.at >= len(self.text):
            return FileError(len(self.text.rstrip()), "unexpected end-of-file")
        word = WORD.match(self.text, self.at)
        return FileError(self.at, f"unexpected {word[0][:40] if word else self.text[self.at]!r}")

    def name(self) -> str:
        self.skip()
        word = WORD.match(self.text, self.at)
        if word is None:
            raise self.unexpected()
        self.at = word.end()
        return word[0]

    def names(self, end: str) -> list[str]:
        names: list[str] = []
        while not self.take(end):
            if names:
                self.expect(",")
                if self.take(end):
                    break
            names.append(self.name())
        if len(set(names)) < len(names):
            raise FileError(self.at, "a name stands for two things")
        return names

    def to_the_fault(self, word: str) -> NoReturn:
        """Say where a statement stops being one: every valid one was read before."""
        if self.take("("):
            depth = 1
            while depth and (mark := _BRACKET.search(self.text, self.at)):
                self.at = mark.end() - (mark[0] == ";")
                depth = 0 if mark[0] == ";" else depth + (1 if mark[0] == "(" else -1)
            if depth or self.text[self.at - 1] != ")":
                raise self.unexpected()
        self.operands()
        if word == "measure":
            self.expect("->")
            self.operands()
        self.expect(";")
        raise FileError(self.at, f"{word!r} is not used like this")

    def operands(self) -> None:
        while True:
            self.name()
            if self.take("["):
                self.skip()
                digits = _DIGITS.match(self.text, self.at)
                if digits is None:
                    raise self.unexpected()
                self.at = digits.end()
                self.expect("]")
            if not self.take(","):
                return
