"""A processor as frozen data: which qubits are coupled, how long things take, how often they fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

import rustworkx

from qclone.device._learned import LearnedNoise
from qclone.errors import InvalidInputError
from qclone.markup import facts

ENTANGLERS = {"cz": 1, "cx": 1, "ecr": 1, "rzz": 1, "rxx": 1, "ryy": 1, "rzx": 1, "iswap": 2}
"""Two-qubit gates that processors have, by Qiskit's name -> how many of them make a CZ."""


@dataclass(frozen=True, slots=True)
class Qubit:
    """The calibration of one qubit.

    Parameters
    ----------
    t1_s, t2_s : relaxation and dephasing time, seconds; t2_s <= 2 t1_s, as physics has it. Infinite where
        nothing is known or waiting is to cost nothing.
    gate_error : average infidelity of one sx or x pulse, in [0, 1).
    gate_duration_s : duration of one pulse, seconds. rz is a change of frame: no time, no error.
    readout_error : probability that a measured bit is wrong, in [0, 1).
    """

    t1_s: float
    t2_s: float
    gate_error: float
    gate_duration_s: float
    readout_error: float

    def __post_init__(self) -> None:
        if not (self.t1_s > 0 and 0 < self.t2_s <= 2 * self.t1_s * (1 + 1e-12)):
            raise InvalidInputError(
                f"A qubit with T1 = {self.t1_s} s and T2 = {self.t2_s} s does not exist.",
                "Both are positive, in seconds, and T2 is at most 2 T1.",
            )
        _check_rates(self.gate_error, self.readout_error)
        _check_durations(self.gate_duration_s)


@dataclass(frozen=True, slots=True)
class Coupler:
    """The calibration of one coupled pair of qubits.

    Parameters
    ----------
    a, b : qubit indices, a < b; either may be the control.
    error : average infidelity of the two-qubit gate, in [0, 1).
    duration_s : its duration, seconds.
    gate : the processor's own gate there, by Qiskit's name; one of `ENTANGLERS`.
    """

    a: int
    b: int
    error: float
    duration_s: float
    gate: str = "cz"

    def __post_init__(self) -> None:
        if not 0 <= self.a < self.b:
            raise InvalidInputError(
                f"A coupler between qubits {self.a} and {self.b} makes no sense.", "Name a < b, from 0."
            )
        if self.gate not in ENTANGLERS:
            raise InvalidInputError(
                f"Two qubits are entangled by no gate {self.gate!r} here.",
                f"Name one of {', '.join(ENTANGLERS)}.",
            )
        _check_rates(self.error)
        _check_durations(self.duration_s)

    @property
    def cz_error(self) -> float:
        """Average infidelity of a CZ made of the own gate: of one, or of two iswaps."""
        return self.error if ENTANGLERS[self.gate] == 1 else min(2 * self.error, 0.75)

    @property
    def cz_duration_s(self) -> float:
        """Duration of a CZ made of the own gate, seconds."""
        return ENTANGLERS[self.gate] * self.duration_s


