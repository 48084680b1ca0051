"""Jobs on a machine: within its limits, written down as they are submitted, picked up again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit

from qclone.errors import QcloneError
from qclone.experiments._store import write_whole
from qclone.simulate import Job, Machine

# What jobs may hold where a machine states no limit.
_CIRCUITS, _SHOTS = 100, 100_000


@dataclass(frozen=True)
class Batch:
    """Circuits of one job: their places in the list, and shots each."""

    first: int
    last: int
    shots: int


def batches(machine: Machine, num_circuits: int, shots: int) -> list[Batch]:
    """Return how circuits are dealt out to jobs within the machine's limits.

    Example
    -------
    >>> class Small:
    ...     most_circuits, most_shots = 2, 2000
    >>> [(b.first, b.last, b.shots) for b in batches(Small(), 3, 5000)]
    [(0, 2, 2000), (0, 2, 2000), (0, 2, 1000), (2, 3, 2000), (2, 3, 2000), (2, 3, 1000)]
    """
    width, most = machine.most_circuits or _CIRCUITS, machine.most_shots or _SHOTS
    parts = [most] * (shots // most) + ([shots % most] if shots % most else [])
    return [
        Batch(first, min(first + width, num_circuits), part)
        for first in range(0, num_circuits, width)
        for part in parts
    ]


@dataclass
class Jobs:
    """The jobs of one result; in a folder, `KEY.jobs` names them and holds the counts that came back.

    Parameters
    ----------
    machine : what runs them.
    path : the file; None to keep nothing.
    """

    machine: Machine
    path: Path | None = None

    def counts(self, circuits: Sequence[QuantumCircuit], shots: int) -> list[dict[str, int]]:
        """Return the counts of every circuit, from jobs submitted before and now.

        All jobs are submitted before the first is waited for.

        Raises
        ------
        QcloneError : a job failed; what came back before is kept.
        """
        plan = batches(self.machine, len(circuits), shots)
        written = self._read(len(plan))
        translated: list[QuantumCircuit] | None = None
        running: list[Job | None] = []
        for batch, entry in zip(plan, written, strict=True):
            if entry.get("counts") is not None:
                running.append(None)
                continue
            job = self.machine.job(entry["id"]) if entry.get("id") else None
            if job is None:
                translated = translated or self.machine.translated(circuits)
                job = self.machine.submit(translated[batch.first : batch.last], batch.shots)
                entry["id"] = job.job_id
                self._write(written)
            running.append(job)
        totals: list[Counter[str]] = [Counter() for _ in circuits]
        for batch, entry, job in zip(plan, written, running, strict=True):
            if job is not None:
                widths = [c.num_clbits for c in circuits[batch.first : batch.last]]
                try:
                    entry["counts"] = job.counts(widths)
                except QcloneError:
                    if job.is_dead:  # the next run submits it anew
                        del entry["id"]
                        self._write(written)
                    raise
                self._write(written)
            for total, counts in zip(totals[batch.first : batch.last], entry["counts"], strict=True):
                total.update(counts)
        return [dict(total) for total in totals]

    def _read(self, count: int) -> list[dict[str, Any]]:
        try:
            entries = json.loads(self.path.read_text()) if self.path is not None else []
        except (OSError, ValueError):
            entries = []
        return entries if len(entries) == count else [{} for _ in range(count)]

    def _write(self, entries: Sequence[dict[str, Any]]) -> None:
        if self.path is not None:
            write_whole(self.path.parent, self.path.name, json.dumps(entries).encode())


def named(folder: Path | None, key: str) -> Path | None:
    """Return the file that names the jobs of a result."""
    return None if folder is None else folder / f"{key}.jobs"


def forget(folder: Path | None, key: str) -> None:
    """Forget the jobs of a result that is written."""
    if (path := named(folder, key)) is not None:
        path.unlink(missing_ok=True)
