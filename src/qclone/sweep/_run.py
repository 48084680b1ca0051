"""Run a sweep on dask workers: a local cluster, or any scheduler by its address."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import CancelledError, Client, Future, LocalCluster, wait
from distributed.comm.core import CommClosedError
from distributed.utils import silence_logging_cmgr

from qclone.device import Device
from qclone.errors import InvalidInputError, QcloneError
from qclone.sweep._identity import key_of
from qclone.sweep._logical import write_statistics
from qclone.sweep._points import check, point_of
from qclone.sweep._results import Results
from qclone.sweep._spec import Sweep

# A task costs the scheduler about a millisecond and a worker's death repeats at most one batch.
BATCHES_A_WORKER = 16
# A worker may die this often under one batch before the batch is taken for the cause (a local cluster;
# a scheduler elsewhere has its own distributed.scheduler.allowed-failures).
ALLOWED_FAILURES = 8

# After so long without a finished batch it is asked whether there are workers at all.
PATIENCE_S = 60

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
    check(sweep)
    started = time.monotonic()
    results = Results(folder)
    finished = results.keys()
    devices: dict[str, Device] = {}
    keyed = ((key_of(sweep.experiment, point, devices), point) for point in sweep.points())
    todo = [(key, point) for key, point in keyed if key not in finished]
    resumed = sweep.num_points - len(todo)
    progress(resumed, sweep.num_points)
    computed, failures = 0, []
    if todo:
        # What dask logs about workers and schedulers that die is said here in one sentence.
        with silence_logging_cmgr(logging.CRITICAL), _client(scheduler, workers) as client:
            for rows, failed in _batches_as_finished(client, sweep.experiment, todo):
                if rows:
                    results.append(rows)
                computed += len(rows)
                failures += failed
                progress(resumed + computed + len(failures), sweep.num_points)
    if sweep.experiment == "logical":
        write_statistics(results.table().to_pylist(), results.folder / "stats.csv")
    seconds = time.monotonic() - started
    first = failures[0] if failures else ""
    return SweepSummary(sweep.num_points, computed, resumed, len(failures), first, seconds)


@contextmanager
def _client(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    if scheduler is None:
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_FAILURES}),
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,  # in the workers' processes, too
            ) as cluster,
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
    try:
        if not _num_workers(client):
            raise InvalidInputError(
                f"The dask scheduler at {scheduler} has no workers.",
                f"Start some with: dask worker {scheduler}",
            )
        with client.as_current():  # not another one that the caller is in: `wait` asks the current one
            yield client
    finally:
        with suppress(Exception):  # saying goodbye to a scheduler that died fails in many ways
            client.close()


Keyed = tuple[str, dict[str, Any]]
Finished = tuple[list[dict[str, Any]], list[str]]


def _batches_as_finished(client: Client, experiment: str, todo: Sequence[Keyed]) -> Iterator[Finished]:
    # Points are dealt out like cards: neighbours in a grid take alike long, and so do the batches.
    num_batches = min(len(todo), _num_workers(client) * BATCHES_A_WORKER)
    batches = [todo[i::num_batches] for i in range(num_batches)]
    futures = client.map(_run_batch, [experiment] * num_batches, batches, pure=False)
    batch_of = dict(zip(futures, batches, strict=True))
    while batch_of:
        with _scheduler_answers():
            try:
                done, _ = wait(list(batch_of), timeout=PATIENCE_S, return_when="FIRST_COMPLETED")
            except TimeoutError:
                _require_workers(client)
                continue
        for future in done:
            batch = batch_of.pop(future)
            with _scheduler_answers():
                finished = _finished(client, future, batch)
                future.release()
            yield finished


def _finished(client: Client, future: Future[Finished], batch: Sequence[Keyed]) -> Finished:
    while True:
        if future.status == "error":
            return [], [f"{point}: {future.exception()}" for _, point in batch]
        try:
            rows: Finished = future.result(timeout=PATIENCE_S)
        except TimeoutError:  # its worker died with it, and another one would do it again
            _require_workers(client)
        else:
            return rows


def _require_workers(client: Client) -> None:
    if not _num_workers(client):
        raise _stopped("No dask worker is left")


@contextmanager
def _scheduler_answers() -> Iterator[None]:
    """A scheduler may die while one waits, and while results are fetched."""
    try:
        yield
    except (CancelledError, CommClosedError):
        raise _stopped("The dask scheduler is gone") from None


def _stopped(why: str) -> QcloneError:
    return QcloneError(
        f"{why}; the points that were finished are kept.", "Run the sweep again: it goes on where it was."
    )


def _num_workers(client: Client) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _run_batch(experiment: str, batch: Sequence[Keyed]) -> Finished:
    """Compute the points of one batch on a worker: the rows, and why the others failed."""
    rows, failed = [], []
    for key, point in batch:
        try:
            if key_of(experiment, point) != key:
                raise QcloneError(
                    "This worker has other code or another device than the process that writes results.",
                    "Start the workers with the same qclone and the same device files.",
                )
            row = point_of(experiment).compute(**point)
            rows.append({"key": key, "experiment": experiment, **point, **row})
        except QcloneError as error:
            failed.append(f"{point}: {error}")
        except Exception as error:  # one point, whatever is wrong with it, does not stop the others
            failed.append(f"{point}: {type(error).__name__}: {error}")
    return rows, failed
