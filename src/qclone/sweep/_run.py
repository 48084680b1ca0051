"""Run a sweep on dask workers: a local cluster, or any scheduler by its address."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed

from qclone.errors import InvalidInputError, QcloneError
from qclone.sweep._points import check_experiment, compute
from qclone.sweep._results import Results
from qclone.sweep._spec import Point, Sweep

# A task costs the scheduler about a millisecond and a worker's death repeats at most one batch.
BATCHES_A_WORKER = 16
# A worker may die this often under one batch before the batch is taken for the cause.
RETRIES = 8

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SweepSummary:
    """What a run did: points in all, computed now, found finished, failed and why the first, seconds."""

    points: int
    computed: int
    resumed: int
    failed: int
    first_failure: str
    seconds: float


def run_sweep(
    sweep: Sweep,
    folder: str | Path,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Progress = lambda done, total: None,
) -> SweepSummary:
    """Compute every point that `folder` does not hold yet and write it there.

    Only this process writes: a worker that dies loses nothing but the batch in its hands, which another
    repeats. A point that fails by itself (a parameter out of range) is counted and the others go on.

    Parameters
    ----------
    scheduler : address of a running dask scheduler, such as tcp://10.0.0.1:8786; by default a cluster of
        processes on this machine.
    workers : number of local processes; by default one a core. Ignored with `scheduler`.
    progress : called with (points done, points in all) whenever a batch is finished.
    """
    check_experiment(sweep.experiment)
    started = time.monotonic()
    results = Results(folder)
    finished = results.keys()
    todo = [(key, point) for point in sweep.points() if (key := sweep.key(point)) not in finished]
    resumed = sweep.num_points - len(todo)
    progress(resumed, sweep.num_points)
    computed, failures = 0, []
    if todo:
        with _client(scheduler, workers) as client:
            for rows, failed in _batches_as_finished(client, sweep.experiment, todo):
                if rows:
                    results.append(rows)
                computed += len(rows)
                failures += failed
                progress(resumed + computed + len(failures), sweep.num_points)
    seconds = time.monotonic() - started
    first = failures[0] if failures else ""
    return SweepSummary(sweep.num_points, computed, resumed, len(failures), first, seconds)


@contextmanager
def _client(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    if scheduler is None:
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": RETRIES}),
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise InvalidInputError(
            f"No dask scheduler answers at {scheduler}: {error}.", "Start one with: dask scheduler"
        ) from None
    with client:
        yield client


Keyed = tuple[str, Point]
Finished = tuple[list[dict[str, Any]], list[str]]


def _batches_as_finished(client: Client, experiment: str, todo: Sequence[Keyed]) -> Iterator[Finished]:
    num_workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    size = max(1, len(todo) // (num_workers * BATCHES_A_WORKER))
    batches = list(_batched(todo, size))
    futures = client.map(_run_batch, [experiment] * len(batches), batches, pure=False, retries=RETRIES)
    for future, finished in as_completed(futures, with_results=True):
        yield finished
        future.release()


def _batched(items: Iterable[Keyed], size: int) -> Iterator[list[Keyed]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _run_batch(experiment: str, batch: Sequence[Keyed]) -> Finished:
    """Compute the points of one batch on a worker: the rows, and why the others failed."""
    rows, failed = [], []
    for key, point in batch:
        try:
            rows.append({"key": key, "experiment": experiment, **point, **compute(experiment, point)})
        except QcloneError as error:
            failed.append(f"{point}: {error}")
    return rows, failed
