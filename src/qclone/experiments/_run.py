"""Run rows on an engine, keep what was found, and go on where a run stopped."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from qiskit.primitives import BaseSamplerV2

from qclone.device import RULES, NoiseRules
from qclone.experiments._answers import Answers
from qclone.experiments._counts import Counts, sample, setting_circuits
from qclone.experiments._exact import Exact
from qclone.experiments._experiment import Row
from qclone.experiments._measurement import Analysis
from qclone.experiments._mitigation import variants
from qclone.experiments._pooled import Pooled
from qclone.experiments._result import Result
from qclone.experiments._setup import Setup
from qclone.experiments._store import Folder
from qclone.simulate import make_sampler, quantum_seconds

Progress = Callable[[int, int], None]
# Below this many rows a second process costs more than it saves.
_WORTH_A_POOL = 8


def run(
    rows: Sequence[Row],
    setup: Setup,
    folder: Path | None = None,
    progress: Progress | None = None,
    sampler: BaseSamplerV2 | None = None,
) -> list[Result]:
    """Return the results of rows, in their order; rows that a folder holds already are not run again.

    Parameters
    ----------
    setup : device, engine, circuits, shots, seed.
    folder : where results are kept; nothing is written without one.
    progress : called with (rows done, rows).
    sampler : any V2 sampler that runs circuits placed on the device, in place of the engine's own.

    Raises
    ------
    InvalidInputError : a row does not fit on the device.
    StorageError : the folder cannot be written.

    Example
    -------
    >>> from qclone.device import load_device
    >>> from qclone.experiments import Sensitivity, Setup, run
    >>> rows = Sensitivity(clones=(2,)).rows()
    >>> [r.estimate.value > 0.8 for r in run(rows, Setup(load_device("kingston")))]
    [True, True]
    """
    kept = Folder(folder) if folder is not None else None
    keys = [setup.for_row(row).key(row) for row in rows]
    found: dict[str, Result] = {}
    if kept is not None:
        found = {key: result for key in keys if (result := kept.read(key)) is not None}
    missing = {key: row for key, row in zip(keys, rows, strict=True) if key not in found}
    if progress is not None:
        progress(len(rows) - len(missing), len(rows))
    for result, circuit in _measured(missing, setup, sampler):
        found[result.key] = result
        if kept is not None:
            kept.write(result, circuit)
        if progress is not None:
            progress(len(rows) - len(missing) + sum(key in found for key in missing), len(rows))
    return [found[key] for key in keys]


def cost(rows: Sequence[Row], setup: Setup, progress: Progress | None = None) -> float:
    """Return how many seconds a processor is busy with rows, one job each: what a provider charges for."""
    seconds = 0.0
    for done, row in enumerate(rows, start=1):
        here = setup.for_row(row)
        circuits = variants(here.place(row), row, here)
        shots = max(1, here.shots // len(circuits))
        for placed in circuits:
            settings = setting_circuits(placed, row.measurement.settings())
            seconds += quantum_seconds(settings, here.device, shots)
        if progress is not None:
            progress(done, len(rows))
    return seconds


def num_processors() -> int:
    """Return how many processors this process may use, on every platform."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _measured(
    rows: Mapping[str, Row], setup: Setup, sampler: BaseSamplerV2 | None
) -> Iterator[tuple[Result, QuantumCircuit]]:
    if setup.engine == "twin" and sampler is None:
        workers = min(num_processors(), len(rows))
        if workers < 2 or len(rows) < _WORTH_A_POOL:
            yield from (run_row(row, setup) for row in rows.values())
            return
        # Large rows first: they would keep one process busy at the end.
        order = sorted(rows.values(), key=lambda row: -row.scheme.num_qubits)
        context = multiprocessing.get_context("spawn")
        others = multiprocessing.active_children()
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            pending = [pool.submit(run_row, row, setup) for row in order]
            try:
                yield from (future.result() for future in as_completed(pending))
            except BaseException:
                # Who interrupts does not want to wait for rows that are half done.
                pool.shutdown(wait=False, cancel_futures=True)
                for process in multiprocessing.active_children():
                    if process not in others:
                        process.terminate()
                raise
    else:
        for row in rows.values():
            here = setup.for_row(row)
            used = sampler or make_sampler(here.engine, here.device, here.rules, here.seed)
            yield run_row(row, setup, used)


def run_row(row: Row, setup: Setup, sampler: BaseSamplerV2 | None = None) -> tuple[Result, QuantumCircuit]:
    """Return the result of one row and its placed circuit."""
    here = setup.for_row(row)
    if sampler is None:
        return _exactly(row, here)
    placed = here.place(row)
    settings = row.measurement.settings()
    circuits = variants(placed, row, here)
    shots = max(1, here.shots // len(circuits))
    counts = _merged([sample(c, settings, sampler, shots) for c in circuits])
    found = row.measurement.analyse(counts)
    return _result(row, here, placed, found, {"counts": counts.counts}), placed


def _exactly(row: Row, setup: Setup) -> tuple[Result, QuantumCircuit]:
    """Return the try with the median value."""
    tries = []
    for seed in range(setup.seed, setup.seed + setup.tries):
        placed = replace(setup, seed=seed).place(row)
        answers = _answers(placed, row, setup, setup.rules)
        tries.append((row.measurement.analyse(answers), placed, answers))
    tries.sort(key=lambda found: found[0].estimate.value)
    found, placed, answers = tries[len(tries) // 2]
    values = [found.estimate.value for found, _, _ in tries]
    budget = {
        rule.name: row.measurement.analyse(
            _answers(placed, row, setup, setup.rules.without(rule.name))
        ).estimate.value
        for rule in RULES
    }
    result = _result(row, setup, placed, found, {"exact": answers.known, "tries": values})
    return replace(result, budget=budget), placed


def _answers(placed: QuantumCircuit, row: Row, setup: Setup, rules: NoiseRules) -> Answers:
    circuits = variants(placed, row, setup)
    settings, shots = row.measurement.settings(), max(1, setup.shots // len(circuits))
    return Answers({}, Pooled([Exact(c, settings, setup.device, rules, shots) for c in circuits]))


def _result(
    row: Row, setup: Setup, placed: QuantumCircuit, found: Analysis, data: Mapping[str, Any]
) -> Result:
    return Result(
        key=setup.key(row),
        experiment=row.experiment,
        parameters=row.parameters,
        quantity=found.name,
        estimate=found.estimate,
        layers=placed.depth(lambda i: i.operation.name == "cz"),
        gates=placed.count_ops().get("cz", 0),
        bounds=row.bounds,
        published=row.published,
        provenance=setup.provenance,
        data=data,
        matrices=found.matrices,
        accepted=found.accepted,
    )


def _merged(parts: Sequence[Counts]) -> Counts:
    merged: dict[str, dict[str, int]] = {}
    for part in parts:
        for setting, counts in part.counts.items():
            total = merged.setdefault(setting, {})
            for text, shots in counts.items():
                total[text] = total.get(text, 0) + shots
    return Counts(merged)
