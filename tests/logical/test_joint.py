"""Checks looked at last: the same answers as decoding everything at once."""

from __future__ import annotations

import numpy as np
import pytest

from qclone.logical import Case, Rates, load_code, load_decoder


@pytest.mark.parametrize("p", [1e-3, 2.5e-3])
def test_the_same_answers_as_everything_at_once(p: float) -> None:
    case = Case(load_code("surface", 3), Rates.uniform(p), every=4)
    task = case.task(joint=True)
    events, actual = task.circuit.compile_detector_sampler(seed=5).sample(
        120, bit_packed=True, separate_observables=True
    )
    whole, last = (
        load_decoder(name)
        .compile_decoder_for_dem(dem=task.detector_error_model)
        .decode_shots_bit_packed(bit_packed_detection_event_data=events)
        for name in ("tesseract", "joint-tesseract")
    )
    # Ties between errors as likely may be broken otherwise: one shot may differ, at most.
    assert last.shape == actual.shape and last.dtype == np.uint8
    assert (whole != last).any(axis=1).sum() <= 1
    assert task.decoder == "joint-tesseract" and case.task().decoder == "tesseract"
