"""Jobs on a machine: within its limits, written down as they are submitted, picked up again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from qiskit import QuantumCircuit

from qclone.errors import InvalidInputError, QcloneError
from qclone.experiments._controls import check_translation
from qclone.experiments._given_counts import given_counts
from qclone.experiments._store import write_whole
from qclone.simulate import Job, Machine

Entry = dict[str, Any]
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
    ...     most_circuits, most_shots, repeats = 2, 2000, False
    >>> [(b.first, b.last, b.shots) for b in batches(Small(), 3, 5000)]
    [(0, 2, 2000), (0, 2, 2000), (0, 2, 1000), (2, 3, 2000), (2, 3, 2000), (2, 3, 1000)]
    """
    width = machine.most_circuits or _CIRCUITS
    most = machine.most_shots or (shots if machine.repeats else _SHOTS)
    parts = [most] * (shots // most) + ([shots % most] if shots % most else [])
    return [
        Batch(first, min(first + width, num_circuits), part)
        for first in range(0, num_circuits, width)
        for part in parts
    ]


@dataclass
class Jobs:
    """The jobs of one result; in a folder, `KEY.jobs` names them and holds the counts that came back.

    What is going to be submitted is written down before it is: a process that dies in between leaves a job
    without a name, which is looked for by its tag where the provider has tags. Where it cannot be found, or a
    job with a name is not given back, that is an error once: to run again is to submit again.

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
        QcloneError : a job failed, or may have been submitted and cannot be found; what came back before is
            kept.
        """
        planned = [asdict(batch) for batch in batches(self.machine, len(circuits), shots)]
        written = self._read(planned, [c.num_clbits for c in circuits], shots)
        plan = [Batch(entry["first"], entry["last"], entry["shots"]) for entry in written]
        running = self._known(written)
        translated: list[QuantumCircuit] | None = None
        for i, (batch, entry) in enumerate(zip(plan, written, strict=True)):
            if entry.get("counts") is not None or running[i] is not None:
                self.machine.passed(circuits[batch.first : batch.last])
            else:
                translated = translated or self._translated(circuits)
                running[i] = self._submitted(
                    translated[batch.first : batch.last], batch.shots, entry, written
                )
        totals: list[Counter[str]] = [Counter() for _ in circuits]
        for batch, entry, job in zip(plan, written, running, strict=True):
            if job is not None:
                self._fetch(job, circuits[batch.first : batch.last], entry, written)
            for total, counts in zip(totals[batch.first : batch.last], entry["counts"], strict=True):
                total.update(counts)
        return [dict(total) for total in totals]

    def refused(self, error: QcloneError) -> QcloneError:
        """Return the error for counts that are no measurements: they are put aside, not resumed for ever."""
        if self.path is None:
            return error
        aside = next(p for i in count(1) if not (p := self.path.with_suffix(f".refused{i}")).exists())
        self.path.replace(aside)
        return QcloneError(
            error.message, f"{error.remedy} What came back is kept in {aside}; the next run submits anew."
        )

    def _known(self, written: list[Entry]) -> list[Job | None]:
        """Return the jobs that were submitted before; raises QcloneError for those that may have been."""
        found: list[Job | None] = []
        lost: list[str] = []
        for entry in written:
            job = self._before(entry)
            found.append(job)
            if job is None and entry.get("counts") is None and ("id" in entry or "tag" in entry):
                said = f"the job {entry['id']}" if "id" in entry else f"a job without a name at {entry['at']}"
                lost += [] if self.machine.here or entry.get("here") else [said]
                for key in ("id", "tag"):
                    entry.pop(key, None)
        if lost:
            self._write(written)
            raise QcloneError(
                f"A run that stopped gave {self.machine.label} {', '.join(lost)}, and it cannot say what "
                "became of that.",
                f"Ask the provider: counts that it has can be written into {self.path}, in the place of that "
                "job. Run again to submit anew.",
            )
        return found

    def _before(self, entry: Entry) -> Job | None:
        """Return the job of an entry that was submitted, or that the provider finds by its tag."""
        if entry.get("counts") is not None:
            return None
        if "id" in entry:
            try:
                return self.machine.job(entry["id"])
            except QcloneError as error:
                raise self._kept(error) from error
        jobs = self.machine.find(entry["tag"]) if "tag" in entry else None
        if jobs is None:
            return None
        job = next((job for job in jobs if not job.is_dead), None)
        if job is None:
            del entry["tag"]  # the provider knows of none
        else:
            entry["id"] = job.job_id
        return job

    def _translated(self, circuits: Sequence[QuantumCircuit]) -> list[QuantumCircuit]:
        made = self.machine.translated(circuits)
        check_translation(circuits, made, self.machine.label)
        return made

    def _submitted(
        self, circuits: Sequence[QuantumCircuit], shots: int, entry: Entry, written: list[Entry]
    ) -> Job:
        entry |= {"tag": f"qclone-{uuid4().hex}", "at": datetime.now(UTC).isoformat(timespec="seconds")}
        self._write(written)
        try:
            with self.machine.marking(entry["tag"]):
                job = self.machine.submit(circuits, shots)
            entry |= {"id": job.job_id, "here": job.here}
        except QcloneError:
            raise
        except Exception as error:  # providers raise what they like, some when the job is on its way
            raise QcloneError(
                f"{self.machine.label} gave no job back: {type(error).__name__}: {error}.",
                "Ask the provider, and run again: what was measured is kept.",
            ) from error
        self._write(written)
        return job

    def _fetch(
        self, job: Job, circuits: Sequence[QuantumCircuit], entry: Entry, written: list[Entry]
    ) -> None:
        try:
            entry["counts"] = job.counts([c.num_clbits for c in circuits])
        except QcloneError as error:
            if job.is_dead:  # the next run submits it anew
                del entry["id"], entry["tag"]
                self._write(written)
                raise
            raise self._kept(error) from error
        self._write(written)

    def _kept(self, error: QcloneError) -> QcloneError:
        """Return the error of a job that stays named, and say how it is not."""
        if self.path is None:
            return error
        return QcloneError(
            error.message, f"{error.remedy} To submit it anew remove its id and tag from {self.path}."
        )

    def _read(self, plan: list[Entry], widths: Sequence[int], shots: int) -> list[Entry]:
        """Return what is written, as it was dealt out then, or else the plan.

        Parameters
        ----------
        widths : the number of bits that each circuit measures.
        shots : of each circuit, in all jobs together.

        Raises
        ------
        QcloneError : it cannot be read: jobs may be named there.
        """
        if self.path is None or not self.path.exists():
            return plan
        try:
            entries = json.loads(self.path.read_text())
            if not all("first" in entry for entry in entries):
                # Written before batches were.
                entries = [batch | entry for batch, entry in zip(plan, entries, strict=True)]
            return _whole(entries, widths, shots)
        except (OSError, ValueError, TypeError, LookupError, RecursionError, InvalidInputError) as error:
            said = error.message if isinstance(error, QcloneError) else f"{type(error).__name__}: {error}."
            raise QcloneError(
                f"The file of jobs {self.path} cannot be read: {said}",
                "Mend it if you wrote into it, or remove it to submit them anew.",
            ) from None

    def _write(self, entries: Sequence[Entry]) -> None:
        if self.path is not None:
            write_whole(self.path.parent, self.path.name, json.dumps(entries).encode())


def _whole(entries: Sequence[Entry], widths: Sequence[int], shots: int) -> list[Entry]:
    """Return entries of a file: all shots of all circuits are dealt out once; counts or None of every job."""
    dealt = [0] * len(widths)
    found = []
    for entry in entries:
        batch = range(entry["first"], entry["last"])
        for place in batch:
            dealt[place] += entry["shots"]
        if not isinstance(entry.get("id", ""), str) or not isinstance(entry.get("tag", ""), str):
            raise ValueError("the id and the tag of a job are text")
        given = entry.get("counts")
        if given is not None:
            pairs = zip(batch, given, strict=True)
            given = [given_counts(f"circuit {i}", counts, widths[i]) for i, counts in pairs]
        found.append({**entry, "counts": given})
    if dealt != [shots] * len(widths):
        raise ValueError(f"its jobs do not have {shots} shots of each of {len(widths)} circuits")
    return found


def named(folder: Path | None, key: str) -> Path | None:
    """Return the file that names the jobs of a result."""
    return None if folder is None else folder / f"{key}.jobs"


def forget(folder: Path | None, key: str) -> None:
    """Forget the jobs of a result that is written."""
    if (path := named(folder, key)) is not None:
        path.unlink(missing_ok=True)
