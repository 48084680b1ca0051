"""What a command prints: text for people, or one JSON document for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import click

from qclone.cli._loudness import is_quiet, is_verbose
from qclone.cli._system import not_said


def json_option(run: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`; the command receives it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(run)


def emit(
    as_json: bool,
    document: Mapping[str, Any],
    text: str | Callable[[], str],
    *,
    folded: bool = True,
    quiet: str | None = None,
) -> None:
    """Print the document as JSON, or the text: folded to the terminal unless its lines must stay whole.

    Parameters
    ----------
    quiet : what is printed with --quiet: nothing for "", by default the text, where it was asked for.

    Raises
    ------
    SystemRefusedError : the output cannot be written.
    """
    if as_json:
        _say(json.dumps(document))
        return
    if quiet is not None and is_quiet():
        text = quiet
        if not quiet:
            return
    said = text() if callable(text) else text
    wide = columns() if folded else None
    _say(said if wide is None else "\n".join(fold(line, wide) for line in said.splitlines()))


def _say(text: str) -> None:
    try:
        click.echo(text)
    except BrokenPipeError:  # whoever reads has enough
        raise
    except OSError as error:
        raise not_said(error) from None


def is_on_a_terminal() -> bool:
    """Whether what is printed is read at once; an output that is closed is not."""
    return sys.stdout is not None and sys.stdout.isatty()


def columns(stream: TextIO | None = None) -> int | None:
    """Return how wide the reader's window is: the terminal's width or COLUMNS, None if neither says.

    What goes into a file or a pipe is not folded, so that other programs find whole lines.
    """
    said_to = stream or sys.stdout
    if (said_to is not None and said_to.isatty()) or os.environ.get("COLUMNS", "").isdecimal():
        return max(20, shutil.get_terminal_size().columns)
    return None


def harmless(text: str) -> str:
    """Return a text in which nothing steers a terminal: what cannot be printed is a question mark.

    >>> harmless("red \\x1b[31m, two\\nlines")
    'red ?[31m, two\\nlines'
    """
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def fold(text: str, width: int | None = None) -> str:
    """Return one paragraph on lines no longer than the window (or `width`, or 100); words stay whole.

    >>> print(fold("  recoverable: from server-1, server-2 or server-3", 30))
      recoverable: from server-1,
      server-2 or server-3
    """
    wide = min(columns() or 100, 100) if width is None else width
    if len(text) <= wide:
        return text
    margin = text[: len(text) - len(text.lstrip())]
    return textwrap.fill(
        text.strip(),
        wide,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def short_id(object_id: str) -> str:
    """Return as much of an id as people need to see; all of it with --verbose."""
    return object_id if is_verbose() else object_id[:8]


def counted(number: int, noun: str) -> str:
    """Return such as "1 qubit" or "3 qubits".

    >>> counted(1, "clone"), counted(1200, "server")
    ('1 clone', '1,200 servers')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
