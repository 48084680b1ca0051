"""What a figure of an experiment shows: which parameters are its axis and its series. The page draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qclone.experiments._result import Result


@dataclass(frozen=True)
class Drawing:
    """A figure of an experiment.

    Parameters
    ----------
    name : of the figure.
    caption : a sentence.
    wanted : which of the experiment's results are on it; all by default. Told by the parameters alone.
    x : the parameters along the axis: one that counts is a scale, anything else a row of words.
    by : the parameters that tell series apart.
    kind : values joined by lines, values as points, or the correlation matrices of every wire.
    """

    name: str
    caption: str
    wanted: Callable[[Result], bool] = lambda result: True
    x: tuple[str, ...] = ("n",)
    by: tuple[str, ...] = ()
    kind: Literal["lines", "points", "matrices"] = "lines"
