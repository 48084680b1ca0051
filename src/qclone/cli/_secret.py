"""Secrets that a command takes from its environment: as they are, or the name of the file that holds one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qclone.errors import InvalidInputError

POSTGRES = "QCLONE_POSTGRES"


def secret(name: str) -> str | None:
    """Return the secret in a variable, or in the file that the variable `NAME_FILE` names, or None.

    An environment is shown by `ps`, by `docker inspect` and in crash reports; a file has a mode.

    Raises
    ------
    InvalidInputError : both are set, or the file cannot be read.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if not file:
        return value or None
    if value:
        raise InvalidInputError(f"{name} and {name}_FILE are both set.", "Set one of them.")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InvalidInputError(
            f"The file that {name}_FILE names cannot be read: {reason}.", "Name one that can be."
        ) from None


def postgres_option(said: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what adds `--postgres`: the address of a database, by default from the environment."""

    def given(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        return value or secret(POSTGRES)

    return click.option(
        "--postgres", metavar="URL", callback=given, help=f"{said} [env: {POSTGRES}, or {POSTGRES}_FILE]"
    )
