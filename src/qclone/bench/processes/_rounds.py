"""Rounds of SIGKILL: a client is at work, one process is killed, then somebody looks at what is left.

All processes are forks of one that has imported everything, so a round costs what the cloud costs.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from qclone.errors import StorageError
from qclone.service import RemoteCloud, down, status, supervise, supervisor_of, up
from qclone.store import Cloud

CLIENT, SUPERVISOR = "client", "supervisor"
LONGEST_WAIT_S = 0.2
"""After a note. A call takes some tens of milliseconds, so a kill may strike any step of one."""
WAIT_FOR_NOTES_S = 60.0
LOOK_EVERY_S = 0.02
LOOK_AT_PARTS_EVERY_S = 0.2
"""All of them are asked over TLS."""


class Notes:
    """What a client was promised, in a file beside the cloud's: a line is there or not, whoever is killed.

    Parameters
    ----------
    a_life : how many lines are written in a life of the client, about.
    """

    def __init__(self, directory: Path, a_life: int) -> None:
        self.a_life = a_life
        self._path = directory.with_name(f"{directory.name}-notes")
        self._path.touch()
        self._read = 0

    def write(self, what: str, object_id: str) -> None:
        """Add a line, in one write."""
        with open(self._path, "a") as file:
            file.write(f"{what} {object_id}\n")

    def fresh(self) -> list[tuple[str, str]]:
        """Return what was written and not yet read."""
        with open(self._path) as file:
            file.seek(self._read)
            return [(what, object_id) for what, object_id in map(str.split, file)]

    def has(self, lines: int) -> bool:
        """Whether so many lines were written and not yet read."""
        return len(self.fresh()) >= lines

    def read(self) -> list[tuple[str, str]]:
        """Return what was written since this was last called."""
        found = self.fresh()
        self._read += sum(len(what) + len(object_id) + 2 for what, object_id in found)
        return found


def kill_in_rounds(
    directory: Path,
    servers: int,
    victims: Sequence[str],
    rounds: int,
    seed: int,
    *,
    notes: Notes,
    life: Callable[[Cloud, int], object],
    look: Callable[[Cloud, str, str], object],
    progress: Callable[[int, int], None],
) -> dict[str, int]:
    """Make a cloud in a directory and kill one process a round; return who was killed -> how often.

    Parameters
    ----------
    victims : to draw from. Parts make it a cloud of processes; without any it is embedded, and the client is
        the only process.
    notes : of the client; a kill comes after so many lines as drawn, so that it strikes any call alike.
    life : what a client does again and again, with a number that is never used twice.
    look : told the next client's cloud, who was killed, and when in words.
    """
    random, killed = Random(seed), Counter[str]()
    service = {*victims} != {CLIENT}
    opened = RemoteCloud if service else Cloud
    if service:
        up(directory, servers)
    else:
        Cloud.create(directory, servers=servers).close()
    with closing(opened(directory)) as cloud:
        life(cloud, 0)  # what is imported late is imported before anybody forks
        look(cloud, "", "before the first round")
    try:
        for number in range(rounds):
            victim = random.choice(victims)
            with _working_client(partial(_live, directory, opened, life, 1000 * (number + 1))) as client:
                after, wait_s = random.randrange(notes.a_life), random.uniform(0, LONGEST_WAIT_S)
                _wait_until(partial(notes.has, after), seconds=WAIT_FOR_NOTES_S)
                time.sleep(wait_s)
                _kill(directory, victim, client)
            killed[victim] += 1
            with closing(opened(directory)) as cloud:
                look(cloud, victim, f"round {number}, {victim} killed")
            progress(number + 1, rounds)
    finally:
        if service:
            down(directory)
    return dict(killed)


def _live(
    directory: Path,
    opened: type[Cloud],
    life: Callable[[Cloud, int], object],
    number: int,
    started: Any,
    stopping: Any,
) -> None:
    with closing(opened(directory)) as cloud:
        started.set()
        while not stopping.is_set():
            life(cloud, number)
            number += 1


@contextmanager
def _working_client(work: Callable[[Any, Any], None]) -> Iterator[Any]:
    """A process that works until the block ends, by two events: it has started, it is to stop."""
    context = get_context("fork")
    started, stopping = context.Event(), context.Event()
    client = context.Process(target=work, args=(started, stopping))
    client.start()
    _wait_until(lambda: started.is_set() or not client.is_alive())
    try:
        yield client
    finally:
        stopping.set()
        client.join(120)
        if client.is_alive():
            client.kill()
            raise AssertionError("the client hangs")


def _kill(directory: Path, victim: str, client: Any) -> None:
    """Kill a process and wait until the cloud serves without it."""
    if victim == CLIENT:
        os.kill(client.pid, signal.SIGKILL)
        return
    if victim == SUPERVISOR:
        pid = supervisor_of(directory) or 0
    else:
        pid = next(part.pid or 0 for part in status(directory) if part.name == victim)
    os.kill(pid, signal.SIGKILL)
    if victim == SUPERVISOR:
        _wait_until(lambda: supervisor_of(directory) is None)
        down(directory)  # removes what it has left behind
        get_context("fork").Process(target=_supervise, args=(directory,)).start()
    _wait_until(partial(_serves_without, directory, pid), LOOK_AT_PARTS_EVERY_S)


def _supervise(directory: Path) -> None:
    """What `qclone up` starts, without starting Python."""
    os.setsid()
    supervise(directory)


def _serves_without(directory: Path, pid: int) -> bool:
    """Whether all parts answer, and none is the process that was killed."""
    try:
        return all(part.serving and part.pid not in (pid, None) for part in status(directory))
    except StorageError:  # no supervisor has said yet where they are
        return False


def _wait_until(until: Callable[[], bool], every_s: float = LOOK_EVERY_S, seconds: float = 120.0) -> None:
    """Wait for something that must come; raises AssertionError if it does not."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "the cloud does not come back"
        time.sleep(every_s)
