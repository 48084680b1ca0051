"""Machines without a calibration to read: what was published about them, with its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from qclone.device._assumed import Assumed
from qclone.device._device import Device
from qclone.device._synthetic import all_to_all, square_grid

_QUIET = "Errors of memory and transport are not in it: waiting costs nothing."


@dataclass(frozen=True)
class Preset:
    """Typical numbers of a machine.

    Parameters
    ----------
    qubits : how many, all coupled with all; or rows and columns of a square lattice.
    gate : its entangler.
    typical : errors, times and where they are published.
    notes : what the numbers leave out.
    """

    qubits: int | tuple[int, int]
    gate: str
    typical: Assumed
    notes: tuple[str, ...]

    def device(self, name: str) -> Device:
        """Return the machine as a device."""
        t = self.typical
        calibration: dict[str, Any] = {
            "two_qubit_error": t.two_qubit_error or 0.0,
            "one_qubit_error": t.one_qubit_error or 0.0,
            "readout_error": t.readout_error or 0.0,
            "t1_s": t.t1_s or float("inf"),
            "t2_s": t.t2_s or float("inf"),
            "two_qubit_duration_s": t.two_qubit_duration_s or 0.0,
            "one_qubit_duration_s": t.one_qubit_duration_s or 0.0,
            "measurement_duration_s": t.measurement_duration_s or 0.0,
        }
        made = (
            all_to_all(self.qubits, **calibration)
            if isinstance(self.qubits, int)
            else square_grid(*self.qubits, **calibration)
        )
        couplers = tuple(replace(c, gate=self.gate) for c in made.couplers)
        return replace(made, name=name, couplers=couplers, notes=(f"From {t.source}.", *self.notes))


PRESETS = {
    "h2": Preset(
        56,
        "rzz",
        Assumed(
            one_qubit_error=2.5e-5,
            two_qubit_error=1.57e-3,
            readout_error=1.6e-3,
            source="arXiv:2406.02501 (two-qubit fidelity 0.99843) and arXiv:2305.03828 (one-qubit, SPAM)",
        ),
        (_QUIET,),
    ),
    "helios": Preset(
        98,
        "rzz",
        Assumed(
            one_qubit_error=2.5e-5,
            two_qubit_error=7.9e-4,
            readout_error=3.3e-4,
            source="Helios: A 98-qubit trapped-ion quantum computer, arXiv:2511.05465 and Nature (SPAM)",
        ),
        (_QUIET,),
    ),
    "atoms": Preset(
        (4, 6),
        "cz",
        Assumed(
            one_qubit_error=9.8e-4,
            two_qubit_error=6.5e-3,
            readout_error=9e-3,
            source="arXiv:2408.08288: CZ 0.9935, local pulses 0.99902, a loss of 0.009 in readout",
        ),
        (
            "A lost atom counts as an error of the gate that lost it and as a wrong bit; losses that are "
            "seen could be thrown away, which the twin does not do.",
            _QUIET,
        ),
    ),
}
"""Machines by name, from published numbers."""
