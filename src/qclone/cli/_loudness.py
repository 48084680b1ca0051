"""How much is said: `--quiet` and `--verbose`, on every command and before it."""

from __future__ import annotations

from enum import Enum

import click
from click.core import ParameterSource

_KEY = "qclone.loudness"


class Loudness(Enum):
    """How much a command says beside what it was asked for."""

    QUIET = "quiet"
    """Nothing."""
    NORMAL = "normal"
    VERBOSE = "verbose"
    """Ids and lists whole, and on stderr what applied and how long it took."""


def loudness() -> Loudness:
    """Return how much the running command says."""
    context = click.get_current_context(silent=True)
    return Loudness.NORMAL if context is None else context.meta.get(_KEY, (Loudness.NORMAL, False))[0]


def is_quiet() -> bool:
    """Whether nothing is said but what was asked for."""
    return loudness() is Loudness.QUIET


def is_verbose() -> bool:
    """Whether nothing is cut short."""
    return loudness() is Loudness.VERBOSE


def with_loudness(command: click.Command) -> click.Command:
    """Return the command with `--quiet` and `--verbose`, where it has no options of these names; once."""
    taken = {opt for param in command.params for opt in param.opts}
    for option in _options():
        if not taken.intersection(option.opts):
            command.params.append(option)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            with_loudness(below)
    return command


def set_loudness(context: click.Context, wanted: Loudness, *, said: bool) -> None:
    """Let a context, and those below it, say so much.

    Parameters
    ----------
    said : on the command line, which goes before what a file says.
    """
    before, was_said = context.meta.get(_KEY, (wanted, False))
    if said and was_said and before is not wanted:
        raise click.UsageError("--quiet and --verbose are opposites.")
    if said or not was_said:
        context.meta[_KEY] = (wanted, said)


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_set(Loudness.QUIET),
            help="Say nothing but what was asked for.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_set(Loudness.VERBOSE),
            help="Cut nothing short, and say what applied and how long it took.",
        ),
    ]


def _set(wanted: Loudness):  # type: ignore[no-untyped-def]
    def callback(context: click.Context, option: click.Parameter, value: bool) -> None:
        if value:
            source = context.get_parameter_source(str(option.name))
            set_loudness(context, wanted, said=source is ParameterSource.COMMANDLINE)

    return callback
