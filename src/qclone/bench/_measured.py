"""What a benchmark reports: seconds and memory of one run, or a ratio of two runs on the same machine."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Ratio:
    """How much faster one way is than another, measured in one run, in turns.

    Parameters
    ----------
    name : what was done. ours, theirs : the two ways, in words.
    our_seconds, their_seconds : medians over the rounds.
    """

    name: str
    ours: str
    theirs: str
    our_seconds: float
    their_seconds: float

    @property
    def speedup(self) -> float:
        """their seconds / our seconds."""
        return self.their_seconds / self.our_seconds


def compare(
    name: str, ours: tuple[str, Callable[[], Any]], theirs: tuple[str, Callable[[], Any]], rounds: int = 3
) -> Ratio:
    """Run two ways in turns and return the ratio of their medians."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for (_, run), times in zip((ours, theirs), seconds, strict=True):
            times.append(stopwatch(run)[1])
    return Ratio(name, ours[0], theirs[0], median(seconds[0]), median(seconds[1]))


def stopwatch(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return what `run` returns and the seconds it took."""
    started = time.perf_counter()
    result = run()
    return result, time.perf_counter() - started


def peak_bytes() -> int:
    """Return the most memory that this process has held."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    if (peak := told_by_linux(os.getpid())) is not None:
        return peak
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def machine() -> dict[str, str | int | None]:
    """Return what the numbers were measured on."""
    return {"python": platform.python_version(), "processor": platform.machine(), "cores": os.cpu_count()}


def told_by_linux(pid: int) -> int | None:
    """Return the most memory that a process has held; None on other systems and for one that is gone.

    `getrusage` goes on counting from what the parent held.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
