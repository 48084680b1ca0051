"""The parts of a cloud seen from a client: the same protocols, over HTTP."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from qclone.compute import ServerPart
from qclone.service._link import FIRST_PAUSE_S, Link
from qclone.service._wire import (
    JSON,
    MAX_FILE_BYTES,
    PAGE,
    ForbiddenError,
    TooLargeError,
    UnreachableError,
    manifest_of,
)
from qclone.store import Delivery, Links, Manifest, Memory, Order, Party, Preparation, SiteState, Uses
from qclone.store.rows import prefix_range

WORK_WITHIN_S = 900.0
"""How long a client asks for what the fabric is computing."""
LONGEST_PAUSE_S = 1.0
SURRENDER_ATTEMPTS = 3
"""A server that does not answer is replaced by another."""
LOOK_AGAIN_S = 5.0
"""How long a server's process counts as alive once it answered, unless a call to it fails."""


class HttpFabric:
    """The fabric across the network, for one tenant (or, with a site's token, for one server).

    Parameters
    ----------
    tenant : prefix of the tenant's registers; empty for a server, which is told full names.
    servers : links to the servers; one that does not answer counts as down.
    operator : a link with the operator's token, for the clock and for failing servers.
    """

    def __init__(
        self,
        link: Link,
        tenant: str = "",
        servers: Mapping[str, Link] | None = None,
        operator: Link | None = None,
    ) -> None:
        self._link = link
        self._tenant = tenant
        self._operator = operator or link
        self._servers = servers or {}
        self._alive: dict[str, bool] = {}
        self._alive_at = float("-inf")
        self._links: Links | None = None

    def close(self) -> None:
        for link in {self._link, self._operator, *self._servers.values()}:
            link.close()

    def sites(self) -> dict[str, SiteState]:
        states = {name: SiteState(s) for name, s in self._link.get("/v1/sites")["sites"].items()}
        seen = self._looked_at()
        return {
            name: SiteState.DOWN if state is SiteState.UP and not seen.get(name, True) else state
            for name, state in states.items()
        }

    def _looked_at(self) -> dict[str, bool]:
        """Whether the process of each server answered when its turn to be looked at came last."""
        if self._link.clock.monotonic() - self._alive_at > LOOK_AGAIN_S:
            # Servers behind one address are one process, which is asked once.
            alive = {link: link.is_alive() for link in dict.fromkeys(self._servers.values())}
            self._alive = {name: alive[link] for name, link in self._servers.items()}
            self._alive_at = self._link.clock.monotonic()
        return self._alive

    def does_not_answer(self, server: str) -> None:
        """Count a server as down until its turn to be looked at comes again."""
        self._alive[server] = False

    def load(self, party: Party, register: str, preparation: Preparation) -> None:
        body = {
            "core": _circuit(preparation.core),
            "num_wires": preparation.num_wires,
            "inputs": list(preparation.inputs),
            "circuit": preparation.circuit,
            "to": _wires_by_site(preparation.to),
            "discarded": list(preparation.discarded),
        }
        self._send("PUT", party, register, "", body)

    def run(self, party: Party, register: str, circuit: str) -> None:
        self._send("POST", party, register, "/run", {"circuit": circuit})

    def measure(self, party: Party, register: str, wires: Sequence[int]) -> tuple[int, ...]:
        # Asked once: the first measurement changed what a second would see.
        body = {"wires": list(map(int, wires))}
        return tuple(self._link.once(f"{self._path(register)}/measure", body)["outcomes"])

    def move(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        self._send("POST", party, register, "/move", {"to": _wires_by_site(to)})

    def discard(self, party: Party, register: str, wires: Sequence[int]) -> None:
        self._send("POST", party, register, "/discard", {"wires": list(map(int, wires))})

    def forget(self, party: Party, register: str) -> None:
        self._send("DELETE", party, register, "", None)

    def compute(self, party: Party, register: str, part: ServerPart) -> None:
        self._link.ask(f"{self._path(register)}/compute", asdict(part), secret=party.secret)

    def read_key(
        self, party: Party, register: str, circuit: str, wires: Sequence[int], receipt: str = ""
    ) -> None:
        body = {"circuit": circuit, "wires": list(map(int, wires)), "receipt": receipt}
        self._link.ask(f"{self._path(register)}/read", body, secret=party.secret)

    def rehearse(self, party: Party, register: str, order: Order) -> None:
        self._work(party, register, "/rehearse", {"order": asdict(order)})

    def deliver(self, party: Party, register: str, order: Order, receipt: str) -> Delivery:
        body = {"order": asdict(order), "receipt": receipt}
        document = self._work(party, register, "/deliver", body)
        core, outcomes = base64.b64decode(document["core"]), tuple(document["outcomes"])
        return Delivery(core, document["frame"], outcomes, document["entanglement_fidelity"])

    def acknowledge(self, party: Party, register: str, receipt: str) -> None:
        path = f"{self._path(register)}/acknowledge"
        self._link.ask(path, {"receipt": receipt}, secret=party.secret)

    def _work(self, party: Party, register: str, verb: str, body: JSON) -> JSON:
        """Ask until it is done; asking again does no harm."""
        clock, path = self._link.clock, self._path(register) + verb
        give_up_at, pause = clock.monotonic() + WORK_WITHIN_S, FIRST_PAUSE_S
        while (document := self._link.ask(path, body, secret=party.secret)).get("working"):
            if clock.monotonic() > give_up_at:
                raise UnreachableError(
                    f"{self._link.url} has been at work for {WORK_WITHIN_S:.0f} s.", "Ask again later."
                )
            clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        return document

    def whereabouts(self, register: str) -> dict[str, tuple[int, ...]]:
        sites = self._link.get(f"{self._path(register)}/whereabouts")["sites"]
        return {site: tuple(wires) for site, wires in sites.items()}

    def whereabouts_of(self, registers: Sequence[str]) -> dict[str, dict[str, tuple[int, ...]]]:
        names = [self._name(register) for register in registers]
        found = self._link.send("POST", "/v1/whereabouts", {"registers": names})["registers"]
        return {
            register: {site: tuple(wires) for site, wires in found[name].items()}
            for register, name in zip(registers, names, strict=True)
        }

    def now(self) -> float:
        return float(self._link.get("/v1/clock")["now_s"])

    def fidelity(self, register: str, circuit: bytes) -> float:
        from qclone.circuits import Compared  # brings Qiskit, which a part of the cloud starts without

        path = f"{self._path(register)}/fidelity"
        found = self._link.send("POST", path, {"circuit": _circuit(circuit)})
        return Compared(found["fidelity"], found.get("compared", ""))

    def view(self, register: str, site: str) -> NDArray[np.complex128]:
        document = self._link.get(f"{self._path(register)}/view/{quote(site)}")
        return np.array(document["real"]) + 1j * np.array(document["imag"])

    def qubits_at(self, tenant: str | None = None) -> dict[str, int]:
        """Return the number of this tenant's qubits at each site that has any."""
        if tenant not in (None, self._tenant):
            raise ForbiddenError("A tenant counts its own qubits only.", "Leave the other tenant out.")
        return dict(self._link.get("/v1/sites/qubits")["qubits"])

    def revision(self) -> str:
        """As the fabric's, and which servers' processes do not answer."""
        said = self._link.get("/v1/revision", attempts=1)["revision"]
        dead = [name for name, alive in self._looked_at().items() if not alive]
        return f"{said}-{','.join(dead)}"

    def advance(self, seconds: float) -> float:
        """Let the clock run; for the operator."""
        return float(self._operator.send("POST", "/v1/clock", {"seconds": seconds})["now_s"])

    def set_state(self, names: Sequence[str], state: SiteState) -> None:
        """Let servers fail, heal, lose their qubits or fall to an adversary; for the operator."""
        self._operator.send("POST", "/v1/sites/state", {"names": list(names), "state": state.value})

    def memory(self) -> Memory:
        clock = self._link.get("/v1/clock")
        return Memory(*(math.inf if clock[time] is None else clock[time] for time in ("t1_s", "t2_s")))

    def links(self) -> Links:
        if self._links is None:  # they never change
            self._links = Links(**self._link.get("/v1/links"))
        return self._links

    def _name(self, register: str) -> str:
        return f"{self._tenant}:{register}" if self._tenant else register

    def _path(self, register: str) -> str:
        return f"/v1/registers/{quote(self._name(register))}"

    def _send(self, method: str, party: Party, register: str, verb: str, body: JSON | None) -> None:
        self._link.send(method, self._path(register) + verb, body, secret=party.secret)


class HttpLedger:
    """A tenant's ledger across the network."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def close(self) -> None:
        self._link.close()

    def reserve(self, manifest: Manifest) -> None:
        body = asdict(manifest)
        del body["key"], body["uses"], body["object_id"]
        self._link.send("PUT", f"/v1/objects/{manifest.object_id}", body)

    def stored(self, object_id: str) -> None:
        self._link.send("POST", f"/v1/objects/{quote(object_id)}/stored")

    def abandon(self, object_id: str) -> None:
        self._link.send("POST", f"/v1/objects/{quote(object_id)}/abandoned")

    def strike(self, object_id: str) -> None:
        self._link.send("DELETE", f"/v1/objects/{quote(object_id)}")

    def remove(self, object_id: str) -> None:
        self._link.send("POST", f"/v1/objects/{quote(object_id)}/removed")

    def unfinished(self) -> list[str]:
        return list(self._link.get("/v1/unfinished")["ids"])

    def find(self, prefix: str) -> Manifest:
        prefix_range(prefix)  # what is no prefix of an id is no path either
        return manifest_of(self._link.get(f"/v1/objects/{prefix}"))

    def manifests(self, after: str = "", limit: int | None = None) -> list[Manifest]:
        found: list[Manifest] = []
        while limit is None or len(found) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self._link.get(f"/v1/objects?after={quote(after)}&limit={size}")
            found += map(manifest_of, page["objects"])
            after = page["next"]
            if after is None:
                break
        return found

    def search(self, text: str = "", start: int = 0, limit: int = 100) -> tuple[int, list[Manifest]]:
        found = self._link.get(f"/v1/search?text={quote(text, safe='')}&start={start}&limit={limit}")
        return int(found["total"]), list(map(manifest_of, found["objects"]))

    def revision(self) -> str:
        return str(self._link.get("/v1/revision", attempts=1)["revision"])

    def consume(self, object_id: str, server: str, claim: str, within_s: float | None = None) -> str:
        body: JSON = {"server": server, "claim": claim, "deadline": None}
        if within_s is not None:
            # Clocks differ, and a request can wait unread: the deadline is in the ledger's own time.
            body["deadline"] = float(self._link.get("/v1/time")["now"]) + within_s
        return str(self._link.ask(f"/v1/objects/{quote(object_id)}/consume", body)["receipt"])

    def note(self, object_id: str, before: Uses, after: Uses) -> None:
        body = {"before": asdict(before), "after": asdict(after)}
        self._link.ask(f"/v1/objects/{quote(object_id)}/note", body)

    def consumed(self, object_id: str) -> None:
        self._link.send("POST", f"/v1/objects/{quote(object_id)}/consumed")


class HttpServer:
    """One server's classical control across the network.

    Parameters
    ----------
    failed : told the server's name when it does not answer.
    """

    def __init__(self, name: str, link: Link, tenant: str, failed: Callable[[str], None]) -> None:
        self.name = name
        self._link = link
        self._tenant = tenant
        self._failed = failed

    def compute(self, register: str, part: ServerPart) -> None:
        whose = quote(f"{self._tenant}:{register}")
        path = f"/v1/servers/{quote(self.name)}/registers/{whose}/compute"
        try:
            self._link.ask(path, asdict(part))
        except UnreachableError:
            self._failed(self.name)
            raise

    def surrender(self, register: str, wires: Sequence[int]) -> None:
        whose = quote(f"{self._tenant}:{register}")
        path = f"/v1/servers/{quote(self.name)}/registers/{whose}/surrender"
        try:
            self._link.send("POST", path, {"wires": list(map(int, wires))}, attempts=SURRENDER_ATTEMPTS)
        except UnreachableError:
            self._failed(self.name)
            raise


def _wires_by_site(to: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    return {site: list(map(int, wires)) for site, wires in to.items()}


def _circuit(data: bytes) -> str:
    """Return a circuit's file as JSON takes it."""
    if len(data) > MAX_FILE_BYTES:
        raise TooLargeError(
            f"The circuit takes {len(data) / (1 << 20):,.1f} MiB, and a cloud over the network takes "
            f"{MAX_FILE_BYTES >> 20} MiB.",
            "Prepare the state with fewer gates, or use a cloud in a folder.",
        )
    return _base64(data)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
