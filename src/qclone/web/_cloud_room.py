"""The first room: servers as places, every register's clones and key, and all that can happen to them.

Every answer to something that was done says the command that does the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from qclone.access import Verdict, classify
from qclone.circuits import Register, example, examples, from_bytes, register_text, to_bytes
from qclone.errors import InvalidInputError, KeyConsumedError, QcloneError, UnsupportedCircuitError
from qclone.scheme import Role
from qclone.store import (
    ADVERSARY,
    CLIENT,
    Cloud,
    Holdings,
    KeyState,
    Links,
    Manifest,
    Memory,
    Report,
    check,
    notices_of,
)
from qclone.web._programs import computed, options_of
from qclone.web._questions import JSON, Question, Said, finite
from qclone.web._rooms import Rooms
from qclone.web._shell import quoted, quoted_file
from qclone.web._state import shown_state

PAGE = 100
"""Registers in one answer, at most."""
SHOWN_SERVERS = 24
"""Of a register's servers, in a list."""
SHOWN_CLONES = 3
"""Of those at one server."""
MAX_CLONES = 2000
"""That are asked for here: of more, the page could not be looked at while it is put."""
EVENTS = {"fail": "down", "heal": "up", "lose": "lost", "compromise": "compromised"}
MAX_NAME = 200


def look(rooms: Rooms, body: Any) -> JSON:
    """Return the cloud as a whole."""
    with rooms.turn:
        fabric = rooms.cloud.fabric
        memory, links, qubits = fabric.memory(), fabric.links(), fabric.qubits_at()
        return {
            "directory": str(rooms.cloud.directory),
            "playground": rooms.playground is not None,
            "settings": f"export QCLONE_CLOUD={quoted(str(rooms.cloud.directory.absolute()))}",
            "servers": [
                {"name": name, "state": state.value, "qubits": qubits.get(name, 0)}
                for name, state in fabric.sites().items()
            ],
            "client_qubits": qubits.get(CLIENT, 0),
            "now_s": fabric.now(),
            "memory": {"t1_s": finite(memory.t1_s), "t2_s": finite(memory.t2_s)},
            "links": {"fidelity": links.fidelity, "loss": links.loss},
            "examples": [f"example:{name}" for name in examples()],
        }


def objects(rooms: Rooms, body: Any) -> JSON:
    """Return some of the registers, newest first: those whose name or id holds a text, from one on."""
    said = Said(body)
    wanted, start = said.text("search", "")[:MAX_NAME], said.whole("start", 0, high=10**9)
    limit = said.whole("limit", 50, low=1, high=PAGE)
    with rooms.turn:
        total, shown = rooms.cloud.ledger.search(wanted, start, limit)
        reports = [check(holdings) for holdings in rooms.cloud.client.holdings_of(shown)]
    return {"total": total, "start": start, "objects": [_summary(report) for report in reports]}


def _summary(report: Report) -> JSON:
    manifest = report.holdings.manifest
    return {
        "id": manifest.object_id,
        "name": manifest.name,
        "qubits": manifest.qubits,
        "clones": len(manifest.clones),
        "key": manifest.key.state.value,
        "recoverable": report.recoverable,
        "recoverable_from": list(report.recoverable_from[:SHOWN_SERVERS]),
        "alone": len(report.recoverable_from),
        "adversary": report.adversary.verdict,
    }


def one(rooms: Rooms, body: Any) -> JSON:
    """Return everything about one register, and what a coalition of sites would know of it."""
    said = Said(body)
    coalition = said.texts("coalition", ())
    with rooms.turn:
        manifest = rooms.cloud.ledger.find(said.text("id"))
        holdings = rooms.cloud.client.holdings(manifest)
        kept = rooms.cloud.client.keyring.spool.entry(manifest.object_id)
        done_with_it = computed(rooms.cloud.client, holdings)
    report, key = check(holdings), manifest.key
    document = _summary(report) | {
        "created_at": manifest.created_at,
        "scheme": str(holdings.scheme),
        **_places(holdings),
        "key_used": {"server": key.server, "at": key.at},
        "kept": kept is not None and not kept.done and kept.delivery is not None,
        "key_qubits": {"held": _noise_at_client(holdings), "of": _noise(holdings)},
        "servers": list(manifest.servers),
        "groups": [list(group) for group in report.groups[:SHOWN_SERVERS]],
        "after_heal": [list(group) for group in report.after_heal[:SHOWN_SERVERS]],
        "recoverable_text": recoverable_text(report),
        "servers_together": learned(report.servers_together),
        "compromised": {"servers": list(report.compromised), **learned(report.adversary)},
        "coalition": {"sites": coalition, **learned(_known_to(holdings, coalition))},
        "released": report.released,
        "check": f"qclone check {manifest.object_id[:8]}",
        "why_not": _refusal(manifest),
        "computed": done_with_it,
    }
    return document


