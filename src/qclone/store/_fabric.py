"""Simulated quantum hardware on disk: every qubit has one place, and acting takes being there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.compute import ServerPart
from qclone.errors import InvalidInputError
from qclone.store import _tables
from qclone.store._computing import Computing, computed_of
from qclone.store._delivering import Delivering
from qclone.store._frame import Frame
from qclone.store._intact import intact
from qclone.store._links import Links
from qclone.store._measured import look
from qclone.store._memory import Memory, erasure
from qclone.store._names import DEFAULT_TENANT
from qclone.store._order import Order
from qclone.store._preparation import Preparation
from qclone.store._protocols import Delivery, Party, SiteState
from qclone.store._receipts import Receipts
from qclone.store._sql import Sql, Storage
from qclone.store._tables import LocalityError
from qclone.store._tampered import require_followed


class SqlFabric:
    """A fabric, durable in the tables of a database.

    A register is kept as the circuit that prepares its inputs (never opened here) and the history of
    what happened to its wires, so its size is linear in the number of wires. Gates take no time; only
    `advance` lets the clock run, and a register's qubits age when something next happens to them.

    Parameters
    ----------
    database : where the tables are.
    receipts : of the ledger.
    seed : fixes the noise that deliveries draw; None takes it from the operating system.
    """

    def __init__(self, database: Storage, receipts: Receipts, seed: int | None = None) -> None:
        self._database = database
        self._random = np.random.default_rng(seed)
        self._delivering = Delivering(database, receipts, self._draw)
        self._computing = Computing(database, receipts, self._draw)

    @staticmethod
    def _fill(sql: Sql, servers: Sequence[str], memory: Memory, links: Links) -> None:
        """Write down what a new fabric consists of."""
        sql.execute("INSERT INTO clock VALUES (0, ?, ?)", (memory.t1_s, memory.t2_s))
        sql.execute("INSERT INTO links VALUES (?, ?)", (links.fidelity, links.loss))
        sql.executemany("INSERT INTO sites (name, state) VALUES (?, 'up')", [(name,) for name in servers])

    def close(self) -> None:
        self._database.close()

    # ---- what parties do

    def load(self, party: Party, register: str, preparation: Preparation) -> None:
        p = preparation
        gates = _tables.unitary(p.circuit)
        with self._database.transaction(register) as sql:
            taken = "SELECT 1 FROM registers WHERE id = ? UNION SELECT 1 FROM forgotten WHERE register = ?"
            if sql.execute(taken, (register, register)).fetchone():
                raise LocalityError(f"There is or was a register {register} already.", "Take another id.")
            owner, inputs = _tables.fingerprint(party.secret), _tables.wire_text(p.inputs)
            row = (register, owner, p.num_wires, inputs, p.core, _tables.clock(sql))
            columns = "id, owner, num_wires, inputs, core, aged_at_s"
            sql.execute(f"INSERT INTO registers ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)
            _tables.place(sql, register, {party.site: range(p.num_wires)})
            if p.circuit:
                _run(sql, party, register, p.circuit, gates)
            if p.to:
                _move(sql, party, register, p.to, self._random)
            if p.discarded:
                _discard(sql, party, register, p.discarded)

    def run(self, party: Party, register: str, circuit: str) -> None:
        _tables.require_server(party)
        gates = _tables.unitary(circuit)
        with self._database.transaction(register) as sql:
            _run(sql, party, register, circuit, gates)

    def measure(self, party: Party, register: str, wires: Sequence[int]) -> tuple[int, ...]:
        _tables.require_server(party)
        with self._database.transaction(register) as sql:
            _tables.require_here(sql, party, register, wires)
            _tables.age(sql, register)
            computed = computed_of(sql, register)
            if computed.parts or computed.bits:
                return self._computing.measure(sql, register, wires)
            frame = _tables.frame_of(sql, register)
            outcomes, settled = look(frame.history, frame.num_wires, frame.inputs, wires, self._draw())
            sql.execute("DELETE FROM history WHERE register = ?", (register,))
            _tables.remember(sql, register, str(settled))
        return outcomes

    def move(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        _tables.require_server(party)
        with self._database.transaction(register) as sql:
            _move(sql, party, register, to, self._random)

    def discard(self, party: Party, register: str, wires: Sequence[int]) -> None:
        with self._database.transaction(register) as sql:
            _discard(sql, party, register, wires)

    def forget(self, party: Party, register: str) -> None:
        with self._database.transaction(register) as sql:
            owner = sql.execute("SELECT owner FROM registers WHERE id = ?", (register,)).fetchone()
            if owner is not None:
                _tables.require_owner(party, owner[0])
                _tables.clear(sql, register)
                sql.execute("DELETE FROM results WHERE register = ?", (register,))
                sql.execute("DELETE FROM registers WHERE id = ?", (register,))
            # Its `load` may still be on the way, and nobody would ever come for what it makes.
            sql.execute("INSERT INTO forgotten VALUES (?) ON CONFLICT DO NOTHING", (register,))

    def compute(self, party: Party, register: str, part: ServerPart) -> None:
        self._computing.compute(party, register, part)

    def read_key(
        self, party: Party, register: str, circuit: str, wires: Sequence[int], receipt: str = ""
    ) -> None:
        self._computing.read_key(party, register, circuit, wires, receipt)

    def rehearse(self, party: Party, register: str, order: Order) -> None:
        self._delivering.rehearse(party, register, order)

    def deliver(self, party: Party, register: str, order: Order, receipt: str) -> Delivery:
        return self._delivering.deliver(party, register, order, receipt)

    def acknowledge(self, party: Party, register: str, receipt: str) -> None:
        self._delivering.acknowledge(party, register, receipt)

    def _draw(self) -> np.random.Generator:
        """Return what draws one measurement or one delivery."""
        return np.random.default_rng(int(self._random.integers(2**63)))

    def whereabouts(self, register: str) -> dict[str, tuple[int, ...]]:
        return self.whereabouts_of([register])[register]

    def whereabouts_of(self, registers: Sequence[str]) -> dict[str, dict[str, tuple[int, ...]]]:
        with self._database.reading() as sql:
            return _tables.placements(sql, registers)

    # ---- the world

    def sites(self) -> dict[str, SiteState]:
        with self._database.reading() as sql:
            rows = sql.execute("SELECT name, state FROM sites ORDER BY rowid").fetchall()
        with intact("fabric.db"):
            return {name: SiteState(state) for name, state in rows}

    def qubits_at(self, tenant: str | None = None) -> dict[str, int]:
        """Return the number of qubits at each site that has any; of one tenant, or of all."""
        whose: str = ""
        bounds: tuple[str, ...] = ()
        if tenant == DEFAULT_TENANT:
            whose, bounds = "WHERE register NOT LIKE ? ", ("%:%",)
        elif tenant is not None:
            whose, bounds = "WHERE register >= ? AND register < ? ", (f"{tenant}:", f"{tenant};")
        # Added up where the wires are: a site's sum is one number, and its wires are as many as all have.
        count = "SUM(length(wires) - length(replace(wires, ' ', '')) + 1)"
        with self._database.reading() as sql:
            rows = sql.execute(f"SELECT site, {count} FROM placement {whose}GROUP BY site", bounds).fetchall()
        return {site: int(qubits) for site, qubits in rows}

    def revision(self) -> str:
        return self._database.revision()

    def now(self) -> float:
        with self._database.reading() as sql:
            return _tables.clock(sql)

    def memory(self) -> Memory:
        """How long this fabric's qubits keep."""
        with self._database.reading() as sql:
            return _tables.decay_times(sql)

    def links(self) -> Links:
        """What travelling does to this fabric's qubits."""
        with self._database.reading() as sql:
            return _tables.links(sql)

    def advance(self, seconds: float) -> float:
        """Let the clock run; every qubit ages. Returns the new time."""
        if not 0 <= seconds < float("inf"):
            raise InvalidInputError(f"The clock cannot run {seconds:g} s.", "Time only goes forward.")
        with self._database.transaction() as sql:
            sql.execute("UPDATE clock SET now_s = now_s + ?", (seconds,))
            return _tables.clock(sql)

    def set_state(self, names: Sequence[str], state: SiteState) -> None:
        """Let servers fail, heal, lose their qubits or fall to an adversary; all of them or none.

        A lost server's qubits are erased. A compromised server's qubits go to the adversary and stay
        there; when it heals, it starts empty.
        """
        with self._database.transaction() as sql:
            for name in names:
                _tables.check_change(name, _tables.state_of(sql, name), state)
            for name in names:
                if state is SiteState.LOST:
                    _tables.erase_site(sql, name)
                elif state is SiteState.COMPROMISED:
                    _tables.give_to_adversary(sql, name)
            rows = [(state, name) for name in names]
            sql.executemany("UPDATE sites SET state = ? WHERE name = ?", rows)

    # ---- diagnostics, possible only in simulation

    def fidelity(self, register: str, circuit: bytes) -> float:
        from qclone.store._core import fidelity_with_source

        with self._database.reading() as sql:
            row = sql.execute("SELECT core FROM registers WHERE id = ?", (register,)).fetchone()
        if row is None:
            raise _tables.no_register(register)
        return fidelity_with_source(row[0], circuit)

    def view(self, register: str, site: str) -> NDArray[np.complex128]:
        """Return the exact reduced state of the register's wires at a site; see `reduced_state`."""
        from qclone.circuits import state_vector
        from qclone.store._core import load
        from qclone.store._view import reduced_state

        with self._database.reading() as sql:
            row = sql.execute("SELECT core FROM registers WHERE id = ?", (register,)).fetchone()
        frame = self.frame(register)
        return reduced_state(frame, state_vector(load(row[0])), self.whereabouts(register).get(site, ()))

    def frame(self, register: str) -> Frame:
        """Return the register's history as it would be if it were looked at now."""
        with self._database.reading() as sql:
            pending = _tables.pending_decay(sql, register)
            frame = _tables.frame_of(sql, register)
        return Frame(frame.history + stim.Circuit(pending), frame.num_wires, frame.inputs)


