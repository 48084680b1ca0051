"""What a client has done to clones and key before it recovers: programs, narrowing, commitment.

Each step is written down before it is done and once it is done, and doing it again changes nothing: whoever
dies in between, the same call goes on from there.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import stim

from qclone.access import narrow
from qclone.compute import MAX_TAILS, Program, ServerPart
from qclone.errors import InvalidInputError, KeyConsumedError, NotRecoverableError, TailsTakenError
from qclone.scheme import place
from qclone.store._computed import (
    as_measured,
    clone_to_use,
    computed_plan,
    label_at,
    uncommitted,
    with_pairs,
)
from qclone.store._computing import FIRSTS
from qclone.store._ledger import utc_now
from qclone.store._manifest import KeyState, Manifest
from qclone.store._order import Order
from qclone.store._protocols import CLIENT, Party, SiteState
from qclone.store._receipts import digest_of
from qclone.store._recovery import Holdings
from qclone.store._spool import Entry
from qclone.store._tables import LocalityError
from qclone.store._uses import Run

if TYPE_CHECKING:
    from qclone.store._client import Client

CONSUME_WITHIN_S = 25.0
NOTHING_YET = Order("", ())
"""In the spool: the key was committed, and what comes out is not asked for yet."""


class Computations:
    """The computations of one client; see `Client.run`, `Client.narrow`, `Client.commit`."""

    def __init__(self, client: Client, turn: Callable[[str], AbstractContextManager[object]]) -> None:
        self._client = client
        self._turn = turn

    def run(self, prefix: str, program: Program, server: str) -> Run:
        """Have a server run a program on its clone."""
        client = self._client
        with self._turn(client.ledger.find(prefix).object_id):
            manifest, holdings = self._sealed(prefix)
            label = clone_to_use(holdings, server)
            uses, before = manifest.uses, manifest.uses.run_at(server)
            first = max((holdings.scheme.num_qubits, *(run.first_tail + run.tails for run in uses.runs)))
            first = before.first_tail if before else first
            part = program.server(holdings.scheme, label, first)
            if sum(run.tails for run in uses.runs if run.server != server) + len(part.tails) > MAX_TAILS:
                raise InvalidInputError(
                    f"All programs on {manifest.object_id} would send more than {MAX_TAILS:,} qubits back.",
                    "Run fewer of them, or smaller ones.",
                )
            digest = digest_of_part(part)
            if before is not None and (before.done or before.program != digest):
                did = "has run" if before.done else "was asked to run"
                which = "this" if before.program == digest else "another"
                raise InvalidInputError(
                    f"{server} {did} {which} program on {manifest.object_id}.",
                    "A server runs one program on a clone: put everything into one, or take another server.",
                )
            self._require_there(holdings, server, label)
            gates = sum(len(step) for step in program.steps if isinstance(step, stim.Circuit))
            asked = Run(server, label, digest, gates, program.num_late, first, len(part.tails), utc_now())
            asked = before or asked
            client.keyring.programs.keep(manifest.object_id, server, program.to_bytes())
            asked = self._ask(manifest, holdings, program, asked)
            done, uses = replace(asked, done=True), uses.with_run(asked)
            client.ledger.note(manifest.object_id, uses, uses.with_run(done))
        return done

    def _ask(self, manifest: Manifest, holdings: Holdings, program: Program, asked: Run) -> Run:
        """Have a run written down and done; other servers may have taken the numbers of its tails.

        Whoever computes of their own accord does so once, with at most `MAX_TAILS` numbers in a row.
        """
        client, uses = self._client, manifest.uses
        for step in range(FIRSTS * len(holdings.sites) + 1):
            tried = replace(asked, first_tail=asked.first_tail + step * MAX_TAILS)
            part = program.server(holdings.scheme, asked.clone, tried.first_tail)
            tried = replace(tried, program=digest_of_part(part))
            client.ledger.note(manifest.object_id, uses, uses.with_run(tried))
            uses = uses.with_run(tried)
            try:
                client.servers[asked.server].compute(manifest.object_id, part)
            except TailsTakenError:
                continue
            return tried
        raise NotRecoverableError(
            f"{asked.server} says that all numbers for qubits which come back are taken.",
            "Take another server.",
        )

    def narrow(self, prefix: str, servers: Iterable[str]) -> Manifest:
        """Keep the clones of some servers, and of the key what they need."""
        client = self._client
        with self._turn(client.ledger.find(prefix).object_id):
            manifest, holdings = self._sealed(prefix)
            uses, base = uncommitted(manifest), holdings.scheme.base
            holdings = replace(holdings, manifest=replace(manifest, uses=uses))
            wanted = list(dict.fromkeys(servers))
            labels = [label_at(holdings, server) for server in wanted]
            labels += [c for c, holder in manifest.clones.items() if holder in wanted and c not in labels]
            if not uses.narrowed:
                if not set(labels) <= set(uses.kept or ()):
                    raise _unfinished(manifest)
                return self.finish_narrowing(manifest)
            gone = [wire for pair in uses.pairs for wire in pair]
            labels = [label for label in labels if uses.keeps(label)]
            for label in labels:  # what lives is not given up for what is gone
                if not holdings.is_left(label):
                    raise NotRecoverableError(
                        f"Clone {label} of {manifest.object_id} at {manifest.clones[label]} is lost.",
                        "Keep clones that are left; see which with: qclone show",
                    )
            found = narrow(base, labels, gone)
            if not found.key:
                raise InvalidInputError(
                    "Without any signal qubit nothing of the key is left as qubits.",
                    f"Commit instead: qclone commit {manifest.object_id} --to {wanted[0]}",
                )
            rows = np.arange(holdings.scheme.num_qubits).reshape(holdings.scheme.copies, -1)
            columns = [wire for pair in found.pairs for wire in pair]
            if not holdings.at_client.issuperset(rows[:, columns].ravel().tolist()):
                raise NotRecoverableError(
                    f"Some noise qubits of the key of {manifest.object_id} are lost.",
                    "Recover it as it is; what is left cannot be narrowed.",
                )
            kept = tuple(label for label in manifest.clones if label in found.clones and uses.keeps(label))
            after = replace(uses, kept=kept, pairs=(*uses.pairs, *found.pairs), narrowed=False)
            client.ledger.note(manifest.object_id, manifest.uses, after)
            done = self.finish_narrowing(replace(manifest, uses=after))
            if done.uses.kept is None:
                raise NotRecoverableError(
                    f"Some noise qubits of the key of {manifest.object_id} were lost just now.",
                    "Recover it as it is; what is left cannot be narrowed.",
                )
            return done

    def as_measured(self, manifest: Manifest) -> Manifest:
        """Return what can be decrypted, whatever was only written down; nothing is changed.

        What has been measured is for the fabric to say: a noise qubit that is not here may also be lost.
        """
        if manifest.uses.narrowed:
            return replace(manifest, uses=uncommitted(manifest))
        party, found = self._party(manifest), as_measured(self._client.holdings(manifest))
        pairs = found.manifest.uses.pairs
        lost = [pair for pair in pairs if not self._is_read(party, found, pair)]
        if lost and len(lost) < len(pairs):
            raise NotRecoverableError(
                f"Noise qubits of the key of {manifest.object_id} were lost while it was narrowed again.",
                "What is left of the key opens nothing.",
            )
        return replace(manifest, uses=with_pairs(manifest, () if lost else pairs))

    def finish_narrowing(self, manifest: Manifest) -> Manifest:
        """Do what was written down: measuring again what is measured changes nothing.

        A first narrowing that can no more be done is taken back, for nothing was measured.
        """
        client, uses, found = self._client, manifest.uses, self.as_measured(manifest)
        holdings = client.holdings(manifest)
        circuit, wires = _measured([p for p in uses.pairs if p not in found.uses.pairs], holdings)
        done = replace(uses, narrowed=True) if holdings.at_client.issuperset(wires) else found.uses
        if wires and done.pairs == uses.pairs:
            try:
                client.fabric.read_key(self._party(manifest), manifest.object_id, circuit, wires)
            except InvalidInputError:  # too much work: never to be done
                client.ledger.note(manifest.object_id, uses, found.uses)
                raise
        client.ledger.note(manifest.object_id, uses, done)
        return replace(manifest, uses=done)

    def _is_read(self, party: Party, holdings: Holdings, pair: tuple[int, int]) -> bool:
        try:
            self._client.fabric.read_key(party, holdings.manifest.object_id, *_measured([pair], holdings))
        except LocalityError:
            return False
        return True

    def commit(self, prefix: str, server: str) -> Manifest:
        """Turn the key into two bits a qubit, for one server's clone: consumption, without a decryption."""
        client = self._client
        object_id = client.ledger.find(prefix).object_id
        with self._turn(object_id):
            manifest = client.ledger.find(object_id)
            entry = client.keyring.spool.entry(object_id)
            _require_committable(manifest, entry, server)
            if not manifest.uses.narrowed:
                if not any(manifest.uses.keeps(c) for c, at in manifest.clones.items() if at == server):
                    raise _unfinished(manifest)
                manifest = self.finish_narrowing(manifest)
            noted, manifest = manifest.uses, replace(manifest, uses=uncommitted(manifest))
            holdings = client.holdings(manifest)
            label = clone_to_use(holdings, server)
            if manifest.key.state is KeyState.SEALED:
                self._require_there(holdings, server, label)
                self._fetch_tails(holdings, server)
                holdings = client.holdings(manifest)
                self._rehearse(holdings, server)
                uses = replace(manifest.uses, committed=server)
                if label != label_at(holdings, server):  # the bits are those of the first that is kept
                    others = {c for c, holder in manifest.clones.items() if holder == server and c != label}
                    kept = tuple(c for c in manifest.clones if uses.keeps(c) and c not in others)
                    uses = replace(uses, kept=kept)
                client.ledger.note(object_id, noted, uses)
                manifest = replace(manifest, uses=uses)
                claim = entry.claim if entry is not None and not entry.done else secrets.token_hex(32)
                entry = Entry(manifest, claim, server, NOTHING_YET)
                client.keyring.spool.begin(entry)
            assert entry is not None
            try:
                receipt = client.ledger.consume(object_id, server, digest_of(entry.claim), CONSUME_WITHIN_S)
            except KeyConsumedError:
                client.keyring.spool.drop(object_id)
                raise
            self.read_whole_key(holdings, label, receipt)
            return client.ledger.find(object_id)

    def read_whole_key(self, holdings: Holdings, label: str, receipt: str) -> None:
        """Read what is left of the key of a clone; again, if it was read before."""
        from qclone.access import key_measurement
        from qclone.store._computed import early_pairs

        read = key_measurement(holdings.scheme, label, early_pairs(holdings))
        party, late = self._party(holdings.manifest), read.measured[read.before :]
        self._client.fabric.read_key(party, holdings.manifest.object_id, str(read.circuit), late, receipt)

    def _fetch_tails(self, holdings: Holdings, server: str) -> None:
        """Tails come before the key is consumed: one that is lost dephases its qubit."""
        run = holdings.manifest.uses.run_at(server)
        if run is None:
            return
        if not run.done:
            raise InvalidInputError(
                f"{server} was asked to run a program and has not said that it is done.",
                f"Ask again with the same program: qclone run ... --on {server}",
            )
        wanted: Sequence[int] = sorted(set(run.tail_wires) & holdings.reachable_at(server))
        if wanted:
            self._client.servers[server].surrender(holdings.manifest.object_id, wanted)
        there = self._client.fabric.whereabouts(holdings.manifest.object_id).get(CLIENT, ())
        if lost := set(run.tail_wires) - set(there):
            raise NotRecoverableError(
                f"{len(lost)} of the qubits that come back from {server} were lost; the key is untouched.",
                "Commit to another server.",
            )

    def _rehearse(self, holdings: Holdings, server: str) -> None:
        """Raise what reading the whole key would, while nothing is consumed yet: wires, and what it costs."""
        manifest = holdings.manifest
        kept = self._client.keyring.programs.find(manifest.object_id, server)
        ran = manifest.uses.run_at(server) is not None and kept is not None
        program = kept if ran and kept is not None else Program(manifest.qubits, ())
        program = program.bind(dict.fromkeys(program.parameters, 0.0))  # costs alike for any angle
        _, order, _ = computed_plan(holdings, server, program, stays=True)
        self._client.fabric.rehearse(self._party(manifest), manifest.object_id, order)

    def _sealed(self, prefix: str) -> tuple[Manifest, Holdings]:
        manifest = self._client.ledger.find(prefix)
        manifest.require_sealed()
        self._client.keyring.secret(manifest.object_id)  # whose it is not, is told so first
        return manifest, self._client.holdings(manifest)

    def _require_there(self, holdings: Holdings, server: str, label: str) -> None:
        scheme, state = holdings.scheme, holdings.sites.get(server)
        wires = scheme.indices(scheme.clone(label).wires)
        if state is not SiteState.UP:
            back = f"Bring it back with: qclone server heal {server}"
            raise NotRecoverableError(
                f"{server} is {state}.", back if state is SiteState.DOWN else "Take another server."
            )
        if not holdings.reachable_at(server).issuperset(wires):
            raise NotRecoverableError(
                f"{server} has clone {label} of {holdings.manifest.object_id} no more.",
                "Take another server.",
            )

    def _party(self, manifest: Manifest) -> Party:
        return Party(CLIENT, self._client.keyring.secret(manifest.object_id))


