"""What a server is asked to do, as text: stim's, with a tag on each instruction that makes tails."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import stim

from qclone.access import key_paulis
from qclone.compute._steps import CCZ, Rotation, Step
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qclone.scheme import Scheme

_TURN = re.compile(r"rotate:(-?[0-9.]+(?:e[-+]?[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class ServerPart:
    """A server's part of a program, on the wires of its clone and on fresh qubits, the tails.

    ``CX[rotate:0.5] w d`` is diag(1, e^{0.5 i}) on w, then CX w d; ``CX[late] w d`` is the CX alone;
    ``CX[ccz] w1 d1 w2 d2 w3 d3`` is CCZ w1 w2 w3, then the three CX. All else is stim's, and unitary.

    Parameters
    ----------
    wires : the clone's, in the order of the program's qubits.
    tails : numbers of the fresh qubits, each |0> and used once.
    public : stim text of F^-1, which comes first.
    text : instructions of the program.
    """

    wires: tuple[int, ...]
    tails: tuple[int, ...]
    public: str
    text: str


def server_part(
    num_qubits: int, steps: Sequence[Step], scheme: Scheme, clone: str, first_tail: int | None = None
) -> ServerPart:
    """Return a program's server part on a clone; tails are numbered from the scheme's last wire on."""
    key = key_paulis(scheme, clone)
    if len(key.wires) != num_qubits:
        taken = f"{num_qubits} qubit" + "s" * (num_qubits != 1)
        raise InvalidInputError(
            f"The program takes {taken} and the register has {len(key.wires)}.",
            "Run a program on as many qubits as were put.",
        )
    lines: list[str] = []
    first = tail = scheme.num_qubits if first_tail is None else first_tail
    for step in steps:
        if isinstance(step, stim.Circuit):
            lines += [_placed(gate, key.wires) for gate in step]
            continue
        on = [key.wires[w] for w in step.wires]
        pairs = " ".join(f"{w} {tail + i}" for i, w in enumerate(on))
        tag = "ccz" if isinstance(step, CCZ) else "late" if step.late else f"rotate:{float(step.angle)!r}"
        lines.append(f"CX[{tag}] {pairs}")
        tail += len(on)
    public = str(key.public.inverse())
    return ServerPart(key.wires, tuple(range(first, tail)), public, "\n".join(lines))


def _placed(gate: stim.CircuitInstruction, wires: Sequence[int] | Mapping[int, int]) -> str:
    return f"{gate.name} {' '.join(str(wires[t.value]) for t in gate.targets_copy())}"


def parse(part: ServerPart) -> tuple[Step, ...]:
    """Return the steps on qubits 0 .. k - 1, without F^-1; a late slot is a rotation by 0.

    Raises
    ------
    InvalidInputError : gates that are not unitary, wires of others, tails not used once and in order.
    """
    try:
        circuit = stim.Circuit(part.text)
    except ValueError as error:
        raise _bad(f"it is no circuit: {error}") from None
    place = {wire: i for i, wire in enumerate(part.wires)}
    steps: list[Step] = []
    current, used = list[str](), 0
    for gate in circuit:
        if isinstance(gate, stim.CircuitRepeatBlock) or not stim.gate_data(gate.name).is_unitary:
            raise _bad(f"{gate.name} is not a unitary gate")
        targets = [t.value for t in gate.targets_copy()]
        if any(t.is_combiner or t.pauli_type != "I" for t in gate.targets_copy()):
            raise _bad("products of Paulis are not taken")
        if gate.name == "CX" and gate.tag:
            on, fresh = targets[::2], targets[1::2]
            if fresh != list(part.tails[used : used + len(fresh)]) or not set(on) <= place.keys():
                raise _bad("each tail is used once, in order, on a wire of the clone")
            used += len(fresh)
            if current:
                steps.append(stim.Circuit("\n".join(current)))
                current.clear()
            # stim joins instructions alike that follow each other.
            one = 3 if gate.tag == "ccz" else 1
            where = [place[w] for w in on]
            steps += [_slot(gate.tag, where[i : i + one]) for i in range(0, len(on), one)]
        else:
            if not set(targets) <= place.keys():
                raise _bad("it acts on wires that are not the clone's")
            current.append(_placed(gate, place))
    if used != len(part.tails):
        raise _bad("each tail is used once, in order, on a wire of the clone")
    return (*steps, stim.Circuit("\n".join(current))) if current else tuple(steps)


def _slot(tag: str, on: list[int]) -> Step:
    if tag == "ccz" and len(on) == len(set(on)) == 3:
        return CCZ((on[0], on[1], on[2]))
    if tag == "late" and len(on) == 1:
        return Rotation(on[0], 0.0, late=True)
    if (found := _TURN.fullmatch(tag)) and len(on) == 1 and math.isfinite(angle := float(found[1])):
        return Rotation(on[0], angle)
    raise _bad(f"there is no slot {tag!r} on {len(on)} wires")


def _bad(why: str) -> InvalidInputError:
    return InvalidInputError(
        f"This is no program for a server: {why}.", "Send what `Program.server` returns."
    )