def _places(holdings: Holdings) -> JSON:
    """Return where clones are, as many of each server as are drawn, and how many more it has."""
    clones, scheme = holdings.manifest.clones, holdings.scheme
    at: dict[str, list[str]] = {}
    for label, holder in clones.items():
        at.setdefault(holder, []).append(label)
    shown = [label for labels in at.values() for label in labels[:SHOWN_CLONES]]
    fetched = (
        label
        for label in clones
        if not holdings.at_client.isdisjoint(scheme.indices(scheme.clone(label).wires))
    )
    shown += [
        label for label in islice(fetched, SHOWN_CLONES) if label not in at[clones[label]][:SHOWN_CLONES]
    ]
    return {
        "places": [
            {"label": label, "server": clones[label], "state": holdings.clone_state(label)} for label in shown
        ],
        "more": {
            holder: len(labels) - SHOWN_CLONES for holder, labels in at.items() if len(labels) > SHOWN_CLONES
        },
    }


def _known_to(holdings: Holdings, sites: list[str]) -> Verdict:
    """What whoever holds all that is at these sites, or was taken from them, knows of the register."""
    scheme = holdings.scheme
    wires = {
        wire
        for site in sites
        for place in (site, ADVERSARY + site)
        for wire in holdings.whereabouts.get(place, ())
        if wire < scheme.num_qubits
    }
    manifest = holdings.manifest
    if manifest.key.state is not KeyState.SEALED and manifest.committed_to is None:
        wires = set()  # what is left once the key is used is noise
    held = [scheme.wires[wire].label for wire in sorted(wires)]
    if CLIENT in sites and holdings.ours:
        held += _as_good_as_held(holdings, wires)
    return classify(scheme, held)


def _as_good_as_held(holdings: Holdings, wires: set[int]) -> list[str]:
    """The key of a clone among these wires, if the client has as bits what it narrowed or committed."""
    manifest, scheme = holdings.manifest, holdings.scheme
    if (committed := manifest.committed_to) is not None:
        labels = [label for label, holder in manifest.clones.items() if holder == committed]
    else:
        labels = list(manifest.uses.kept or ())
    for label in labels:
        if wires.issuperset(scheme.indices(scheme.clone(label).wires)):
            return list(scheme.clone(label).key)
    return []


def learned(verdict: Verdict) -> JSON:
    """Return what somebody knows, at most as many operators as people read."""
    leaks = list(zip(verdict.leaks, verdict.operators, strict=False))[:12] if verdict.bits else []
    return {
        "verdict": verdict.verdict,
        "bits": verdict.bits,
        "of": 2 * verdict.num_inputs,
        "wires": len(verdict.held),
        "leaks": [{"logical": logical, "operator": operator} for logical, operator in leaks],
    }


def recoverable_text(report: Report) -> str:
    """Return from where a register can be recovered now, in a sentence."""
    key = report.holdings.manifest.key
    if (committed := report.holdings.manifest.committed_to) is not None:
        reach = "" if report.recoverable else ", which is out of reach"
        return f"From {committed} alone{reach}: the key is bits for its clone."
    if key.server is not None:
        return f"No: its key is {key.state.value} (from {key.server}, {key.at})."
    if not report.holdings.ours:
        return "Not here: another client's keyring has its secret."
    if report.recoverable_from:
        names = report.recoverable_from
        return f"From {_or(names)}{', any one of them' if len(names) > 1 else ''}."
    if report.groups:
        return f"From {' and '.join(report.groups[0])} together." if report.groups[0] else "From home alone."
    if report.after_heal:
        fewest: tuple[str, ...] = min(report.after_heal, key=len)
        return f"Not now; from {' and '.join(fewest)} once healed."
    return "No: too much is lost."