def digest_of_part(part: ServerPart) -> str:
    """Return what stands for what a server was asked to do."""
    return hashlib.sha256(f"{part.public}\n{part.text}".encode()).hexdigest()


def _require_committable(manifest: Manifest, entry: Entry | None, server: str) -> None:
    """Raise KeyConsumedError unless the key is sealed, or this client began to commit it to this server."""
    if manifest.key.state is not KeyState.CONSUMING or entry is None or entry.done:
        manifest.require_sealed()
    elif entry.order != NOTHING_YET or manifest.committed_to is None:
        raise KeyConsumedError(
            f"A recovery of {manifest.object_id} from {entry.server} has begun here.",
            f"Finish it: qclone get {manifest.object_id}",
        )
    elif manifest.committed_to != server:
        raise KeyConsumedError(
            f"The key of {manifest.object_id} was committed to {manifest.committed_to}.",
            f"Recover what it has: qclone get {manifest.object_id}",
        )


def _measured(pairs: Sequence[tuple[int, int]], holdings: Holdings) -> tuple[str, list[int]]:
    """Return the gates of Bell measurements of pairs of every copy, and the wires that are read then."""
    rows = np.arange(holdings.scheme.num_qubits).reshape(holdings.scheme.copies, -1)
    circuit = stim.Circuit()
    circuit.append("CX", [wire for pair in pairs for wire in pair])
    circuit.append("H", [c for c, _ in pairs])
    return str(place(circuit, rows)), rows[:, [wire for pair in pairs for wire in pair]].ravel().tolist()


def _unfinished(manifest: Manifest) -> InvalidInputError:
    return InvalidInputError(
        f"A narrowing of {manifest.object_id} has not finished.",
        "Finish it first: repeat it with what it keeps; or recover the register.",
    )
