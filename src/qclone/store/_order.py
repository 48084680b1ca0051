"""What a client has the fabric do to get a register out, in one record: nothing is decided after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError

Bits = NDArray[np.bool_]
Wires = tuple[int, ...]
MAX_CHECKS = 20
"""Of one group: its table lists all their outcomes."""


@dataclass(frozen=True)
class Feedback:
    """What to do about outcomes, the same for several groups of wires.

    Parameters
    ----------
    measured : for each group the wires whose outcomes count, m in each.
    outputs : for each group the wires to act on, k in each.
    table : 2^m entries; bit i of the index is the outcome of the group's wire i. Bit i of an entry is an X
        on the group's output i, bit k + i a Z.
    """

    measured: tuple[Wires, ...]
    outputs: tuple[Wires, ...]
    table: Wires

    def __post_init__(self) -> None:
        m, k = ({len(wires) for wires in groups} for groups in (self.measured, self.outputs))
        alike = len(m) == len(k) == 1 and len(self.measured) == len(self.outputs) and max(m) <= MAX_CHECKS
        if not (
            alike and len(self.table) == 2 ** max(m) and 0 <= min(self.table) <= max(self.table) < 4 ** max(k)
        ):
            raise InvalidInputError(
                "This is no table of what to do about outcomes.",
                "Give one entry for every pattern of outcomes.",
            )


@dataclass(frozen=True)
class Finish:
    """The key is read as bits, and a program that a server ran is finished by them.

    Parameters
    ----------
    site : whose program; empty if none was run.
    wires : the clone's, in the order of the qubits.
    program : what the client takes the program to be, all angles chosen; see `qclone.compute.Program.text`.
    rules : for a_1 .. a_k, b_1 .. b_k of the pad: a constant, and the key wires whose outcomes to add to it.
    """

    site: str
    wires: Wires
    program: str
    rules: tuple[tuple[int, Wires], ...]

    def __post_init__(self) -> None:
        if len(self.rules) != 2 * len(self.wires) or not self.wires:
            raise InvalidInputError("A pad has two bits a qubit.", "Give a rule for each of them.")

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> Finish | None:
        """Return what is in a JSON document."""
        if document is None:
            return None
        rules = tuple((int(constant), tuple(wires)) for constant, wires in document["rules"])
        return cls(document["site"], tuple(document["wires"]), document["program"], rules)


@dataclass(frozen=True)
class Order:
    """Run gates, measure wires in the Z basis, act on what came out, hand over the outputs.

    Parameters
    ----------
    circuit : unitary Clifford gates, as stim text.
    outputs : the wires that hold the register then, one for every qubit of it.
    measured : the wires to measure.
    feedback : what to do about the outcomes.
    finish : reads the key as bits, in place of feedback.
    then : gates on the outputs in the end, as text of a program on qubits 0, 1, ...
    at : the server at which the outputs are and stay; empty for the client.

    Raises
    ------
    InvalidInputError : a wire that is named twice, or feedback for wires that are not measured or no outputs.
    """

    circuit: str
    outputs: Wires
    measured: Wires = ()
    feedback: tuple[Feedback, ...] = ()
    finish: Finish | None = None
    then: str = ""
    at: str = ""

    def __post_init__(self) -> None:
        named = [*self.outputs, *self.measured]
        seen = {wire for one in self.feedback for wires in one.measured for wire in wires}
        acted = [wire for one in self.feedback for wires in one.outputs for wire in wires]
        distinct = len(set(named)) == len(named) and len(set(acted)) == len(acted)
        if not (distinct and seen <= set(self.measured) and set(acted) <= set(self.outputs)):
            raise InvalidInputError(
                "An order names each wire once, and acts on outputs upon what it measures.",
                "Measure the checks, and hand over other wires.",
            )

    def undo(self, outcomes: Bits) -> tuple[Bits, Bits]:
        """Return the X and Z parts, one bit an output, of what `feedback` does about outcomes."""
        x, z = (np.zeros(len(self.outputs), dtype=bool) for _ in range(2))
        look = {wire: i for i, wire in enumerate(self.measured)}
        place = {wire: i for i, wire in enumerate(self.outputs)}
        for one in self.feedback:
            table = np.asarray(one.table, dtype=np.int64)
            for measured, outputs in zip(one.measured, one.outputs, strict=True):
                said = sum(int(outcomes[look[wire]]) << i for i, wire in enumerate(measured))
                for i, wire in enumerate(outputs):
                    x[place[wire]] = table[said] >> i & 1
                    z[place[wire]] = table[said] >> (len(outputs) + i) & 1
        return x, z

    @cached_property
    def text(self) -> str:
        """The order as JSON, always the same for the same order."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @cached_property
    def digest(self) -> str:
        """What stands for the order where it need not be read."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Order:
        """Return the order in a JSON document, which was checked to have the form of one."""
        feedback = tuple(
            Feedback(_groups(one["measured"]), _groups(one["outputs"]), tuple(one["table"]))
            for one in document["feedback"]
        )
        return cls(
            document["circuit"],
            tuple(document["outputs"]),
            tuple(document["measured"]),
            feedback,
            Finish.of(document.get("finish")),
            document.get("then", ""),
            document.get("at", ""),
        )

    @classmethod
    def from_text(cls, text: str) -> Order:
        """Return the order in its own JSON."""
        return cls.of(json.loads(text))


def _groups(groups: Sequence[Sequence[int]]) -> tuple[Wires, ...]:
    return tuple(tuple(wires) for wires in groups)
