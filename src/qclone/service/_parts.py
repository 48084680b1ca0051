"""The three parts of a cloud over HTTP: the fabric, the ledger, one server. OpenAPI describes each."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated, Protocol

import numpy as np
from fastapi import FastAPI, Header, Query, Request
from numpy.typing import NDArray

from qclone.scheme import from_spec
from qclone.service._bodies import (
    Clock,
    Consumption,
    Core,
    Held,
    Load,
    Move,
    Note,
    Object,
    ObjectId,
    Opening,
    PartBody,
    Reading,
    RegisterName,
    Registers,
    Rehearsal,
    Run,
    SiteName,
    States,
    WireList,
    order_of,
    part_of,
    uses_of,
)
from qclone.service._budget import Limits
from qclone.service._endpoint import this_call
from qclone.service._guard import guarded
from qclone.service._jobs import Jobs
from qclone.service._rights import (
    owner,
    party,
    principal_of,
    require_operator,
    require_owner,
    tenant_of,
    visible,
)
from qclone.service._tokens import Kind, Tokens
from qclone.service._wire import JSON, PAGE, ForbiddenError, document_of
from qclone.store import (
    STORABLE,
    AlreadyDone,
    Delivery,
    Ledger,
    Manifest,
    Preparation,
    Server,
    SiteState,
    World,
    once,
    register_name,
    tenant_and_object,
)

Secret = Annotated[str, Header(alias="X-Register-Secret", max_length=128)]
After = Annotated[str, Query(pattern=r"^[0-9A-Za-z]{0,64}$", description="An object's id.")]
PageSize = Annotated[int, Query(ge=1, le=PAGE)]
SEARCH_PAGE = 100
SearchSize = Annotated[int, Query(ge=1, le=SEARCH_PAGE)]
SearchText = Annotated[str, Query(max_length=200, description="In a name, or at the start of an id.")]
Start = Annotated[int, Query(ge=0, le=10**9)]
Idempotency = Annotated[str | None, Header(alias="Idempotency-Key", min_length=16, max_length=128)]


class Diagnostics(Protocol):
    """Looks that only simulation allows."""

    def fidelity(self, register: str, circuit: bytes) -> float: ...

    def view(self, register: str, site: str) -> NDArray[np.complex128]: ...


def fabric_app(
    fabric: World,
    tokens: Tokens,
    limits: Limits | None = None,
    diagnostics: Diagnostics | None = None,
    jobs: Jobs | None = None,
) -> FastAPI:
    """The simulated quantum hardware: tenants act at the client's site, servers at their own.

    Parameters
    ----------
    diagnostics : answers them in place of the fabric.
    jobs : does what takes long.
    """
    looks = diagnostics or fabric
    app = guarded("qclone fabric", tokens, fabric.now, limits)
    jobs = jobs or Jobs()

    def within(register: str) -> str:
        """What the fabric itself calls a register, in a service and embedded alike."""
        return register_name(*tenant_and_object(register))

    @app.get("/v1/sites")
    def sites() -> JSON:
        """Every server and how it is."""
        return {"sites": fabric.sites()}

    @app.get("/v1/sites/qubits")
    def qubits_at(request: Request) -> JSON:
        """The number of qubits at each site that has any: the tenant's own, or the operator's view of all."""
        principal = principal_of(request)
        if principal.kind is Kind.SITE:
            raise ForbiddenError("A server sees its own qubits only.", "Use a tenant's token.")
        return {"qubits": fabric.qubits_at(principal.name if principal.kind is Kind.TENANT else None)}

    @app.get("/v1/revision")
    def revision(request: Request) -> JSON:
        """A text that is another one once anything here has changed, anybody's; it costs next to nothing."""
        if principal_of(request).kind is Kind.SITE:
            raise ForbiddenError("A server sees its own qubits only.", "Use a tenant's token.")
        return {"revision": _digest(fabric.revision())}

    @app.put("/v1/registers/{register}")
    def load(
        request: Request, register: RegisterName, body: Load, secret: Secret, key: Idempotency = None
    ) -> JSON:
        """Make a register at the client's site, apply gates, send wires to sites: all of it or nothing."""
        who, preparation = owner(request, register, secret), Preparation(**body.model_dump())
        return _once(key, lambda: fabric.load(who, within(register), preparation))

    @app.post("/v1/registers/{register}/run")
    def run(
        request: Request, register: RegisterName, body: Run, secret: Secret = "", key: Idempotency = None
    ) -> JSON:
        """Apply gates to wires at the caller's site."""
        who = party(request, register, secret)
        return _once(key, lambda: fabric.run(who, within(register), body.circuit))

    @app.post("/v1/registers/{register}/measure")
    def measure(
        request: Request, register: RegisterName, body: WireList, secret: Secret = "", key: Idempotency = None
    ) -> JSON:
        """Measure wires at the caller's site; only the first time is answered with outcomes."""
        who = party(request, register, secret)
        return _once(key, lambda: {"outcomes": fabric.measure(who, within(register), body.wires)})

    @app.post("/v1/registers/{register}/move")
    def move(
        request: Request, register: RegisterName, body: Move, secret: Secret = "", key: Idempotency = None
    ) -> JSON:
        """Send wires from the caller's site to other sites."""
        who = party(request, register, secret)
        return _once(key, lambda: fabric.move(who, within(register), body.to))

    @app.post("/v1/registers/{register}/discard")
    def discard(
        request: Request, register: RegisterName, body: WireList, secret: Secret = "", key: Idempotency = None
    ) -> JSON:
        """Throw wires at the caller's site away."""
        who = party(request, register, secret)
        return _once(key, lambda: fabric.discard(who, within(register), body.wires))

    @app.delete("/v1/registers/{register}")
    def forget(
        request: Request, register: RegisterName, secret: Secret = "", key: Idempotency = None
    ) -> JSON:
        """Throw a whole register away; its maker may, wherever the wires are."""
        who = owner(request, register, secret)
        return _once(key, lambda: fabric.forget(who, within(register)))

    @app.post("/v1/registers/{register}/compute")
    def compute(request: Request, register: RegisterName, body: PartBody) -> JSON:
        """Apply a program to a clone at the caller's site, once: the same again changes nothing."""
        fabric.compute(party(request, register, ""), within(register), part_of(body))
        return {}

    @app.post("/v1/registers/{register}/read")
    def read(request: Request, register: RegisterName, body: Reading, secret: Secret = "") -> JSON:
        """Turn key qubits at the client's site into bits, which stay there; again, if they are."""
        who = owner(request, register, secret)
        fabric.read_key(who, within(register), body.circuit, body.wires, body.receipt)
        return {}

    @app.post("/v1/registers/{register}/rehearse")
    def rehearse(request: Request, register: RegisterName, body: Rehearsal, secret: Secret = "") -> JSON:
        """Do beforehand what `deliver` would take long for; `working` asks to ask again."""
        who, order = owner(request, register, secret), order_of(body.order)

        def work() -> JSON:
            fabric.rehearse(who, within(register), order)
            return {}

        return jobs.ask(("rehearse", register, secret, order.digest), work)

    @app.post("/v1/registers/{register}/deliver")
    def deliver(request: Request, register: RegisterName, body: Opening, secret: Secret = "") -> JSON:
        """Take a register out with the ledger's receipt: again and again, until it is acknowledged."""
        who, order = owner(request, register, secret), order_of(body.order)

        def work() -> JSON:
            return _delivered(fabric.deliver(who, within(register), order, body.receipt))

        return jobs.ask(("deliver", register, secret, body.receipt, order.digest), work)

    @app.post("/v1/registers/{register}/acknowledge")
    def acknowledge(request: Request, register: RegisterName, body: Held, secret: Secret = "") -> JSON:
        """The delivery is safe with who holds the receipt: forget it."""
        fabric.acknowledge(owner(request, register, secret), within(register), body.receipt)
        return {}

    @app.get("/v1/registers/{register}/whereabouts")
    def whereabouts(request: Request, register: RegisterName) -> JSON:
        """Site -> wires of the register there; a server is told of its own site."""
        visible(request, register, {})
        return {"sites": visible(request, register, fabric.whereabouts(within(register)))}

    @app.post("/v1/whereabouts")
    def whereabouts_of(request: Request, body: Registers) -> JSON:
        """Register -> site -> wires of it there, for many registers; a server is told of its own site."""
        for register in body.registers:
            visible(request, register, {})
        found = fabric.whereabouts_of([within(register) for register in body.registers])
        return {"registers": {r: visible(request, r, found[within(r)]) for r in body.registers}}

    @app.post("/v1/registers/{register}/fidelity")
    def fidelity(request: Request, register: RegisterName, body: Core) -> JSON:
        """Diagnostic, possible only in simulation: fidelity of a circuit's state with what was put in."""
        require_owner(request, register)
        found = looks.fidelity(within(register), body.circuit)
        return {"fidelity": float(found), "compared": getattr(found, "how", "")}

    @app.get("/v1/registers/{register}/view/{site}")
    def view(request: Request, register: RegisterName, site: SiteName) -> JSON:
        """Diagnostic, possible only in simulation: the exact reduced state of the wires at a site."""
        require_owner(request, register)
        state = looks.view(within(register), site)
        return {"real": state.real.tolist(), "imag": state.imag.tolist()}

    @app.get("/v1/clock")
    def now() -> JSON:
        """The fabric's clock, and how long its qubits keep: null is for ever."""
        memory = fabric.memory()
        times = {"t1_s": memory.t1_s, "t2_s": memory.t2_s}
        return {"now_s": fabric.now(), **{k: None if math.isinf(t) else t for k, t in times.items()}}

    @app.get("/v1/links")
    def links() -> JSON:
        """What travelling from site to site does to a qubit."""
        return asdict(fabric.links())

    @app.post("/v1/clock")
    def advance(request: Request, body: Clock, key: Idempotency = None) -> JSON:
        """Let the clock run; for the operator."""
        require_operator(request)
        return {"now_s": fabric.now()} | _once(key, lambda: {"now_s": fabric.advance(body.seconds)})

    @app.post("/v1/sites/state")
    def set_state(request: Request, body: States, key: Idempotency = None) -> JSON:
        """Let servers fail, heal, lose their qubits or fall to an adversary; for the operator."""
        require_operator(request)
        return _once(key, lambda: fabric.set_state(body.names, SiteState(body.state)))

    return app


