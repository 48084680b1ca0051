"""What one point of a sweep computes, by the experiment's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Synthesis
from qclone.simulate import UniformNoise, round_trip_fidelity

Row = dict[str, Any]


def round_trip(
    n: int, clone: str = "S1", p1: float = 0.0, p2: float = 0.0, synthesis: Synthesis = "pair_tree"
) -> Row:
    """Exact entanglement fidelity of one round trip of the canonical scheme under depolarising gates.

    Parameters
    ----------
    n : number of clones. clone : which is decrypted.
    p1, p2 : probabilities of depolarising after every one- and two-qubit gate.
    """
    scheme = Canonical(n, synthesis)
    return {"fidelity": round_trip_fidelity(scheme, clone, UniformNoise(p1=p1, p2=p2))}


POINTS: dict[str, Callable[..., Row]] = {"round_trip": round_trip}


def check_experiment(experiment: str) -> None:
    """Raise InvalidInputError unless there is an experiment of that name."""
    if experiment not in POINTS:
        raise InvalidInputError(
            f"There is no experiment {experiment!r} to sweep.", f"Choose one of {', '.join(POINTS)}."
        )


def compute(experiment: str, point: Mapping[str, Any]) -> Row:
    """Compute one point; raises InvalidInputError for an unknown experiment or parameter."""
    check_experiment(experiment)
    run = POINTS[experiment]
    try:
        inspect.signature(run).bind(**point)
    except TypeError as error:
        raise InvalidInputError(
            f"The experiment {experiment!r}: {error}.", f"It takes {inspect.signature(run)}."
        ) from None
    return run(**point)
