"""What one point of a sweep computes, by the experiment's name, and which parameters it has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from qclone.device import NoiseRules, load_device
from qclone.errors import InvalidInputError
from qclone.experiments import Setup, by_rank, experiment_named, run_row
from qclone.scheme import Canonical, Synthesis
from qclone.simulate import UniformNoise, round_trip_fidelity
from qclone.sweep._identity import DEFAULT_DEVICE
from qclone.sweep._logical import PARAMETERS, logical
from qclone.sweep._spec import Sweep

Row = dict[str, Any]
_WORDS = {int: "a whole number", float: "a number", str: "a text"}
# Where a published experiment runs; everything else tells its rows apart.
_SETUP = {"device": str, "circuits": str, "layout": str, "seed": int, "tries": int, "scale": float}


@dataclass(frozen=True)
class Point:
    """What a point computes.

    Parameters
    ----------
    compute : takes the parameters by name.
    parameters : name -> int, float or str.
    required : those without a default.
    """

    compute: Callable[..., Row]
    parameters: Mapping[str, type]
    required: frozenset[str] = frozenset()


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


def _published(name: str) -> Point:
    """Return the points of a published experiment: each one of its rows, on the twin, exactly."""
    rows = experiment_named(name)().rows()
    of_rows = {key: type(value) for row in rows for key, value in row.parameters.items()}

    def compute(**given: Any) -> Row:
        which = {key: value for key, value in given.items() if key in of_rows}
        found = [row for row in rows if which.items() <= row.parameters.items()]
        if len(found) != 1:
            known = "; ".join(str(dict(row.parameters)) for row in rows[:3])
            raise InvalidInputError(
                f"{len(found)} rows of {name} are {which or 'what was asked for'}; a point is one row.",
                f"Its rows are such as {known}.",
            )
        options = {key: value for key, value in given.items() if key in _SETUP}
        device = load_device(options.pop("device", DEFAULT_DEVICE))
        rules = NoiseRules(scale=options.pop("scale", 1.0))
        result, _ = run_row(found[0], Setup(device, rules=rules, **options))
        return {
            "quantity": result.quantity,
            "value": result.estimate.value,
            "error": result.estimate.error,
            "layers": result.layers,
            "gates": result.gates,
        }

    return Point(compute, {**of_rows, **_SETUP})


_ROUND_TRIP = Point(
    round_trip,
    {"n": int, "clone": str, "p1": float, "p2": float, "synthesis": str},
    required=frozenset({"n"}),
)


_OWN = {"round_trip": _ROUND_TRIP, "logical": Point(logical, PARAMETERS)}


@cache
def point_of(name: str) -> Point:
    """Return what the points of an experiment compute: round_trip, logical, or any experiment by its name.

    Raises
    ------
    InvalidInputError : there is none.
    """
    if name in _OWN:
        return _OWN[name]
    try:
        return _published(name)
    except InvalidInputError as error:
        known = ", ".join([*_OWN, *(kind.name for kind in by_rank())])
        raise InvalidInputError(
            f"There is no experiment {name!r} to sweep: {error.message}", f"Choose one of {known}."
        ) from None


def check(sweep: Sweep) -> None:
    """Raise InvalidInputError where a sweep's experiment, a parameter or the kind of a value is unknown."""
    name, point = sweep.experiment, point_of(sweep.experiment)
    known = point.parameters
    given = {**{key: [value] for key, value in sweep.fixed.items()}, **sweep.grid}
    for key in sorted(point.required - given.keys()):
        raise InvalidInputError(f"The experiment {name!r} needs {key!r}.", "Add it to [grid] or [fixed].")
    for key, values in given.items():
        if key not in known:
            raise InvalidInputError(
                f"The experiment {name!r} has no parameter {key!r}.", f"It has {', '.join(known)}."
            )
        for value in [] if isinstance(values, range) and known[key] is not str else values:
            if not _is_a(value, known[key]):
                raise InvalidInputError(f"{key!r} is {_WORDS[known[key]]}, not {value!r}.")


def _is_a(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)
