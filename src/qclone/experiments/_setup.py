"""Everything that decides a result besides its row: device, engine, circuits, shots, seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from qiskit import QuantumCircuit

import qclone
from qclone.device import Device, NoiseRules, load_device
from qclone.errors import InvalidInputError
from qclone.experiments._experiment import Row
from qclone.experiments._identity import identity_of, key_of, versions
from qclone.experiments._placement import CIRCUITS
from qclone.experiments._routes import Routes
from qclone.simulate import ENGINES, Machine, machine_of, make_sampler

MAX_SHOTS = 10_000_000
LAYOUTS = ("calibrated", "topology")
# Any of these can change a number.
_PACKAGES = ("qiskit", "stim", "numpy", "rustworkx", "qiskit-aer", "qiskit-ibm-runtime")


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
        """Return the row's circuit on the device's gates and qubits, of the first try."""
        return Routes().placed(row, replace(self, tries=1))[0]

    def key(self, row: Row, machine: Machine | None = None) -> str:
        """Return the identity of a result: a hash of all that decides it; see `IDENTITY`.

        Parameters
        ----------
        machine : what runs the row; the engine's own by default.
        """
        here = self.for_row(row)
        return key_of(identity_of(row, here, Routes().placed(row, here), machine or here.machine()))

    def machine(self) -> Machine | None:
        """Return what runs circuits; None on the twin, which computes what is expected."""
        if self.engine == "twin":
            return None
        return machine_of(make_sampler(self.engine, self.device, self.rules, self.seed), seed=self.seed)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What to write beside a result: versions, the calibration's date, seeds, noise rules."""
        return {
            "versions": {"qclone": qclone.__version__, **versions(*_PACKAGES)},
            "device": self.device.name,
            "calibration": self.device.snapshot_date,
            "notes": list(self.device.notes),
            "engine": self.engine,
            "circuits": self.circuits,
            "layout": self.layout,
            "tries": self.tries,
            "shots": self.shots,
            "seed": self.seed,
            "rules": asdict(self.rules),
        }
