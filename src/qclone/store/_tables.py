"""The fabric's tables: who is where, what happened, and what must hold before anything else may happen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import stim

from qclone.errors import InvalidInputError, NoSuchObjectError, NotRecoverableError, QcloneError
from qclone.store._frame import Frame
from qclone.store._intact import intact
from qclone.store._links import Links
from qclone.store._memory import Memory, erasure
from qclone.store._protocols import ADVERSARY, CLIENT, Party, SiteState
from qclone.store._sql import Sql

ASKED_AT_ONCE = 500
"""Registers in one query; databases bound the parameters."""


class LocalityError(QcloneError):
    """A party reached for a qubit that is not at its site."""

    code = "not_at_site"


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def wire_text(wires: Iterable[int]) -> str:
    return " ".join(map(str, wires))


def wire_numbers(text: str) -> list[int]:
    with intact("fabric.db"):
        return list(map(int, text.split()))


def no_register(register: str) -> NoSuchObjectError:
    return NoSuchObjectError(f"The fabric has no register {register}.", "List the objects with: qclone ls")


def clock(sql: Sql) -> float:
    return float(sql.execute("SELECT now_s FROM clock").fetchone()[0])


def decay_times(sql: Sql) -> Memory:
    return Memory(*sql.execute("SELECT t1_s, t2_s FROM clock").fetchone())


def links(sql: Sql) -> Links:
    return Links(*sql.execute("SELECT fidelity, loss FROM links").fetchone())


def place(sql: Sql, register: str, at: Mapping[str, Sequence[int]]) -> None:
    place_all(sql, [(register, site, wire_text(wires)) for site, wires in at.items() if len(wires)])


def place_all(sql: Sql, rows: Iterable[tuple[str, str, str]]) -> None:
    """Put wires of registers at sites, beside those that are there: register, site, wires."""
    sql.executemany(
        "INSERT INTO placement VALUES (?, ?, ?) "
        "ON CONFLICT (register, site) DO UPDATE SET wires = placement.wires || ' ' || excluded.wires",
        rows,
    )


def placements(sql: Sql, registers: Sequence[str]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Register -> site -> wires there, in order."""
    found: dict[str, dict[str, tuple[int, ...]]] = {register: {} for register in registers}
    for start in range(0, len(registers), ASKED_AT_ONCE):
        some = registers[start : start + ASKED_AT_ONCE]
        places = ", ".join("?" * len(some))
        query = f"SELECT register, site, wires FROM placement WHERE register IN ({places})"
        for register, site, wires in sql.execute(query, some).fetchall():
            found[register][site] = tuple(sorted(wire_numbers(wires)))
    return found


def remember(sql: Sql, register: str, circuit: str) -> None:
    remember_all(sql, [(register, circuit)])


def remember_all(sql: Sql, happened: Iterable[tuple[str, str]]) -> None:
    """Write down what happened to many registers, once to each."""
    rows = [(register, circuit, register) for register, circuit in happened if circuit]
    sql.executemany(
        "INSERT INTO history SELECT ?, COALESCE(MAX(step), 0) + 1, ? FROM history WHERE register = ?", rows
    )
    sql.executemany(
        "UPDATE registers SET version = version + 1 WHERE id = ?", [(register,) for register, *_ in rows]
    )


def clear(sql: Sql, register: str) -> None:
    sql.execute("DELETE FROM history WHERE register = ?", (register,))
    sql.execute("DELETE FROM placement WHERE register = ?", (register,))


def pending_decay(sql: Sql, register: str) -> str:
    row = sql.execute("SELECT aged_at_s FROM registers WHERE id = ?", (register,)).fetchone()
    if row is None:
        raise no_register(register)
    placed = sql.execute("SELECT wires FROM placement WHERE register = ?", (register,)).fetchall()
    wires = sorted(wire for (text,) in placed for wire in wire_numbers(text))
    return decay_times(sql).decay(wires, clock(sql) - row[0])


def age(sql: Sql, register: str) -> None:
    remember(sql, register, pending_decay(sql, register))
    sql.execute("UPDATE registers SET aged_at_s = ? WHERE id = ?", (clock(sql), register))


def frame_of(sql: Sql, register: str) -> Frame:
    row = sql.execute(
        "SELECT num_wires, inputs, released FROM registers WHERE id = ?", (register,)
    ).fetchone()
    if row is None:
        raise no_register(register)
    num_wires, inputs, released = row
    if released:
        raise gone(register)
    return history_of(sql, register, num_wires, inputs)


def raw_history_of(sql: Sql, register: str) -> stim.Circuit:
    """Return what is written down about a register, noise that was drawn in both its forms."""
    steps = sql.execute(
        "SELECT circuit FROM history WHERE register = ? ORDER BY step", (register,)
    ).fetchall()
    with intact("fabric.db"):
        return stim.Circuit("\n".join(circuit for (circuit,) in steps))


def frame_in(history: stim.Circuit, num_wires: int, inputs: str) -> Frame:
    """Return a register's frame."""
    with intact("fabric.db"):
        return Frame(history, num_wires, tuple(wire_numbers(inputs)))


