"""Fidelities by syndrome: checks ignored, used for correction, used for selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.estimate import Estimate, binomial_error
from qclone.experiments._direction import PAULI, Direction
from qclone.experiments._measurement import Analysis, Data, Measurement, Settings

Use = Literal["ignored", "corrected", "selected"]
USES: tuple[Use, ...] = get_args(Use)
# Signs of <XX>, <YY>, <ZZ> in the fidelity with the four Bell states: no error, X, Z, both on the output.
_SIGNS = np.array([(1, -1, 1), (1, 1, -1), (-1, 1, 1), (-1, -1, -1)], np.float64)
_BITS = np.array([1.0, -1.0])


@dataclass(frozen=True)
class CheckedFidelity(Measurement):
    """Entanglement fidelity of ancilla (bit 0) and output (bit 1) with checks on the other bits, read in Z.

    In each setting k = XX, YY, ZZ a shot with syndrome s and parity b counts (1/3 + a_k b)/4, where a are
    the signs of the Bell state that is taken for right; the sum of the three means is the fidelity. Ignored:
    the state without error. Selected: the same for s = 0, over P(0). Corrected: for each s the likeliest
    of the four. Sampled data tell which that is for each shot from all the others, so that no shot speaks
    for itself: what comes out is the fidelity of a correction that knows as much, and errs neither way.

    The error is that of the mean of what the shots count: those of one setting share one sum.

    Parameters
    ----------
    num_checks : number of check bits.
    use : what the syndrome is used for.
    """

    num_checks: int
    use: Use

    def settings(self) -> Settings:
        checks = (Direction.Z,) * self.num_checks
        return {p + p: (PAULI[p], PAULI[p], *checks) for p in "XYZ"}

    def analyse(self, data: Data) -> Analysis:
        bits = range(2, 2 + self.num_checks)
        columns = [data.syndromes(setting, (0, 1), bits) for setting in self.settings()]
        shots = np.array([float(data.num_shots(setting)) for setting in self.settings()])
        halves = np.array([[e.value for e in column] for column in columns]).reshape(3, 2, -1)
        # P(k, s, b): how likely setting k shows syndrome s and parity b = +1, -1.
        seen = (halves[:, 0, :, None] + halves[:, 1, :, None] * _BITS) / 2
        if self.use == "selected":
            return self._selected(seen[:, 0], shots, columns)
        right = np.zeros(seen.shape, np.int64)
        if self.use == "corrected":
            right = _likeliest(seen, shots, leave_one_out=data.sampled)
        counts = (1 / 3 + _SIGNS[right, np.arange(3)[:, None, None]] * _BITS) / 4
        return Analysis("fidelity", _mean(seen, counts, shots))

    def _selected(
        self, seen: NDArray[np.float64], shots: NDArray[np.float64], columns: Sequence[Sequence[Estimate]]
    ) -> Analysis:
        accepted = sum((column[0] for column in columns), Estimate(0.0)) / 3
        kept = float(seen.sum()) / 3
        if kept <= 0:
            raise InvalidInputError(
                "No shot passed all checks, so nothing is known of those that would.", "Take more shots."
            )
        counts = (1 / 3 + _SIGNS[0][:, None] * _BITS) / 4
        value = float((seen * counts).sum()) / kept
        spread = _mean(seen, counts - value / 3, shots)
        return Analysis("fidelity", Estimate(value, spread.error / kept), accepted=accepted)


def _likeliest(
    seen: NDArray[np.float64], shots: NDArray[np.float64], *, leave_one_out: bool
) -> NDArray[np.int64]:
    """Return the likeliest Bell state for each (k, s, b), without one such shot if that is asked for."""
    each = (1 / 3 + _SIGNS.T[:, :, None] * _BITS) / 4  # (k, state, b)
    shares = np.einsum("ksb,klb->sl", seen, each)
    if not leave_one_out:
        return np.broadcast_to(shares.argmax(axis=1)[None, :, None], seen.shape)
    without = shares[None, :, None, :] - np.moveaxis(each, 1, 2)[:, None] / shots[:, None, None, None]
    # Rounding must not decide between states that are alike.
    chosen: NDArray[np.int64] = without.round(12).argmax(axis=-1)
    return chosen


def _mean(seen: NDArray[np.float64], counts: NDArray[np.float64], shots: NDArray[np.float64]) -> Estimate:
    """The sum over settings of the mean of what each shot counts.

    An error never seen is not an error known never to happen: the error is at least that of such a rate.
    """
    axes = tuple(range(1, seen.ndim))
    means, squares = ((seen * counts**power).sum(axis=axes) for power in (1, 2))
    variance = float((np.maximum(squares - means**2, 0) / shots).sum())
    return Estimate(float(means.sum()), max(sqrt(variance), binomial_error(1.0, max(1, int(shots.sum())))))
