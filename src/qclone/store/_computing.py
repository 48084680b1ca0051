"""What parties do to a register while it is encrypted: programs on clones, reading key qubits early."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace

import numpy as np
import stim

from qclone.compute import MAX_TAILS, ServerPart, parse
from qclone.errors import InvalidInputError, TailsTakenError
from qclone.store import _tables
from qclone.store._finishing import DRAWN, RAN, RUN, SEEN, Computed, physics
from qclone.store._intact import intact
from qclone.store._looks import collapsed, draw_noise
from qclone.store._measured import without_limit
from qclone.store._protocols import CLIENT, Party
from qclone.store._receipts import Receipts
from qclone.store._sql import Sql, Storage
from qclone.store._tampered import require_not_looked_at

MAX_TEXT = 16 << 20
MAX_WIRES = 4_000_000
FIRSTS = 4
"""Of so many runs of `MAX_TAILS` numbers, at most, one server can take a part of: there is room for more."""


class Computing:
    """Computes on registers in a fabric's file; see `Fabric.compute` and `Fabric.read_key`."""

    def __init__(
        self, database: Storage, receipts: Receipts, draw: Callable[[], np.random.Generator]
    ) -> None:
        self._database = database
        self._receipts = receipts
        self._draw = draw

    def compute(self, party: Party, register: str, part: ServerPart) -> None:
        """Apply a program to a clone, once; the same again changes nothing."""
        _tables.require_server(party)
        if len(part.text) > MAX_TEXT or max((*part.tails, *part.wires), default=0) >= MAX_WIRES:
            raise InvalidInputError("The program is too long.", "Run a smaller one.")
        parse(part)
        public = _tables.unitary(part.public)
        if not _tables.targets_of(public) <= set(part.wires):
            raise InvalidInputError(
                "F acts on the clone's wires only.", "Send what `Program.server` returns."
            )
        with self._database.transaction(register) as sql:
            computed = computed_of(sql, register)
            if (before := computed.parts.get(party.site)) is not None:
                if before == part:
                    return
                raise InvalidInputError(
                    f"{party.site} has run another program on this register.", "A server runs one program."
                )
            _tables.require_here(sql, party, register, part.wires)
            if any({*one.wires, *one.tails}.intersection(part.wires) for one in computed.parts.values()):
                raise InvalidInputError("A program has run on this clone before.", "Take another clone.")
            num_wires = sql.execute("SELECT num_wires FROM registers WHERE id = ?", (register,)).fetchone()[0]
            first = _require_fresh(sql, computed, num_wires, part.tails)
            _tables.age(sql, register)
            _tables.remember(sql, register, part.public)
            _tables.remember(sql, register, f"TICK[{RUN}{party.site}]\n{part.text}\nTICK[{RAN}]")
            _tables.place(sql, register, {party.site: part.tails})
            grown = max((num_wires, *(tail + 1 for tail in part.tails)))
            sql.execute("UPDATE registers SET num_wires = ? WHERE id = ?", (grown, register))
            _write(sql, register, Computed({**computed.parts, party.site: part}, computed.bits, first))

    def read_key(
        self, party: Party, register: str, circuit: str, wires: Sequence[int], receipt: str = ""
    ) -> None:
        """Measure key qubits in the Z basis after gates on them alone; the bits stay at the client's site."""
        gates = _tables.unitary(circuit)
        if len(set(wires)) < len(wires) or not _tables.targets_of(gates) <= set(wires):
            raise InvalidInputError("What is read is what is acted on.", "Name each key qubit once.")
        with self._database.transaction(register) as sql:
            row = sql.execute("SELECT owner FROM registers WHERE id = ?", (register,)).fetchone()
            if row is None:
                raise _tables.no_register(register)
            _tables.require_client(party, row[0])
            computed = computed_of(sql, register)
            if set(wires) <= computed.bits.keys():
                return  # it was read before
            here = _tables.require_here(sql, party, register, wires)
            opens = here <= set(wires)  # nothing of the key is left as qubits: this is a decryption
            if opens:
                self._receipts.claim(register, receipt)
            _tables.age(sql, register)
            with without_limit() if opens else nullcontext():
                bits = self._look(sql, register, gates, wires, blind=True)
            _tables.take(sql, register, CLIENT, wires)
            _write(sql, register, replace(computed, bits={**computed.bits, **bits}))

    def measure(self, sql: Sql, register: str, wires: Sequence[int]) -> tuple[int, ...]:
        """Measure wires at a server's site where programs have run; see `Fabric.measure`."""
        require_not_looked_at(computed_of(sql, register).parts, wires)
        bits = self._look(sql, register, stim.Circuit(), wires)
        return tuple(bits[wire][1] for wire in wires)

    def _look(
        self, sql: Sql, register: str, gates: stim.Circuit, wires: Sequence[int], blind: bool = False
    ) -> dict[int, tuple[int, int]]:
        num_wires, inputs = sql.execute(
            "SELECT num_wires, inputs FROM registers WHERE id = ?", (register,)
        ).fetchone()
        history = _tables.raw_history_of(sql, register)
        with intact("fabric.db"):
            ends = tuple(_tables.wire_numbers(inputs))
        settled, bits = _read(history, num_wires, ends, gates, wires, self._draw(), blind)
        sql.execute("DELETE FROM history WHERE register = ?", (register,))
        _tables.remember(sql, register, _text(settled))
        return bits


