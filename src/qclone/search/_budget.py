"""How long a search goes on: so many seconds, or so many steps, which repeat exactly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qclone.errors import InvalidInputError

Progress = Callable[[int, int], None]
"""Called with what has passed and what there is in all, seconds or steps."""


@dataclass(frozen=True)
class Budget:
    """Seconds, or steps: for a seed these find the same on every run, seconds what there is time for.

    Raises
    ------
    InvalidInputError : both, none, or less than nothing.

    Example
    -------
    >>> Budget(steps=3).spend(iter([None] * 10))
    3
    """

    seconds: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        given = [amount for amount in (self.seconds, self.steps) if amount is not None]
        if len(given) != 1 or not given[0] >= 0:
            raise InvalidInputError(
                "A search is bounded in seconds or in steps.", "Give a number for one of the two."
            )

    def spend(self, search: Iterator[None], progress: Progress | None = None) -> int:
        """Take steps of a search while something is left, and finish what has begun; return how many.

        So many steps, with the same seed, are the same search again, also where it was bounded in seconds.
        """
        start, taken = time.monotonic(), 0
        whole = self.seconds if self.steps is None else self.steps
        assert whole is not None, "one of them is given"
        while (spent := time.monotonic() - start if self.steps is None else taken) < whole:
            if progress:
                progress(round(spent), round(whole))
            next(search)
            taken += 1
        return taken
