"""Processes that take turns: one runs, the others wait, and the seed says who is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock, Thread

from qclone.faults._schedule import Crash, Schedule


class _Task:
    def __init__(self, name: str) -> None:
        self.name = name
        self.turn = Lock()
        self.turn.acquire()


class Tasks:
    """Coroutines for code that does not know it is one.

    The code under test calls and waits like any other, so each of its processes needs a stack of its own: a
    thread. But a thread runs only while it has the turn and gives it up only in `switch`, so nothing here
    is concurrent and nothing depends on the operating system's scheduler.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._alive: list[_Task] = []
        self._running: _Task | None = None
        self._all_done = Lock()
        self._failures: list[BaseException] = []
        self._begun: set[_Task] = set()
        self._doomed: set[_Task] = set()

    @property
    def name(self) -> str:
        """Who has the turn."""
        return self._running.name if self._running else "afterwards"

    def run(self, bodies: Mapping[str, Callable[[], None]]) -> None:
        """Run them all to their ends; raises what one of them raised."""
        self._all_done.acquire()
        self._alive = [_Task(name) for name in bodies]
        tasks = [(task, bodies[task.name]) for task in self._alive]
        threads = [Thread(target=self._body, args=each, daemon=True) for each in tasks]
        for thread in threads:
            thread.start()
        self._pass_on()
        self._all_done.acquire()
        self._running = None
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def switch(self) -> None:
        """A step: from here another process may go on first."""
        self._schedule.advance()
        me = self._running
        if me is None:
            return
        self._die_if_doomed(me)
        if self._schedule.random.random() < 0.6:
            return
        if self._pass_on() is not me:
            me.turn.acquire()
            self._die_if_doomed(me)

    def doom(self, is_doomed: Callable[[str], bool]) -> None:
        """Let processes die where they are: at their next step nothing of them is left."""
        self._doomed |= {task for task in self._begun if task in self._alive and is_doomed(task.name)}

    def _die_if_doomed(self, me: _Task) -> None:
        if me in self._doomed:
            self._doomed.discard(me)
            raise Crash

    def _pass_on(self) -> _Task:
        chosen = self._schedule.random.choice(self._alive)
        if chosen is not self._running:
            self._running = chosen
            chosen.turn.release()
        return chosen

    def _body(self, me: _Task, body: Callable[[], None]) -> None:
        me.turn.acquire()
        self._begun.add(me)
        try:
            body()
        except Crash:
            pass
        except BaseException as error:
            self._failures.append(error)
        self._alive.remove(me)
        if self._alive:
            self._pass_on()
        else:
            self._all_done.release()
