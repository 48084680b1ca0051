"""What one point of a sweep computes, by the experiment's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from qclone.device import NoiseRules, load_device
from qclone.errors import InvalidInputError
from qclone.experiments import EXPERIMENTS, Setup, run_row
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


def _published(name: str) -> Callable[..., Row]:
    """Return the point function of a published experiment: one of its rows, on the twin, exactly."""

    def point(
        *,
        device: str = "kingston",
        circuits: str = "ladder",
        layout: str = "calibrated",
        seed: int = 0,
        tries: int = 1,
        scale: float = 1.0,
        **which: Any,
    ) -> Row:
        rows = EXPERIMENTS[name]().rows()
        found = [row for row in rows if which.items() <= dict(row.parameters).items()]
        if len(found) != 1:
            known = "; ".join(str(dict(row.parameters)) for row in rows[:3])
            raise InvalidInputError(
                f"{len(found)} rows of {name} are {which or 'what was asked for'}; a point is one row.",
                f"Its rows are such as {known}.",
            )
        setup = Setup(
            load_device(device),
            circuits=circuits,
            layout=layout,
            seed=seed,
            tries=tries,
            rules=NoiseRules(scale=scale),
        )
        result, _ = run_row(found[0], setup)
        return {
            "quantity": result.quantity,
            "value": result.estimate.value,
            "error": result.estimate.error,
            "layers": result.layers,
            "gates": result.gates,
        }

    return point


POINTS: dict[str, Callable[..., Row]] = {
    "round_trip": round_trip,
    **{name: _published(name) for name in EXPERIMENTS},
}


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