def _or(names: tuple[str, ...]) -> str:
    shown = list(names) if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _noise(holdings: Holdings) -> int:
    return sum(wire.role is Role.NOISE for wire in holdings.scheme.wires)


def _noise_at_client(holdings: Holdings) -> int:
    return _noise(holdings) - len(holdings.lost_key)


def _refusal(manifest: Manifest) -> JSON | None:
    """Return what a recovery would be refused with, if its key is used."""
    try:
        manifest.require_sealed()
    except KeyConsumedError as error:
        return {"message": error.message, "remedy": error.remedy}
    return None


def happen(rooms: Rooms, body: Any) -> JSON:
    """Let servers fail, heal, lose their qubits or fall to an adversary."""
    said = Said(body)
    verb, names = said.text("verb"), list(dict.fromkeys(said.texts("names")))
    if verb not in EVENTS or not names:
        raise InvalidInputError(
            f"Nothing like {verb!r} happens to {len(names)} servers.", f"Name some, to {', '.join(EVENTS)}."
        )
    with rooms.turn:
        getattr(rooms.cloud, verb)(*names)
    are = "is" if len(names) == 1 else "are"
    text = f"{', '.join(names[:8])}{' and more' if len(names) > 8 else ''} {are} {EVENTS[verb]}."
    return {"text": text, "command": f"qclone server {verb} {' '.join(map(quoted, names))}"}


def put(rooms: Rooms, body: Any) -> JSON:
    """Store a register that ships."""
    said = Said(body)
    name = said.text("example")
    return _put(rooms, example(name.removeprefix("example:")), name, said.body)


def drop(rooms: Rooms, content: bytes, said: Mapping[str, str]) -> JSON:
    """Store the register in a file that was dropped on the page."""
    name = said.get("name", "")[:MAX_NAME] or "register"
    chosen: dict[str, Any] = dict(said)
    if clones := said.get("clones", ""):
        if not clones.isdecimal() or len(clones) > 7:
            raise InvalidInputError(f"{clones!r} is no number of clones.", "Give an even one, such as 4.")
        chosen["clones"] = int(clones)
    else:
        chosen["clones"] = None
    return _put(rooms, from_bytes(content, name), quoted_file(name), chosen)


def _put(rooms: Rooms, register: Register, file: str, chosen: Mapping[str, Any]) -> JSON:
    said = Said(dict(chosen))
    clones = None if chosen.get("clones") is None else said.whole("clones", low=1, high=MAX_CLONES)
    source = said.text("source", "discard")
    if source not in ("discard", "client", "server"):
        raise InvalidInputError(f"The source cannot go to {source!r}.", "Discard, client or server.")
    with rooms.turn:
        manifest = rooms.cloud.client.put(
            register.circuit,
            register.source,
            num_clones=clones,
            source=source,  # type: ignore[arg-type]
            content=register.content,
        )
    command = f"qclone put {file}"
    command += f" --clones {clones}" if clones is not None else ""
    command += f" --source {source}" if source != "discard" else ""
    return {
        "id": manifest.object_id,
        "text": f"Stored {manifest.name}: {manifest.qubits} qubits, {len(manifest.clones)} clones on "
        f"{len(manifest.servers)} servers.",
        "command": command,
        "notices": [*register.notices, *notices_of(manifest)],
    }


