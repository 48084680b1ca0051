"""Power cuts around `get -o`: a register is in its file, or its owner recovers it; never neither."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from qiskit import QuantumCircuit

from qclone.bench.powercuts._disk import Disk
from qclone.bench.powercuts._trace import traced
from qclone.circuits import read_register, state_vector
from qclone.errors import QcloneError
from qclone.store import Cloud, Journal, LocalServer, SqliteFabric, SqliteLedger

REGISTERS = 6
PROGRAM = "import sys; from qclone.cli import main; sys.exit(max(main(a.split()) for a in sys.argv[1:]))"
"""Runs several command lines in one process; a test puts something broken before it."""


@dataclass(frozen=True)
class PowerCuts:
    """What came of the cuts.

    Parameters
    ----------
    cuts : how many. calls : system calls between which the power was cut.
    outcomes : where the register whose recovery was under way was afterwards -> how often.
    violations : sentences, each of which says what was promised and did not hold.
    """

    cuts: int
    calls: int
    outcomes: Mapping[str, int]
    violations: tuple[str, ...]


def run_powercuts(
    directory: Path,
    cuts: int = 1000,
    seed: int = 0,
    program: str = PROGRAM,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PowerCuts:
    """Record what `qclone get -o` does to files, once; then cut the power at any point of that, many times.

    Registers of one embedded cloud are recovered one after the other. After each cut everything that was not
    synced is kept or lost at random, and a client that starts again looks for each register.

    Parameters
    ----------
    directory : an empty one. seed : of when the power is cut and what is lost.
    program : what runs the commands.

    Raises
    ------
    InvalidInputError : there is no strace.
    """
    root = directory / "disk"
    put = _put(root)
    started = directory / "started"
    shutil.copytree(root, started)
    lines = [f"get {object_id} --cloud cloud -o {object_id}.qpy" for object_id in put]
    environment = {"QCLONE_STATE": str(root / "state")}
    command = [sys.executable, "-c", program, *lines]
    calls = traced(command, root, directory / "calls", environment)
    shutil.rmtree(root)
    shutil.copytree(started, root)
    random = Random(seed)
    disk = Disk(root)
    changing = [i for i, call in enumerate(calls) if disk.apply(call)]
    points = sorted(random.choices([0, *(i + 1 for i in changing)], k=cuts))
    outcomes: Counter[str] = Counter()
    violations: list[str] = []
    disk, done = Disk(root), 0
    for number, point in enumerate(points):
        for call in calls[done:point]:
            disk.apply(call)
        done = point
        left = directory / "left"
        disk.after_a_cut(random, left)
        for outcome, violation in _look(left, put):
            outcomes[outcome] += 1
            violations += [f"Cut {number}, after call {point}: {violation}"] if violation else []
        shutil.rmtree(left)
        progress(number + 1, cuts)
    return PowerCuts(cuts, len(changing), dict(outcomes), tuple(violations))


def _put(root: Path) -> dict[str, QuantumCircuit]:
    """Make a cloud with some registers, no two alike."""
    root.mkdir(parents=True)
    (root / "state").mkdir()
    put = {}
    with _state_in(root), closing(Cloud.create(root / "cloud", servers=3)) as cloud:
        for number in range(REGISTERS):
            circuit = QuantumCircuit(2)
            circuit.ry(0.3 + number, 0)
            circuit.cx(0, 1)
            put[cloud.client.put(circuit).object_id] = circuit
    return put


def _look(left: Path, put: Mapping[str, QuantumCircuit]) -> Iterator[tuple[str, str]]:
    """Say where each register is whose file is not there, up to the first that nobody has asked for yet."""
    with closing(_Left(left)) as cloud:
        for object_id, circuit in put.items():
            file = left / f"{object_id}.qpy"
            if file.exists() and _holds(file, circuit):
                yield "in its file", ""
                continue
            asked = cloud.client.keyring.spool.entry(object_id) is not None
            try:
                back = cloud.client.get(object_id).circuit
            except (QcloneError, OSError) as error:
                yield "gone", f"{object_id} is in no file and cannot be recovered: {error}"
                continue
            if not _same(back, circuit):
                yield "wrong", f"{object_id} came back as something else"
            yield ("handed over again" if asked else "still sealed"), ""
            if not asked:
                return


class _Left(Cloud):
    """The cloud that is left, opened as it is every time, with what is kept of a user outside of it."""

    def __init__(self, left: Path) -> None:
        self.directory = left / "cloud"
        self._journal = Journal(left / "state" / "opened.db")
        fabric = SqliteFabric(self.directory / "fabric.db")
        ledger = SqliteLedger(self.directory / "ledger.db", journal=lambda: self._journal)
        self._assemble(fabric, ledger, {name: LocalServer(name, fabric) for name in fabric.sites()})

    def close(self) -> None:
        super().close()
        self._journal.close()


def _holds(file: Path, circuit: QuantumCircuit) -> bool:
    try:
        return _same(read_register(file).circuit, circuit)
    except QcloneError:
        return False


def _same(a: QuantumCircuit, b: QuantumCircuit) -> bool:
    return bool(abs(state_vector(a).inner(state_vector(b))) ** 2 > 1 - 1e-9)


@contextmanager
def _state_in(root: Path) -> Iterator[None]:
    """What is kept of a user outside of every cloud is on the same disk."""
    before = os.environ.get("QCLONE_STATE")
    os.environ["QCLONE_STATE"] = str(root / "state")
    try:
        yield
    finally:
        if before is None:
            del os.environ["QCLONE_STATE"]
        else:
            os.environ["QCLONE_STATE"] = before
