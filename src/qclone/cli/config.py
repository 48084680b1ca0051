"""Show which defaults apply, and where they come from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from qclone.cli._commands import command_named
from qclone.cli._config import Config, command_by_words, from_environment, options_of
from qclone.cli._output import emit, json_option
from qclone.cli._table import table

RANK = 300

Row = dict[str, Any]
_PLAIN = (str, int, float)


@click.command("config")
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@json_option
@click.pass_obj
def command(config: Config, words: tuple[str, ...], as_json: bool) -> None:
    """Show what the configuration says, or every option of COMMAND: what applies, and where it comes from.

    What is said on the command line goes before the environment, that before the file, and the file before
    what is built in.
    """
    if words:
        found = command_by_words(words)
        rows = list(_every(words, found, _given(config, words)))
    else:
        names = [name for name in config.tables if command_named(name) is not None]
        rows = [row for name in names for row in _said(config, name)]
        rows = [{"command": "", "option": key, "value": value, "from": "file"} for key, value in
                config.general.items()] + rows  # fmt: skip
    path = None if config.path is None else str(config.path)
    document = {"file": path, "exists": config.exists, "options": rows}
    head = (
        "No configuration is read." if path is None else f"{path}{'' if config.exists else ' is not there'}"
    )
    shown = [
        [*([] if words else [row["command"]]), row["option"], _text(row["value"]), row["from"]]
        for row in rows
    ]
    headings = ["OPTION", "VALUE", "FROM"] if words else ["COMMAND", "OPTION", "VALUE", "FROM"]
    emit(as_json, document, "\n\n".join([head, *([table(headings, shown)] if rows else [])]), folded=False)


def _said(config: Config, name: str) -> Iterator[Row]:
    """Yield what the file says of a command and those below it; raises InvalidInputError."""
    found = command_named(name)
    assert found is not None
    config.default_map(name, found)
    yield from _of_table((name,), config.tables[name])


def _of_table(words: tuple[str, ...], given: Mapping[str, Any]) -> Iterator[Row]:
    for key, value in given.items():
        if isinstance(value, Mapping):
            yield from _of_table((*words, key), value)
        else:
            yield {"command": " ".join(words), "option": key, "value": value, "from": "file"}


def _given(config: Config, words: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the defaults of one command, as click takes them."""
    top = command_named(words[0])
    assert top is not None
    found: Mapping[str, Any] = config.default_map(words[0], top)
    if not isinstance(top, click.Group):
        return found.get(" ".join(words), {})
    for word in words:
        found = found.get(word, {})
    return found


def _every(words: tuple[str, ...], found: click.Command, given: Mapping[str, Any]) -> Iterator[Row]:
    for key, option in options_of(found).items():
        variable = from_environment(option)
        row = {"command": " ".join(words), "option": key}
        if variable is not None:
            yield row | {"value": os.environ[variable], "from": variable}
        elif option.name in given:
            yield row | {"value": given[option.name], "from": "file"}
        else:
            default = _plain(option.default)
            yield row | {"value": bool(default) if option.is_flag else default, "from": "built in"}


def _plain(default: object) -> object:
    """Return a default as JSON has it; None where there is none, for which click has an object of its own."""
    if isinstance(default, tuple | list):
        return list(default)
    return str(default) if isinstance(default, Path) else default if isinstance(default, _PLAIN) else None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
