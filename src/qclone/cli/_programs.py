"""What commands that compute share: names and values of a program's parameters."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import click

from qclone.errors import InvalidInputError

MAX_NAME = 100
"""Characters of a parameter's name."""


def require_settable(names: Sequence[str]) -> None:
    """Raise InvalidInputError for a parameter that `--set` cannot name: nobody could decrypt."""
    for name in names:
        if not name.isprintable() or not name.strip() or "=" in name or len(name) > MAX_NAME:
            shown = name if len(name) <= MAX_NAME else name[:20] + "..."
            raise InvalidInputError(
                f"The parameter {shown!r} cannot be set with --set.",
                f"Name it with printable characters, {MAX_NAME} at most, none of which is =.",
            )


def set_options(names: Sequence[str]) -> str:
    """Return the options that set parameters, as one types them.

    >>> set_options(["theta", "a b"])
    "--set theta=VALUE --set 'a b=VALUE'"
    """
    return " ".join(f"--set {shlex.quote(f'{name}=VALUE')}" for name in names)


def values_of(given: tuple[str, ...]) -> dict[str, float]:
    """Return the values in options such as ``theta=0.3``; raises InvalidInputError."""
    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name in found:
            raise InvalidInputError(f"--set gives {name} twice.", "Give one value for each parameter.")
        try:
            found[name] = math.nan if "_" in value else float(value)  # Python reads 1_000
        except ValueError:
            found[name] = math.nan
        if not name or not math.isfinite(found[name]):
            shown = text if len(text) <= MAX_NAME else f"{text[:20]}..."
            raise InvalidInputError(f"--set {shown} sets nothing.", "Write for example --set theta=0.3")
    return found


def set_option(run: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--set`; the command receives numbers by name as `values`."""

    def read(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
        return values_of(given)

    return click.option(
        "--set",
        "values",
        multiple=True,
        metavar="NAME=VALUE",
        callback=read,
        help="Value of a free parameter of what was run, in radians.",
    )(run)
