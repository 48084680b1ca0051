"""Durations on the command line: 100us, 2ms, 1.5s, 1h."""

from __future__ import annotations

import math
import re

import click

_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "\u00b5s": 1e-6,
    "\u03bcs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
}
_FORM = re.compile(rf"(\d+(?:\.\d*)?|\.\d+)\s*({'|'.join(_SECONDS)})")


def duration(text: str) -> float:
    """Return seconds; the type of options and arguments that take a number and a unit.

    >>> duration("2ms")
    0.002
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is not a duration, such as 100us, 2ms or 1s; none is negative.")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not math.isfinite(seconds):
        raise click.BadParameter(f"{text!r} is longer than any number can say.")
    return seconds


def duration_text(seconds: float) -> str:
    """Return seconds in the unit that reads best.

    >>> duration_text(0.00025), duration_text(7200)
    ('250 us', '2 h')
    """
    units = ("h", "min", "s", "ms", "us", "ns") if seconds else ("s",)
    best = next((unit for unit in units if seconds >= _SECONDS[unit]), units[-1])
    return f"{seconds / _SECONDS[best]:.6g} {best}"