def _run(sql: Sql, party: Party, register: str, circuit: str, gates: stim.Circuit) -> None:
    _tables.require_here(sql, party, register, _tables.targets_of(gates))
    require_followed(computed_of(sql, register).parts, gates)
    _tables.age(sql, register)
    _tables.remember(sql, register, circuit)


def _move(
    sql: Sql,
    party: Party,
    register: str,
    to: Mapping[str, Sequence[int]],
    random: np.random.Generator,
) -> None:
    moved = [wire for wires in to.values() for wire in wires]
    rest = _tables.require_here(sql, party, register, moved) - set(moved)
    if len(set(moved)) < len(moved):
        raise LocalityError("A qubit cannot go to two places.", "Qubits move; nothing copies them.")
    for site in to:
        _tables.require_up(sql, site)
    _keep(sql, party, register, rest)
    links = _tables.links(sql)
    lost = {moved[i] for i in np.flatnonzero(random.random(len(moved)) < links.loss)}
    _tables.remember(sql, register, erasure(sorted(lost)))
    _tables.remember(sql, register, links.noise([wire for wire in moved if wire not in lost]))
    _tables.place(sql, register, {site: [w for w in wires if w not in lost] for site, wires in to.items()})


def _discard(sql: Sql, party: Party, register: str, wires: Sequence[int]) -> None:
    rest = _tables.require_here(sql, party, register, wires) - set(wires)
    _tables.remember(sql, register, erasure(list(wires)))
    _keep(sql, party, register, rest)


def _keep(sql: Sql, party: Party, register: str, wires: set[int]) -> None:
    """From now on the party has these wires of the register and no others."""
    sql.execute("DELETE FROM placement WHERE register = ? AND site = ?", (register, party.site))
    _tables.place(sql, register, {party.site: sorted(wires)})
