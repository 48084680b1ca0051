"""Run schedules, one or a hundred thousand, and report what they did."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

from qclone.errors import InvalidInputError
from qclone.faults._processes import EXPECTED, ClientProcess, intruder_process, world_process
from qclone.faults._schedule import Schedule
from qclone.faults._world import Code, World
from qclone.scheme import Parallel, from_spec
from qclone.store import Cloud, KeyState, Manifest, check, tenant_and_object

_IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Outcome:
    """What one schedule did.

    Parameters
    ----------
    seed : replays it, step for step.
    steps : how many there were.
    faults, outcomes : how often each kind struck or came about.
    violations : one sentence each.
    trace : one line an event.
    """

    seed: int
    steps: int
    faults: Counter[str]
    outcomes: Counter[str]
    violations: tuple[str, ...]
    trace: tuple[str, ...]


def run_schedule(seed: int, code: Code | None = None) -> Outcome:
    """Run the schedule of a seed and check every invariant.

    Example
    -------
    >>> run_schedule(1).violations
    ()
    """
    schedule = Schedule(seed)
    directory = Path(tempfile.mkdtemp(prefix=_prefix(), dir=_parent_directory()))
    try:
        world = World(schedule, directory, code or Code())
        try:
            _run(world)
        finally:
            world.disk.erase()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return Outcome(
        seed, schedule.step, schedule.faults, schedule.outcomes, schedule.violations, schedule.trace
    )


def _run(world: World) -> None:
    schedule = world.schedule
    counts = [1, 1, 2] if len(world.machines) > 1 else [1, 2, 2, 3]
    clients = {
        f"{machine}/{i}": ClientProcess(world, f"{machine}/{i}", machine)
        for machine in world.machines
        for i in range(1, 1 + schedule.random.choice(counts))
    }
    bodies = {name: client.run for name, client in clients.items()}
    bodies |= {"world": world_process(world), "intruder": intruder_process(world)}
    try:
        for tenant in world.tenants:
            clients[f"{tenant}.1/1"].put_first()
        schedule.calm = False
        world.tasks.run(bodies)
        schedule.calm = True
        schedule.note("CALM: no more faults; what is under way arrives, who died starts again")
        world.settle()
        if schedule.random.random() < 0.5:
            # Opening sweeps, before what is late arrives.
            world.open("afterwards", "default.1").heal(*world.servers)
        world.network.settle()
        for tenant in world.tenants:
            _settle_accounts(world, tenant)
    except Exception as error:
        schedule.violation(f"{type(error).__name__}: {error}")


def _settle_accounts(world: World, tenant: str) -> None:
    """With all faults over: everything is as it was promised, and everything recoverable is recovered."""
    schedule, witness = world.schedule, world.witness
    machines = [machine for machine, owner in world.machines.items() if owner == tenant]
    clouds = [world.open("afterwards", machine) for machine in machines]
    processes = {
        cloud: ClientProcess(world, "afterwards", machine)
        for cloud, machine in zip(clouds, machines, strict=True)
    }
    ledger = clouds[0].ledger
    listed = {manifest.object_id: manifest for manifest in ledger.manifests()}
    if ledger.unfinished():
        schedule.violation("An unfinished put was not swept.")
    for object_id, (machine, _) in witness.acknowledged.items():
        if world.machines[machine] != tenant:
            continue
        if object_id not in listed and object_id not in witness.removers:  # else watched as it went
            schedule.violation(f"{object_id} was acknowledged and is not in the ledger.")
        if object_id in listed and object_id in witness.removed:
            schedule.violation(f"{object_id} was removed and is in the ledger.")
    for manifest in listed.values():
        # Who has put it comes last: what the others try in vain must not keep its owner from it.
        for cloud in sorted(clouds, key=lambda cloud: manifest.object_id in cloud.client.keyring.ids()):
            _recover_if_allowed(world, processes[cloud], cloud, ledger.find(manifest.object_id))
        _nothing_lost(world, tenant, ledger.find(manifest.object_id))
    _agree(world, tenant, set().union(*(cloud.client.keyring.ids() for cloud in clouds)))


def _recover_if_allowed(world: World, process: ClientProcess, cloud: Cloud, manifest: Manifest) -> None:
    """Physics allows it to who has the key, if enough is left."""
    schedule, witness, object_id = world.schedule, world.witness, manifest.object_id
    scheme = from_spec(manifest.scheme, kind=Parallel)
    sealed = manifest.key.state is KeyState.SEALED
    mine = sealed and object_id in cloud.client.keyring.ids()
    register = world.register_of(_tenant(world, object_id), object_id)
    used = not manifest.uses.is_plain
    allowed = mine and witness.recoverable(register, scheme, manifest)
    looks = schedule.random.random() < 0.3
    said = check(cloud.client.holdings(manifest)).recoverable if looks else allowed
    if said is not allowed and (allowed or not used):
        schedule.violation(f"check says of {object_id} that it is {'not ' * allowed}recoverable.")
    try:
        if used:
            process.recover_any(cloud, manifest)
        else:
            _recover_as_advised(process, cloud, manifest, schedule.random.random() < 0.3)
    except EXPECTED as error:
        schedule.outcome("in the end " + getattr(error, "code", "no space"), object_id)
        # A link may have lost what would have done.
        if allowed and not (world.links.loss and not witness.recoverable(register, scheme, manifest)):
            schedule.violation(f"{object_id} is lost although physics allows its recovery: {error}")
        elif sealed and cloud.ledger.find(object_id).key.state is not KeyState.SEALED:
            schedule.violation(f"{object_id} lost its key to a recovery that physics does not allow.")
    else:
        schedule.outcomes["in the end recovered"] += 1
        if sealed and not allowed and not used:  # what was used has other ways than those in the books
            schedule.violation(f"{object_id} was recovered although it cannot be.")


def _recover_as_advised(process: ClientProcess, cloud: Cloud, manifest: Manifest, correct: bool) -> None:
    """Checks that would tell of the state itself are refused: the remedy is to leave them out."""
    try:
        process.recover(cloud, manifest, None, correct)
    except InvalidInputError:
        if not correct:
            raise
        process.recover(cloud, manifest, None, False)


def _nothing_lost(world: World, tenant: str, manifest: Manifest) -> None:
    """What was consumed is with who consumed it; physics allowing, if the fabric never heard of it."""
    witness, object_id = world.witness, manifest.object_id
    machine, _ = witness.received.get(object_id, ("", None))
    if witness.is_safe(object_id) and not world.disk.has_plain(world.output_of(machine, object_id)):
        world.schedule.violation(f"{object_id} was said to be safe, and its file is gone.")
    if manifest.key.state is KeyState.SEALED or object_id in witness.received:
        return
    scheme, register = from_spec(manifest.scheme, kind=Parallel), world.register_of(tenant, object_id)
    if register in witness.books.released or witness.recoverable(register, scheme, manifest):
        world.schedule.violation(f"{object_id} was consumed and nobody has it.")


def _agree(world: World, tenant: str, secrets: AbstractSet[str]) -> None:
    """The ledger, the fabric and the keyrings tell the same of every object."""
    schedule, books = world.schedule, world.witness.books
    rows = world.witness.ledgers.get(tenant, {})
    registers = {world.register_of(tenant, object_id): state for object_id, (_, state) in rows.items()}
    for register, state in registers.items():
        if (state == "consumed") > (register in books.released):
            schedule.violation(f"{register} is consumed in the ledger and still in the fabric.")
        if (state == "sealed") and not books.places.get(register):
            schedule.violation(f"{register} is sealed in the ledger and not in the fabric.")
    for register in books.places:
        if tenant_and_object(register)[0] == tenant and register not in registers:
            schedule.violation(f"{register} is in the fabric and not in the ledger.")
    for object_id, (_, state) in rows.items():
        if state == "sealed" and object_id not in secrets:
            schedule.violation(f"{object_id} is sealed and its secret is gone.")


def _tenant(world: World, object_id: str) -> str:
    return next(tenant for tenant, rows in world.witness.ledgers.items() if object_id in rows)


def run_schedules(seeds: range, workers: int = 1, traces: bool = False) -> Iterator[Outcome]:
    """Run many, in their order; without `traces`, only those that violate an invariant have one."""
    run = run_schedule if traces else _briefly
    if workers == 1 or len(seeds) == 1:
        yield from map(run, seeds)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _end_with_parent) as pool:
        yield from pool.map(run, seeds, chunksize=max(1, min(50, len(seeds) // (4 * workers))))


def _end_with_parent() -> None:
    """In a worker: a parent that is killed cannot tell it to end, so it watches, and tidies up."""

    def watch() -> None:
        parent = parent_process()
        assert parent is not None
        parent.join()
        for directory in _parent_directory().glob(f"{_prefix()}*"):
            shutil.rmtree(directory, ignore_errors=True)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _prefix() -> str:
    """How the names of this process's directories start."""
    return f"qclone-faults-{os.getpid()}-"


def _parent_directory() -> Path:
    return _IN_MEMORY if _IN_MEMORY.is_dir() else Path(tempfile.gettempdir())


def _briefly(seed: int) -> Outcome:
    outcome = run_schedule(seed)
    return outcome if outcome.violations else replace(outcome, trace=())
