"""What comes out of a clone to which more was done than its owner knows: what physics gives, never an error.

A key that is read as bits and a pad that is undone by them are the same as controlled Paulis from the key's
wires, which are then looked at: what is left of a clone is one more Clifford circuit, whatever else was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import stim

from qclone.compute import Program, ServerPart
from qclone.errors import InvalidInputError
from qclone.store._measured import Outcome, carry_out
from qclone.store._order import Finish, Order

NO_LIMIT = 1 << 62
"""The key may have been used: what a server does must not keep its owner from what is left."""


def clifford_outcome(
    real: stim.Circuit,
    likely: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    order: Order,
    program: Program,
    random: np.random.Generator,
) -> Outcome:
    """Return what comes out where nothing but Clifford gates, looks and Pauli noise happened.

    C is undone, then the pad, then C is done again: a pad that is undone after C is the same one, carried on.

    Parameters
    ----------
    real : the history, drawn noise as it was drawn. likely : with all noise as likely as it was.
    """
    plan = _plan(order)
    rest = stim.Circuit(order.circuit)
    for step in reversed(program.steps):
        assert isinstance(step, stim.Circuit)
        rest += _on(step.inverse(), plan.wires)
    rest += _pad_undone(plan)
    found = carry_out(
        real,
        num_wires,
        inputs,
        Order(str(rest), plan.wires, order.measured),
        random,
        limit=NO_LIMIT,
        blind=True,
    )
    fidelity = found.fidelity
    if likely != real:  # nobody knows what was drawn
        average = Order(str(rest), plan.wires)
        fidelity = carry_out(likely, num_wires, inputs, average, random, limit=NO_LIMIT, blind=True).fidelity
    return Outcome("\n".join(filter(None, (found.frame, program.text))), found.outcomes, fidelity)


def clone_as_it_was(
    others: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    order: Order,
    random: np.random.Generator,
) -> tuple[str, Mapping[int, int]]:
    """Return gates that make of what was put in what a clone held, its pad taken off, before its program.

    Parameters
    ----------
    others : what happened, without the program and what came after it on the clone.

    Returns
    -------
    Gates on the qubits, and the outcomes of all key wires: drawn together, without noise.
    """
    plan = _plan(order)
    early = {wire for _, wires in plan.rules for wire in wires} - set(order.measured)
    measured = (*order.measured, *sorted(early))
    rest = stim.Circuit(order.circuit) + _pad_undone(plan)
    asked = Order(str(rest), plan.wires, measured)
    found = carry_out(others.without_noise(), num_wires, inputs, asked, random, limit=NO_LIMIT, blind=True)
    return found.frame, dict(zip(measured, found.outcomes, strict=True))


def require_followed(parts: Mapping[str, ServerPart], gates: stim.Circuit) -> None:
    """Raise InvalidInputError where a server would do more than can be simulated after its program.

    A program with tails is no Clifford circuit; after it gates on the clone alone, and Paulis on its tails,
    can be followed.
    """
    for part in parts.values():
        own, tails = set(part.wires), set(part.tails)
        for name, wires in pieces(gates) if tails else ():
            touched = set(wires)
            if touched & (own | tails) and not (touched <= own or name in ("I", "X", "Y", "Z")):
                raise not_followed()


def require_not_looked_at(parts: Mapping[str, ServerPart], wires: Sequence[int]) -> None:
    """Raise InvalidInputError where a server would look at what its program with tails has left."""
    if any(part.tails and {*part.wires, *part.tails} & set(wires) for part in parts.values()):
        raise not_followed()


def pieces(gates: stim.Circuit) -> Iterator[tuple[str, list[int]]]:
    """Return each gate of a unitary circuit with its wires; products of Paulis taken apart."""
    for gate in gates:
        if stim.gate_data(gate.name).takes_pauli_targets:
            one = stim.Circuit()
            one.append(gate)
            yield from pieces(one.decomposed())
        elif gate.name != "TICK":
            for group in gate.target_groups():
                yield gate.name, [target.value for target in group]


def not_followed() -> InvalidInputError:
    """Return what a server is told who does more to its clone than can be simulated."""
    return InvalidInputError(
        "After a program that is not Clifford, its clone and tails cannot be followed through this: "
        "it is simulated for Clifford gates on the clone alone and Paulis on tails.",
        "Do it before the program, or to another clone.",
    )


def _plan(order: Order) -> Finish:
    assert order.finish is not None
    return order.finish


def _pad_undone(plan: Finish) -> stim.Circuit:
    k, circuit = len(plan.wires), stim.Circuit()
    for i, wire in enumerate(plan.wires):
        for letter, (constant, key) in (("X", plan.rules[i]), ("Z", plan.rules[k + i])):
            if key:
                circuit.append(f"C{letter}", [w for one in key for w in (one, wire)])
            if constant:
                circuit.append(letter, [wire])
    return circuit


def _on(circuit: stim.Circuit, places: Sequence[int]) -> stim.Circuit:
    placed = stim.Circuit()
    for gate in circuit:
        placed.append(gate.name, [places[t.value] for t in gate.targets_copy()])
    return placed
