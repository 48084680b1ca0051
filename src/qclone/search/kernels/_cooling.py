"""When simulated annealing takes a step, for every search that anneals."""

from __future__ import annotations

import math
import random

import numpy as np

from qclone.search.kernels._compiled import njit


def accepted(
    change: float, hot: float, cold: float, part: float, rng: np.random.Generator | random.Random
) -> bool:
    """Whether a step that changes the cost is taken: always if it costs no more, else by Metropolis' rule.

    Parameters
    ----------
    hot, cold : the temperature falls by a constant factor from one to the other; to 0, evenly.
    part : how much of the annealing is over, from 0 to below 1.

    Example
    -------
    >>> accepted(0.0, 2.0, 0.0, 0.9, random.Random(1)), accepted(9.0, 2.0, 0.0, 0.9, random.Random(1))
    (True, False)
    """
    if change <= 0:
        return True
    heat = hot * (cold / hot) ** part if cold > 0 else hot * (1 - part)
    return rng.random() < math.exp(-change / heat)


accepts = njit(cache=True)(accepted)
"""The same for compiled kernels."""
