"""Shots a second of `collect` against sinter's own decoding: the same circuit and decoder, in one run.

    python benchmarks/logical_speed.py [--distance 3] [--shots 4000]

Both are processor seconds of this process, from the sampler to the count of wrong shots.
"""

from __future__ import annotations

import argparse
import time

import sinter

from qclone.logical import Case, collect, load_code, load_decoder, load_rates

DECODERS = ("tesseract", "matching")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distance", type=int, default=3)
    parser.add_argument("--shots", type=int, default=4000)
    given = parser.parse_args()
    for name in DECODERS:
        every = 1 if name == "matching" else 3
        case = Case(load_code("surface", given.distance), load_rates("1e-3"), every=every, decoder=name)
        task = case.task()
        decoder = load_decoder(name)
        started = time.process_time()
        collect(task, given.shots)
        mine = time.process_time() - started
        started = time.process_time()
        events, actual = task.circuit.compile_detector_sampler().sample(
            given.shots, separate_observables=True, bit_packed=True
        )
        predicted = sinter.predict_observables(
            dem=task.detector_error_model,
            dets=events,
            decoder=name,
            custom_decoders={name: decoder},
            bit_pack_result=True,
        )
        wrong = int((predicted != actual).any(axis=1).sum())
        theirs = time.process_time() - started
        print(
            f"{name}, d = {given.distance}: {given.shots / mine:.0f} and {given.shots / theirs:.0f} shots/s, "
            f"ratio {theirs / mine:.2f}; sinter had {wrong} wrong"
        )


if __name__ == "__main__":
    main()