def ledger_app(
    ledger_of: Callable[[str], Ledger],
    tokens: Tokens,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """The classical record: every tenant has a ledger of its own and sees nothing else."""
    app = guarded("qclone ledger", tokens, lambda: ledger_of("default").unfinished(), limits)

    def mine(request: Request) -> Ledger:
        return ledger_of(tenant_of(request))

    @app.get("/v1/objects")
    def manifests(request: Request, after: After = "", limit: PageSize = PAGE) -> JSON:
        """The tenant's stored objects, oldest first, page by page: those put after the object `after`."""
        found = mine(request).manifests(after, limit + 1)
        more = found[limit - 1].object_id if len(found) > limit else None
        return {"objects": [document_of(manifest) for manifest in found[:limit]], "next": more}

    @app.get("/v1/search")
    def search(
        request: Request, text: SearchText = "", start: Start = 0, limit: SearchSize = SEARCH_PAGE
    ) -> JSON:
        """Some of the stored objects whose name holds a text or whose id starts so, newest first.

        `total` says how many there are; upper and lower case of a letter are alike, in any alphabet.
        """
        total, found = mine(request).search(text, start, limit)
        return {"total": total, "start": start, "objects": [document_of(manifest) for manifest in found]}

    @app.get("/v1/revision")
    def revision(request: Request) -> JSON:
        """A text that is another one once anything in the tenant's ledger has changed."""
        return {"revision": _digest(mine(request).revision())}

    @app.get("/v1/unfinished")
    def unfinished(request: Request) -> JSON:
        """Puts that have not completed."""
        return {"ids": mine(request).unfinished()}

    @app.get("/v1/objects/{object_id}")
    def find(request: Request, object_id: ObjectId) -> JSON:
        """The object whose id starts so."""
        return document_of(mine(request).find(object_id))

    @app.put("/v1/objects/{object_id}")
    def reserve(request: Request, object_id: ObjectId, body: Object, key: Idempotency = None) -> JSON:
        """Write down an object that is being put; it is not stored yet."""
        from_spec(body.scheme, STORABLE)  # what cannot be read back is not written down
        manifest = Manifest(object_id, **body.model_dump())
        ledger = mine(request)
        return _once(key, lambda: ledger.reserve(manifest))

    @app.post("/v1/objects/{object_id}/stored")
    def stored(request: Request, object_id: ObjectId, key: Idempotency = None) -> JSON:
        """The put is complete."""
        ledger = mine(request)
        return _once(key, lambda: ledger.stored(object_id))

    @app.post("/v1/objects/{object_id}/abandoned")
    def abandon(request: Request, object_id: ObjectId, key: Idempotency = None) -> JSON:
        """The put will never be complete, whatever arrives late."""
        ledger = mine(request)
        return _once(key, lambda: ledger.abandon(object_id))

    @app.post("/v1/objects/{object_id}/removed")
    def remove(request: Request, object_id: ObjectId, key: Idempotency = None) -> JSON:
        """Take a stored object off the list; one that is sealed is what an abandoned put is, from here on."""
        ledger = mine(request)
        return _once(key, lambda: ledger.remove(object_id))

    @app.delete("/v1/objects/{object_id}")
    def strike(request: Request, object_id: ObjectId, key: Idempotency = None) -> JSON:
        """Remove an object whose put did not complete."""
        ledger = mine(request)
        return _once(key, lambda: ledger.strike(object_id))

    @app.post("/v1/objects/{object_id}/consume")
    def consume(request: Request, object_id: ObjectId, body: Consumption, key: Idempotency = None) -> JSON:
        """sealed -> consuming, for one claim ever; the same claim is answered with the same receipt."""
        within_s = None if body.deadline is None else body.deadline - clock()
        ledger = mine(request)

        def act() -> JSON:
            return {"receipt": ledger.consume(object_id, body.server, body.claim, within_s)}

        with suppress(AlreadyDone), once(key, this_call()):
            return act()
        return act()  # the same call again, whose claim has its receipt

    @app.get("/v1/time")
    def now() -> JSON:
        """The time here, in seconds: what deadlines are measured by."""
        return {"now": clock()}

    @app.post("/v1/objects/{object_id}/note")
    def note(request: Request, object_id: ObjectId, body: Note) -> JSON:
        """Write down what is about to be done with an object, or has been."""
        mine(request).note(object_id, uses_of(body.before), uses_of(body.after))
        return {}

    @app.post("/v1/objects/{object_id}/consumed")
    def consumed(request: Request, object_id: ObjectId, key: Idempotency = None) -> JSON:
        """The recovered register was handed over."""
        ledger = mine(request)
        return _once(key, lambda: ledger.consumed(object_id))

    return app


def server_app(
    server_of: Callable[[str], Server],
    ready: Callable[[], object],
    tokens: Tokens,
    limits: Limits | None = None,
) -> FastAPI:
    """The classical control of the servers of one process: each gives a tenant's clones back to that tenant.

    Parameters
    ----------
    server_of : the server of a name. Raises InvalidInputError if it is none of these.
    """
    app = guarded("qclone server", tokens, ready, limits)

    @app.post("/v1/servers/{site}/registers/{register}/surrender")
    def surrender(
        request: Request, site: SiteName, register: RegisterName, body: WireList, key: Idempotency = None
    ) -> JSON:
        """Send these wires to the client's site."""
        require_owner(request, register)
        server = server_of(site)
        # The key goes on to the fabric with the call: that is where the effect is.
        with once(key, this_call()):
            server.surrender(register, body.wires)
        return {}

    @app.post("/v1/servers/{site}/registers/{register}/compute")
    def compute(request: Request, site: SiteName, register: RegisterName, body: PartBody) -> JSON:
        """Apply a program to a clone here, for its owner; the same again changes nothing."""
        require_owner(request, register)
        server_of(site).compute(register, part_of(body))
        return {}

    return app


def _digest(revision: str) -> str:
    """Sizes of files are nobody's business."""
    return sha256(revision.encode()).hexdigest()[:16]


def _delivered(delivery: Delivery) -> JSON:
    return asdict(delivery) | {"core": base64.b64encode(delivery.core).decode()}


def _once(key: str | None, act: Callable[[], JSON | None]) -> JSON:
    """Do it and answer, or learn that it was done before; either way it is done once."""
    try:
        with once(key, this_call()):
            return act() or {}
    except AlreadyDone:
        return {"repeated": True}