@dataclass(frozen=True, repr=False)
class Device:
    """A processor: qubits, couplers, durations, on one day.

    Only what works is in it: a faulty qubit is None, and a faulty coupler (no calibration, or error 1)
    is left out.

    Parameters
    ----------
    name : what people call it.
    qubits : the calibration of each qubit, or None for a faulty one; position = physical index.
    couplers : the working couplers between working qubits.
    measurement_duration_s, reset_duration_s : seconds.
    snapshot_date : ISO date of the calibration; empty for a synthetic device.
    notes : what was left out or assumed when the device was read from somewhere, a sentence each; no part
        of its content.
    learned : channels of layers of two-qubit gates, learned on the processor, in the place of the calibrated
        errors of their gates.

    Raises
    ------
    InvalidInputError : a coupler named twice, beyond the qubits, or on a faulty qubit.

    Example
    -------
    >>> from qclone.device import load_device
    >>> kingston = load_device("kingston")
    >>> kingston.num_qubits, len(kingston.couplers), kingston.snapshot_date
    (156, 164, '2026-04-15')
    >>> kingston.coupler(1, 0).duration_s
    6.8e-08
    """

    name: str
    qubits: tuple[Qubit | None, ...]
    couplers: tuple[Coupler, ...]
    measurement_duration_s: float
    reset_duration_s: float
    snapshot_date: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)
    learned: LearnedNoise | None = None

    def __post_init__(self) -> None:
        _check_durations(self.measurement_duration_s, self.reset_duration_s)
        seen: set[tuple[int, int]] = set()
        for c in self.couplers:
            if c.b >= self.num_qubits or self.qubits[c.a] is None or self.qubits[c.b] is None:
                raise InvalidInputError(
                    f"The coupler ({c.a}, {c.b}) of {self.name} needs two working qubits.",
                    f"There are {self.num_qubits} qubits, numbered from 0; those given as null are faulty.",
                )
            if (c.a, c.b) in seen:
                raise InvalidInputError(
                    f"The coupler ({c.a}, {c.b}) of {self.name} is named twice.",
                    "Name each once, with a < b.",
                )
            seen.add((c.a, c.b))

    @property
    def num_qubits(self) -> int:
        """Number of physical qubits, faulty ones included."""
        return len(self.qubits)

    @cached_property
    def working_qubits(self) -> tuple[int, ...]:
        """Physical indices of the qubits that work."""
        return tuple(i for i, q in enumerate(self.qubits) if q is not None)

    @cached_property
    def connected_qubits(self) -> tuple[int, ...]:
        """The most qubits that couplers connect, in ascending order."""
        largest = max(rustworkx.connected_components(self.graph), key=len, default=set())
        return tuple(sorted(largest))

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Pairs (a, b), a < b, of the working couplers."""
        return tuple((c.a, c.b) for c in self.couplers)

    @cached_property
    def graph(self) -> rustworkx.PyGraph[int, Coupler]:
        """The working couplers as a graph whose node indices are physical qubits."""
        graph: rustworkx.PyGraph[int, Coupler] = rustworkx.PyGraph(multigraph=False)
        graph.add_nodes_from(range(self.num_qubits))
        graph.add_edges_from([(c.a, c.b, c) for c in self.couplers])
        return graph

    def qubit(self, index: int) -> Qubit:
        """Return the calibration of a qubit; raises InvalidInputError if it is faulty or does not exist."""
        found = self.qubits[index] if 0 <= index < self.num_qubits else None
        if found is None:
            raise InvalidInputError(
                f"Qubit {index} of {self.name} does not work."
                if 0 <= index < self.num_qubits
                else f"{self.name} has no qubit {index}.",
                f"{self.name} has {len(self.working_qubits)} working qubits of {self.num_qubits}.",
            )
        return found

    def coupler(self, a: int, b: int) -> Coupler:
        """Return the coupler between two qubits, in either order; raises InvalidInputError without one."""
        try:
            return self._coupler_of[min(a, b), max(a, b)]
        except KeyError:
            raise InvalidInputError(
                f"{self.name} has no working coupler between qubits {a} and {b}.",
                "Route the circuit for this device first.",
            ) from None

    def with_learned(self, noise: LearnedNoise) -> Device:
        """Return the device with learned noise, of those layers whose gates it has; `notes` says which.

        Raises
        ------
        InvalidInputError : it has the gates of none.
        """
        own = {(c.a, c.b): c.gate for c in self.couplers}
        layers = tuple(
            x
            for x in noise.layers
            if all(own.get(pair) == x.gate for pair in x.pairs) and max(x.qubits) < self.num_qubits
        )
        if not layers:
            raise InvalidInputError(
                f"None of the {len(noise.layers)} learned layers has gates and qubits of {self.name}.",
                "Learn noise on the same processor, in layers of its own two-qubit gate.",
            )
        notes = [f"Noise of {len(layers)} layers was learned ({noise.source or 'no source'}).", *noise.notes]
        if len(layers) < len(noise.layers):
            notes.append(
                f"Left out: {len(noise.layers) - len(layers)} learned layers with gates or qubits that it "
                "does not have."
            )
        learned = LearnedNoise(layers, noise.source)
        return replace(self, learned=learned, notes=(*self.notes, *notes))

    @cached_property
    def _coupler_of(self) -> dict[tuple[int, int], Coupler]:
        return {(c.a, c.b): c for c in self.couplers}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, name and notes aside: what decides any number computed on the device."""
        content = {k: v for k, v in self.to_dict().items() if k not in ("name", "notes", "snapshot_date")}
        if self.learned is not None:
            content["learned"] = content["learned"]["layers"]
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def __repr__(self) -> str:
        gates = "/".join(sorted({c.gate for c in self.couplers}))
        dated = f", {self.snapshot_date}" if self.snapshot_date else ""
        return (
            f"<Device {self.name}: {len(self.working_qubits)} of {self.num_qubits} qubits, "
            f"{len(self.couplers)} couplers {gates}{dated}>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: medians, and what was left out or assumed."""
        working = [q for q in self.qubits if q is not None]
        rows = {
            "qubits": f"{len(working)} of {self.num_qubits}",
            "couplers": f"{len(self.couplers)} {'/'.join(sorted({c.gate for c in self.couplers}))}",
            "calibration": self.snapshot_date or "none",
        }
        if working and self.couplers:
            rows |= {
                "two-qubit error, median": f"{median(c.error for c in self.couplers):.2e}",
                "one-qubit error, median": f"{median(q.gate_error for q in working):.2e}",
                "readout error, median": f"{median(q.readout_error for q in working):.2e}",
                "T1, T2, median": f"{median(q.t1_s for q in working) * 1e6:.0f}, "
                f"{median(q.t2_s for q in working) * 1e6:.0f} us",
            }
        return facts(self.name, rows, self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Return the device as JSON types: what `save` writes and `from_dict` reads.

        Infinite times are null; the gate of a coupler is named where it is not cz.
        """
        document = asdict(self)
        for qubit in document["qubits"]:
            for time in ("t1_s", "t2_s") if qubit else ():
                qubit[time] = None if qubit[time] == inf else qubit[time]
        for coupler in document["couplers"]:
            if coupler["gate"] == "cz":
                del coupler["gate"]
        if not document["notes"]:
            del document["notes"]
        del document["learned"]
        if self.learned is not None:
            document["learned"] = self.learned.to_dict()
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Device:
        """Return the device of a JSON document; raises InvalidInputError if it is not one."""
        try:
            return cls(
                name=_printable(document["name"]),
                qubits=tuple(None if q is None else Qubit(**_finite(q)) for q in document["qubits"]),
                couplers=tuple(Coupler(**c) for c in document["couplers"]),
                measurement_duration_s=float(document["measurement_duration_s"]),
                reset_duration_s=float(document["reset_duration_s"]),
                snapshot_date=_printable(document.get("snapshot_date", "")),
                notes=tuple(map(_printable, document.get("notes", ()))),
                learned=LearnedNoise.from_dict(document["learned"]) if "learned" in document else None,
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInputError(
                f"This is no description of a device: {error}.",
                "Write one with Device.save to see what it looks like.",
            ) from None

    def save(self, path: str | Path) -> None:
        """Write the device as JSON, one qubit or coupler a line."""
        document = self.to_dict()
        rows = {key: document.pop(key) for key in ("qubits", "couplers")}
        text = json.dumps(document)[:-1]
        for key, values in rows.items():
            text += f',\n"{key}": [\n' + ",\n".join(json.dumps(v) for v in values) + "]"
        Path(path).write_text(text + "}\n")

    @classmethod
    def load(cls, path: str | Path) -> Device:
        """Return the device of a JSON file; raises InvalidInputError if it is not one."""
        try:
            document = json.loads(Path(path).read_text())
        except (OSError, ValueError, RecursionError) as error:
            raise InvalidInputError(
                f"The device file {path} cannot be read: {error}.", "Name a JSON file written by Device.save."
            ) from None
        if not isinstance(document, dict):
            raise InvalidInputError(
                f"The device file {path} holds no device.", "Name a JSON file written by Device.save."
            )
        return cls.from_dict(document)


def _finite(qubit: Mapping[str, Any]) -> dict[str, Any]:
    return {k: inf if v is None and k in ("t1_s", "t2_s") else v for k, v in dict(qubit).items()}


def _printable(text: object) -> str:
    """Return a text that is shown; raises ValueError if it would move a terminal's cursor."""
    if not str(text).isprintable():
        raise ValueError(f"{str(text)!r:.60} cannot be printed")
    return str(text)


def _check_rates(*rates: float) -> None:
    for rate in rates:
        if not 0 <= rate < 1:
            raise InvalidInputError(
                f"An error rate must be at least 0 and below 1, not {rate}.", "Leave out what is faulty."
            )


def _check_durations(*durations_s: float) -> None:
    for duration_s in durations_s:
        if not 0 <= duration_s < 1:
            raise InvalidInputError(
                f"A duration of {duration_s} s makes no sense.", "Durations are in seconds, below one."
            )
