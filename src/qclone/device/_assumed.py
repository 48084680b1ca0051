"""What is taken for calibration that a backend does not state: given, or nothing; and typical processors."""

from __future__ import annotations

from dataclasses import dataclass, fields

from qclone.errors import InvalidInputError


@dataclass(frozen=True)
class Assumed:
    """Calibration for what a backend leaves open; what is None here as well is switched off.

    A device that was read with it says in its `notes` what was assumed. What a backend states is never
    overruled.

    Parameters
    ----------
    t1_s, t2_s : seconds; off means that waiting costs nothing.
    one_qubit_error, two_qubit_error : average infidelities; off means perfect gates.
    readout_error : probability that a bit is wrong.
    one_qubit_duration_s, two_qubit_duration_s, measurement_duration_s, reset_duration_s : seconds; off
        means instantaneous.
    source : where the numbers are from; it is in the notes.

    Example
    -------
    >>> Assumed(t1_s=100e-6, source="data sheet").t1_s
    0.0001
    """

    t1_s: float | None = None
    t2_s: float | None = None
    one_qubit_error: float | None = None
    two_qubit_error: float | None = None
    readout_error: float | None = None
    one_qubit_duration_s: float | None = None
    two_qubit_duration_s: float | None = None
    measurement_duration_s: float | None = None
    reset_duration_s: float | None = None
    source: str = "given by the user"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float | int) and not value >= 0:
                raise InvalidInputError(f"{field.name} cannot be {value}.", "Give a number of at least 0.")
