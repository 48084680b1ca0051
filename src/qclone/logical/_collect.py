"""Shots, decoded and counted in sinter's format: identity by content, resumable, to be merged."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import sinter
import stim

from qclone.errors import InvalidInputError, StorageError
from qclone.locking import hold
from qclone.logical.decoders import load_decoder

MAX_SHOTS = 100_000_000
Progress = Callable[[int, int], None]
_BATCH_SECONDS = 2.0


def collect(
    task: sinter.Task,
    shots: int,
    seed: int = 0,
    path: Path | None = None,
    progress: Progress | None = None,
    max_seconds: float | None = None,
) -> sinter.TaskStats:
    """Return statistics of at least so many shots of a task, those that a file holds already included.

    Which combinations of observables were predicted wrongly is counted, as by sinter with
    `count_observable_error_combos`: what an outer code needs. Batches of one task, seed and number of
    shots before are the same everywhere, so whatever is added to a file was not in it.

    Parameters
    ----------
    task : with its decoder's name.
    path : a CSV file of sinter's; read before and appended to after every batch, by one process at a time,
        in one piece: what is killed loses the batch that it was at, and nothing is counted twice.
    max_seconds : end after about so long, with fewer shots.

    Raises
    ------
    InvalidInputError : shots or seed out of range, no such decoder, a file of something else.
    StorageError : the file cannot be written, or another process adds to it.
    """
    if not 1 <= shots <= MAX_SHOTS or not 0 <= seed < 2**31:
        raise InvalidInputError(
            f"{shots:,} shots with seed {seed} are out of range.",
            f"Ask for 1 to {MAX_SHOTS:,} shots and a seed from 0 to {2**31 - 1:,}.",
        )
    with _alone(path):
        return _collect(task, shots, seed, path, progress, max_seconds)


def _collect(
    task: sinter.Task,
    shots: int,
    seed: int,
    path: Path | None,
    progress: Progress | None,
    max_seconds: float | None,
) -> sinter.TaskStats:
    assert task.decoder is not None
    stats = known(task, path)
    decoder = load_decoder(task.decoder)
    if stats.shots >= shots:
        return stats
    try:
        compiled = decoder.compile_decoder_for_dem(dem=task.detector_error_model)
    except NotImplementedError:
        raise InvalidInputError(
            f"The decoder {task.decoder} decodes files only.", "Give it a `compile_decoder_for_dem`."
        ) from None
    started, size = time.monotonic(), 16
    while stats.shots < shots and (max_seconds is None or time.monotonic() - started < max_seconds):
        size = min(size, shots - stats.shots)
        batch = _batch(task, compiled, size, _seed(task, seed, stats.shots))
        stats += batch
        if path is not None:
            _append(path, batch)
        if progress is not None:
            progress(stats.shots, shots)
        each = batch.seconds / batch.shots
        size = min(int(_BATCH_SECONDS / max(each, 1e-7)) + 1, size * 8, 200_000)
    return stats


def known(task: sinter.Task, path: Path | None) -> sinter.TaskStats:
    """Return what a file holds of a task: nothing, zero shots, where there is no file."""
    assert task.decoder is not None
    stats = sinter.TaskStats(task.strong_id(), task.decoder, task.json_metadata)
    if path is None or not path.exists():
        return stats
    try:
        found = sinter.read_stats_from_csv_files(path)
    except (ValueError, KeyError, OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} is no file of sinter's: {error}.", "Name another file.") from None
    return sum((s for s in found if s.strong_id == stats.strong_id), stats)


def _batch(task: sinter.Task, decoder: sinter.CompiledDecoder, shots: int, seed: int) -> sinter.TaskStats:
    started = time.process_time()
    circuit: stim.Circuit = task.circuit
    events, actual = circuit.compile_detector_sampler(seed=seed).sample(
        shots, bit_packed=True, separate_observables=True
    )
    predicted = decoder.decode_shots_bit_packed(bit_packed_detection_event_data=events)
    if predicted.shape != actual.shape or predicted.dtype != np.uint8:
        raise InvalidInputError(
            f"The decoder {task.decoder} answers {predicted.dtype} of shape {predicted.shape}.",
            f"What is asked for is uint8 of shape {actual.shape}, bit packed.",
        )
    wrong = np.unpackbits(actual ^ predicted, axis=1, count=circuit.num_observables, bitorder="little")
    masks, counts = np.unique(wrong, axis=0, return_counts=True)
    combos = Counter(
        {
            "obs_mistake_mask=" + "".join("_E"[bit] for bit in mask): int(count)
            for mask, count in zip(masks, counts, strict=True)
            if mask.any()
        }
    )
    return sinter.TaskStats(
        strong_id=task.strong_id(),
        decoder=str(task.decoder),
        json_metadata=task.json_metadata,
        shots=shots,
        errors=sum(combos.values()),
        seconds=time.process_time() - started,
        custom_counts=combos,
    )


def _seed(task: sinter.Task, seed: int, before: int) -> int:
    content = f"{task.strong_id()} {seed} {before}"
    return int.from_bytes(sha256(content.encode()).digest()[:8], "little") >> 1


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Hold a file's lock, beside it: two processes would sample the same batches and count them twice."""
    if path is None:
        yield
        return
    try:
        lock = path.with_name(f".{path.name}.lock").open("w")
    except OSError as error:
        raise _unwritable(path, error) from None
    with lock:
        if not hold(lock, wait=False):
            raise StorageError(f"Another process adds to {path} now.", "Wait for it, or name another file.")
        yield


def _append(path: Path, stats: sinter.TaskStats) -> None:
    """Add a line in one piece, or nothing."""
    try:
        with path.open("ab", buffering=0) as file:
            size = file.tell()
            header = b"" if size else f"{sinter.CSV_HEADER}\n".encode()
            text = header + f"{stats.to_csv_line()}\n".encode()
            try:
                if file.write(text) != len(text):
                    raise OSError(0, "the disk is full")
            except OSError:
                os.ftruncate(file.fileno(), size)
                raise
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be written: {error.strerror}.", "Name another file.")
