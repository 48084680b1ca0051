"""Tesseract (2503.10988): a search for the most likely error, in two orders of the detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sinter
import stim
from numpy.typing import NDArray

from qclone.logical.decoders._registry import register

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Tesseract(sinter.Decoder):
    """Tesseract on the whole error model, hyperedges included.

    Parameters
    ----------
    beam : how many more detection events than the fewest so far a state of the search may have.
    orders : in how many orders detectors are explained: 1 forwards in time, 2 also backwards. One order
        alone can be wrong at distance 7, and at 5 for strong noise; twenty, its default, cost ten times more.
    """

    beam: int = 5
    orders: int = 2

    def compile_decoder_for_dem(self, *, dem: stim.DetectorErrorModel) -> sinter.CompiledDecoder:
        from tesseract_decoder import tesseract

        # Errors that no detector sees are beyond any decoder; Tesseract would warn of each.
        dem = visible(dem)
        forwards = list(range(dem.num_detectors))
        config = tesseract.TesseractConfig(
            dem,
            det_beam=self.beam,
            det_orders=[forwards, forwards[::-1]][: self.orders],
        )
        return _Compiled(tesseract.TesseractDecoder(config), dem.num_detectors)


def visible(dem: stim.DetectorErrorModel) -> stim.DetectorErrorModel:
    """Return an error model, flattened, without the errors that flip no detector."""
    seen = stim.DetectorErrorModel()
    for instruction in dem.flattened():
        targets = instruction.targets_copy()
        if instruction.type != "error" or any(t.is_relative_detector_id() for t in targets):
            seen.append(instruction)
    return seen


@dataclass
class _Compiled(sinter.CompiledDecoder):
    decoder: Any
    num_detectors: int

    def decode_shots_bit_packed(self, *, bit_packed_detection_event_data: Bytes) -> Bytes:
        events = np.unpackbits(
            bit_packed_detection_event_data, axis=1, count=self.num_detectors, bitorder="little"
        )
        predictions = self.decoder.decode_batch(events.view(np.bool_))
        packed: Bytes = np.packbits(predictions, axis=1, bitorder="little")
        return packed


@register("tesseract", "tesseract_decoder")
def tesseract_decoder() -> sinter.Decoder:
    """Return the decoder that the tables use."""
    return Tesseract()


@register("tesseract-long", "tesseract_decoder")
def tesseract_long() -> sinter.Decoder:
    """Return it with a wider beam: for showing that single faults are corrected."""
    return Tesseract(beam=15)
