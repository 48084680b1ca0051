"""What comes out when the key is read as bits and a program that a server ran is finished by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import stim

from qclone.compute import Noise, Program, ServerPart, enact, pad_of
from qclone.errors import InvalidInputError
from qclone.estimate import Mechanisms, no_flip_probability
from qclone.store._algebra import Bits
from qclone.store._frame import Frame
from qclone.store._looks import draw_ideal, draw_noise
from qclone.store._measured import Outcome
from qclone.store._order import Finish, Order
from qclone.store._tampered import clifford_outcome, clone_as_it_was, not_followed, pieces

RUN = "run:"
"""Tag of the TICK after which a server's program stands in the history; its site follows."""
RAN = "ran"
"""Tag of the TICK at its end: stim joins instructions that follow each other."""
SEEN, DRAWN = "seen", "drawn"
"""Tags of noise that has been drawn, and of what was drawn in its place."""


@dataclass(frozen=True)
class Computed:
    """What a register carries besides its history.

    Parameters
    ----------
    parts : site -> what the server there has run.
    bits : key wire -> its outcome as it would be without noise, and as it was read.
    first : the number of wires that it was made with: what comes after them are tails. None if no tail was
        made yet, or by an earlier version.
    """

    parts: Mapping[str, ServerPart] = field(default_factory=dict)
    bits: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    first: int | None = None


def physics(history: stim.Circuit) -> stim.Circuit:
    """Return a history in which noise that was drawn is what was drawn."""
    return _without(history, SEEN)


def channel(history: stim.Circuit) -> stim.Circuit:
    """Return a history in which all noise is as likely as it was."""
    return _without(history, DRAWN)


def _without(history: stim.Circuit, tag: str) -> stim.Circuit:
    if tag not in str(history):
        return history
    kept = stim.Circuit()
    for gate in history:
        if gate.tag != tag:
            kept.append(gate)
    return kept


def finish(
    history: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    order: Order,
    computed: Computed,
    random: np.random.Generator,
) -> Outcome:
    """Return what comes out on a clone's wires once the key is read and the tails are measured.

    The key's outcomes are drawn as physics draws them, the noise as well, then the program is carried through
    on the input alone; see `qclone.compute.enact`. Whatever a server did to its clone besides is
    part of that, and refuses nothing.

    Parameters
    ----------
    history : with everything in it that was ever drawn; see `physics` and `channel`.

    Raises
    ------
    InvalidInputError : an order that does not fit what was run.
    """
    assert order.finish is not None
    plan = order.finish
    part = _part(plan, computed)
    program = Program.from_text(plan.program, len(plan.wires))
    read = stim.Circuit(order.circuit)
    real = physics(history)
    before, after = _split(real, plan.site)
    others, extra = _besides(after, before, order, part)
    honest = _is_honest(others, num_wires, inputs, order)
    if (not honest or len(extra)) and not part.tails and program.is_clifford:
        return clifford_outcome(real, channel(history), num_wires, inputs, order, program, random)
    first = ""
    if honest:
        drawn = draw_ideal(real + read, num_wires, inputs, order.measured, random)
        truth = {wire: int(bit) for wire, bit in zip(order.measured, drawn, strict=True)}
        truth |= {wire: bit for wire, (bit, _) in computed.bits.items()}
    else:
        first, found_bits = clone_as_it_was(others, num_wires, inputs, order, random)
        truth = dict(found_bits)
    error_before, error_after = draw_noise(before, _flipped(after, part.tails) + read, num_wires, random)
    seen = {wire: truth[wire] ^ int(error_after[0][wire]) for wire in order.measured}
    outcomes = tuple(seen[wire] for wire in order.measured)
    seen |= {wire: truth[wire] ^ a ^ b for wire, (a, b) in computed.bits.items() if wire in truth}
    noise = Noise(
        before=_pauli(error_before, part.wires),
        after=_pauli(error_after, part.wires),
        tails=_pauli(error_after, part.tails),
        key=_pad(plan, truth) * _pad(plan, seen),
    )
    found = enact(part, program, _pad(plan, truth), noise, random, extra)
    text = "\n".join(filter(None, (first, found.text)))
    if not honest or len(extra):
        return Outcome(text, outcomes, None)
    ends = {*part.wires, *part.tails, *truth}
    likely = _flipped(channel(history), part.tails) + read
    fidelity = 1.0 if not _reached(likely) & ends else None
    if fidelity is None and program.is_clifford:
        fidelity = _fidelity(channel(history) + read, num_wires, inputs, order, program)
    return Outcome(text, outcomes, fidelity)


def _part(plan: Finish, computed: Computed) -> ServerPart:
    if not plan.site:
        return ServerPart(plan.wires, (), "", "")
    part = computed.parts.get(plan.site)
    if part is None or part.wires != plan.wires:
        raise InvalidInputError(
            f"{plan.site} has run nothing on these wires.", "See what was run with: qclone show"
        )
    return part


def _split(history: stim.Circuit, site: str) -> tuple[stim.Circuit, stim.Circuit]:
    """Cut where the program of a site begins; behind everything, if there is none."""
    for i, gate in enumerate(history):
        if site and gate.name == "TICK" and gate.tag == RUN + site:
            return history[:i], history[i:]
    return history, stim.Circuit()


