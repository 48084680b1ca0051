"""Belief propagation with ordered statistics (2005.07016), by ldpc."""

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
class BpOsd(sinter.Decoder):
    """BP-OSD on the whole error model.

    Parameters
    ----------
    iterations : of minimum sum, before ordered statistics of order `order`.
    """

    iterations: int = 30
    order: int = 0

    def compile_decoder_for_dem(self, *, dem: stim.DetectorErrorModel) -> sinter.CompiledDecoder:
        from ldpc.bposd_decoder import BpOsdDecoder
        from ldpc.ckt_noise.dem_matrices import detector_error_model_to_check_matrices

        matrices = detector_error_model_to_check_matrices(dem, allow_undecomposed_hyperedges=True)
        decoder = BpOsdDecoder(
            matrices.check_matrix,
            error_channel=list(matrices.priors),
            max_iter=self.iterations,
            bp_method="minimum_sum",
            ms_scaling_factor=0.625,
            osd_method="OSD_CS" if self.order else "OSD_0",
            osd_order=self.order,
        )
        return _Compiled(decoder, matrices.observables_matrix, dem.num_detectors)


@dataclass
class _Compiled(sinter.CompiledDecoder):
    decoder: Any
    observables: Any
    num_detectors: int

    def decode_shots_bit_packed(self, *, bit_packed_detection_event_data: Bytes) -> Bytes:
        events = np.unpackbits(
            bit_packed_detection_event_data, axis=1, count=self.num_detectors, bitorder="little"
        )
        errors = np.array([self.decoder.decode(shot) for shot in events], dtype=np.uint8)
        flips = (self.observables @ errors.T % 2).T.astype(np.uint8)
        return np.packbits(flips, axis=1, bitorder="little")


@register("bposd", "ldpc")
def bposd() -> sinter.Decoder:
    """Return BP-OSD of order 0 after 30 iterations of minimum sum."""
    return BpOsd()
