"""Numbers on the command line: every one of them finite, and of the kind that makes sense."""

from __future__ import annotations

import math
from typing import Any

import click


class Real(click.FloatRange):
    """A finite number in a range; click's own lets nan through, for nothing is less than it."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; raises click.BadParameter for nan, infinities and what is out of range."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


PROBABILITY = Real(0, 1)
SECONDS = Real(0, min_open=True)
COUNT = click.IntRange(min=1)
"""How many, at least one."""
NATURAL = click.IntRange(min=0)
SEED = click.IntRange(0, 2**31 - 1)
