"""The bare protocol exactly: the joint distribution of checks and outputs, by a Walsh transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.logical._noise import error_model

_MOST = 22


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
    InvalidInputError : more than 22 observables.
    """
    joint = distribution(circuit)
    table = joint.reshape(-1, 2**num_checks).T  # rows: syndrome; columns: error of the outputs
    accepted = float(table[0].sum())
    return BareRates(
        unchecked=float(table[:, 1:].sum()),
        corrected=float(1 - table.max(axis=1).sum()),
        selected=float(table[0, 1:].sum()) / accepted,
        accepted=accepted,
    )


def distribution(circuit: stim.Circuit) -> NDArray[np.float64]:
    """Return P(pattern of flips): bit i of the index is detector i, the bits after them the observables.

    The Walsh transform of a product over errors: each multiplies by 1 - 2 p where it has an odd part of a
    pattern. The product is a sum of logarithms, and so itself a Walsh transform: bits 2^bits operations.

    Raises
    ------
    InvalidInputError : more than 22 detectors and observables.
    """
    detectors = circuit.num_detectors
    bits = detectors + circuit.num_observables
    if bits > _MOST:
        raise InvalidInputError(
            f"The joint distribution of {bits} bits is too large.", "Take a smaller scheme or code."
        )
    logs = np.zeros(2**bits)
    for error in error_model(circuit).flattened():
        if error.type == "error":
            flips = 0
            for t in error.targets_copy():
                flips ^= 1 << (t.val + (detectors if t.is_logical_observable_id() else 0))
            logs[flips] += np.log(max(1 - 2 * error.args_copy()[0], 1e-300))
    # Of the errors with an odd part of a pattern: (sum over all - sum with signs)/2.
    spectrum = np.exp((logs.sum() - _walsh(logs)) / 2)
    return np.maximum(_walsh(spectrum) / 2**bits, 0)


def _walsh(values: NDArray[np.float64]) -> NDArray[np.float64]:
    for bit in range(len(values).bit_length() - 1):
        halves = values.reshape(-1, 2, 2**bit)
        values = np.stack([halves[:, 0] + halves[:, 1], halves[:, 0] - halves[:, 1]], axis=1).ravel()
    return values
