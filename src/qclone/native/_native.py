"""A placed circuit: three stages on a processor's qubits, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

import stim

from qclone.circuits import Cost, cost_of
from qclone.device import Device
from qclone.errors import InvalidInputError, MissingPackageError
from qclone.markup import facts, picture, some, svg_of
from qclone.native._draw import draw_native
from qclone.native._pairs import two_qubit_pairs

STAGES = ("prepare", "encrypt", "decrypt")
MAX_DRAWN = 100
"""Qubits in use of which a notebook shows a picture."""


@dataclass(frozen=True, repr=False)
class NativeCircuit:
    """A scheme placed on a processor: CZ on its couplers and one-qubit Clifford gates, in three stages.

    Parameters
    ----------
    device : the processor; a qubit index in every circuit is a physical qubit.
    clone : label of the clone that `decrypt` recovers.
    roles : label -> physical qubit, for every wire of the scheme, and `R` for the reference qubit of a
        single input (`R1`, `R2`, ... of several). Physical qubits without a role carry no data.
    outputs : physical qubits that hold the recovered inputs at the end.
    prepare : everything before the input takes part; it also entangles each reference qubit with its input.
    encrypt : spreads the input over the signal qubits.
    decrypt : recovers it.

    Raises
    ------
    InvalidInputError : a gate on a pair of qubits that the device does not couple, two roles on one
        qubit, or a gate that is neither CZ nor a one-qubit Clifford.
    """

    device: Device
    clone: str
    roles: Mapping[str, int]
    outputs: tuple[int, ...]
    prepare: stim.Circuit
    encrypt: stim.Circuit
    decrypt: stim.Circuit

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", MappingProxyType(dict(self.roles)))
        if len(set(self.roles.values())) < len(self.roles):
            raise InvalidInputError("Two roles share a physical qubit.", "Give each its own.")
        for name, stage in self.stages.items():
            for instruction in stage:
                _check_gate(name, instruction)
            for a, b in two_qubit_pairs(stage):
                self.device.coupler(a, b)

    def __repr__(self) -> str:
        cost = self.cost
        return (
            f"<NativeCircuit of {self.clone} on {self.device.name}: {cost.layers} layers, "
            f"{cost.gates} gates, {len(self.qubits)} qubits>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: costs, and the picture if there is matplotlib and it can be read."""
        values: dict[str, object] = {"qubits": len(self.qubits), "recovered at": some(self.outputs)}
        for name in STAGES:
            cost = self.cost_of(name)
            values[name] = f"{cost.layers} layers of {cost.gates} gates"
        drawn = []
        if len(self.qubits) <= MAX_DRAWN:
            with suppress(MissingPackageError):
                drawn.append(picture(svg_of(draw_native(self)), repr(self)))
        return facts(f"{self.clone} on {self.device.name}", values, pictures=drawn)

    @property
    def stages(self) -> dict[str, stim.Circuit]:
        """The three circuits by name, in order; a barrier stands between them."""
        return {"prepare": self.prepare, "encrypt": self.encrypt, "decrypt": self.decrypt}

    @property
    def circuit(self) -> stim.Circuit:
        """All three stages one after the other; a TICK is a barrier across all qubits."""
        barrier = stim.Circuit("TICK")
        return self.prepare + barrier + self.encrypt + barrier + self.decrypt

    @property
    def output(self) -> int:
        """The physical qubit that holds the recovered input of a scheme with one input."""
        (output,) = self.outputs
        return output

    @property
    def references(self) -> tuple[int, ...]:
        """Physical qubits entangled with the inputs, in the order of the inputs."""
        labels = sorted((r for r in self.roles if r.startswith("R")), key=lambda r: int(r[1:] or 0))
        return tuple(self.roles[label] for label in labels)

    @property
    def qubits(self) -> tuple[int, ...]:
        """Every physical qubit in use, in ascending order."""
        used = {t.value for i in self.circuit if i.name != "TICK" for t in i.targets_copy()}
        return tuple(sorted(used | set(self.roles.values())))

    def cost_of(self, stage: str) -> Cost:
        """Return layers and gates of one stage."""
        return cost_of(self.stages[stage])

    @property
    def cost(self) -> Cost:
        """Layers and gates of the whole: layers add up, because of the barriers."""
        return sum((self.cost_of(stage) for stage in STAGES), Cost(0, 0))


def _check_gate(stage: str, instruction: stim.CircuitInstruction) -> None:
    data = stim.gate_data(instruction.name)
    if instruction.name not in ("CZ", "TICK") and not (data.is_unitary and data.is_single_qubit_gate):
        raise InvalidInputError(
            f"The stage {stage} holds the instruction {instruction.name}.",
            "Native circuits are made of CZ and one-qubit Clifford gates.",
        )
