"""A sweep: one experiment over a grid of parameters, described in a few lines of TOML."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qclone.errors import InvalidInputError

MAX_POINTS = 1_000_000
_EXAMPLE = "See docs/sweeps.md for an example."


@dataclass(frozen=True)
class Sweep:
    """One experiment over the product of the values of its parameters.

    Parameters
    ----------
    experiment : its name; see `point_of`.
    grid : parameter -> its values; the points are their product, the last parameter running fastest.
    fixed : parameters with one value at every point.

    Raises
    ------
    InvalidInputError : no axis, an axis without values or with one twice, a parameter that is both fixed
        and varied, or more than `MAX_POINTS` points.

    Example
    -------
    >>> sweep = Sweep("round_trip", {"n": [2, 4], "p2": [0.0, 1e-3]}, {"p1": 0.0})
    >>> sweep.num_points, next(sweep.points())
    (4, {'p1': 0.0, 'n': 2, 'p2': 0.0})
    """

    experiment: str
    grid: Mapping[str, Sequence[Any]]
    fixed: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not self.grid:
            raise InvalidInputError("The grid is empty.", "List the values of at least one parameter.")
        for name, values in self.grid.items():
            if not values:
                raise InvalidInputError(f"The grid gives no value for {name!r}.", "List at least one.")
            if name in self.fixed:
                raise InvalidInputError(f"{name!r} is both fixed and in the grid.", "Remove one of the two.")
        if self.num_points > MAX_POINTS:
            raise InvalidInputError(
                f"The grid has {self.num_points:,} points, more than {MAX_POINTS:,}.",
                "Split it into several sweeps; they may share one folder of results.",
            )
        for name, values in self.grid.items():
            # 1 and 1.0 are one value; what is neither number nor text is refused later, kind by kind.
            if len({v if isinstance(v, int | float | str) else repr(v) for v in values}) < len(values):
                raise InvalidInputError(f"The grid gives {name!r} a value twice.", "List every value once.")

    @property
    def num_points(self) -> int:
        """Number of points: the product of the axes' lengths."""
        product = 1
        for values in self.grid.values():
            product *= len(values)
        return product

    def points(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of each point."""
        for values in itertools.product(*self.grid.values()):
            yield {**self.fixed, **dict(zip(self.grid, values, strict=True))}


def read_sweep(path: str | Path) -> Sweep:
    """Read a sweep from a TOML file.

    The file names the `experiment`, a table `[grid]` whose values are lists or ranges such as "2-15" or
    "2-14/4" (first-last/step), and optionally a table `[fixed]`.

    Raises
    ------
    InvalidInputError : the file is missing, is not TOML, or says something else.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise InvalidInputError(f"Cannot read {path}: {reason}.", "Give the path of a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path} is not TOML: {error}.", _EXAMPLE) from None
    if unknown := set(document) - {"experiment", "grid", "fixed"}:
        raise InvalidInputError(f"{path}: a sweep does not know {', '.join(sorted(unknown))}.", _EXAMPLE)
    grid, fixed = document.get("grid"), document.get("fixed", {})
    if not (
        isinstance(document.get("experiment"), str) and isinstance(grid, dict) and isinstance(fixed, dict)
    ):
        raise InvalidInputError(
            f"{path}: a sweep needs `experiment`, a text, [grid], and perhaps [fixed].", _EXAMPLE
        )
    return Sweep(document["experiment"], {name: _values(name, given) for name, given in grid.items()}, fixed)


def _values(name: str, given: object) -> Sequence[Any]:
    if isinstance(given, list):
        return given
    if isinstance(given, str):
        bounds, _, step = given.partition("/")
        first, _, last = bounds.partition("-")
        if first.isdecimal() and last.isdecimal() and (step or "1").isdecimal() and int(step or 1) > 0:
            if int(first) > int(last):
                raise InvalidInputError(f"The range {given!r} of {name!r} runs backwards.", "Turn it round.")
            if int(last) >= 2**62:
                raise InvalidInputError(f"The range {given!r} of {name!r} has too large numbers.")
            return range(int(first), int(last) + 1, int(step or 1))
    raise InvalidInputError(
        f"The grid's {name!r} is neither a list nor a range.", 'Write [2, 4, 8], "2-15" or "2-14/4".'
    )