def take(sql: Sql, register: str, site: str, wires: Iterable[int]) -> None:
    """Some wires of a site are qubits no more."""
    left = set(placements(sql, [register])[register].get(site, ())) - set(wires)
    sql.execute("DELETE FROM placement WHERE register = ? AND site = ?", (register, site))
    place(sql, register, {site: sorted(left)})


def history_of(sql: Sql, register: str, num_wires: int, inputs: str) -> Frame:
    """Return what happened to a register, also to one that has been opened."""
    from qclone.store._finishing import physics

    return frame_in(physics(raw_history_of(sql, register)), num_wires, inputs)


def gone(register: str) -> NotRecoverableError:
    return NotRecoverableError(
        f"The register {register} has left the fabric.",
        "A recovered register exists once, with who recovered it.",
    )


def require_here(sql: Sql, party: Party, register: str, wires: Iterable[int]) -> set[int]:
    """Return the register's wires at the party's site, after checking that `wires` are among them."""
    row = sql.execute("SELECT owner, released FROM registers WHERE id = ?", (register,)).fetchone()
    if row is None:
        raise no_register(register)
    if row[1]:
        raise gone(register)
    if party.site == CLIENT:
        require_owner(party, row[0])
    require_up(sql, party.site)
    placed = sql.execute(
        "SELECT wires FROM placement WHERE register = ? AND site = ?", (register, party.site)
    ).fetchone()
    here = set(wire_numbers(placed[0])) if placed else set()
    elsewhere = set(wires) - here
    if elsewhere:
        raise LocalityError(
            f"{party.site} reached for {len(elsewhere)} qubits of {register} that are not there.",
            "A party acts only on qubits at its own site.",
        )
    return here


def require_server(party: Party) -> None:
    """At the client's site the key is: what could decrypt there takes the ledger's receipt."""
    if party.site == CLIENT:
        raise LocalityError(
            "At the client's site a register is opened as a whole, with the ledger's receipt.",
            "Recover it with: qclone get",
        )


def require_client(party: Party, owner: str) -> None:
    if party.site != CLIENT:
        raise LocalityError("Only its client takes a register out.", "Act on the wires at your own site.")
    require_owner(party, owner)


def require_owner(party: Party, owner: str) -> None:
    if fingerprint(party.secret) != owner:
        raise LocalityError(
            "This register's key belongs to another client.", "Use the keyring it was put with."
        )


def require_up(sql: Sql, site: str) -> None:
    if site == CLIENT or site.startswith(ADVERSARY):
        return
    state = state_of(sql, site)
    if state is not SiteState.UP:
        raise NotRecoverableError(f"{site} is {state}.", f"Bring it back with: qclone server heal {site}")


def state_of(sql: Sql, name: str) -> SiteState:
    row = sql.execute("SELECT state FROM sites WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise InvalidInputError(f"There is no server {name!r}.", "List the servers with: qclone server ls")
    with intact("fabric.db"):
        return SiteState(row[0])


def check_change(name: str, before: SiteState, after: SiteState) -> None:
    if before is SiteState.LOST and after in (SiteState.DOWN, SiteState.COMPROMISED):
        raise InvalidInputError(
            f"{name} is lost; it cannot become {after}.", f"Replace it first: qclone server heal {name}"
        )
    if before is SiteState.COMPROMISED and after is SiteState.DOWN:
        raise InvalidInputError(
            f"{name} is compromised; it cannot become {after}.",
            f"Replace it first: qclone server heal {name}",
        )


def erase_site(sql: Sql, site: str) -> None:
    rows = sql.execute("SELECT register, wires FROM placement WHERE site = ?", (site,)).fetchall()
    remember_all(sql, [(register, erasure(wire_numbers(wires))) for register, wires in rows])
    sql.execute("DELETE FROM placement WHERE site = ?", (site,))


def give_to_adversary(sql: Sql, site: str) -> None:
    rows = sql.execute("SELECT register, wires FROM placement WHERE site = ?", (site,)).fetchall()
    sql.execute("DELETE FROM placement WHERE site = ?", (site,))
    place_all(sql, [(register, ADVERSARY + site, wires) for register, wires in rows])


def targets_of(circuit: stim.Circuit) -> set[int]:
    return {t.value for gate in circuit for t in gate.targets_copy() if not t.is_combiner}


def unitary(text: str) -> stim.Circuit:
    """Return a circuit of unitary gates; loops are refused, for a short text can say a long one."""
    try:
        circuit = stim.Circuit(text)
    except ValueError as error:
        remedy = "Send Clifford gates as stim text."
        raise InvalidInputError(f"This is no circuit: {error}.", remedy) from None
    for gate in circuit:
        loop = isinstance(gate, stim.CircuitRepeatBlock)
        if loop or (gate.name != "TICK" and not stim.gate_data(gate.name).is_unitary):
            raise InvalidInputError(f"{gate.name} is not a unitary gate.", "Apply Clifford gates only.")
        if any(t.is_measurement_record_target or t.is_sweep_bit_target for t in gate.targets_copy()):
            raise InvalidInputError("A gate is controlled by a bit.", "Name qubits only.")
    return circuit
