"""Programs on clones, in the first room: what servers compute, and what becomes of the key then."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from qclone.access import key_paulis
from qclone.circuits import program_from_bytes
from qclone.compute import Program, fewer_tails
from qclone.errors import InvalidInputError, MissingPackageError, QcloneError
from qclone.scheme import Scheme
from qclone.store import Client, Holdings, KeyState
from qclone.web._questions import JSON, Question, Said
from qclone.web._rooms import Rooms
from qclone.web._shell import quoted, quoted_file

MAX_NAME = 200
SHOWN_RUNS = 24


def computed(client: Client, holdings: Holdings) -> JSON:
    """Return what was done with a register's clones and key, and why no program can run on them, if so."""
    manifest, uses = holdings.manifest, holdings.manifest.uses
    return {
        "runs": [
            {
                "server": run.server,
                "clone": run.clone,
                "gates": run.gates,
                "tails": run.tails,
                "late": run.late,
                "done": run.done,
                "parameters": _parameters(client, manifest.object_id, run.server),
            }
            for run in uses.runs[:SHOWN_RUNS]
        ],
        "kept_clones": None if uses.kept is None else list(uses.kept),
        "committed": manifest.committed_to,
        "sealed": manifest.key.state is KeyState.SEALED,
        "no_programs": _no_pad(holdings.scheme.base, next(iter(manifest.clones))),
    }


def _parameters(client: Client, object_id: str, server: str) -> list[str]:
    """Return what is free in a program; nothing where another client knows it."""
    program = client.keyring.programs.find(object_id, server)
    return [] if program is None else list(program.parameters)


@lru_cache(maxsize=64)
def _no_pad(base: Scheme, clone: str) -> str | None:
    try:
        key_paulis(base, clone)
    except QcloneError as error:
        return error.message
    return None


def run(rooms: Rooms, content: bytes, said: Mapping[str, str]) -> JSON:
    """Have a server run the program in a file, or as it was written on the page."""
    name, late = said.get("name", "")[:MAX_NAME], said.get("late", "") == "true"
    program = Program.of(program_from_bytes(content, name or "program"), late=late)
    with suppress(MissingPackageError):  # as on the command line: it runs as it is written
        program = fewer_tails(program)
    server = said.get("server", "")
    with rooms.turn:
        client = rooms.cloud.client
        object_id = client.ledger.find(said.get("id", "")).object_id
        done = client.run(object_id, program, server)
    file = quoted_file(name) if name else f"<(echo {quoted(content.decode(errors='replace'))})"
    text = f"{server} ran the program on clone {done.clone}, which is noise to it."
    if done.tails:
        text += f" {done.tails} {'qubit' if done.tails == 1 else 'qubits'} will come back besides the clone."
    if done.late:
        text += f" {done.late} {'angle' if done.late == 1 else 'angles'} it was not told."
    command = f"qclone run {object_id[:8]} {file} --on {quoted(server)}{' --late' if late else ''}"
    return {"id": object_id, "text": text, "command": command}


def narrow(rooms: Rooms, body: object) -> JSON:
    """Keep the clones of some servers only, and a smaller key."""
    said = Said(body)
    names = list(dict.fromkeys(said.texts("names")))
    if not names:
        raise InvalidInputError("No server is named.", "Choose those whose clones are kept.")
    with rooms.turn:
        manifest = rooms.cloud.client.narrow(said.text("id"), names)
    keep = " ".join(f"--keep {quoted(name)}" for name in names)
    kept = ", ".join(label for label in manifest.clones if manifest.uses.keeps(label))
    return {
        "text": f"Only {kept} can be decrypted from here on.",
        "command": f"qclone narrow {manifest.object_id[:8]} {keep}",
    }


def commit(rooms: Rooms, body: object) -> JSON:
    """Turn the key into two bits a qubit, for one server's clone."""
    said = Said(body)
    server = said.text("server")
    with rooms.turn:
        manifest = rooms.cloud.client.commit(said.text("id"), server)
    return {
        "text": f"The key is {2 * manifest.qubits} bits now, for the clone of {server} alone.",
        "command": f"qclone commit {manifest.object_id[:8]} --to {quoted(server)}",
    }


def release(rooms: Rooms, body: object) -> JSON:
    """Send a server its bits: it has the result in the clear."""
    said = Said(body)
    server, values = said.maybe("server"), said.values("values")
    with rooms.turn:
        released = rooms.cloud.client.release(said.text("id"), server, values=values)
    manifest = released.manifest
    to = f" --to {quoted(server)}" if server else ""
    return {
        "text": f"{manifest.key.server} was sent {2 * manifest.qubits} bits: it has the result in the clear, "
        "and could undo what it has run on it.",
        "command": f"qclone release {manifest.object_id[:8]}{to}{options_of(values)}",
    }


def options_of(values: Mapping[str, float]) -> str:
    """Return values of parameters as options.

    >>> options_of({"theta": 0.3})
    ' --set theta=0.3'
    """
    return "".join(f" --set {quoted(name)}={value!r}" for name, value in values.items())


QUESTIONS: dict[str, Question] = {"cloud/narrow": narrow, "cloud/commit": commit, "cloud/release": release}
