"""A cloud in which everything can fail: embedded, a service, or by turns; without a process or a socket."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
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
    Links,
    LocalServer,
    Memory,
    Parts,
    SqliteFabric,
    SqliteLedger,
    register_name,
)

FABRIC, LEDGER = "fabric", "ledger"
HOME = "default.1"
"""The machine that the cloud's files are on, if anybody ever opens them there."""
DRIPS_FOR_S = (1.0, 50.0, 130.0)


class Output:
    """What a client writes a register to that came back: when this returns, it is on the disk."""

    def write(self, disk: FaultyDisk, path: Path) -> None:
        disk.write(path)
        disk.sync(path)


@dataclass(frozen=True)
class Code:
    """The code under test; a test of the simulation itself puts something broken here.

    Parameters
    ----------
    opened : the fabric of who opens the cloud's directory; that of the service if it is None.
    """

    client: type[Client] = Client
    ledger: type[SqliteLedger] = SqliteLedger
    fabric: type[SqliteFabric] = SqliteFabric
    opened: type[SqliteFabric] | None = None
    output: type[Output] = Output


_CLOUD = "the cloud"


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
        self.is_switched = random.random() < 0.2
        self.has_service = self.is_switched or random.random() < 0.55
        self.servers = [f"server-{i}" for i in range(1, random.randint(2, 4) + 1)]
        self.tenants = ["default", "alice"] if self.has_service and random.random() < 0.5 else ["default"]
        machines = random.choice([1, 2]) if self.has_service else 1
        self.machines = {f"{tenant}.{i}": tenant for tenant in self.tenants for i in range(1, 1 + machines)}
        memory = Memory(t1_s=100.0, t2_s=100.0) if random.random() < 0.1 else Memory()
        self.links = _some_links(random)
        self.disk = FaultyDisk(schedule, self._committed)
        self.disk.power_lost = lambda path: self._lose_power(self._place_of_file(path))
        self.witness = Witness(
            schedule, self.servers, memory != Memory(), self.register_of, loses=bool(self.links.loss)
        )
        self.witness.books.aged = self.links.fidelity < 1
        SqliteFabric.create(directory / "fabric.db", self.servers, memory, self.links, self.disk)
        for tenant in self.tenants:
            SqliteLedger.create(self._ledger_path(tenant), self.disk)
        for machine in self.machines:
            self.client_directory(machine).mkdir()
        self.is_service = self.has_service
        if self.has_service:
            self._start_parts()
            for machine, tenant in self.machines.items():
                self._addresses(tenant).write(self.client_directory(machine))

    def register_of(self, tenant: str, object_id: str) -> str:
        """What the fabric calls an object of a tenant."""
        return register_name(tenant, object_id)

    def open(self, process: str, machine: str) -> Cloud:
        """Open the cloud in a process of a machine, as the command line does; what died before is swept."""
        # On other machines than its own, a cloud that is no service just now is one that does not answer.
        here = not self.is_service and (machine == HOME or not self.has_service)
        return (_Embedded if here else _Service)(self, process, machine)

    def switch(self) -> None:
        """What was opened in its directory becomes a service, or the other way round: `up`, or `down`."""
        self.is_service = not self.is_service
        self.network.is_up = self.is_service
        self.schedule.note("the service is up" if self.is_service else "the service is down")

    def settle(self) -> None:
        """Stay one or the other; where other machines want something, a service."""
        if self.is_switched and not self.is_service and len(self.machines) > 1:
            self.switch()

    def fabric(self, opened: bool = False) -> Any:
        """Return a fabric as a process that has just started sees it: a part, or who `opened` the files."""
        kind = (self.code.opened if opened else None) or self.code.fabric
        return self.witness.watch(kind(self.directory / "fabric.db", self.schedule.seed, self.disk))

    def ledger(self, tenant: str) -> SqliteLedger:
        """Return a ledger as a process sees it that has just started."""
        return self.code.ledger(self._ledger_path(tenant), self.disk, tenant)

    def link(self, process: str, url: str, token: str) -> Link:
        """Return a link; here a token says plainly whom it speaks for."""
        kind, _, name = token.partition(" ")
        return self.network.link(process, token, url, Principal(Kind(kind), name))

    def output_of(self, machine: str, object_id: str) -> Path:
        """Where a machine writes a register that came back."""
        return self.client_directory(machine) / f"{object_id}.qpy"

    def client_directory(self, machine: str) -> Path:
        """Where a machine keeps its keyring; the machines of one tenant share nothing but their token."""
        return self.directory / machine

    def power_fails(self, process: str) -> None:
        """The power of the machine that a process runs on is gone, for a moment."""
        self._lose_power(self._place_of_machine(process.partition("/")[0]))

    def _lose_power(self, place: str) -> None:
        """All processes there die at once, and what was not synced is gone."""
        self.schedule.outcome("power lost", place)
        self.tasks.doom(lambda name: self._place_of_machine(name.partition("/")[0]) == place)
        if place == _CLOUD:
            self.network.all_die()
        self.disk.lose_power(lambda path: self._place_of_file(path) == place)

    def _place_of_machine(self, machine: str) -> str:
        machine = HOME if machine in ("operator", "world") else machine
        return _CLOUD if machine == HOME and (self.is_switched or not self.has_service) else machine

    def _place_of_file(self, path: Path) -> str:
        return _CLOUD if path.parent == self.directory else self._place_of_machine(path.parent.name)

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


def _some_links(random: Random) -> Links:
    """Links of one cloud in eight lose qubits, or make them noisy."""
    if random.random() < 0.875:
        return Links()
    return Links(fidelity=random.choice([1.0, 1.0, 0.97]), loss=random.choice([0.05, 0.2, 0.3]))


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
        if self._world.schedule.strikes("power_lost", where):
            self._world.power_fails(self._process)
            raise Crash
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
            where = f"{self._part.name} {register}"  # type: ignore[attr-defined]
            if self._world.schedule.strikes("server_drips", where):
                self._world.network.clock.now_s += self._world.schedule.random.choice(DRIPS_FOR_S)
            if not self._world.schedule.strikes("server_lies", where):
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
        fabric = world.fabric(opened=True)
        servers = {name: LocalServer(name, fabric) for name in world.servers}
        parts = Parts(fabric, world.ledger(world.machines[machine]), servers)
        super().__init__(world.client_directory(machine), parts)


class _Service(_Stepping, RemoteCloud):
    def __init__(self, world: World, process: str, machine: str) -> None:
        self._world, self._process = world, process

        def link(url: str, token: str, certificate: str | None) -> Link:
            return world.link(process, url, token)

        RemoteCloud.__init__(self, world.client_directory(machine), link)
