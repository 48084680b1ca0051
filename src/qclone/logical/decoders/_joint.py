"""Joint decoding at the price of two stages: the checks of decryption are looked at last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sinter
import stim
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
# Fifth of a detector's coordinates, and its value for a check of decryption.
_KIND, _CHECK = 4, 4


@dataclass(frozen=True)
class Joint(sinter.Decoder):
    """Detectors that are checks of decryption are decoded with all others only where that matters.

    They are first taken for observables, which `inner` predicts. If it predicts what they are, then the
    error that it found explains them too; and if that error was the most likely without them, it is so with
    them, for they only exclude errors. Only where the prediction is wrong, in few shots, everything is
    decoded at once, which is slow: a check concerns every block and every round.

    Parameters
    ----------
    inner : the decoder for both; the same answers as by itself as far as it finds the most likely error.
    """

    inner: sinter.Decoder

    def compile_decoder_for_dem(self, *, dem: stim.DetectorErrorModel) -> sinter.CompiledDecoder:
        places = dem.get_detector_coordinates()
        checks = [d for d, at in sorted(places.items()) if len(at) > _KIND and at[_KIND] == _CHECK]
        whole = self.inner.compile_decoder_for_dem(dem=dem)
        if not checks:
            return whole
        apart = _checks_as_observables(dem.flattened(), checks)
        first = self.inner.compile_decoder_for_dem(dem=apart)
        others = np.setdiff1d(np.arange(dem.num_detectors), checks)
        return _Compiled(first, whole, np.array(checks), others, dem.num_detectors, dem.num_observables)


def _checks_as_observables(flat: stim.DetectorErrorModel, checks: list[int]) -> stim.DetectorErrorModel:
    """The same errors; check i is observable num_observables + i, and the other detectors close up."""
    gone = {d: flat.num_observables + i for i, d in enumerate(checks)}
    place = {d: i for i, d in enumerate(d for d in range(flat.num_detectors) if d not in gone)}
    apart = stim.DetectorErrorModel()
    for item in flat:
        targets = [
            t
            if not t.is_relative_detector_id()
            else stim.target_logical_observable_id(gone[t.val])
            if t.val in gone
            else stim.target_relative_detector_id(place[t.val])
            for t in item.targets_copy()
        ]
        if item.type == "detector" and targets[0].is_logical_observable_id():
            continue
        apart.append(item.type, item.args_copy(), targets)
    apart.append("logical_observable", [], [stim.target_logical_observable_id(max(gone.values()))])
    return apart


@dataclass
class _Compiled(sinter.CompiledDecoder):
    first: sinter.CompiledDecoder
    whole: sinter.CompiledDecoder
    checks: NDArray[np.int64]
    others: NDArray[np.int64]
    num_detectors: int
    num_observables: int

    def decode_shots_bit_packed(self, *, bit_packed_detection_event_data: Bytes) -> Bytes:
        packed = bit_packed_detection_event_data
        events = np.unpackbits(packed, axis=1, count=self.num_detectors, bitorder="little")
        found = np.unpackbits(
            self.first.decode_shots_bit_packed(
                bit_packed_detection_event_data=np.packbits(events[:, self.others], axis=1, bitorder="little")
            ),
            axis=1,
            count=self.num_observables + len(self.checks),
            bitorder="little",
        )
        predicted: Bytes = np.packbits(found[:, : self.num_observables], axis=1, bitorder="little")
        wrong = (found[:, self.num_observables :] != events[:, self.checks]).any(axis=1)
        if wrong.any():
            predicted[wrong] = self.whole.decode_shots_bit_packed(
                bit_packed_detection_event_data=packed[wrong]
            )
        return predicted
