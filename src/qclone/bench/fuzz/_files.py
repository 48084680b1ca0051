"""Fuzzed files for every command that reads one: a clear answer, little memory, no traceback."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from qclone.bench.fuzz._bodies import GIGABYTE
from qclone.bench.fuzz._hostile import bytes_changed, scheme

DOCUMENTED = {0, 1, 2, 10, 11, 12}
WITHIN_S = 60.0
START_WITHIN_S = 600.0
_EACH = 25

_QASM2 = b'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\nh q[0];\ncx q[0],q[1];\nrz(pi/4) q[2];\n'
_QASM3 = b'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nctrl @ x q[0], q[1];\nrz(pi/4) q[2];\n'


@dataclass(frozen=True)
class Readings:
    """What came of it.

    Parameters
    ----------
    exits : how many commands ended with which status; -1 is not by themselves.
    surprises : what was printed that no error of qclone is, at most ten.
    peak_bytes : the most memory that a process which reads files has had, trials of readers apart.
    """

    seed: int
    exits: dict[int, int]
    surprises: tuple[str, ...]
    peak_bytes: int
    slowest_s: float
    seconds: float

    @property
    def is_as_promised(self) -> bool:
        """Whether every file was answered by a documented exit status, in less than a gigabyte."""
        return set(self.exits) <= DOCUMENTED and not self.surprises and self.peak_bytes < GIGABYTE


def fuzz_files(
    directory: Path,
    files: int,
    run: Callable[[list[str]], int],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Readings:
    """Let commands read so many fuzzed files, in an embedded cloud that is made in the directory.

    Parameters
    ----------
    run : runs a command and returns its exit status, as `qclone.cli.main` does.
    """
    from qiskit import QuantumCircuit

    from qclone.store import Cloud

    cloud = Cloud.create(directory / "cloud", servers=3)
    cloud.client.put(QuantumCircuit(1), "there")
    cloud.close()
    exits: Counter[int] = Counter()
    surprises: list[str] = []
    peak, slowest, started = 0, 0.0, time.monotonic()
    context = multiprocessing.get_context("spawn")
    for first in range(0, files, _EACH):
        here, there = context.Pipe(duplex=False)
        chunk = range(first, min(files, first + _EACH))
        process = context.Process(target=_read_all, args=(there, run, directory, seed, chunk))
        process.start()
        there.close()
        here.poll(START_WITHIN_S)  # starting takes long where others want the processor
        for number in chunk:
            if not here.poll(WITHIN_S):
                process.kill()
                exits[-1] += 1
                surprises.append(f"file {number} of seed {seed}: no end within {WITHIN_S:.0f} s")
                break
            try:
                exit_status, took, said, peak_now = here.recv()
            except EOFError:
                exits[-1] += 1
                surprises.append(f"file {number} of seed {seed}: the process died")
                break
            exits[exit_status] += 1
            slowest, peak = max(slowest, took), max(peak, peak_now)
            if said:
                surprises.append(f"file {number} of seed {seed}: {said}")
        process.join()
        here.close()
        progress(chunk[-1] + 1, files)
    said = tuple(surprises[:10])
    return Readings(seed, dict(sorted(exits.items())), said, peak, slowest, time.monotonic() - started)


def _read_all(
    to: Connection, run: Callable[[list[str]], int], directory: Path, seed: int, numbers: range
) -> None:
    from qclone.bench._measured import peak_bytes

    for number in numbers:
        random = Random(f"{seed} {number}")
        name, content, command = _file(random, directory)
        path = directory / f"{os.getpid()}-{name}"
        path.write_bytes(content)
        printed, started = io.StringIO(), time.monotonic()
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                exit_status = run([argument.replace("FILE", str(path)) for argument in command])
            except BaseException as error:  # it must not get here
                exit_status = -1
                printed.write(repr(error))
        text, bad = printed.getvalue(), ("Traceback", "error of its own")
        said = text[:300] if exit_status == -1 or any(word in text for word in bad) else ""
        to.send((exit_status, time.monotonic() - started, said, peak_bytes()))
        path.unlink(missing_ok=True)
    to.close()


def _file(random: Random, directory: Path) -> tuple[str, bytes, list[str]]:
    put = ["put", "FILE", "--cloud", str(directory / "cloud")]
    kind = random.randrange(7)
    if kind == 0:
        return "r.qasm", bytes_changed(random, _QASM2), put
    if kind == 1:
        return "r.qasm", bytes_changed(random, _QASM3), put
    if kind == 2:
        return "r.qpy", bytes_changed(random, _qpy()), put
    if kind == 3:
        return "r.npy", bytes_changed(random, _npy()), put
    if kind == 4:
        content = json.dumps(scheme(random)).encode()
        return (
            "s.json",
            content if random.random() < 0.5 else bytes_changed(random, content),
            [
                *("put", str(_good(directory)), "--scheme", "FILE", "--cloud", str(directory / "cloud")),
            ],
        )
    if kind == 5:
        content = json.dumps(scheme(random)).encode()
        return "s.json", bytes_changed(random, content), ["access", "--scheme", "FILE", "S1"]
    database = (directory / "cloud" / random.choice(("ledger.db", "fabric.db", "keyring.db"))).read_bytes()
    broken = directory / f"{os.getpid()}-broken"
    broken.mkdir(exist_ok=True)
    for name in ("ledger.db", "fabric.db", "keyring.db"):
        (broken / name).write_bytes(bytes_changed(random, database))
    return "unused", b"", [random.choice(("fsck", "ls")), "--cloud", str(broken)]


def _good(directory: Path) -> Path:
    path = directory / f"{os.getpid()}-good.qasm"
    path.write_bytes(_QASM2)
    return path


def _qpy() -> bytes:
    from qiskit import QuantumCircuit, qpy

    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    qpy.dump(circuit, file := io.BytesIO())
    return file.getvalue()


def _npy() -> bytes:
    import numpy as np

    np.save(file := io.BytesIO(), np.array([1, 1j, 0, 0]) / np.sqrt(2))
    return file.getvalue()
