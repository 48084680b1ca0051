"""Commands by name: one file each, of this folder or of another package; none is imported to be listed.

A command's file begins with its line of help as the docstring, and defines `command`. ``RANK``, a line of
its own, is its place in the list, where it is not the last.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import click

from qclone.cli._loudness import with_loudness
from qclone.errors import InvalidInputError
from qclone.outside import loaded

GROUP = "qclone.commands"
"""Entry points of other packages: name -> module:command."""
_HEAD = re.compile(r'\A"""(.+?)"""', re.DOTALL)
_RANK = re.compile(r"^RANK = (\d+)$", re.MULTILINE)


def own_commands() -> dict[str, str]:
    """Return the commands of this package and their lines of help, in the order of the list.

    >>> list(own_commands())[:3]
    ['demo', 'init', 'examples']
    """
    texts = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("[a-z]*.py")}
    ranks = {name: int(found[1]) if (found := _RANK.search(text)) else 999 for name, text in texts.items()}
    return {name: _line(texts[name]) for name in sorted(texts, key=lambda name: (ranks[name], name))}


def other_commands() -> dict[str, EntryPoint]:
    """Return the commands of other packages."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def line_of(point: EntryPoint) -> str:
    """Return the line of help of another package's command, from its text alone."""
    found = importlib.util.find_spec(point.module)
    source = getattr(found.loader, "get_source", lambda _: None)(point.module) if found else None
    return _line(source or "")


def command_named(name: str) -> click.Command | None:
    """Return a command, importing its file and no other; None if there is none."""
    if re.fullmatch(r"[a-z]\w*", name) and (Path(__file__).parent / f"{name}.py").exists():
        command: click.Command = importlib.import_module(f"qclone.cli.{name}").command
        return with_loudness(command)
    point = other_commands().get(name)
    if point is None:
        return None
    found = loaded(point)
    if not isinstance(found, click.Command):
        raise InvalidInputError(
            f"{point.value}, which is named as the command {name!r}, is no command of click's.",
            "Name a function decorated with click.command.",
        )
    return with_loudness(found)


def _line(source: str) -> str:
    head = _HEAD.match(source)
    return " ".join(head[1].split("\n\n")[0].split()) if head else ""
