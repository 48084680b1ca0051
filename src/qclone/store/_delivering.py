"""How a register leaves the fabric: rehearsed, opened by one receipt, delivered until it is acknowledged."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import stim

from qclone.errors import KeyConsumedError, NotRecoverableError
from qclone.store import _tables
from qclone.store._computing import computed_in
from qclone.store._finishing import finish
from qclone.store._frame import Frame
from qclone.store._intact import intact
from qclone.store._measured import Outcome, carry_out, without_limit
from qclone.store._order import Order
from qclone.store._protocols import Delivery, Party
from qclone.store._receipts import Receipts
from qclone.store._sql import Sql, Storage

IN, OPENED, HANDED_OVER = 0, 1, 2
"""In the column `released`: encrypted in the fabric; opened by a receipt; safe with its owner."""
_FACTS = "owner, num_wires, inputs, core, released, version, opened_by, ordered, computed"


class Delivering:
    """Takes registers out of a fabric's file; see `Fabric` for what each call promises.

    What takes long happens outside write transactions, on what was read in one moment. A rehearsal counts
    if nothing happened to the register since. Once a receipt has opened a register, nothing can happen to
    it, so what was not rehearsed can be computed then as well.

    Parameters
    ----------
    receipts : of the ledger.
    draw : returns a new source of randomness.
    """

    def __init__(
        self, database: Storage, receipts: Receipts, draw: Callable[[], np.random.Generator]
    ) -> None:
        self._database = database
        self._receipts = receipts
        self._draw = draw

    def rehearse(self, party: Party, register: str, order: Order) -> None:
        """Draw what an order brings out, unless that was done and still holds."""
        gates = _tables.unitary(order.circuit)
        with self._database.reading() as sql:
            owner, num_wires, inputs, _, released, version, _, _, text = _facts(sql, register)
            _tables.require_client(party, owner)
            if released == OPENED:
                return  # what comes out is settled by who opened it
            _require_here(sql, party, register, order, gates, text)
            now = _tables.clock(sql)
            if _result(sql, register, order, version, now) is not None:
                return
            frame = _history(sql, register, num_wires, inputs, order)
            frame.history.append_from_stim_program_text(_tables.pending_decay(sql, register))
            random = self._draw()
        is_bits = order.finish is not None and not order.measured  # then the key was consumed
        with without_limit() if is_bits else nullcontext():
            outcome = _brought_out(frame, order, text, random)
        with self._database.transaction(register) as sql:
            if _facts(sql, register)[4] == IN:
                _keep(sql, register, order, version, now, outcome)

    def deliver(self, party: Party, register: str, order: Order, receipt: str) -> Delivery:
        """Open a register, once for all, and return what comes out."""
        gates = _tables.unitary(order.circuit)
        claim = self._receipts.claim(register, receipt)
        with self._database.transaction(register) as sql:
            owner, num_wires, inputs, core, released, version, opened_by, ordered, text = _facts(
                sql, register
            )
            _tables.require_client(party, owner)
            _require_same(register, opened_by, claim)
            if released == HANDED_OVER:
                raise _tables.gone(register)
            if released == IN:
                self._open(sql, party, register, order, gates, claim)
                version = _facts(sql, register)[5]
            else:
                with intact("fabric.db"):
                    order = Order.from_text(ordered)
            done = _result(sql, register, order, version, None)
            frame = None if done else _history(sql, register, num_wires, inputs, order)
            random = self._draw()
        if frame is not None:
            with without_limit():
                outcome = _brought_out(frame, order, text, random)
            with self._database.transaction(register) as sql:
                # Who was first has settled it.
                done = _result(sql, register, order, version, None)
                if done is None:
                    done = outcome
                    _keep(sql, register, order, version, math.inf, outcome)
        assert done is not None
        return Delivery(core, done.frame, done.outcomes, done.fidelity)

    def _open(
        self,
        sql: Sql,
        party: Party,
        register: str,
        order: Order,
        gates: stim.Circuit,
        claim: str,
    ) -> None:
        """From here on the register is what it is now, and nobody's but the holder's of the receipt."""
        _require_here(sql, party, register, order, gates, _facts(sql, register)[8])
        version, now = _facts(sql, register)[5], _tables.clock(sql)
        if _result(sql, register, order, version, now) is None:
            _tables.age(sql, register)
            sql.execute("DELETE FROM results WHERE register = ?", (register,))
        sql.execute("DELETE FROM placement WHERE register = ?", (register,))
        sql.execute(
            "UPDATE registers SET released = ?, opened_by = ?, ordered = ? WHERE id = ?",
            (OPENED, claim, order.text, register),
        )

    def acknowledge(self, party: Party, register: str, receipt: str) -> None:
        """Forget what was delivered; what was put in stays for the diagnostics of the simulation."""
        claim = self._receipts.claim(register, receipt)
        with self._database.transaction(register) as sql:
            owner, *_, opened_by, _, _ = _facts(sql, register)
            _tables.require_client(party, owner)
            _require_same(register, opened_by, claim)
            if opened_by is not None:
                _tables.clear(sql, register)
                sql.execute("DELETE FROM results WHERE register = ?", (register,))
                sql.execute(
                    "UPDATE registers SET released = ?, ordered = NULL WHERE id = ?", (HANDED_OVER, register)
                )


def _facts(sql: Sql, register: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = sql.execute(
        f"SELECT {_FACTS} FROM registers WHERE id = ?", (register,)
    ).fetchone()
    if row is None:
        raise _tables.no_register(register)
    return row


def _require_same(register: str, opened_by: str | None, claim: str) -> None:
    if opened_by not in (None, claim):
        raise KeyConsumedError(
            f"The register {register} was opened before, for another claim.",
            "Its ledger was restored from before that: what was recovered then is all there is.",
        )


def _require_here(
    sql: Sql, party: Party, register: str, order: Order, gates: stim.Circuit, text: str
) -> None:
    """What an order acts on must be at the client's site, outputs perhaps at a server's."""
    wires = _tables.targets_of(gates).union(order.measured)
    if order.finish is not None:
        pad = {wire for _, read in order.finish.rules for wire in read}
        if unread := pad.difference(order.measured, computed_in(text).bits):
            raise NotRecoverableError(
                f"{len(unread)} noise qubits of the key of {register} were lost before they were read.",
                "Without them the pad of this clone is not known; recover from another server.",
            )
    if order.finish is not None and order.finish.site:
        part = computed_in(text).parts.get(order.finish.site)
        wires.update(part.tails if part else ())
    if order.at:
        _tables.require_here(sql, Party(order.at), register, order.outputs)
        wires.difference_update(order.outputs)
        _tables.require_here(sql, party, register, wires)
    else:
        _tables.require_here(sql, party, register, wires.union(order.outputs))


def _history(sql: Sql, register: str, num_wires: int, inputs: str, order: Order) -> Frame:
    if order.finish is None:
        return _tables.history_of(sql, register, num_wires, inputs)
    return _tables.frame_in(_tables.raw_history_of(sql, register), num_wires, inputs)


def _brought_out(frame: Frame, order: Order, text: str, random: np.random.Generator) -> Outcome:
    here = frame.history, frame.num_wires, frame.inputs, order
    found = finish(*here, computed_in(text), random) if order.finish else carry_out(*here, random)
    return replace(found, frame="\n".join(filter(None, (found.frame, order.then))))


def _result(sql: Sql, register: str, order: Order, version: int, now: float | None) -> Outcome | None:
    """Return what was drawn for an order, if nothing happened to the register since."""
    row = sql.execute(
        "SELECT frame, outcomes, fidelity, at_s FROM results "
        "WHERE register = ? AND ordered = ? AND version = ?",
        (register, order.digest, version),
    ).fetchone()
    if row is None or (now is not None and _tables.decay_times(sql).decay([0], now - row[3])):
        return None
    with intact("fabric.db"):
        return Outcome(row[0], tuple(json.loads(row[1])), row[2])


def _keep(sql: Sql, register: str, order: Order, version: int, at_s: float, outcome: Outcome) -> None:
    said = outcome.frame, json.dumps(outcome.outcomes), outcome.fidelity
    sql.execute("DELETE FROM results WHERE register = ?", (register,))
    sql.execute(
        "INSERT INTO results (register, ordered, version, at_s, frame, outcomes, fidelity) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (register, order.digest, version, at_s, *said),
    )
