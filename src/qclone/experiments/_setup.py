"""Everything that decides a result besides its row: device, engine, circuits, shots, seed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import qiskit
import stim
from qiskit import QuantumCircuit

import qclone
from qclone.device import Device, NoiseRules, load_device
from qclone.errors import InvalidInputError
from qclone.experiments._experiment import Row
from qclone.experiments._placement import CIRCUITS, place
from qclone.simulate import ENGINES

MAX_SHOTS = 10_000_000
LAYOUTS = ("calibrated", "topology")


@dataclass(frozen=True)
class Setup:
    """Where and how rows are run.

    Parameters
    ----------
    device : the processor.
    engine : ``twin`` (exact expectations), ``aer``, ``fake`` or ``ibm`` (counts); see
        `qclone.simulate.make_sampler`.
    circuits : ``ladder`` (as published), ``pair_tree`` or ``native``.
    shots : a setting. On the twin nothing is sampled: they decide the error bars only.
    seed : of layout and routing, and of sampling.
    rules : the twin's noise rules.
    layout : ``calibrated`` lets Qiskit move a routed circuit to the couplers with the smallest errors of
        the device's calibration: right where the circuit runs on the day of that calibration.
        ``topology`` shows it a device on which all couplers are alike: right for a comparison with runs of
        other days, whose layouts knew nothing of this calibration.
    tries : on the twin, how many layouts and routings, with seeds ``seed``, ``seed + 1``, ...; the row is
        the one with the median value. One circuit more or less by luck is not what a row is about.

    Raises
    ------
    InvalidInputError : an unknown engine, circuit or layout; tries, a seed or shots out of range.
    """

    device: Device
    engine: str = "twin"
    circuits: str = "ladder"
    shots: int = 10_000
    seed: int = 0
    rules: NoiseRules = field(default_factory=NoiseRules)
    layout: str = "calibrated"
    tries: int = 1

    def __post_init__(self) -> None:
        for value, known in (
            (self.engine, ENGINES),
            (self.circuits, CIRCUITS),
            (self.layout, LAYOUTS),
        ):
            if value not in known:
                raise InvalidInputError(f"There is no {value!r} here.", f"Choose one of {', '.join(known)}.")
        if not 1 <= self.tries <= 99 or (self.tries > 1 and self.engine != "twin"):
            raise InvalidInputError(
                f"{self.tries} tries cannot be made on the engine {self.engine}.",
                "Several seeds are compared on the twin only, at most 99.",
            )
        if not 0 <= self.seed < 2**31:
            raise InvalidInputError(
                f"A seed is a number from 0 to {2**31 - 1:,}, not {self.seed}.", "Take for example 0."
            )
        if not 1 <= self.shots <= MAX_SHOTS:
            raise InvalidInputError(
                f"{self.shots:,} shots a setting are out of range: a processor takes about "
                f"{self.shots * 250e-6 / 3600:.3g} hours for one setting.",
                f"Ask for 1 to {MAX_SHOTS:,}; the published experiments took 10,000.",
            )

    def for_row(self, row: Row) -> Setup:
        """Return the setup with what the row sets for itself: its device and seed."""
        device, seed = row.placement.get("device"), row.placement.get("seed")
        return replace(
            self,
            device=self.device if device in (None, self.device.name) else load_device(str(device)),
            seed=self.seed if seed is None else int(seed),
            tries=self.tries if seed is None else 1,
        )

    def place(self, row: Row) -> QuantumCircuit:
        """Return the row's circuit on the device's gates and qubits."""
        return place(row, self.device, self.circuits, self.seed, self.layout == "calibrated")

    def key(self, row: Row) -> str:
        """Return the identity of a result: a hash of all that decides it."""
        content = {
            "row": [row.experiment, dict(row.parameters)],
            "circuit": _text(row.body()),
            "measurement": repr(row.measurement),
            "option": row.placement.get("option", "plain"),
            "circuits": self.circuits,
            "layout": self.layout,
            "tries": self.tries,
            "device": self._device_text,
            "rules": asdict(self.rules),
            "engine": self.engine,
            "shots": self.shots,
            "seed": self.seed,
            "versions": self.provenance["versions"],
        }
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]

    @cached_property
    def _device_text(self) -> str:
        return json.dumps(self.device.to_dict(), sort_keys=True)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What to write beside a result: versions, the calibration's date, seeds, noise rules."""
        return {
            "versions": {
                "qclone": qclone.__version__,
                "qiskit": qiskit.__version__,
                "stim": stim.__version__,
            },
            "device": self.device.name,
            "calibration": self.device.snapshot_date,
            "engine": self.engine,
            "circuits": self.circuits,
            "layout": self.layout,
            "tries": self.tries,
            "shots": self.shots,
            "seed": self.seed,
            "rules": asdict(self.rules),
        }


def _text(circuit: QuantumCircuit) -> str:
    """Return the circuit's operations, one a line."""
    places = {bit: i for bits in (circuit.qubits, circuit.clbits) for i, bit in enumerate(bits)}
    return "\n".join(
        f"{i.operation.name}{[float(p) for p in i.operation.params]} "
        f"{[places[q] for q in i.qubits]} {[places[c] for c in i.clbits]}"
        for i in circuit.data
    )
