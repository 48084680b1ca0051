"""Commands as man pages: what `--help` says, in the macros of man(7)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from qclone.cli._config import below_names, command_below

_QUOTED = re.compile(r"`([^`]+)`")
_STATUS = re.compile(r"^Exit status[:,] ")
Words = tuple[str, ...]


def page(words: Words, command: click.Command, line: str, version: str, more: str = "") -> str:
    """Return the man page of a command, with those below its name.

    Parameters
    ----------
    words : such as ``("qclone", "put")``.
    line : its line of help.
    more : sections that stand before SEE ALSO.
    """
    name = "-".join(words)
    parts = [
        f'.TH {_quoted(name.upper())} 1 "" {_quoted(f"qclone {version}")} "qclone"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{escaped(name)} \\- {escaped(line[:1].lower() + line[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        *_synopsis(words, command),
        ".SH DESCRIPTION",
        *_described(command, ".SH"),
        ".SH OPTIONS",
        *_options(words, command),
    ]
    below = [(one, command_below(command, one)) for one in ([] if len(words) == 1 else below_names(command))]
    for one, found in below:
        if found is not None:
            under = (*words, one)
            parts += [f".SH {_quoted(' '.join(under).upper())}", *_synopsis(under, found)]
            parts += [*_described(found, ".SS"), ".SS Options", *_options(under, found)]
    parts += [more] if more else []
    others = ("qclone",) if len(words) > 1 else ("qclone-put", "qclone-get", "qclone-check")
    parts += [".SH SEE ALSO", ", ".join(f"\\fB{escaped(one)}\\fR(1)" for one in others)]
    return "\n".join(parts) + "\n"


def escaped(text: str) -> str:
    r"""Return a text that means itself in roff; what is in back-quotes is bold.

    >>> print(escaped("Say `qclone get --done ID`."))
    Say \fBqclone get \-\-done ID\fR.
    """
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = _QUOTED.sub(r"\\fB\1\\fR", text)
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _synopsis(words: Words, command: click.Command) -> list[str]:
    pieces = command.collect_usage_pieces(_context(words, command))
    return [f".B {escaped(' '.join(words))}", escaped(" ".join(pieces))]


def _described(command: click.Command, heading: str) -> Iterator[str]:
    """Yield the paragraphs of a command's help; what it says of the exit status is a section."""
    status = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        as_it_is = paragraph.startswith("\b")
        lines = paragraph.removeprefix("\b").strip("\n").splitlines()
        if as_it_is:
            yield from (".PP", ".nf", *map(escaped, lines), ".fi")
        elif _STATUS.match(paragraph):
            status += [escaped(_STATUS.sub("", " ".join(lines)))]
        else:
            yield from (".PP", escaped(" ".join(map(str.strip, lines))))
    if status:
        yield from (f"{heading} {'EXIT STATUS' if heading == '.SH' else 'Exit status'}", *status)


def _options(words: Words, command: click.Command) -> Iterator[str]:
    context = _context(words, command)
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record is not None and isinstance(option, click.Option):
            yield from (".TP", f"\\fB{escaped(record[0])}\\fR", escaped(" ".join(record[1].split())))


def _context(words: Words, command: click.Command) -> click.Context:
    return click.Context(command, info_name=words[-1], help_option_names=["-h", "--help"])


def _quoted(text: str) -> str:
    return f'"{escaped(text)}"'
