"""Processes that are kept running: a dead or hung one is started again, a crashing one ever more slowly."""

from __future__ import annotations

import gc
import logging
import math
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess as Process
from threading import Thread
from typing import Any

from qclone.errors import QcloneError

LOG = logging.getLogger("qclone.service")
LOOK_EVERY_S = 0.3
HUNG_AFTER_S = 60.0
"""A process whose event loop has not turned for so long answers nobody, its health check included."""
STARTED_WITHIN_S = 120.0
"""Until it turns for the first time."""
SETTLED_AFTER_S = 10.0
"""One that dies sooner has crashed at the start, and would again."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
STOPPED_WITHIN_S = 20.0

Beat = Callable[[], None]
"""To be called again and again by whoever is alive."""
Changed = Callable[[Mapping[str, int]], None]
"""Told the process id of each after every start."""


@dataclass
class _Watched:
    name: str
    run: Callable[[Beat], None]
    process: Process | None = None
    beats: Any = None
    seen: int = 0
    silent_s: float = 0.0
    started_at: float = -math.inf
    due_at: float = -math.inf
    crashes: int = 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def start(self) -> None:
        context = get_context("fork")
        self.beats = context.Value("L", 0, lock=False)
        self.seen, self.silent_s, self.started_at = 0, 0.0, time.monotonic()
        self.process = context.Process(target=self.run, args=(self._beat,), name=self.name)
        self.process.start()

    def _beat(self) -> None:
        self.beats.value += 1

    def look(self, passed_s: float) -> None:
        """Kill it if it has been silent for too long; the clock that counts is the watcher's own."""
        beats = self.beats.value
        if beats != self.seen:
            self.seen, self.silent_s = beats, 0.0
            return
        self.silent_s += passed_s
        if self.silent_s > (HUNG_AFTER_S if beats else STARTED_WITHIN_S):
            LOG.error(f"{self.name} hangs and is killed", extra={"seconds": round(self.silent_s, 1)})
            assert self.process is not None
            self.process.kill()
            self.process.join()

    def postpone(self) -> None:
        """Decide when to start it again, now that it has died."""
        assert self.process is not None
        now = time.monotonic()
        self.crashes = self.crashes + 1 if now - self.started_at < SETTLED_AFTER_S else 1
        code, pause_s = self.process.exitcode, _pause_s(self.crashes)
        LOG.error(f"{self.name} ended with {code}; it is started again", extra={"seconds": pause_s})
        self.due_at, self.process = now + pause_s, None


def _pause_s(crashes: int) -> float:
    """How long to wait after so many in a row; after the first not at all: it may have been an accident.

    >>> [_pause_s(crashes) for crashes in (1, 2, 3, 8, 9, 10**6)]
    [0.0, 0.5, 1.0, 32.0, 60.0, 60.0]
    """
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(crashes - 2, 20)) if crashes > 1 else 0.0


class Watch:
    """Runs each of some functions in a process of its own and starts it again whenever it ends.

    A process is a fork of this one, which has imported everything; it ends when this one does, however that
    ends.

    Parameters
    ----------
    runs : name -> what to run; it must call the `Beat` that it is given, or it counts as hung.
    changed : told name -> process id after every start.
    """

    def __init__(self, runs: Mapping[str, Callable[[Beat], None]], changed: Changed) -> None:
        self._lifeline = os.pipe()
        self._watched = [_Watched(name, partial(self._run, run)) for name, run in runs.items()]
        self._changed = changed
        self._looked_at = time.monotonic()

    def look(self) -> None:
        """Look after all of them once."""
        now = time.monotonic()
        # A watcher that was itself held up for long does not blame it on those it watches.
        passed_s, self._looked_at = min(now - self._looked_at, 2 * LOOK_EVERY_S), now
        started = False
        for one in self._watched:
            if one.is_alive:
                one.look(passed_s)
            if one.process is not None and not one.is_alive:
                one.postpone()
            if one.process is None and now >= one.due_at:
                one.start()
                started = True
        if started:
            processes = {one.name: one.process for one in self._watched if one.process is not None}
            self._changed({name: process.pid or 0 for name, process in processes.items()})

    def _run(self, run: Callable[[Beat], None], beat: Beat) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._lifeline[1])
        Thread(target=_end_with, args=(self._lifeline[0],), daemon=True).start()
        try:
            run(beat)
        except QcloneError as error:
            LOG.error(str(error))
            raise SystemExit(error.exit_code) from None

    def stop(self) -> None:
        """End them, each after the requests under way."""
        processes = [one.process for one in self._watched if one.process is not None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + STOPPED_WITHIN_S
        for process in processes:
            process.join(max(0.1, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
        for end in self._lifeline:
            os.close(end)


def told_to_stop() -> list[int]:
    """From now on collect SIGTERM and SIGINT here instead of ending at once."""
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: told.append(number))
    return told


def watch_until(
    stopping: Sequence[int],
    runs: Mapping[str, Callable[[Beat], None]],
    changed: Changed = lambda pids: None,
) -> None:
    """Keep processes running until there is a reason to stop; then end them."""
    watch = Watch(runs, changed)
    gc.collect()
    gc.freeze()  # what every process has alike stays shared memory: no collection writes to it
    try:
        while not stopping:
            watch.look()
            time.sleep(LOOK_EVERY_S)
    finally:
        watch.stop()


def _end_with(lifeline: int) -> None:
    """Stop this process, after the requests under way, when the other end of a pipe is closed."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
