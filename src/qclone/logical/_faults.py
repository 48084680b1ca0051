"""Every single fault of a circuit, decoded: what it means to be fault tolerant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sinter
import stim

from qclone.logical._noise import error_model


@dataclass(frozen=True)
class SingleFaults:
    """What becomes of each single fault.

    Parameters
    ----------
    faults : different faults: sets of detectors and observables that something flips.
    wrong : those after which a decoder gets some observable wrong.
    silent : those that flip an observable and no detector: nothing could see them.
    ambiguous : those that flip the detectors of another, and other observables: no decoder corrects both.
        If there is none, and none is silent, it takes three to make a logical error that is not seen.
    """

    faults: int
    wrong: int
    silent: int
    ambiguous: int


def single_faults(circuit: stim.Circuit, decoder: sinter.Decoder | None = None) -> SingleFaults:
    """Decode every single fault of a noisy circuit.

    Parameters
    ----------
    decoder : None asks for the best there could be: it is wrong for one of every ambiguous pair.

    Example
    -------
    >>> from qclone.logical import Case, Rates, load_code, load_decoder
    >>> circuit = Case(load_code("steane"), Rates.uniform(1e-3), every=8).circuit()
    >>> single_faults(circuit, load_decoder("tesseract-long")).wrong
    0
    """
    dem = error_model(circuit)
    events, flips = _faults(dem)
    seen = events.any(axis=1)
    silent = int((~seen & flips.any(axis=1)).sum())
    packed = np.packbits(events, axis=1, bitorder="little")
    # Faults of the same detectors and observables are one in an error model.
    _, alike = np.unique(packed[seen], axis=0, return_counts=True)
    ambiguous = int(alike[alike > 1].sum())
    if decoder is None:
        return SingleFaults(len(events), int((alike - 1).sum()) + silent, silent, ambiguous)
    compiled = decoder.compile_decoder_for_dem(dem=dem)
    predicted = np.unpackbits(
        compiled.decode_shots_bit_packed(bit_packed_detection_event_data=packed),
        axis=1,
        count=flips.shape[1],
        bitorder="little",
    )
    wrong = int((predicted != flips).any(axis=1).sum())
    return SingleFaults(len(events), wrong, silent, ambiguous)


def _faults(dem: stim.DetectorErrorModel) -> tuple[np.ndarray, np.ndarray]:
    """One row a fault: which detectors and which observables it flips."""
    errors = [e for e in dem.flattened() if e.type == "error"]
    events = np.zeros((len(errors), dem.num_detectors), np.uint8)
    flips = np.zeros((len(errors), dem.num_observables), np.uint8)
    for row, error in enumerate(errors):
        for target in error.targets_copy():
            if target.is_relative_detector_id():
                events[row, target.val] ^= 1
            elif target.is_logical_observable_id():
                flips[row, target.val] ^= 1
    return events, flips
