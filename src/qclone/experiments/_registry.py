"""Experiments by name: those of this room, of other packages, and of any importable class."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qclone.experiments._experiment import Experiment

EXPERIMENTS: dict[str, type[Experiment]] = {}
"""Name -> class, filled as classes are defined."""
GROUP = "qclone.experiments"
"""Entry points of other packages: name -> module:Class."""


def register(kind: type[Experiment]) -> None:
    """Enter an experiment under its name; raises InvalidInputError where another has it."""
    known = EXPERIMENTS.setdefault(kind.name, kind)
    if (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
        raise InvalidInputError(
            f"There are two experiments {kind.name!r}, in {known.__module__} and {kind.__module__}.",
            "Give one of them another name.",
        )
    EXPERIMENTS[kind.name] = kind


def experiment_named(name: str) -> type[Experiment]:
    """Return an experiment by its name, or by ``module:Class``.

    A name may be of this package or of another that states it under the entry points `GROUP`.

    Raises
    ------
    InvalidInputError : there is none.

    Example
    -------
    >>> from qclone.experiments import Sensitivity
    >>> experiment_named("sensitivity") is experiment_named("qclone.experiments:Sensitivity") is Sensitivity
    True
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    outside = {point.name: point.value for point in entry_points(group=GROUP)}
    module, _, attribute = outside.get(name, name).partition(":")
    if not attribute:
        raise InvalidInputError(
            f"There is no experiment {name!r}.",
            f"Choose one of {', '.join([*names(), *sorted(outside)])}, or name module:Class.",
        )
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: one's own file in the working directory
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # a module from elsewhere fails in its own ways
        raise InvalidInputError(
            f"The experiment {name} cannot be imported: {error}.", "Name an importable module:Class."
        ) from None
    if found not in EXPERIMENTS.values():  # where a subclass with a name is once it is defined
        raise InvalidInputError(
            f"{name} is no experiment.", "Name a subclass of qclone.experiments.Experiment."
        )
    return found


def by_rank() -> list[type[Experiment]]:
    """Return all experiments, in the order of tables and figures."""
    return sorted(EXPERIMENTS.values(), key=lambda kind: (kind.rank, kind.name))


def names() -> list[str]:
    """Return all names, in the order of tables and figures."""
    return [kind.name for kind in by_rank()]
