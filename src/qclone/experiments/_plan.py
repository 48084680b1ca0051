"""What a run would take, before anything is submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qclone.experiments._counts import setting_circuits
from qclone.experiments._experiment import Row
from qclone.experiments._jobs import batches
from qclone.experiments._mitigation import variants
from qclone.experiments._routes import Routes
from qclone.experiments._setup import Setup
from qclone.simulate import Machine, quantum_seconds


@dataclass(frozen=True)
class Workload:
    """Circuits, shots and jobs of a run.

    Parameters
    ----------
    circuits, jobs : numbers.
    shots : of all circuits together.
    qubits : of the widest, in use.
    gates : two-qubit gates of the longest, in the machine's own gates.
    seconds : a processor would be busy, by the device's durations and IBM's overheads of jobs and shots.
    """

    circuits: int
    shots: int
    jobs: int
    qubits: int
    gates: int
    seconds: float


def workload(
    rows: Sequence[Row],
    setup: Setup,
    machine: Machine | None,
    progress: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
) -> Workload:
    """Return what a run of rows takes; circuits are placed and translated, nothing is submitted."""
    circuits = shots = jobs = qubits = gates = 0
    seconds = 0.0
    routes = Routes(None if folder is None else folder / "routes")
    for done, row in enumerate(rows, start=1):
        here = setup.for_row(row)
        made = variants(routes.placed(row, here)[0], row, here)
        each = max(1, here.shots // len(made))
        placed = [c for v in made for c in setting_circuits(v, row.measurement.settings())]
        own = machine.translated(placed) if machine is not None else placed
        circuits += len(placed)
        shots += each * len(placed)
        jobs += len(batches(machine, len(placed), each)) if machine is not None else 1
        gates = max([gates, *(c.num_nonlocal_gates() for c in own)])
        qubits = max(qubits, len({q for i in own[0].data for q in i.qubits}))
        seconds += quantum_seconds(placed, here.device, each)
        if progress is not None:
            progress(done, len(rows))
    return Workload(circuits, shots, jobs, qubits, gates, seconds)