def _besides(
    after: stim.Circuit, before: stim.Circuit, order: Order, part: ServerPart
) -> tuple[stim.Circuit, stim.Circuit]:
    """Return what happened without a clone's program and what came after it there, and what came after it."""
    plan = order.finish
    assert plan is not None
    own, mine = {*plan.wires}, {*plan.wires, *part.tails}
    others, extra = before.copy(), stim.Circuit()
    place = {wire: i for i, wire in enumerate(plan.wires)}
    done = False
    for gate in after:
        done |= gate.name == "TICK" and gate.tag == RAN
        if not stim.gate_data(gate.name).is_unitary or gate.name == "TICK":
            continue
        if mine.isdisjoint(_wires(gate)):
            others.append(gate)
            continue
        one = stim.Circuit()
        one.append(gate)
        for name, wires in pieces(one) if done else ():
            if mine.isdisjoint(wires):
                others.append(name, wires)
            elif own.issuperset(wires):
                extra.append(name, [place[wire] for wire in wires])
            elif not part.tails:
                extra.append("I", [0])  # more than the clone is to be followed
            elif name not in ("I", "X", "Y", "Z"):
                raise not_followed()  # written down by an older version
    return others, extra


def _is_honest(others: stim.Circuit, num_wires: int, inputs: Sequence[int], order: Order) -> bool:
    """Whether what has happened before is what the owner thinks.

    Without the program and what came after it on the clone, each logical operator of the clone and the key
    must be that of the input.
    """
    plan = order.finish
    assert plan is not None
    frame = Frame((others + stim.Circuit(order.circuit)).without_noise(), num_wires, tuple(inputs))
    k = len(plan.wires)
    for i, wire in enumerate(plan.wires):
        for letter, (constant, key) in (("X", plan.rules[k + i]), ("Z", plan.rules[i])):
            observable = stim.PauliString(num_wires)
            observable[wire] = letter
            for w in key:
                observable[w] = "Z"
            image = frame.logical(observable if not constant else -observable)
            expected = stim.PauliString(k)
            expected[i] = letter
            if image is None or image != expected:
                return False
    return True


def _wires(gate: stim.CircuitInstruction) -> set[int]:
    return {t.value for t in gate.targets_copy() if t.is_qubit_target or t.pauli_type != "I"}


def _flipped(after: stim.Circuit, tails: Sequence[int]) -> stim.Circuit:
    """Return a circuit in which Pauli gates on tails are errors that are certain: programs have none."""
    there, circuit = set(tails), stim.Circuit()
    if not there:
        return after
    for gate in after:
        if gate.name in ("X", "Y", "Z"):
            for target in gate.targets_copy():
                name = gate.name + "_ERROR" if target.value in there else gate.name
                circuit.append(name, [target], [1.0] if target.value in there else [])
        else:
            circuit.append(gate)
    return circuit


def _pauli(error: tuple[Bits, Bits], wires: Sequence[int]) -> stim.PauliString:
    x, z = error
    return stim.PauliString.from_numpy(xs=x[list(wires)], zs=z[list(wires)])


def _pad(plan: Finish, bits: Mapping[int, int]) -> stim.PauliString:
    values = [(constant + sum(bits[w] for w in wires)) % 2 for constant, wires in plan.rules]
    k = len(plan.wires)
    return pad_of(values[:k], values[k:])


def _reached(history: stim.Circuit) -> set[int]:
    """Return the wires that noise can have reached."""
    reached = set[int]()
    for gate in history:
        if gate.name == "TICK":
            continue
        noisy = stim.gate_data(gate.name).is_noisy_gate
        for group in gate.target_groups():
            wires = {t.value for t in group if not t.is_combiner}
            if noisy or wires & reached:
                reached |= wires
    return reached


def _fidelity(
    history: stim.Circuit, num_wires: int, inputs: Sequence[int], order: Order, program: Program
) -> float | None:
    """Return the exact entanglement fidelity with a Clifford program; None where it is out of reach.

    An error of the clone or of a bit of the pad is a Pauli on what comes out, if the program is Clifford:
    one that anticommutes with an output Q flips Q times those bits whose correction anticommutes with Q.
    """
    plan = order.finish
    assert plan is not None
    clifford, k = stim.Circuit(), len(plan.wires)
    for step in program.steps:
        assert isinstance(step, stim.Circuit)
        clifford += step
    observables = []
    for i in range(k):
        for letter in "XZ":
            output = stim.PauliString(k)
            output[i] = letter
            logical = output.before(clifford) if len(clifford) else output
            whole = stim.PauliString(num_wires)
            whole[plan.wires[i]] = letter
            for q in range(k):
                for there, rule in ((logical[q] in (2, 3), q), (logical[q] in (1, 2), k + q)):
                    if there:
                        for w in plan.rules[rule][1]:
                            whole[w] = 0 if whole[w] else 3
            observables.append(whole)
    frame = Frame(history, num_wires, tuple(inputs))
    try:
        return no_flip_probability(Mechanisms(*frame._mechanisms(observables), len(observables)))
    except InvalidInputError:
        return None
