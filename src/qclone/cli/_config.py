"""The file of the user's own defaults: TOML, a table a command, its options by their long names."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from qclone.cli._commands import command_named, other_commands, own_commands
from qclone.errors import InvalidInputError

VARIABLE = "QCLONE_CONFIG"
"""Names another file; empty: none."""
EVERYWHERE = {"cloud": str, "quiet": bool, "verbose": bool}
"""What may stand above the tables, for every command that has it."""
_ON_THE_COMMAND_LINE_ONLY = {"help", "json", "version", "config"}
_MEND = f"Mend it, or go on without it: {VARIABLE}= qclone ..."


@dataclass(frozen=True)
class Config:
    """What a file says.

    Parameters
    ----------
    path : of the file; None if none is to be read.
    exists : whether it is there.
    general : option -> value, for every command.
    tables : command -> its table, as the file has it.
    """

    path: Path | None
    exists: bool = False
    general: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def default_map(self, name: str, command: click.Command) -> dict[str, Any]:
        """Return the defaults of a command as click takes them, by the names that its context will have.

        Raises
        ------
        InvalidInputError : an option that the command does not have, or a value that is none for it.
        """
        return dict(self._maps(name, name, command, self.tables.get(name, {})))

    def _maps(
        self, name: str, where: str, command: click.Command, table: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the names and the defaults of a command, and of those that only its name leads to."""
        options = options_of(command)
        found: dict[str, Any] = {}
        if (cloud := options.get("cloud")) is not None and cloud.envvar and "cloud" in self.general:
            found[str(cloud.name)] = self.general["cloud"]
        for key, value in table.items():
            if isinstance(value, dict):
                below = command_below(command, key)
                if below is None:
                    raise self._unknown(f"[{where}.{key}]", "a command", below_names(command), key)
                if not isinstance(command, click.Group):
                    yield from self._maps(f"{name} {key}", f"{where}.{key}", below, value)
            elif key in options:
                found[str(options[key].name)] = self._checked(where, command, options[key], key, value)
            else:
                raise self._unknown(f"{key!r} of [{where}]", "an option", list(options), key)
        if isinstance(command, click.Group):
            for key, below in command.commands.items():
                found |= dict(self._maps(key, f"{where}.{key}", below, table.get(key, {})))
        yield name, found

    def _checked(
        self, section: str, command: click.Command, option: click.Option, key: str, value: Any
    ) -> Any:
        where = f"{self.path}: {key!r} of [{section}]"
        if option.is_flag != isinstance(value, bool):
            raise InvalidInputError(
                f"{where} is {'a flag: true or false' if option.is_flag else 'no flag: it has a value'}.",
                _MEND,
            )
        several = option.multiple or option.nargs != 1
        if several != isinstance(value, list) or not all(map(_is_plain, value if several else [value])):
            raise InvalidInputError(f"{where} is {'a list' if several else 'one text or number'}.", _MEND)
        given = value if option.is_flag else list(map(str, value)) if several else str(value)
        try:
            option.type_cast_value(click.Context(command, info_name=section), given)
        except click.BadParameter as error:
            raise InvalidInputError(f"{where}: {error.message}", _MEND) from None
        return given

    def _unknown(self, what: str, kind: str, known: list[str], key: str) -> InvalidInputError:
        near = difflib.get_close_matches(key, known, n=1)
        return InvalidInputError(
            f"{self.path}: {what} is not {kind} of qclone.", f"Did you mean {near[0]}?" if near else _MEND
        )


def default_path() -> Path:
    """Return where the file is looked for: ~/.config/qclone/config.toml, or what the system has instead."""
    return Path(click.get_app_dir("qclone")) / "config.toml"


def read_config(given: str | None) -> Config:
    """Return what the file says: the one that is given, or else the user's own if there is one.

    Parameters
    ----------
    given : the path of a file that has to be there; empty for none.

    Raises
    ------
    InvalidInputError : it cannot be read, is not TOML, or names no command or option of qclone.
    """
    if given == "":
        return Config(None)
    path = default_path() if given is None else Path(given)
    if given is None and not path.exists():
        return Config(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise InvalidInputError(f"The configuration {path} cannot be read: {why}.", _MEND) from None
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> Config:
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"The configuration {path} is not TOML: {error}.", _MEND) from None
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    general = {key: value for key, value in document.items() if key not in tables}
    config = Config(path, True, general, tables)
    commands = [*own_commands(), *other_commands()]
    for name in tables:
        if name not in commands:
            raise config._unknown(f"[{name}]", "a command", commands, name)
    if general.get("quiet") and general.get("verbose"):
        raise InvalidInputError(f"{path}: 'quiet' and 'verbose' are opposites.", _MEND)
    for key, value in general.items():
        if key in commands:
            raise InvalidInputError(
                f"{path}: {key!r} is a command, and its options stand in a table.", f"Write: [{key}]"
            )
        if key not in EVERYWHERE:
            raise config._unknown(f"{key!r} above the tables", "an option", list(EVERYWHERE), key)
        if not isinstance(value, EVERYWHERE[key]):
            kind = "true or false" if EVERYWHERE[key] is bool else "a text"
            raise InvalidInputError(f"{path}: {key!r} is {kind}.", _MEND)
    return config


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command that a file may say, by their long names."""
    return {
        opt.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
        for opt in option.opts
        if opt.startswith("--") and opt[2:] not in _ON_THE_COMMAND_LINE_ONLY
    }


def command_below(command: click.Command, name: str) -> click.Command | None:
    """Return the command of that name below another, such as ``fail`` below ``server``; None for none."""
    if isinstance(command, click.Group):
        return command.commands.get(name)
    found: click.Command | None = getattr(command, "other", lambda name: None)(name)
    return found


def below_names(command: click.Command) -> list[str]:
    """Return the names of the commands below another."""
    return (
        list(command.commands) if isinstance(command, click.Group) else list(getattr(command, "others", ()))
    )


def command_by_words(words: tuple[str, ...]) -> click.Command:
    """Return the command that words such as ``server fail`` name. Raises click.UsageError."""
    command = command_named(words[0])
    for word in words[1:]:
        command = None if command is None else command_below(command, word)
    if command is None:
        raise click.UsageError(f"No such command '{' '.join(words)}'.")
    return command


def from_environment(option: click.Option) -> str | None:
    """Return the name of the variable that an option takes its value from now; None if from none."""
    names = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    return next((name for name in names if os.environ.get(name)), None)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)
