"""How fast a cloud stores registers: one client's latency, several clients' rate; embedded and served."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from qiskit import QuantumCircuit

from qclone.service import PartStatus, RemoteCloud, down, up
from qclone.store import Cloud

WARM_UP_PUTS = 3


@dataclass(frozen=True)
class Rate:
    """How one kind of cloud did.

    Parameters
    ----------
    median_ms, p95_ms : of a put by a single client.
    puts_per_s : acknowledged, by all clients together.
    cpu_ms_per_put : processor time of clients and parts together; None where the system does not tell.
    """

    median_ms: float
    p95_ms: float
    puts_per_s: float
    cpu_ms_per_put: float | None


@dataclass(frozen=True)
class Puts:
    """Puts of the same register to an embedded cloud and to a service, measured in one run.

    Parameters
    ----------
    qubits, servers, clients : size of the register, of the clouds, and how many clients put at once.
    load_average : how busy the machine was before, in processes that want to run.
    """

    qubits: int
    servers: int
    clients: int
    load_average: float
    embedded: Rate
    service: Rate


def measure_puts(
    directory: Path, qubits: int = 5, servers: int = 8, clients: int = 4, seconds: float = 10.0
) -> Puts:
    """Make both kinds of cloud in an empty directory and measure puts, their ledgers on its disk.

    Parameters
    ----------
    seconds : how long each cloud is measured, half of it with one client.
    """
    circuit = _register(qubits)
    load_average = os.getloadavg()[0]
    Cloud.create(directory / "embedded", servers).close()
    embedded = _rate(Cloud, directory / "embedded", circuit, clients, seconds, ())
    parts = up(directory / "service", servers)
    try:
        service = _rate(RemoteCloud, directory / "service", circuit, clients, seconds, parts)
    finally:
        down(directory / "service")
    return Puts(qubits, servers, clients, load_average, embedded, service)


def _register(qubits: int) -> QuantumCircuit:
    """A GHZ state with a T gate, which no Clifford circuit prepares."""
    circuit = QuantumCircuit(qubits)
    circuit.h(0)
    for i in range(1, qubits):
        circuit.cx(0, i)
    circuit.t(0)
    return circuit


def _rate(
    kind: Callable[[Path], Cloud],
    directory: Path,
    circuit: QuantumCircuit,
    clients: int,
    seconds: float,
    parts: Sequence[PartStatus],
) -> Rate:
    times, _, _ = _put_for(kind, directory, circuit, seconds / 2)
    context = get_context("fork")
    results: Any = context.SimpleQueue()

    def client() -> None:
        results.put(_put_for(kind, directory, circuit, seconds / 2))

    processes = [context.Process(target=client) for _ in range(clients)]
    before = _cpu_s(parts)
    for process in processes:
        process.start()
    done = [results.get() for _ in processes]
    after = _cpu_s(parts)
    for process in processes:
        process.join()
    cpu_ms = None
    if before is not None and after is not None:
        puts = sum(WARM_UP_PUTS + len(times) for times, _, _ in done)
        cpu_ms = 1e3 * (sum(cpu_s for _, _, cpu_s in done) + after - before) / puts
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    puts_per_s = sum(len(times) / elapsed for times, elapsed, _ in done)
    return Rate(1e3 * median(times), 1e3 * p95, puts_per_s, cpu_ms)


def _put_for(
    kind: Callable[[Path], Cloud], directory: Path, circuit: QuantumCircuit, seconds: float
) -> tuple[list[float], float, float]:
    """Put again and again; return how long each put took, all of them, and the processor time, in seconds."""
    times: list[float] = []
    with closing(kind(directory)) as cloud:
        cpu_s = time.process_time()
        for _ in range(WARM_UP_PUTS):
            cloud.client.put(circuit)
        begun = time.perf_counter()
        while not times or time.perf_counter() < begun + seconds:
            started = time.perf_counter()
            cloud.client.put(circuit)
            times.append(time.perf_counter() - started)
        return times, time.perf_counter() - begun, time.process_time() - cpu_s


def _cpu_s(parts: Sequence[PartStatus]) -> float | None:
    """Processor time that the parts have used so far."""
    ticks = 0
    for part in parts:
        try:
            fields = Path(f"/proc/{part.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
