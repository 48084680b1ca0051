"""Fuzzed requests to every part of a running cloud: no part grows, falls silent or fails."""

from __future__ import annotations

import base64
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event, Thread

import httpx

from qclone.bench._measured import told_by_linux
from qclone.bench.fuzz._hostile import bytes_changed, changed, scheme
from qclone.service import Addresses, status
from qclone.service._transport import tls_context

GIGABYTE = 10**9
_GATES = ("H 0", "CX 0 1", "SPP X0*Z1", "X 999999", "REPEAT 9 {\nX 0\n}", "M 0", "H " + "0 " * 10**5)


@dataclass(frozen=True)
class Assault:
    """What came of it.

    Parameters
    ----------
    statuses : how many requests were answered how; 0 is not at all.
    slowest_health_s : the slowest answer of any part to /healthz meanwhile.
    peak_bytes : the most memory that a part has had.
    tracebacks : in the logs of the parts.
    """

    seed: int
    statuses: dict[int, int]
    slowest_health_s: float
    peak_bytes: int
    tracebacks: int
    seconds: float

    @property
    def is_as_promised(self) -> bool:
        """Whether every request was answered, without an error of a part's own, and health always at once."""
        answered = not any(code in {0, 500} for code in self.statuses)
        return answered and self.slowest_health_s < 1 and self.peak_bytes < GIGABYTE and not self.tracebacks


def fuzz_bodies(
    directory: Path,
    bodies: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Assault:
    """Send so many fuzzed requests to a running cloud, with a good token."""
    addresses, random = Addresses.read(directory), Random(seed)
    before, started = _tracebacks(directory), time.monotonic()
    statuses: Counter[int] = Counter()
    headers = {"Authorization": f"Bearer {addresses.token}", "Content-Type": "application/json"}
    with (
        httpx.Client(verify=tls_context(addresses.certificate), timeout=60, trust_env=False) as client,
        _health(addresses) as slowest,
    ):
        for done in range(bodies):
            method, url, content = _request(random, addresses)
            extra = {"X-Register-Secret": "s" * random.choice((0, 64, 200))}
            if random.random() < 0.2:
                extra["Idempotency-Key"] = "k" * random.choice((3, 16, 200))
            try:
                answer = client.request(method, url, content=content, headers=headers | extra)
                statuses[answer.status_code] += 1
            except httpx.TransportError:
                statuses[0] += 1
            progress(done + 1, bodies)
    peak = max(_peak(part.pid) for part in status(directory))
    took = time.monotonic() - started
    return Assault(
        seed, dict(sorted(statuses.items())), slowest[0], peak, _tracebacks(directory) - before, took
    )


def _request(random: Random, addresses: Addresses) -> tuple[str, str, bytes]:
    register = f"{addresses.fabric}/v1/registers/default:{random.randrange(16**8):x}"
    thing = f"{addresses.ledger}/v1/objects/{random.randrange(16**8):x}"
    server = random.choice(sorted(addresses.servers.values()))
    held = f"{server}/v1/registers/default:{random.randrange(16**8):x}"
    wires = random.choice(([0], [0, 1], list(range(random.choice((10, 10_000))))))
    core = base64.b64encode(bytes_changed(random, _qpy())).decode()
    gates = random.choice(
        ("H 0", "CX 0 1", "SPP X0*Z1", "X 999999", "REPEAT 9 {\nX 0\n}", "M 0", "H " + "0 " * 10**5)
    )
    facts = {"name": "n", "qubits": 1, "num_clones": 2, "clones": {"S1": "server-1"}, "created_at": "now"}
    load = {"core": core, "num_wires": 3, "inputs": [0], "circuit": gates, "to": {"server-1": [1]}}
    method, url, document = random.choice(
        (
            ("PUT", register, load),
            ("POST", f"{register}/run", {"circuit": gates}),
            ("POST", f"{register}/move", {"to": {"server-1": wires}}),
            ("POST", f"{register}/discard", {"wires": wires}),
            ("POST", f"{register}/fidelity", {"circuit": core}),
            ("PUT", thing, {**facts, "scheme": scheme(random)}),
            ("POST", f"{thing}/consume", {"server": "server-1", "claim": "c" * 64}),
            ("POST", f"{thing}/stored", {}),
            ("POST", f"{held}/surrender", {"wires": wires}),
        )
    )
    good = random.random() < 0.1
    return method, url, json.dumps(document).encode() if good else changed(random, document)


def _qpy() -> bytes:
    from qiskit import QuantumCircuit, qpy

    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    qpy.dump(circuit, file := io.BytesIO())
    return file.getvalue()


@contextmanager
def _health(addresses: Addresses) -> Iterator[list[float]]:
    """Ask every part again and again how it is; the slowest answer is in the list."""
    slowest, done = [0.0], Event()
    urls = [addresses.fabric, addresses.ledger, *addresses.servers.values()]

    def watch(url: str) -> None:
        with httpx.Client(verify=tls_context(addresses.certificate), timeout=60, trust_env=False) as client:
            while not done.wait(0.02):
                started = time.monotonic()
                with suppress(httpx.TransportError):
                    client.get(f"{url}/healthz")
                slowest[0] = max(slowest[0], time.monotonic() - started)

    watchers = [Thread(target=watch, args=(url,), daemon=True) for url in dict.fromkeys(urls)]
    for watcher in watchers:
        watcher.start()
    try:
        yield slowest
    finally:
        done.set()
        for watcher in watchers:
            watcher.join()


def _peak(pid: int | None) -> int:
    return (told_by_linux(pid) if pid else None) or 0  # 0: a platform that does not tell


def _tracebacks(directory: Path) -> int:
    return sum(path.read_text().count("Traceback") for path in (directory / "logs").glob("*.log*"))
