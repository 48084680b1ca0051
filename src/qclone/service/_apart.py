"""Diagnostics of the fabric in a process of their own: they open what a tenant sent, with Qiskit.

A circuit of few bytes can say that it takes all memory or never ends. What opens it has bounds of both, and
the fabric, which goes on answering, has none of it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qclone.errors import InvalidInputError, QcloneError
from qclone.service._wire import TooManyRequestsError, from_document, to_document
from qclone.store import SqlFabric

MEMORY_BYTES = 512 << 20
"""Beside what Python, NumPy and Qiskit take before they do anything."""
WITHIN_S = 20
AT_ONCE = 2


class Apart:
    """The diagnostics of a fabric, each in a process with bounds of memory and time.

    Parameters
    ----------
    opened : opens the fabric again; it is sent to the process.
    """

    def __init__(self, opened: Callable[[], SqlFabric]) -> None:
        self._opened = opened
        self._turns = BoundedSemaphore(AT_ONCE)

    def fidelity(self, register: str, circuit: bytes) -> float:
        """As `SqlFabric.fidelity`."""
        found: float = self._run("fidelity", register, circuit)
        return found

    def view(self, register: str, site: str) -> NDArray[np.complex128]:
        """As `SqlFabric.view`."""
        return np.asarray(self._run("view", register, site))

    def _run(self, name: str, *arguments: Any) -> Any:
        if not self._turns.acquire(timeout=WITHIN_S):
            raise TooManyRequestsError("Other diagnostics are under way.", "Wait a moment and try again.")
        try:
            return bounded(_look, self._opened, name, arguments)
        finally:
            self._turns.release()


def bounded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function of a module returns, called in a process with bounds.

    Raises
    ------
    QcloneError : what it raised. InvalidInputError : it takes more memory or time than it may.
    """
    context = _context()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(there, function, arguments))  # type: ignore[attr-defined]
    process.start()
    there.close()
    try:
        kind, said = here.recv() if here.poll(WITHIN_S) else ("nothing", {})
    except EOFError:
        kind, said = "nothing", {}
    finally:
        process.kill()
        process.join()
        here.close()
    if kind == "returned":
        return said
    if kind == "failed":
        raise RuntimeError(said)  # an error of our own, for the log
    if kind == "raised":
        raise from_document(said)
    raise InvalidInputError(
        f"This takes more than the {MEMORY_BYTES >> 20} MiB or the {WITHIN_S} s that the service gives it.",
        "Look at a smaller register, or in an embedded cloud.",
    )


def _look(opened: Callable[[], SqlFabric], name: str, arguments: tuple[Any, ...]) -> Any:
    fabric = opened()
    try:
        return getattr(fabric, name)(*arguments)
    finally:
        fabric.close()


def _report(to: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    _bound()
    try:
        to.send(("returned", function(*arguments)))
    except QcloneError as error:
        to.send(("raised", to_document(error)))
    except MemoryError:
        pass  # its parent says so
    except Exception as error:
        to.send(("failed", repr(error)))


def _bound() -> None:
    import faulthandler
    import os

    faulthandler.disable()
    # What is printed as an allocator gives up is nobody's business.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        import resource
    except ImportError:  # a platform without such limits
        return
    limit = _taken() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (WITHIN_S, WITHIN_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _taken() -> int:
    """How much this process has asked for, threads' stacks and allocators' reserves included."""
    import os

    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 1 << 30


@cache
def _context() -> BaseContext:
    """A process that has Qiskit and no threads, from which others are forked, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["qclone.service._apart", "qclone.circuits", "qiskit.quantum_info"])
    return context
