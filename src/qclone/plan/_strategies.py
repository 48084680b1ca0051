"""How every way to store a qubit does on given hardware."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qclone.markup import table
from qclone.plan._scenario import Scenario
from qclone.plan._ways import Way, ways

ALIKE = 1e-9
"""Fidelities that differ by less are alike."""


@dataclass(frozen=True)
class Outcome:
    """How one way of storing a qubit does.

    Parameters
    ----------
    strategy : its name. meaning : what is done, in a few words.
    is_cloning : whether it is encrypted cloning.
    num_qubits : qubits stored, at servers and client together.
    recovery_probability : that the losses leave an authorized set.
    fidelity : mean entanglement fidelity over all losses, 1/4 where nothing is left.
    server_bits : what all servers together hold, as mutual information: 0 nothing, 2 the state itself.
    """

    strategy: str
    meaning: str
    is_cloning: bool
    num_qubits: int
    recovery_probability: float
    fidelity: float
    server_bits: float


class Outcomes(list[Outcome]):
    """Every way to store a qubit, the best first, as a list that notebooks can show.

    Example
    -------
    >>> Outcomes()
    []
    """

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        names = ("way", "qubits", "recovered", "fidelity", "servers learn", "what it is")
        rows = (
            (
                o.strategy,
                o.num_qubits,
                f"{o.recovery_probability:.6f}",
                f"{o.fidelity:.6f}",
                learnt(o.server_bits),
                o.meaning,
            )
            for o in self
        )
        return table(names, rows)


def learnt(bits: float) -> str:
    """Say what servers hold.

    >>> learnt(0), learnt(1), learnt(2)
    ('nothing', '1 of 2 bits', 'everything')
    """
    return "nothing" if bits == 0 else "everything" if bits == 2 else f"{bits:g} of 2 bits"


def outcomes(scenario: Scenario) -> Outcomes:
    """Return every way to store a qubit that this number of servers allows, the best fidelity first.

    All of them have the same links: where these lose qubits, each way sends its wires or teleports them
    through Bell pairs that are made again until one arrives, whichever is better for it.
    """
    found = best_ways(scenario).values()
    return Outcomes(sorted(found, key=lambda outcome: (-outcome.fidelity, outcome.num_qubits)))


def best_ways(scenario: Scenario) -> dict[Way, Outcome]:
    """Return every way and how it does; of those with the same name the best, which here are many a code."""
    found: dict[str, tuple[Way, Outcome]] = {}
    for way in ways(scenario.servers):
        outcome = outcome_of(way, scenario)
        if way.name not in found or outcome.fidelity > found[way.name][1].fidelity + ALIKE:
            found[way.name] = way, outcome
    return dict(found.values())


def outcome_of(way: Way, scenario: Scenario) -> Outcome:
    """Return how a way does, sent or teleported."""
    probability, fidelity = way.evaluate(scenario)
    meaning = way.meaning
    if scenario.link_loss > 0:
        retried = way.evaluate(replace(scenario, teleported=True))
        if retried[1] > fidelity:
            (probability, fidelity), meaning = retried, f"{meaning}; teleported"
    return Outcome(way.name, meaning, way.is_cloning, way.num_qubits, probability, fidelity, way.server_bits)
