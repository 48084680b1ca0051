"""The bare protocol exactly: the joint distribution of checks and outputs, by a Walsh transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.logical._noise import error_model

_MOST = 20


@dataclass(frozen=True)
class BareRates:
    """Infidelities of the protocol on qubits that are not encoded.

    Parameters
    ----------
    unchecked, corrected, selected : without the checks, with the best table, with no check violated.
    accepted : how often no check is violated.
    """

    unchecked: float
    corrected: float
    selected: float
    accepted: float

    def of(self, outer: str) -> float:
        """Return the infidelity under a use of the checks: none, corrected, selected."""
        return {"none": self.unchecked, "corrected": self.corrected, "selected": self.selected}[outer]


def bare_rates(circuit: stim.Circuit, num_checks: int) -> BareRates:
    """Return the exact infidelities of a compiled noisy circuit without detectors.

    Parameters
    ----------
    num_checks : observables that are checks; the others are X and Z of outputs.

    Raises
    ------
    InvalidInputError : more than 20 observables.
    """
    bits = circuit.num_observables
    if bits > _MOST:
        raise InvalidInputError(
            f"The joint distribution of {bits} observables is too large.", "Take a smaller scheme."
        )
    joint = _distribution(error_model(circuit), bits)
    table = joint.reshape(-1, 2**num_checks).T  # rows: syndrome; columns: error of the outputs
    accepted = float(table[0].sum())
    return BareRates(
        unchecked=float(table[:, 1:].sum()),
        corrected=float(1 - table.max(axis=1).sum()),
        selected=float(table[0, 1:].sum()) / accepted,
        accepted=accepted,
    )


def _distribution(dem: stim.DetectorErrorModel, bits: int) -> NDArray[np.float64]:
    """P(pattern of flipped observables), index bit i for observable i."""
    spectrum = np.ones(2**bits)
    patterns = np.arange(2**bits)
    for error in dem.flattened():
        if error.type == "error":
            flips = sum(1 << t.val for t in error.targets_copy() if t.is_logical_observable_id())
            odd = np.bitwise_count(patterns & flips) & 1
            spectrum *= np.where(odd, 1 - 2 * error.args_copy()[0], 1)
    for bit in range(bits):
        halves = spectrum.reshape(-1, 2, 2**bit)
        spectrum = np.stack([halves[:, 0] + halves[:, 1], halves[:, 0] - halves[:, 1]], axis=1).ravel()
    return np.maximum(spectrum / 2**bits, 0)