def _read(
    history: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    gates: stim.Circuit,
    wires: Sequence[int],
    random: np.random.Generator,
    blind: bool,
) -> tuple[stim.Circuit, dict[int, tuple[int, int]]]:
    """Return the history after reading some wires, and for each the bit without noise and as it was read.

    Reading commutes with whatever servers do, so a random outcome is a Clifford at the very start. Noise so
    far is drawn where it happened, for a program between two errors tells them apart.
    """
    settled = _settled(history, num_wires, random) + gates
    branches, ideal = collapsed(physics(settled), num_wires, inputs, wires, random, blind)
    (flips, _), _ = draw_noise(physics(settled), stim.Circuit(), num_wires, random)
    bits = {w: (int(bit), int(bit) ^ int(flips[w])) for w, bit in zip(wires, ideal, strict=True)}
    return branches + settled, bits


def _settled(history: stim.Circuit, num_wires: int, random: np.random.Generator) -> stim.Circuit:
    """Draw the noise between programs; what was drawn stands behind what it was drawn from."""
    settled, stretch = stim.Circuit(), stim.Circuit()

    def draw() -> None:
        nonlocal stretch
        new = [i for i, gate in enumerate(stretch) if _is_noise(gate) and gate.tag not in (SEEN, DRAWN)]
        if not new:
            settled.__iadd__(stretch)
            stretch = stim.Circuit()
            return
        fresh = stim.Circuit()
        for i, gate in enumerate(stretch):
            if not _is_noise(gate) or i in set(new):
                fresh.append(gate)
        (x, z), _ = draw_noise(fresh, stim.Circuit(), num_wires, random)
        for i, gate in enumerate(stretch):
            if i in set(new):
                settled.append(gate.name, gate.targets_copy(), gate.gate_args_copy(), tag=SEEN)
            else:
                settled.append(gate)
        for name, where in (("X_ERROR", x & ~z), ("Y_ERROR", x & z), ("Z_ERROR", z & ~x)):
            if where.any():
                settled.append(name, np.flatnonzero(where), 1.0, tag=DRAWN)
        stretch = stim.Circuit()

    for gate in history:
        if gate.name == "TICK" and gate.tag.startswith(RUN):
            draw()
        stretch.append(gate)
    draw()
    return settled


def _text(circuit: stim.Circuit) -> str:
    """Return a circuit as text in which no probability is rounded."""
    lines = []
    for gate in circuit:
        if arguments := gate.gate_args_copy():
            tag = f"[{gate.tag}]" if gate.tag else ""
            wires = " ".join(str(t.value) for t in gate.targets_copy())
            lines.append(f"{gate.name}{tag}({', '.join(map(repr, arguments))}) {wires}")
        else:
            lines.append(str(gate))
    return "\n".join(lines)


def _is_noise(gate: stim.CircuitInstruction) -> bool:
    return (
        bool(stim.gate_data(gate.name).is_noisy_gate) and not stim.gate_data(gate.name).produces_measurements
    )


def _require_fresh(sql: Sql, computed: Computed, num_wires: int, tails: Sequence[int]) -> int:
    """Return the number of wires that a register was made with, after checking that tails are new ones.

    Numbers are given by who asks, the register's owner. A server that computes of its own accord takes some
    first: it has one run of them, so that its owner meets it with few others (`FIRSTS`).
    """
    taken = {wire for one in computed.parts.values() for wire in one.tails}
    first = computed.first or min(taken | {num_wires})
    if not tails:
        return first
    sites = sql.execute("SELECT COUNT(*) FROM sites").fetchone()[0]
    end = first + MAX_TAILS * FIRSTS * (sites + 1)
    if list(tails) != list(range(tails[0], tails[0] + len(tails))) or len(tails) > MAX_TAILS:
        raise InvalidInputError(
            "Tails are numbered one after the other.", "Send what `Program.server` returns."
        )
    if tails[0] < first or tails[-1] >= end:
        raise InvalidInputError("A tail is a fresh qubit.", "Number tails from the last wire on.")
    if not taken.isdisjoint(tails):
        raise TailsTakenError("There are qubits of these numbers already.", "Give the tails other numbers.")
    return first


def computed_of(sql: Sql, register: str) -> Computed:
    """Return what a register carries besides its history."""
    row = sql.execute("SELECT computed FROM registers WHERE id = ?", (register,)).fetchone()
    if row is None:
        raise _tables.no_register(register)
    return computed_in(row[0])


def computed_in(text: str) -> Computed:
    """Return what is in the column `computed`."""
    with intact("fabric.db"):
        document = json.loads(text or "{}")
        parts = {
            site: ServerPart(tuple(part["wires"]), tuple(part["tails"]), part["public"], part["text"])
            for site, part in document.get("parts", {}).items()
        }
        bits = {int(wire): (int(a), int(b)) for wire, (a, b) in document.get("bits", {}).items()}
        return Computed(parts, bits, document.get("first"))


def _write(sql: Sql, register: str, computed: Computed) -> None:
    document = {
        "parts": {site: asdict(part) for site, part in computed.parts.items()},
        "bits": {str(wire): bits for wire, bits in computed.bits.items()},
        "first": computed.first,
    }
    sql.execute(
        "UPDATE registers SET computed = ?, version = version + 1 WHERE id = ?",
        (json.dumps(document, separators=(",", ":")), register),
    )