def get(rooms: Rooms, body: Any) -> JSON:
    """Recover a register. It is kept until the page has said that it is safe, and handed over again."""
    said = Said(body)
    server, correct, measured = said.maybe("server"), said.flag("correct"), said.flag("measured")
    values = said.values("values")
    if measured and correct:
        raise InvalidInputError(
            "What stays at its server cannot be checked for errors.", "Choose one of the two."
        )
    with rooms.turn:
        client = rooms.cloud.client
        found = client.ledger.find(said.text("id"))
        kept = client.keyring.spool.entry(found.object_id)
        program = None
        if kept is not None and kept.delivery is not None and not kept.done:
            recovered = client.again(found.object_id, keep=True)
        else:
            program = client.program(found.object_id, server, values)
            if measured:
                recovered = client.release(found.object_id, server, values=values, keep=True)
            else:
                recovered = client.get(found.object_id, server, correct=correct, values=values, keep=True)
        put = recovered.circuit if program is None else recovered.circuit.compose(program.circuit.inverse())
        # What was handed over again after a program went through it in a way that nobody says any more.
        known = program is not None or not found.uses.runs
        fidelity = _fidelity(rooms.cloud, found, put) if known else None
    who = recovered.manifest.key.server
    options = f"{f' --from {quoted(server)}' if server else ''}{options_of(values)}"
    options += f"{' --correct' if correct else ''}{' --measured' if measured else ''}"
    text, name = _text_of(recovered.circuit)
    sent = f"{who} was sent {2 * found.qubits} bits and has it in the clear"
    return {
        "id": found.object_id,
        "server": who,
        "text": f"{sent if measured else f'Recovered from {who}'}; its key is consumed.",
        "computed": None if program is None else str(program),
        "entanglement_fidelity": recovered.entanglement_fidelity,
        "checks": len(recovered.outcomes) if correct else None,
        "errors_seen": sum(recovered.outcomes) if correct else None,
        "fidelity": fidelity,
        "state": shown_state(recovered.circuit),
        "qasm": text,
        "file": name,
        "command": f"qclone get {found.object_id[:8]}{options} --verify -o recovered.qasm",
    }


def _fidelity(cloud: Cloud, manifest: Manifest, circuit: Any) -> float | None:
    """A diagnostic: not having it is no reason to keep back what was recovered."""
    try:
        return float(cloud.client.fidelity(manifest.object_id, to_bytes(circuit)))
    except QcloneError:
        return None


def _text_of(circuit: Any) -> tuple[str | None, str]:
    try:
        return register_text(circuit), "recovered.qasm"
    except UnsupportedCircuitError:
        return None, ""


def done(rooms: Rooms, body: Any) -> JSON:
    """Say that what was recovered is safe."""
    said = Said(body)
    with rooms.turn:
        manifest = rooms.cloud.client.acknowledge(said.text("id"))
    return {
        "text": f"{manifest.name or manifest.object_id[:8]} is safe; it is not kept any longer.",
        "command": f"qclone get --done {manifest.object_id[:8]}",
    }


def wait(rooms: Rooms, body: Any) -> JSON:
    """Let the cloud's clock run."""
    seconds = Said(body).number("seconds")
    with rooms.turn:
        now = rooms.cloud.fabric.advance(seconds)
    return {"text": f"The clock shows {now:.6g} s.", "now_s": now, "command": f"qclone wait {seconds:g}s"}


def renew(rooms: Rooms, body: Any) -> JSON:
    """Make the playground anew."""
    said = Said(body)
    if rooms.playground is None:
        raise InvalidInputError(
            "This cloud is not the page's own: it is not made anew.", "Start qclone web without a cloud."
        )
    servers, t1 = said.whole("servers", 5, low=1, high=1000), said.time("t1_s")
    t2 = 2 * t1 if said.body.get("t2_s") is None else said.time("t2_s")
    fidelity, loss = said.number("fidelity", 1.0), said.number("loss", 0.0)
    rooms.renew(servers, Memory(t1, t2), Links(fidelity, loss))
    command = f"qclone init --servers {servers}"
    command += f" --t1 {t1:g}s" if finite(t1) is not None else ""
    command += f" --t2 {t2:g}s" if finite(t2) is not None else ""
    command += f" --link-fidelity {fidelity:g}" if fidelity < 1 else ""
    command += f" --link-loss {loss:g}" if loss else ""
    return {"text": f"A new cloud of {servers} servers.", "command": command}


QUESTIONS: dict[str, Question] = {
    "cloud": look,
    "cloud/objects": objects,
    "cloud/object": one,
    "cloud/servers": happen,
    "cloud/put": put,
    "cloud/get": get,
    "cloud/done": done,
    "cloud/wait": wait,
    "cloud/new": renew,
}
