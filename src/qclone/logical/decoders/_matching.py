"""Observable matching: a graph of its own for every observable (2505.13587, 2505.13599), by PyMatching."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import sinter
import stim
from numpy.typing import NDArray

from qclone.logical.decoders._registry import register

Bytes = NDArray[np.uint8]
# Coordinates of a detector: x, y, round, block, kind, reach: the observables it concerns, as bits.
_REACH = 5


class ObservableMatching(sinter.Decoder):
    """For every observable, a matching of the detectors that its operator, carried back, is seen by.

    With a round after every layer no error flips more than two of them, and the distance of the graph is
    that of the code; with fewer rounds larger errors are cut into pieces that others explain, or dropped.
    """

    def compile_decoder_for_dem(self, *, dem: stim.DetectorErrorModel) -> sinter.CompiledDecoder:
        import pymatching

        flat, places = dem.flattened(), dem.get_detector_coordinates()
        reach = np.full(dem.num_detectors, -1)  # of no known reach: concerns all
        for detector, place in places.items():
            if len(place) > _REACH:
                reach[detector] = int(place[_REACH])
        parts = []
        for observable in range(dem.num_observables):
            chosen = np.flatnonzero((reach >> observable) & 1)
            graph, _ = graph_of(flat, {int(d): i for i, d in enumerate(chosen)}, observable)
            parts.append((chosen, pymatching.Matching.from_detector_error_model(graph)))
        return _Compiled(parts, dem.num_detectors)


def graph_of(
    flat: stim.DetectorErrorModel, place: dict[int, int], observable: int
) -> tuple[stim.DetectorErrorModel, int]:
    """Return what is left of an error model on some detectors and one observable, cut into edges.

    Also how many errors were dropped, because no edges make them up.

    Parameters
    ----------
    flat : without repetition. place : kept detector -> its new number.
    """
    probability: dict[tuple[tuple[int, ...], bool], float] = defaultdict(float)
    for error in flat:
        if error.type != "error":
            continue
        members: set[int] = set()
        flips = False
        for target in error.targets_copy():
            if target.is_relative_detector_id() and target.val in place:
                members ^= {place[target.val]}
            elif target.is_logical_observable_id() and target.val == observable:
                flips = not flips
        key, p = (tuple(sorted(members)), flips), error.args_copy()[0]
        if members:
            probability[key] = probability[key] * (1 - p) + p * (1 - probability[key])
    edges = {key for key in probability if len(key[0]) <= 2}
    whole, dropped = dict(probability), 0
    for (detectors, flips), p in probability.items():
        if len(detectors) > 2:
            del whole[detectors, flips]
            pieces = _pieces(detectors, flips, edges)
            dropped += not pieces
            for piece in pieces:
                whole[piece] = whole[piece] * (1 - p) + p * (1 - whole[piece])
    graph = stim.DetectorErrorModel()
    for (detectors, flips), p in whole.items():
        targets = [stim.target_relative_detector_id(d) for d in detectors]
        graph.append("error", min(p, 0.5), targets + [stim.target_logical_observable_id(0)] * flips)
    if place:
        graph.append("detector", [], [stim.target_relative_detector_id(len(place) - 1)])
    graph.append("logical_observable", [], [stim.target_logical_observable_id(0)])
    return graph, dropped


def _pieces(
    detectors: tuple[int, ...], flips: bool, edges: set[tuple[tuple[int, ...], bool]]
) -> list[tuple[tuple[int, ...], bool]]:
    """Cut an error into edges that other errors make; nothing if there is no way."""
    if not detectors:
        return []
    first, rest = detectors[0], detectors[1:]
    for partner in (*rest, None):
        piece = (first,) if partner is None else (first, partner)
        left = tuple(d for d in rest if d != partner)
        for own in (False, True):
            if (piece, own) in edges:
                if not left:
                    if own == flips:
                        return [(piece, own)]
                    continue
                more = _pieces(left, flips ^ own, edges)
                if more:
                    return [(piece, own), *more]
    return []


@dataclass
class _Compiled(sinter.CompiledDecoder):
    parts: list[tuple[NDArray[np.int64], Any]]
    num_detectors: int

    def decode_shots_bit_packed(self, *, bit_packed_detection_event_data: Bytes) -> Bytes:
        events = np.unpackbits(
            bit_packed_detection_event_data, axis=1, count=self.num_detectors, bitorder="little"
        )
        predictions = [matching.decode_batch(events[:, chosen])[:, 0] for chosen, matching in self.parts]
        return np.packbits(np.stack(predictions, axis=1).astype(np.uint8), axis=1, bitorder="little")


@register("matching", "pymatching")
def matching() -> sinter.Decoder:
    """Return the fast decoder; give it a round after every layer."""
    return ObservableMatching()
