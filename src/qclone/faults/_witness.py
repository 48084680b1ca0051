"""Sees every transaction and every hand-over, and says when an invariant is broken.

1. An object is recovered by one client, ever: again and again the same, until it is acknowledged.
2. No acknowledged put is lost while physics allows recovery.
3. Nobody obtains a qubit, or acts on one, that is not theirs and at their site; none is ever at two places.
4. The ledger and the fabric agree.
5. Without noise, what comes back is what was put in.
6. A listing never shows half an object.
7. No key opens for two claims, and nothing is decrypted before its consumption is on disk.
8. What was consumed is handed over in the end, whatever died on the way.
9. No key is consumed before what decrypts is at hand, whatever servers say.
10. What its owner was told is safe is in a file on a disk, or it can be handed over again.
11. An object goes unrecovered when its owner asked for that, not while it is recovered; then it is nobody's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qclone.access import classify
from qclone.compute import Program
from qclone.faults._books import Books, Places, RuleBroken
from qclone.faults._computing import after
from qclone.faults._registers import fidelity
from qclone.faults._schedule import Schedule
from qclone.scheme import Parallel, from_spec
from qclone.store import Manifest
from qclone.store._uses import Uses

Row = tuple[int, str]
"""Of an object in a ledger: whether it is stored, and the state of its key."""


class Witness:
    """Keeps its own account of one cloud and compares after every transaction.

    Parameters
    ----------
    servers : their names. decays : whether waiting leaves noise. loses : whether links lose qubits.
    register_of : tenant and object -> what the fabric calls it.
    """

    def __init__(
        self,
        schedule: Schedule,
        servers: list[str],
        decays: bool,
        register_of: Callable[[str, str], str],
        loses: bool = False,
    ) -> None:
        self.books = Books(servers, decays, self._key_state, loses)
        self.ledgers: dict[str, dict[str, Row]] = {}
        self.acknowledged: dict[str, tuple[str, Manifest]] = {}
        self._schedule = schedule
        self._register_of = register_of
        self._doing: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None
        self._opened: dict[str, str] = {}
        self.received: dict[str, tuple[str, QuantumCircuit]] = {}
        self._safe: set[str] = set()
        self.tampered: set[str] = set()
        self.lost_key: set[str] = set()
        self._fidelities: dict[str, float | None] = {}
        self.key_server: dict[str, str] = {}
        self.asked: dict[tuple[str, str], Program] = {}
        self.removers: dict[str, set[str]] = {}
        self.removed: set[str] = set()
        self._committed: set[str] = set()

    def watch(self, fabric: object) -> Any:
        """Return the fabric with a witness at its side, who knows which call a transaction belongs to."""
        return _Watched(fabric, self)

    def about_to(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._doing = name, arguments, named

    # ---- after transactions

    def fabric_changed(self, sql: sqlite3.Connection) -> None:
        """A transaction of the fabric is on disk: it must be what the books say."""
        if self._doing is None:
            return
        name, arguments, named = self._doing
        try:
            getattr(self.books, name)(*arguments, **named)
        except RuleBroken as error:
            self._schedule.violation(f"{error}.")
        there = self._places(sql)
        for register in there.keys() | self.books.places.keys():
            seen = there.get(register, {})
            expected = self.books.expected(register, seen)
            if seen != expected:
                self._schedule.violation(f"After {name}, {register} is at {seen}, not {expected}.")
        self.books.places = there | {r: {} for r in self.books.places if r not in there}
        self._nothing_half()

    def ledger_changed(self, tenant: str, sql: sqlite3.Connection) -> None:
        """A transaction of a ledger is on disk: objects go forward only."""
        rows = sql.execute("SELECT id, stored, key_state, key_server, scheme, uses FROM objects").fetchall()
        before, after = self.ledgers.get(tenant, {}), {row[0]: (row[1], row[2]) for row in rows}
        order = ["sealed", "consuming", "consumed"]
        self._committed -= after.keys()
        self._committed |= {
            row[0] for row in rows if row[2] == "consuming" and Uses.from_text(row[5]).committed
        }
        for object_id, (stored, state) in before.items():
            then = after.get(object_id)
            gone = stored == 1 and (then is None or then[0] != 1)
            if gone and not self._may_go(object_id, state, whole=then is None):
                self._schedule.violation(f"{object_id} vanished from the ledger, {state}.")
            if then is not None and (
                order.index(then[1]) < order.index(state)
                or (then[0] != 1 and not self._unopened(object_id, then[1]))
            ):
                self._schedule.violation(f"{object_id} went back from {stored, state} to {then}.")
        for object_id, _, state, _, scheme, uses in rows:
            if state == "consuming" and before.get(object_id, (1, state))[1] == "sealed":
                self._require_at_hand(self._register_of(tenant, object_id), scheme, uses)
        self.ledgers[tenant] = after
        self.key_server.update({row[0]: row[3] for row in rows if row[3]})
        self._nothing_half()

    # ---- what clients saw

    def opened(self, object_id: str, claim: str) -> None:
        """A client was told that it may decrypt."""
        if object_id in self.removed:
            self._schedule.violation(f"{object_id} was removed, and its key opened.")
        if self._opened.setdefault(object_id, claim) != claim:
            self._schedule.violation(f"The key of {object_id} was opened for two claims.")

    def delivered(
        self, object_id: str, machine: str, circuit: QuantumCircuit, put_in: QuantumCircuit
    ) -> None:
        """A client was given a register: the same client again, until it has said that it is safe."""
        if object_id in self._safe:
            self._schedule.violation(f"{object_id} was recovered and acknowledged, and then recovered again.")
        whose, what = self.received.setdefault(object_id, (machine, circuit))
        if whose != machine:
            self._schedule.violation(f"{object_id} was recovered by two clients.")
        elif what != circuit:
            self._schedule.violation(f"{object_id} was recovered twice, and differently.")
        register = next((r for r in self.books.released if r.endswith(object_id)), object_id)
        server = self.key_server.get(object_id, "")
        program = self.asked.get((object_id, server)) if self.books.computed.ran(register, server) else None
        found = fidelity(after(program, put_in), circuit)
        self._fidelities[object_id] = found
        may_differ = self.books.aged or register in self.tampered
        if not may_differ and (found is None or not np.isclose(found, 1)):
            self._schedule.violation(f"{object_id} came back with fidelity {found}.")

    def told(self, object_id: str, exact: float | None) -> None:
        """A client was told how good what it has is: what is called perfect is."""
        found = self._fidelities.get(object_id)
        if exact == 1 and (found is None or not np.isclose(found, 1)):
            self._schedule.violation(f"{object_id} is called perfect and is not.")

    def safe(self, object_id: str) -> None:
        """A client has written down that a register is safe."""
        self._safe.add(object_id)

    def recoverable(self, register: str, scheme: Parallel, manifest: Manifest) -> bool:
        """Whether physics allows its owner to recover a register that is still encrypted."""
        books = self.books
        if not manifest.uses.is_plain or manifest.committed_to or books.computed.read.get(register):
            up = [name for name, state in books.sites.items() if state == "up"]
            return books.computed.recoverable(register, manifest, scheme, books.places.get(register, {}), up)
        return _recovers(scheme, self.books.reachable(register))

    def is_safe(self, object_id: str) -> bool:
        """Whether its client has written down that a register is safe."""
        return object_id in self._safe

    def _require_at_hand(self, register: str, scheme: str, uses: str) -> None:
        if uses or register in self.lost_key:  # what was computed has other ways
            return
        parallel = _scheme(scheme)
        if not _recovers(parallel, self.books.at_client(register)):
            self._schedule.violation(f"The key of {register} was consumed, and what it opens is elsewhere.")

    def _may_go(self, object_id: str, state: str, whole: bool) -> bool:
        """Whether a stored object may leave a listing: its owner gives it up, or its record goes."""
        removers = self.removers.get(object_id, set())
        if self._unopened(object_id, state):
            return not whole and self.acknowledged[object_id][0] in removers
        return state == "consumed" and whole and bool(removers) and object_id in self.received

    def _unopened(self, object_id: str, state: str) -> bool:
        """Whether nobody is on the way to an object's register: its key is sealed, or bits for a clone."""
        return state == "sealed" or (state == "consuming" and object_id in self._committed)

    def _nothing_half(self) -> None:
        for tenant, rows in self.ledgers.items():
            for object_id, (stored, state) in rows.items():
                register = self._register_of(tenant, object_id)
                if stored == 1 and state == "sealed" and not self.books.places.get(register):
                    self._schedule.violation(f"{object_id} is listed, but the fabric does not have it.")

    def _places(self, sql: sqlite3.Connection) -> dict[str, Places]:
        query = (
            "SELECT id, site, wires FROM registers LEFT JOIN placement ON register = id WHERE released = 0"
        )
        there: dict[str, Places] = {}
        for register, site, wires in sql.execute(query).fetchall():
            places = there.setdefault(register, {})
            for wire in map(int, (wires or "").split()):
                if wire in places:
                    self._schedule.violation(f"Wire {wire} of {register} is at {places[wire]} and at {site}.")
                places[wire] = site
        return there

    def _key_state(self, register: str) -> str | None:
        for tenant, rows in self.ledgers.items():
            for object_id, (_, state) in rows.items():
                if self._register_of(tenant, object_id) == register:
                    return state
        return None


class _Watched:
    def __init__(self, fabric: object, witness: Witness) -> None:
        self._fabric = fabric
        self._witness = witness

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._fabric, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._witness.about_to(name, arguments, named)
            return method(*arguments, **named)

        return call


@lru_cache(maxsize=4096)
def _recovers(scheme: Parallel, wires: frozenset[int]) -> bool:
    known = (wire for wire in wires if wire < scheme.num_qubits)  # not what a program sends back
    return classify(scheme, (scheme.wires[wire].label for wire in known)).recovers


@lru_cache(maxsize=256)
def _scheme(text: str) -> Parallel:
    return from_spec(json.loads(text), kind=Parallel)
