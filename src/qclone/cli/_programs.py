"""What commands that compute share: values of a program's parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

from qclone.errors import InvalidInputError


def values_of(given: tuple[str, ...]) -> dict[str, float]:
    """Return the values in options such as ``theta=0.3``; raises InvalidInputError."""
    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name in found:
            raise InvalidInputError(f"--set gives {name} twice.", "Give one value for each parameter.")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = math.nan
        if not name or not math.isfinite(found[name]):
            raise InvalidInputError(f"--set {text} sets nothing.", "Write for example --set theta=0.3")
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
