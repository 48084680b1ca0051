"""Options that would do nothing are refused: whoever gives one expects something of it."""

from __future__ import annotations

import click
from click.core import ParameterSource


def given(*names: str) -> list[str]:
    """Return which of the running command's parameters were given, as they are written: `--clones`."""
    context = click.get_current_context()
    options = {str(p.name): p for p in context.command.params}
    unset = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT)
    return [
        max(options[name].opts, key=len)
        for name in names
        if context.get_parameter_source(name) not in (*unset, None)
    ]


def refuse(names: tuple[str, ...], reason: str, *, unless: bool = False) -> None:
    """Raise a usage error if any of these parameters was given, unless it has a use.

    Parameters
    ----------
    names : of the command's parameters.
    reason : what makes them useless, such as "without --native".
    unless : whether they have a use after all.
    """
    useless = [] if unless else given(*names)
    if useless:
        raise click.UsageError(f"{' and '.join(useless)} would do nothing {reason}.")
