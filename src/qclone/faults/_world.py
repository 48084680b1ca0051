"""A cloud in which everything can fail: embedded, or as a service, but without a process or a socket."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from qclone.faults._disk import FaultyDisk
from qclone.faults._network import Network, Part
from qclone.faults._parts import applications
from qclone.faults._schedule import Crash, Schedule
from qclone.faults._tasks import Tasks
from qclone.faults._witness import Witness
from qclone.locking import hold
from qclone.service import Addresses, HttpFabric, Kind, Link, Principal, RemoteCloud
from qclone.store import (
    Client,
    Cloud,
    Keyring,
    LocalServer,
    Memory,
    SqliteFabric,
    SqliteLedger,
    register_name,
)

FABRIC, LEDGER = "fabric", "ledger"


@dataclass(frozen=True)
class Code:
    """The code under test; a test of the simulation itself puts something broken here."""

    client: type[Client] = Client
    ledger: type[SqliteLedger] = SqliteLedger
    fabric: type[SqliteFabric] = SqliteFabric


class World:
    """One cloud of a schedule: its disks, its network if it is a service, and who watches.

    Parameters
    ----------
    directory : an empty directory, for keyrings and locks.
    """

    def __init__(self, schedule: Schedule, directory: Path, code: Code) -> None:
        random = schedule.random
        self.schedule = schedule
        self.code = code
        self.directory = directory
        self.tasks = Tasks(schedule)
        self.network = Network(schedule, self.tasks)
        self.is_service = random.random() < 0.6
        self.servers = [f"server-{i}" for i in range(1, random.randint(2, 4) + 1)]
        self.tenants = ["default", "alice"] if self.is_service and random.random() < 0.5 else ["default"]
        machines = random.choice([1, 2]) if self.is_service else 1
        self.machines = {f"{tenant}.{i}": tenant for tenant in self.tenants for i in range(1, 1 + machines)}
        memory = Memory(t1_s=100.0, t2_s=100.0) if random.random() < 0.1 else Memory()
        self.disk = FaultyDisk(schedule, self._committed)
        self.witness = Witness(schedule, self.servers, memory != Memory(), self.register_of)
        SqliteFabric.create(directory / "fabric.db", self.servers, memory, disk=self.disk)
        for tenant in self.tenants:
            SqliteLedger.create(self._ledger_path(tenant), self.disk)
        for machine in self.machines:
            self.client_directory(machine).mkdir()
        if self.is_service:
            self._start_parts()
            for machine, tenant in self.machines.items():
                self._addresses(tenant).write(self.client_directory(machine))

    def register_of(self, tenant: str, object_id: str) -> str:
        """What the fabric calls an object of a tenant."""
        return register_name(tenant, object_id)

    def open(self, process: str, machine: str) -> Cloud:
        """Open the cloud in a process of a machine, as the command line does; what died before is swept."""
        return (_Service if self.is_service else _Embedded)(self, process, machine)

    def fabric(self) -> Any:
        """Return a fabric as a process sees it that has just started."""
        return self.witness.watch(
            self.code.fabric(self.directory / "fabric.db", self.schedule.seed, self.disk)
        )

    def ledger(self, tenant: str) -> SqliteLedger:
        """Return a ledger as a process sees it that has just started."""
        return self.code.ledger(self._ledger_path(tenant), self.disk, tenant)

    def link(self, process: str, url: str, token: str) -> Link:
        """Return a link; here a token says plainly whom it speaks for."""
        kind, _, name = token.partition(" ")
        return self.network.link(process, token, url, Principal(Kind(kind), name))

    def client_directory(self, machine: str) -> Path:
        """Where a machine keeps its keyring; the machines of one tenant share nothing but their token."""
        return self.directory / machine

    def _ledger_path(self, tenant: str) -> Path:
        return self.directory / f"ledger-{tenant}.db"

    def _committed(self, path: Path, sql: sqlite3.Connection) -> None:
        if path.name == "fabric.db":
            self.witness.fabric_changed(sql)
        elif path.name != "keyring.db":
            self.witness.ledger_changed(path.stem.removeprefix("ledger-"), sql)

    def _start_parts(self) -> None:
        def ledgers() -> object:
            return SimpleNamespace(of={tenant: self.ledger(tenant) for tenant in self.tenants}.__getitem__)

        self.network.add(Part(FABRIC, applications()["fabric"], self.fabric))
        self.network.add(Part(LEDGER, applications()["ledger"], ledgers))
        for name in self.servers:
            self.network.add(Part(name, applications()["server"], partial(self._server, name)))

    def _server(self, name: str) -> LocalServer:
        return LocalServer(name, HttpFabric(self.link(name, f"http://{FABRIC}", f"site {name}")))

    def _addresses(self, tenant: str) -> Addresses:
        operator = "operator operator" if tenant == "default" else ""
        urls = {name: f"http://{name}" for name in self.servers}
        return Addresses(f"http://{FABRIC}", f"http://{LEDGER}", urls, tenant, f"tenant {tenant}", operator)


class _Stepped:
    """A part as a client holds it: every call is a step, before which and after which its process may die."""

    def __init__(self, world: World, process: str, part: object) -> None:
        self._world = world
        self._process = process
        self._part = part

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        return self._call(name, method) if callable(method) else method

    def _call(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._step(f"{self._process} before {name}")
            result = method(*arguments, **named)
            self._world.schedule.note(f"{self._process}: {name}")
            self._step(f"{self._process} after {name}")
            return result

        return call

    def _step(self, where: str) -> None:
        self._world.tasks.switch()
        if self._world.schedule.strikes("process_dies", where):
            raise Crash


class _SteppedLedger(_Stepped):
    """A ledger whose every leave to decrypt is witnessed."""

    def _call(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def opened(object_id: str, server: str, claim: str, within_s: float | None = None) -> str:
            receipt: str = method(object_id, server, claim, within_s)
            self._world.schedule.outcomes["key opened"] += 1
            self._world.witness.opened(object_id, claim)
            return receipt

        return super()._call(name, opened if name == "consume" else method)


class _SteppedServer(_Stepped):
    """A server that may say that it gave back what it keeps."""

    def _call(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def surrender(register: str, wires: Any) -> None:
            if not self._world.schedule.strikes("server_lies", f"{self._part.name} {register}"):  # type: ignore[attr-defined]
                method(register, wires)

        return super()._call(name, surrender if name == "surrender" else method)


class _SteppedKeyring(_Stepped):
    """A keyring whose spool steps, too."""

    @property
    def spool(self) -> Any:
        return _SteppedSpool(self._world, self._process, self._part.spool)  # type: ignore[attr-defined]


class _SteppedSpool(_Stepped):
    """A spool of which it is witnessed what is safe."""

    def _call(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def safe(object_id: str) -> None:
            method(object_id)
            self._world.witness.safe(object_id)

        return super()._call(name, safe if name == "done" else method)


class _Stepping(Cloud):
    """Any cloud, its client made of parts that step."""

    _world: World
    _process: str

    def _assemble(self, fabric: Any, ledger: Any, servers: Any) -> None:
        def step(part: object, how: type[_Stepped] = _Stepped) -> Any:
            return how(self._world, self._process, part)

        self.fabric, self.ledger = step(fabric), step(ledger, _SteppedLedger)
        keyring = step(Keyring(self.directory / "keyring.db", self._world.disk), _SteppedKeyring)
        stepping = {name: step(server, _SteppedServer) for name, server in servers.items()}
        clock = self._world.network.clock.monotonic
        self.client = self._world.code.client(
            self.fabric, self.ledger, keyring, stepping, self._putting, self._turn, clock
        )
        self._sweep()

    def _wait(self) -> None:
        self._world.tasks.switch()

    def _share(self, file: IO[str]) -> None:
        while True:
            if hold(file, shared=True, wait=False):
                return
            self._world.tasks.switch()


class _Embedded(_Stepping):
    def __init__(self, world: World, process: str, machine: str) -> None:
        self._world, self._process = world, process
        self.directory = world.client_directory(machine)
        fabric = world.fabric()
        servers = {name: LocalServer(name, fabric) for name in world.servers}
        self._assemble(fabric, world.ledger(world.machines[machine]), servers)


class _Service(_Stepping, RemoteCloud):
    def __init__(self, world: World, process: str, machine: str) -> None:
        self._world, self._process = world, process

        def link(url: str, token: str, certificate: str | None) -> Link:
            return world.link(process, url, token)

        RemoteCloud.__init__(self, world.client_directory(machine), link)
