"""Codes by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from qclone.errors import InvalidInputError
from qclone.logical._code import Code

Builder = Callable[[int | None], Code]
CODES: dict[str, Builder] = {}


def register(name: str) -> Callable[[Builder], Builder]:
    """Enter a function of the distance (None where it was not given) under a name."""

    def enter(build: Builder) -> Builder:
        CODES[name] = build
        return build

    return enter


@lru_cache(maxsize=64)
def load_code(name: str, distance: int | None = None) -> Code:
    """Return a code by its name and distance.

    Parameters
    ----------
    name : of `CODES`.
    distance : may be left out where a family has only one, and for the smallest of a family.

    Raises
    ------
    InvalidInputError : no code of that name, or none of that distance.

    Example
    -------
    >>> print(load_code("surface", 3), load_code("iceberg4"))
    [[9,1,3]] surface [[6,4,2]] iceberg4
    """
    if name not in CODES:
        raise InvalidInputError(f"There is no code {name!r}.", f"Choose one of {', '.join(sorted(CODES))}.")
    return CODES[name](distance)


def only(name: str, distance: int | None, own: int) -> None:
    """Raise InvalidInputError where a code of one distance is asked for with another."""
    if distance not in (None, own):
        raise InvalidInputError(
            f"The code {name} has distance {own}, not {distance}.",
            f"Leave --distance out, or take the surface code with --distance {max(3, (distance or 3) | 1)}.",
        )


def odd(name: str, distance: int | None, most: int) -> int:
    """Return the distance, 3 by default; raises InvalidInputError for even or large ones."""
    d = 3 if distance is None else distance
    if d % 2 == 0 or not 3 <= d <= most:
        raise InvalidInputError(
            f"The code {name} with a transversal H has odd distances from 3 to {most}, not {d}.",
            "Take for example 3 or 5.",
        )
    return d
