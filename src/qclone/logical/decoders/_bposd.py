"""Belief propagation with ordered statistics (2005.07016), by ldpc."""

from __future__ import annotations

import sinter

from qclone.logical.decoders._registry import register


@register("bposd")
def bposd() -> sinter.Decoder:
    """Return BP-OSD of order 0 after 30 iterations of minimum sum."""
    from ldpc.sinter_decoders import SinterBpOsdDecoder

    decoder: sinter.Decoder = SinterBpOsdDecoder(max_iter=30, bp_method="ms", osd_method="osd0", osd_order=0)
    return decoder
