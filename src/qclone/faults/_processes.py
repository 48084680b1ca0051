"""What the processes of a schedule do: clients store and recover, the world changes, an intruder tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from random import Random

from qiskit import QuantumCircuit

from qclone.compute import ServerPart
from qclone.errors import KeyConsumedError, NoSuchObjectError, NotRecoverableError, QcloneError
from qclone.faults._computing import programs
from qclone.faults._registers import some_register, stored
from qclone.faults._schedule import Crash
from qclone.faults._tampering import tamper
from qclone.faults._world import FABRIC, LEDGER, World
from qclone.store import CLIENT, Cloud, Keyring, Manifest, Order, Party, SiteState, Source, check

ATTEMPTS_TO_OPEN = 3
EXPECTED = (QcloneError, OSError)
"""What a user can meet; any other exception is a defect."""


class ClientProcess:
    """One process of a client on one machine, which opens the cloud again each time it has died."""

    def __init__(self, world: World, name: str, machine: str) -> None:
        self._world = world
        self._name = name
        self._machine = machine
        random = world.schedule.random
        acts = [self._put, self._get, self._list, self._check, self._lose_key]
        acts += [self._run, self._narrow, self._commit, self._release, self._remove]
        weights = [8, 12, 1, 1, 0.7, 5, 1.5, 2, 2, 2]
        self._script = iter(random.choices(acts, weights, k=random.randint(1, 3)))

    def run(self) -> None:
        """Do what there is to do, whatever happens."""
        for _ in range(50):
            try:
                cloud = self.open()
                if cloud is None or self._work(cloud):
                    return
            except Crash:
                self._world.schedule.outcome("process died", self._name)
        raise AssertionError("it dies at every start")

    def open(self) -> Cloud | None:
        """Open the cloud, which can fail for a while."""
        for _ in range(ATTEMPTS_TO_OPEN):
            try:
                return self._world.open(self._name, self._machine)
            except EXPECTED as error:
                self._refused("open", error)
        return None

    def _work(self, cloud: Cloud) -> bool:
        for act in self._script:
            try:
                act(cloud)
            except EXPECTED as error:
                self._refused(act.__name__.strip("_"), error)
        return True

    def put_first(self) -> None:
        """Put an object before anything else happens, unless too much of it is lost on the way."""
        cloud = self._world.open(self._name, self._machine)
        with suppress(NotRecoverableError):
            self._put(cloud)

    def _put(self, cloud: Cloud) -> None:
        random = self._world.schedule.random
        several = self._world.links.loss > 0
        number = some_register(random, several)
        num_clones = random.choice([None, 2, 2, 2, 3])
        others: list[Source] = [
            "client" if several else "discard",
            "discard" if num_clones == 3 else "server",
        ]
        manifest = cloud.client.put_core(
            stored(number).core,
            stored(number).circuit.num_qubits,
            f"{number}",
            num_clones=num_clones,
            source=random.choice(["client", *others]),
        )
        self._world.schedule.outcome("put acknowledged", f"{self._name} {manifest.object_id}")
        self._world.witness.acknowledged[manifest.object_id] = self._machine, manifest

    def _get(self, cloud: Cloud) -> None:
        random = self._world.schedule.random
        manifest = self._some_object(random)
        if manifest is not None:
            server = random.choice([None, None, *manifest.servers])
            self.recover(cloud, manifest, server, random.random() < 0.3)

    def recover(
        self, cloud: Cloud, manifest: Manifest, server: str | None, correct: bool, *, stays: bool = False
    ) -> None:
        """Recover an object; once its register is here, nothing may come between it and the caller."""
        witness, received = self._world.witness, False

        def deliver(circuit: QuantumCircuit) -> None:
            nonlocal received
            if self._world.schedule.strikes("output_fails", f"{self._name} {manifest.object_id}"):
                raise OSError("the output cannot be written")
            received = True
            self._world.schedule.outcome("recovered", f"{self._name} {manifest.object_id}")
            put_in = stored(int(manifest.name)).circuit
            witness.delivered(manifest.object_id, self._machine, circuit, put_in)
            world = self._world
            world.code.output().write(world.disk, world.output_of(self._machine, manifest.object_id))

        try:
            if stays:
                back = cloud.client.release(manifest.object_id, server, deliver=deliver)
            else:
                back = cloud.client.get(manifest.object_id, server, correct=correct, deliver=deliver)
            witness.told(manifest.object_id, back.entanglement_fidelity)
        except EXPECTED as error:
            if received:
                self._world.schedule.violation(
                    f"{manifest.object_id} was recovered and then lost, for {error}"
                )
            raise

    def recover_any(self, cloud: Cloud, manifest: Manifest) -> None:
        """Recover an object with which something was done, from one server after the other."""
        ran = [run.server for run in manifest.uses.runs if not run.done]
        failed: Exception | None = None
        if manifest.committed_to is not None:
            self.recover(cloud, manifest, None, False)
            return
        for server in sorted(manifest.servers, key=lambda name: name in ran):
            try:
                self.recover(cloud, manifest, server, False)
            except KeyConsumedError:
                raise
            except EXPECTED as error:
                failed = error
            else:
                return
        assert failed is not None
        raise failed

    def _run(self, cloud: Cloud) -> None:
        random, witness = self._world.schedule.random, self._world.witness
        manifest = self._some_object(random)
        if manifest is not None:
            server, program = random.choice(manifest.servers), random.choice(programs(manifest.qubits))
            known = witness.asked.setdefault((manifest.object_id, server), program)
            cloud.client.run(manifest.object_id, known, server)
            self._world.schedule.outcome("computed", f"{self._name} {manifest.object_id} on {server}")

    def _narrow(self, cloud: Cloud) -> None:
        random = self._world.schedule.random
        manifest = self._some_object(random)
        if manifest is not None:
            servers = random.sample(manifest.servers, random.randint(1, len(manifest.servers)))
            cloud.client.narrow(manifest.object_id, servers)
            self._world.schedule.outcome("narrowed", f"{self._name} {manifest.object_id}")

    def _commit(self, cloud: Cloud) -> None:
        random = self._world.schedule.random
        manifest = self._some_object(random)
        if manifest is not None:
            try:
                cloud.client.commit(manifest.object_id, random.choice(manifest.servers))
                self._world.schedule.outcome("committed", f"{self._name} {manifest.object_id}")
            except EXPECTED as error:
                self._refused("commit", error)
            if random.random() < 0.3:  # whoever commits may think better of it, however it went
                self._give_up(cloud, manifest)

    def _release(self, cloud: Cloud) -> None:
        random = self._world.schedule.random
        manifest = self._some_object(random)
        if manifest is not None:
            self.recover(cloud, manifest, random.choice(manifest.servers), False, stays=True)

    def _remove(self, cloud: Cloud) -> None:
        manifest = self._some_object(self._world.schedule.random)
        if manifest is not None:
            self._give_up(cloud, manifest)

    def _give_up(self, cloud: Cloud, manifest: Manifest) -> None:
        witness = self._world.witness
        witness.removers.setdefault(manifest.object_id, set()).add(self._machine)
        cloud.client.remove(manifest.object_id)
        self._world.schedule.outcome("removed", f"{self._name} {manifest.object_id}")
        witness.removed.add(manifest.object_id)

    def _list(self, cloud: Cloud) -> None:
        listed = cloud.ledger.manifests()
        self._world.schedule.outcome("listed", f"{self._name}: {len(listed)} objects")

    def _check(self, cloud: Cloud) -> None:
        manifest = self._some_object(self._world.schedule.random)
        if manifest is not None:
            check(cloud.client.holdings(cloud.ledger.find(manifest.object_id)))

    def _lose_key(self, cloud: Cloud) -> None:
        manifest = self._some_object(self._world.schedule.random)
        if manifest is not None:
            self._world.schedule.faults["lose_key"] += 1
            self._world.witness.lost_key.add(
                self._world.register_of(self._world.machines[self._machine], manifest.object_id)
            )
            cloud.client.lose_key(manifest.object_id, "N1")

    def _some_object(self, random: Random) -> Manifest | None:
        acknowledged = self._world.witness.acknowledged.values()
        mine = [m for machine, m in acknowledged if machine == self._machine or random.random() < 0.1]
        return random.choice([mine[0], *mine]) if mine else None

    def _refused(self, act: str, error: Exception) -> None:
        code = error.code if isinstance(error, QcloneError) else "no space"
        if act == "put" and isinstance(error, NoSuchObjectError):
            self._world.schedule.violation(f"A put of {self._name} was given up by somebody else.")
        self._world.schedule.outcome(f"{act} refused: {code}", f"{self._name}: {error}")


def world_process(world: World) -> Callable[[], None]:
    """Return what servers suffer and do that nobody asked for, lets time pass, and switches the cloud."""
    random, schedule = world.schedule.random, world.schedule

    def change(cloud: Cloud) -> None:
        servers = random.sample(world.servers, random.randint(1, len(world.servers) - 1))
        kinds = ["fail", "heal", "lose", "compromise", "wait", "tamper"]
        what = random.choices(kinds, [5, 5, 2, 2, 2, 3])[0]
        schedule.note(f"WORLD {what} {' '.join(servers)}")
        if what == "tamper":
            tamper(world, servers[0])
        elif what == "wait":
            cloud.fabric.advance(random.choice([1.0, 30.0]))
        else:
            getattr(cloud, what)(*servers)
        schedule.faults[what] += 1

    def run() -> None:
        client, cloud = ClientProcess(world, "operator", "default.1"), None
        for _ in range(random.randint(2 if world.is_switched else 0, 4)):
            for _ in range(random.randint(0, 15)):
                world.tasks.switch()
            if world.is_switched and random.random() < 0.5:
                schedule.faults["switch"] += 1
                world.switch()
                cloud = None
            try:
                cloud = cloud or client.open()
                if cloud is not None:
                    change(cloud)
            except EXPECTED as error:
                schedule.note(f"operator: {error}")
            except Crash:
                schedule.outcome("process died", "operator")
                cloud = None

    return run


def intruder_process(world: World) -> Callable[[], None]:
    """Return what tries to reach qubits that it must not; all of it must be refused."""
    random, schedule = world.schedule.random, world.schedule

    def run() -> None:
        for _ in range(random.randint(0, 2)):
            for _ in range(random.randint(0, 20)):
                world.tasks.switch()
            if world.witness.acknowledged:
                machine, manifest = random.choice(list(world.witness.acknowledged.values()))
                attempt, act = random.choice(list(_attempts(world, world.machines[machine], manifest)))
                try:
                    act()
                except EXPECTED as error:
                    schedule.outcome("intruder refused", f"{attempt}: {error}")
                except Crash:
                    schedule.outcome("process died", "intruder")
                else:
                    schedule.violation(f"An intruder may {attempt} of {manifest.object_id}.")

    return run


def _secret_of(world: World, manifest: Manifest) -> str:
    """What a thief has who stole the keyring and the token."""
    machine, _ = world.witness.acknowledged[manifest.object_id]
    keyring = Keyring(world.client_directory(machine) / "keyring.db", world.disk)
    return keyring.secret(manifest.object_id) if keyring.holds(manifest.object_id) else ""


def _attempts(world: World, tenant: str, manifest: Manifest) -> Iterator[tuple[str, Callable[[], object]]]:
    register = world.register_of(tenant, manifest.object_id)
    elsewhere = next(s for s in [*world.servers, "nowhere"] if s not in manifest.servers or s == "nowhere")
    wires = [0]
    if not world.is_service:
        fabric = world.fabric()
        thief, server = Party(CLIENT, "guessed"), Party(elsewhere)
        order, forged = Order("", (0,)), f"{'0' * 64}.{'0' * 64}"
        yield "take qubits out", partial(fabric.deliver, thief, register, order, forged)
        yield "decrypt", partial(fabric.run, thief, register, "H 0")
        secret = _secret_of(world, manifest)
        yield "decrypt with its key", partial(fabric.run, Party(CLIENT, secret), register, "H 0")
        yield "open it with its key", partial(fabric.deliver, Party(CLIENT, secret), register, order, forged)
        stolen = ServerPart((0,), (), "", "H 0")
        yield "compute elsewhere", partial(fabric.compute, server, register, stolen)
        yield "compute at its client", partial(fabric.compute, Party(CLIENT, secret), register, stolen)
        yield "read its key", partial(fabric.read_key, thief, register, "", wires)
        if manifest.object_id not in world.witness.removers:  # what is not there, anybody may forget
            yield "forget the register", partial(fabric.forget, thief, register)
        yield "move qubits from elsewhere", partial(fabric.move, server, register, {elsewhere: wires})
        return
    path = f"/v1/registers/{tenant}:{manifest.object_id}"
    for token in ("tenant mallory", f"site {elsewhere}"):
        link, who = world.link("intruder", f"http://{FABRIC}", token), token.partition(" ")[0]
        decrypt, take = {"circuit": "H 0"}, {"to": {CLIENT: wires}}
        opening = {"order": {"circuit": "", "outputs": [0]}, "receipt": f"{'0' * 64}.{'0' * 64}"}
        yield f"as a {who} take qubits out", partial(link.ask, f"{path}/deliver", opening)
        yield f"as a {who} decrypt", partial(link.send, "POST", f"{path}/run", decrypt, secret="guessed")
        part = {"wires": wires, "tails": [], "public": "", "text": "H 0"}
        yield f"as a {who} compute", partial(link.ask, f"{path}/compute", part)
        read = {"circuit": "", "wires": wires, "receipt": opening["receipt"]}
        yield f"as a {who} read the key", partial(link.ask, f"{path}/read", read, secret="guessed")
        yield f"as a {who} take qubits", partial(link.send, "POST", f"{path}/move", take)
    fabric_link = world.link("intruder", f"http://{FABRIC}", f"tenant {tenant}")
    fall = {"names": world.servers, "state": SiteState.COMPROMISED.value}
    yield "take servers over", partial(fabric_link.send, "POST", "/v1/sites/state", fall)
    ledger = world.link("intruder", f"http://{LEDGER}", f"site {world.servers[0]}")
    consume = f"/v1/objects/{manifest.object_id}/consume"
    yield "consume the key", partial(ledger.ask, consume, {"server": "mine", "claim": "0" * 64})
    secret = _secret_of(world, manifest)
    yield "decrypt with its key", partial(fabric_link.send, "POST", f"{path}/run", decrypt, secret=secret)
    yield "open it with its key", partial(fabric_link.ask, f"{path}/deliver", opening, secret=secret)
    surrender = world.link("intruder", f"http://{world.servers[0]}", "tenant mallory")
    path = f"/v1/servers/{world.servers[0]}/registers/{path.rpartition('/')[2]}/surrender"
    yield "recall clones", partial(surrender.send, "POST", path, {"wires": wires})
    path = path.removesuffix("/surrender") + "/compute"
    yield "have its server compute", partial(surrender.ask, path, part)
