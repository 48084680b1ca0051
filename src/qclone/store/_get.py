"""Recovery from the first question to the last acknowledgement; whatever dies on the way, nothing is lost.

The order of things is the promise. Fetch and rehearse: the key is sealed, and what fails is only refused.
Write the claim down. Consume: the ledger decides, once for all. Deliver: the fabric opens for that receipt
and for no other. Write down what came out. Hand it over. Write down that it is safe. Tell the others.
After a death at any point the same client goes on from what is written down.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qclone.errors import (
    InvalidInputError,
    KeyConsumedError,
    NoSuchObjectError,
    NotRecoverableError,
    QcloneError,
    StorageError,
)
from qclone.store._checked import plan_with_checks
from qclone.store._computations import NOTHING_YET, Computations
from qclone.store._computed import (
    Planned,
    Wish,
    any_kept,
    computed_plan,
    program_of,
    served_text,
    target_of,
    uncommitted,
    undone_plan,
    without_computed,
)
from qclone.store._ledger import utc_now
from qclone.store._manifest import Key, KeyState, Manifest
from qclone.store._order import Order
from qclone.store._protocols import CLIENT, Party
from qclone.store._receipts import digest_of
from qclone.store._recovery import Holdings, plan_recovery
from qclone.store._shown import recovered_html
from qclone.store._spool import Entry
from qclone.store._tables import LocalityError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.store._client import Client

FETCH_WITHIN_S = 120.0
"""How long servers may take in all to give back what was asked of them, before the key is used."""
CONSUME_WITHIN_S = 25.0
"""How long a client waits for the ledger; a consumption that comes later does not take effect."""


@dataclass(frozen=True)
class Recovered:
    """A register that came back.

    Parameters
    ----------
    manifest : the object, its key consumed.
    circuit : prepares the recovered state.
    entanglement_fidelity : of the channel the register went through, given the outcomes, exact; None where
        out of reach.
    outcomes : of the checks, qubit by qubit; all 0 if no error was seen.
    """

    manifest: Manifest
    circuit: QuantumCircuit
    entanglement_fidelity: float | None
    outcomes: tuple[int, ...] = ()

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return recovered_html(self)


class Recoveries:
    """The recoveries of one client; see `Client.get`.

    Parameters
    ----------
    turn : a context that one process of this client at a time holds for an object.
    clock : in seconds.
    """

    def __init__(
        self,
        client: Client,
        turn: Callable[[str], AbstractContextManager[object]],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._turn = turn
        self._clock = clock

    def get(
        self,
        prefix: str,
        wish: Wish,
        deliver: Callable[[QuantumCircuit], None] | None,
        keep: bool,
    ) -> Recovered:
        """Recover a register, or go on where this client was interrupted."""
        client = self._client
        self.settle()
        object_id = client.ledger.find(prefix).object_id
        with self._turn(object_id):
            manifest = client.ledger.find(object_id)
            entry = client.keyring.spool.entry(object_id)
            if entry is None or entry.done:
                manifest.require_sealed()
                entry = self._recover(manifest, None, wish)
            elif entry.delivery is None and (
                manifest.key.state is KeyState.SEALED or entry.order == NOTHING_YET
            ):
                if manifest.key.state is KeyState.CONSUMED:  # in another copy of this cloud
                    manifest.require_sealed()
                entry = self._recover(manifest, entry.claim, wish)
            elif entry.delivery is None:
                entry = self._go_on(manifest, entry, wish)
            return self._hand_over(entry, deliver, keep)

    def check(self, manifest: Manifest, wish: Wish) -> None:
        """Raise what `get` would, before anything is consumed."""
        if manifest.key.state is KeyState.SEALED and manifest.uses.narrowed:
            self._planned(self._client.holdings(manifest), wish)

    def again(self, prefix: str, deliver: Callable[[QuantumCircuit], None] | None, keep: bool) -> Recovered:
        """Hand over what is in the spool."""
        with self._turn(self._client.keyring.spool.find(prefix).object_id):
            return self._hand_over(self._client.keyring.spool.find(prefix), deliver, keep)

    def acknowledge(self, prefix: str) -> Manifest:
        """Its owner has it."""
        entry = self._client.keyring.spool.find(prefix)
        with self._turn(entry.object_id):
            self._client.keyring.spool.done(entry.object_id)
            self.settle()
        return entry.manifest

    def settle(self) -> None:
        """Tell ledger and fabric what is done, as far as they can be told now; nothing depends on it."""
        client = self._client
        for entry in client.keyring.spool.entries(done=True):
            with suppress(QcloneError, OSError):
                object_id = entry.object_id
                if entry.receipt is not None and client.keyring.holds(object_id):
                    with suppress(NoSuchObjectError):
                        client.fabric.acknowledge(self._party(object_id), object_id, entry.receipt)
                with suppress(NoSuchObjectError):  # somebody has removed the record since
                    client.ledger.consumed(object_id)
                client.keyring.drop(object_id)
                client.keyring.spool.drop(object_id)

    def _recover(self, manifest: Manifest, claim: str | None, wish: Wish) -> Entry:
        """Consume a key that is sealed. A claim that was written down before may be on its way: keep it."""
        who, order = self._prepared(manifest, wish)
        if (uses := uncommitted(manifest)) != manifest.uses:
            # Only now: a commitment's consumption may come late, and finds at hand what it opens.
            self._client.ledger.note(manifest.object_id, manifest.uses, uses)
            manifest = replace(manifest, uses=uses)
        entry = Entry(manifest, claim or secrets.token_hex(32), who, order)
        self._client.keyring.spool.begin(entry)
        return self._consume(entry)

    def _go_on(self, manifest: Manifest, entry: Entry, wish: Wish) -> Entry:
        """Take what was consumed; nobody knows how far the process came that consumed it."""
        try:
            return self._consume(entry)
        except (LocalityError, NotRecoverableError, InvalidInputError):
            # A wire of the order is with the client no more, and the register is still there: another way.
            with suppress(InvalidInputError):  # checks that would tell of the register itself are left out
                return self._another_way(manifest, entry, wish)
            return self._another_way(manifest, entry, replace(wish, correct=False))

    def _another_way(self, manifest: Manifest, entry: Entry, wish: Wish) -> Entry:
        who, order = self._prepared(manifest, wish)
        entry = replace(entry, server=who, order=order)
        self._client.keyring.spool.begin(entry)
        return self._consume(entry)

    def _consume(self, entry: Entry) -> Entry:
        """Pass the point of no return, and keep what comes out. The same claim passes it again and again."""
        client, object_id = self._client, entry.object_id
        claim = digest_of(entry.claim)
        try:
            receipt = client.ledger.consume(object_id, entry.server, claim, CONSUME_WITHIN_S)
        except KeyConsumedError:
            client.keyring.spool.drop(object_id)  # somebody else was first: there is nothing to go on with
            raise
        delivery = client.fabric.deliver(self._party(object_id), object_id, entry.order, receipt)
        client.keyring.spool.keep(object_id, receipt, delivery)
        return replace(entry, receipt=receipt, delivery=delivery)

    def _hand_over(
        self, entry: Entry, deliver: Callable[[QuantumCircuit], None] | None, keep: bool
    ) -> Recovered:
        from qclone.store._core import with_frame

        assert entry.delivery is not None
        delivery, client = entry.delivery, self._client
        circuit = with_frame(delivery.core, delivery.frame)
        if deliver is not None:
            deliver(circuit)
        manifest = replace(entry.manifest, key=Key(KeyState.CONSUMED, entry.server, utc_now()))
        if not keep:
            # The register is safe: no trouble with the books may take it from the caller.
            with suppress(QcloneError, OSError):
                client.keyring.spool.done(entry.object_id)
                self.settle()
        with suppress(QcloneError, OSError):
            found = client.ledger.find(entry.object_id)
            manifest = found if keep or found.key.state is KeyState.CONSUMED else manifest
        return Recovered(manifest, circuit, delivery.entanglement_fidelity, delivery.outcomes)

    def _prepared(self, manifest: Manifest, wish: Wish) -> tuple[str, Order]:
        """Bring together what a recovery needs and rehearse it; nothing is consumed yet."""
        client, object_id = self._client, manifest.object_id
        manifest = Computations(client, self._turn).as_measured(manifest)
        give_up_at = self._clock() + FETCH_WITHIN_S
        party, unwilling = self._party(object_id), frozenset[str]()
        full: list[StorageError] = []
        while True:
            holdings = replace(client.holdings(manifest), unwilling=unwilling)
            try:
                who, order, fetch = self._planned(holdings, wish)
                there = self._fetched(holdings, fetch, give_up_at, full)
                if there is None:
                    client.fabric.rehearse(party, object_id, order)
                    return who, order
                unwilling |= there
            except QcloneError:
                # A server failed just now, or a wire was lost: look again, unless nothing has changed.
                if replace(client.holdings(manifest), unwilling=unwilling) == holdings:
                    if unwilling and full:  # nobody kept anything back
                        raise full[0] from None
                    raise

    def _planned(self, holdings: Holdings, wish: Wish) -> Planned:
        """Plan a recovery of the register, or of what a server has made of it."""
        manifest, client = holdings.manifest, self._client
        server = target_of(holdings, wish)
        run = manifest.uses.run_at(server) if server else None
        kept = client.keyring.programs.find(manifest.object_id, run.server) if run else None
        program = program_of(run, kept, manifest.qubits, wish.values)
        narrowed = manifest.uses.kept is not None or manifest.committed_to is not None
        if wish.correct and (narrowed or wish.stays or not program.is_clifford):
            raise InvalidInputError(
                "Bell checks need the key as qubits, the clone at the client, and a Clifford program.",
                "Recover without --correct.",
            )
        if wish.correct and run is not None:
            others = replace(manifest.uses, runs=tuple(r for r in manifest.uses.runs if r.server != server))
            mine = without_computed(replace(holdings, manifest=replace(manifest, uses=others)))
            checked = plan_with_checks(mine, server, client.noise(manifest))
            who, fetch = checked.recovery.server, dict(checked.recovery.fetch)
            return undone_plan(
                (who, checked.order, fetch), served_text(holdings.scheme, run, program), program
            )
        if narrowed or run is not None or wish.stays:
            return computed_plan(holdings, server or any_kept(holdings), program, wish.stays)
        holdings = without_computed(holdings)
        if not wish.correct:
            try:
                plain = plan_recovery(holdings, server)
            except NotRecoverableError:
                if not manifest.uses.runs:
                    raise
                # Whoever asks for a server that ran nothing asks for what was put in: clones of others help,
                # but what is called a server's is what it computed.
                plain = plan_recovery(holdings)
                if manifest.uses.run_at(plain.server) is not None:
                    raise
            return plain.server, plain.order, dict(plain.fetch)
        checked = plan_with_checks(holdings, server, client.noise(manifest))
        return checked.recovery.server, checked.order, dict(checked.recovery.fetch)

    def _fetched(
        self,
        holdings: Holdings,
        fetch: dict[str, tuple[int, ...]],
        give_up_at: float,
        full: list[StorageError],
    ) -> frozenset[str] | None:
        """Ask servers for wires; None if all have arrived, else who kept theirs.

        What a server answers proves nothing: the fabric says what has arrived. What could not be written
        down is noted in `full`.
        """
        if not fetch:
            return None
        client, object_id = self._client, holdings.manifest.object_id
        for name, wires in fetch.items():
            if self._clock() < give_up_at:
                try:
                    client.servers[name].surrender(object_id, wires)
                except StorageError as error:
                    full.append(error)
                except (QcloneError, OSError):
                    pass
        where = client.fabric.whereabouts(object_id)
        at_client = set(where.get(CLIENT, ()))
        if all(at_client.issuperset(wires) for wires in fetch.values()):
            return None
        return frozenset(
            name for name, wires in fetch.items() if not set(wires).isdisjoint(where.get(name, ()))
        )

    def _party(self, object_id: str) -> Party:
        return Party(CLIENT, self._client.keyring.secret(object_id))
