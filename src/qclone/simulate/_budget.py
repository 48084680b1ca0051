"""Which noise rule costs how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import stim
from qiskit import QuantumCircuit

from qclone.device import Device, NoiseRules, rules_of
from qclone.simulate._noisy import noisy


@dataclass(frozen=True)
class ErrorBudget:
    """A fidelity, and what it would be with each rule alone and with all rules but one.

    Parameters
    ----------
    total : with all rules.
    ideal : with none.
    only : rule -> with this rule alone.
    without : rule -> with all others.
    """

    total: float
    ideal: float
    only: dict[str, float]
    without: dict[str, float]


def error_budget(
    circuit: stim.Circuit | QuantumCircuit, device: Device, fidelity: Callable[[stim.Circuit], float]
) -> ErrorBudget:
    """Return how a figure of merit depends on every noise rule, each switched on alone and off alone.

    Parameters
    ----------
    circuit : placed and Clifford, as in `noisy`.
    fidelity : figure of merit of the noisy circuit, for example
        ``lambda c: entanglement_fidelity(c, reference, output)``.

    Example
    -------
    >>> from qclone.device import line
    >>> from qclone.simulate import entanglement_fidelity
    >>> bell = stim.Circuit("H 0 1\\nCZ 0 1\\nH 1")
    >>> budget = error_budget(bell, line(2), lambda c: entanglement_fidelity(c, 0, 1))
    >>> round(1 - budget.only["two_qubit"], 6), round(1 - budget.total, 4)
    (0.002, 0.0027)
    """

    def merit(rules: NoiseRules) -> float:
        return fidelity(noisy(circuit, device, rules))

    names = [rule.name for rule in rules_of(device)]
    return ErrorBudget(
        total=merit(NoiseRules()),
        ideal=merit(NoiseRules.none()),
        only={name: merit(NoiseRules.only(name)) for name in names},
        without={name: merit(NoiseRules().without(name)) for name in names},
    )
