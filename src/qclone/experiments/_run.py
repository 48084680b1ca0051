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
from qiskit.circuit import CircuitInstruction, Gate
from qiskit.primitives import BaseSamplerV2

from qclone.device import rules_of
from qclone.errors import InvalidInputError
from qclone.experiments._answers import Answers
from qclone.experiments._controls import check_gates, check_order
from qclone.experiments._counts import Counts, setting_circuits
from qclone.experiments._exact import Exact
from qclone.experiments._experiment import Row
from qclone.experiments._identity import identity_of, key_of
from qclone.experiments._jobs import Jobs, forget, named
from qclone.experiments._measurement import Analysis
from qclone.experiments._mitigation import variants
from qclone.experiments._pooled import Pooled
from qclone.experiments._reading import RefusedError, check_reading, laws_of
from qclone.experiments._result import Result
from qclone.experiments._results import Results
from qclone.experiments._routes import Routes
from qclone.experiments._setup import Setup
from qclone.experiments._store import Folder
from qclone.simulate import Machine, learned_coverage, machine_of, quantum_seconds

Progress = Callable[[int, int], None]
# Below this many rows a second process costs more than it saves.
_WORTH_A_POOL = 8


def run(
    rows: Sequence[Row],
    setup: Setup,
    folder: Path | None = None,
    progress: Progress | None = None,
    sampler: BaseSamplerV2 | None = None,
    backend: Any = None,
    machine: Machine | None = None,
) -> Results:
    """Return the results of rows, in their order; rows that a folder holds already are not run again.

    Parameters
    ----------
    setup : device, engine, circuits, shots, seed.
    folder : where results, routes and the names of jobs are kept; nothing is written without one.
    progress : called with (rows done, rows).
    sampler : any V2 sampler, in place of the engine's own.
    backend : any Qiskit backend, in place of the engine: circuits are translated to its own gates, its
        limits of shots and circuits are kept, and its jobs are picked up again after a stop. Or a `Session`
        or a `Batch` of IBM's runtime, which is not closed. With a sampler: the backend that the sampler runs
        on, where it does not show it.
    machine : what `machine_of` made of either.

    Raises
    ------
    InvalidInputError : a row does not fit on the device, or the device is not the backend's.
    QcloneError : a job failed, or its counts cannot be measurements, see `_reading`.
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
    if sampler is not None or backend is not None:
        machine = machine_of(sampler, backend, setup.seed)
    if machine is not None:
        _refuse_others(rows, setup)
    found: dict[int, Result] = {}
    if kept is not None:
        found = {i: r for i, row in enumerate(rows) if (r := _kept(kept, row, setup, machine)) is not None}
    missing = {i: row for i, row in enumerate(rows) if i not in found}
    if progress is not None:
        progress(len(found), len(rows))
    for i, result, circuit in _measured(missing, setup, machine, folder):
        found[i] = result
        if kept is not None:
            kept.write(result, circuit)
            forget(folder, result.key)
        if progress is not None:
            progress(len(found), len(rows))
    return Results(found[i] for i in range(len(rows)))


def _kept(kept: Folder, row: Row, setup: Setup, machine: Machine | None) -> Result | None:
    """Return the result that a folder holds of a row whose circuits need no routing any more."""
    here = setup.for_row(row)
    placed = _routes(kept.path).known(row, here)
    if placed is None:
        return None
    identity = identity_of(row, here, placed, machine or here.machine())
    result = kept.read(key_of(identity))
    if result is None:
        return None
    # What it stands beside decides no number, and counts do not depend on how they are analysed: both are
    # the present ones.
    result = replace(result, bounds=row.bounds, published=row.published)
    return result.reanalysed(row) if "counts" in result.data else result


def _refuse_others(rows: Sequence[Row], setup: Setup) -> None:
    for row in rows:
        if (other := setup.for_row(row).device).digest != setup.device.digest:
            raise InvalidInputError(
                f"A row of {row.experiment} is of another device, {other.name}.",
                f"Run rows of {setup.device.name} alone on it.",
            )


def _routes(folder: Path | None) -> Routes:
    return Routes(None if folder is None else folder / "routes")


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
    rows: Mapping[int, Row], setup: Setup, machine: Machine | None, folder: Path | None
) -> Iterator[tuple[int, Result, QuantumCircuit]]:
    if setup.engine != "twin" or machine is not None:
        for i, row in rows.items():
            yield i, *run_row(row, setup, machine or setup.for_row(row).machine(), folder)
        return
    workers = min(num_processors(), len(rows))
    if workers < 2 or len(rows) < _WORTH_A_POOL:
        for i, row in rows.items():
            yield i, *run_row(row, setup, None, folder)
        return
    # Large rows first: they would keep one process busy at the end.
    order = sorted(rows.items(), key=lambda item: -item[1].scheme.num_qubits)
    context = multiprocessing.get_context("spawn")
    others = multiprocessing.active_children()
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        pending = {pool.submit(run_row, row, setup, None, folder): i for i, row in order}
        try:
            for future in as_completed(pending):
                yield pending[future], *future.result()
        except BaseException:
            # Who interrupts does not want to wait for rows that are half done.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                if process not in others:
                    process.terminate()
            raise


def run_row(
    row: Row, setup: Setup, machine: Machine | None = None, folder: Path | None = None
) -> tuple[Result, QuantumCircuit]:
    """Return the result of one row and its placed circuit.

    Parameters
    ----------
    machine : what runs circuits; exact values of the twin without one.
    folder : where routes and jobs are kept.
    """
    here = setup.for_row(row)
    placed = _routes(folder).placed(row, here)
    identity = identity_of(row, here, placed, machine)
    if machine is None:
        return _exactly(row, here, placed, identity)
    data, found = _counted(row, here, placed[0], machine, named(folder, key_of(identity)))
    return _result(row, here, placed[0], found, data, identity, machine), placed[0]


def _counted(
    row: Row, setup: Setup, placed: QuantumCircuit, machine: Machine, jobs: Path | None
) -> tuple[dict[str, Any], Analysis]:
    settings = row.measurement.settings()
    circuits = variants(placed, row, setup)
    shots = max(1, setup.shots // len(circuits))
    every = [c for circuit in circuits for c in setting_circuits(circuit, settings)]
    running = Jobs(machine, jobs)
    counts = running.counts(every, shots)
    several = [Counts(dict(zip(settings, part, strict=True))) for part in _parts(counts, len(settings))]
    total = merged(several)
    if not machine.own:
        first, again = dict(zip(settings, every, strict=False)), Jobs(machine).counts
        try:
            check_reading(total, first, machine.label, again)
            if laws := laws_of(first):
                check_order(total, laws, first, machine.label, again)
            else:
                check_gates(total, settings, circuits[0], setup.device, machine.label, again)
        except RefusedError as error:
            raise running.refused(error) from None
    return {"counts": total.counts}, row.measurement.analyse(total)


def _exactly(
    row: Row, setup: Setup, circuits: Sequence[QuantumCircuit], identity: Mapping[str, Any]
) -> tuple[Result, QuantumCircuit]:
    """Return the try with the median value."""
    tries = []
    for placed in circuits:
        parts = _parts_of(placed, row, setup)
        answers = Answers({}, Pooled(parts))
        tries.append((row.measurement.analyse(answers), placed, answers, parts))
    tries.sort(key=lambda found: found[0].estimate.value)
    found, placed, answers, parts = tries[len(tries) // 2]
    values = [found.estimate.value for found, *_ in tries]
    budget = {
        rule.name: row.measurement.analyse(
            Answers({}, Pooled([part.under(setup.rules.without(rule.name)) for part in parts]))
        ).estimate.value
        for rule in rules_of(setup.device)
    }
    result = _result(row, setup, placed, found, {"exact": answers.known, "tries": values}, identity)
    return replace(result, budget=budget), placed


def _parts_of(placed: QuantumCircuit, row: Row, setup: Setup) -> list[Exact]:
    circuits = variants(placed, row, setup)
    settings, shots = row.measurement.settings(), max(1, setup.shots // len(circuits))
    return [Exact(c, settings, setup.device, setup.rules, shots) for c in circuits]


def _result(
    row: Row,
    setup: Setup,
    placed: QuantumCircuit,
    found: Analysis,
    data: dict[str, Any],
    identity: Mapping[str, Any],
    machine: Machine | None = None,
) -> Result:
    ran: dict[str, Any] = {} if machine is None else {"engine": machine.label}
    if "counts" in data:
        ran["returned"] = Counts(data["counts"]).returned()
    if setup.device.learned is not None and setup.rules.learned:
        covered = learned_coverage(placed, setup.device)
        pairs = [[*pair, count] for pair, count in covered.calibrated.items()]
        data = data | {"learned": {"gates": covered.gates, "learned": covered.learned, "calibrated": pairs}}
    return Result(
        key=key_of(identity),
        experiment=row.experiment,
        parameters=row.parameters,
        quantity=found.name,
        estimate=found.estimate,
        layers=placed.depth(is_entangling),
        gates=sum(map(is_entangling, placed.data)),
        bounds=row.bounds,
        published=row.published,
        provenance=setup.provenance | ran,
        data=data,
        matrices=found.matrices,
        accepted=found.accepted,
        identity=identity,
    )


def is_entangling(instruction: CircuitInstruction) -> bool:
    """Whether it is a two-qubit gate of a placed circuit."""
    return len(instruction.qubits) == 2 and isinstance(instruction.operation, Gate)


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[i : i + size] for i in range(0, len(items), size))


def merged(parts: Sequence[Counts]) -> Counts:
    """Return the shots of several runs of the same settings together."""
    together: dict[str, dict[str, int]] = {}
    for part in parts:
        for setting, counts in part.counts.items():
            total = together.setdefault(setting, {})
            for text, shots in counts.items():
                total[text] = total.get(text, 0) + shots
    return Counts(together)
