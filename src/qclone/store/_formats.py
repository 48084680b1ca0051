"""What the files of a cloud hold: every form they have had, and the way from each to today's."""

from __future__ import annotations

import sqlite3

from qclone.store._names import DEFAULT_TENANT
from qclone.store._versions import Format, columns, tables

_FABRIC = """
CREATE TABLE IF NOT EXISTS clock (now_s REAL NOT NULL, t1_s REAL NOT NULL, t2_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS links (fidelity REAL NOT NULL, loss REAL NOT NULL);
CREATE TABLE IF NOT EXISTS sites (name TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS registers (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, num_wires INTEGER NOT NULL, inputs TEXT NOT NULL,
    core BLOB NOT NULL, aged_at_s REAL NOT NULL, released INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS forgotten (register TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    register TEXT, step INTEGER, circuit TEXT NOT NULL, PRIMARY KEY (register, step)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS placement (
    register TEXT, site TEXT, wires TEXT NOT NULL, PRIMARY KEY (register, site)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS placement_by_site ON placement (site)
"""
_LEDGER = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, qubits INTEGER NOT NULL,
    num_clones INTEGER NOT NULL, scheme TEXT NOT NULL, clones TEXT NOT NULL, created_at TEXT NOT NULL,
    clock_s REAL NOT NULL, stored INTEGER NOT NULL DEFAULT 0, abandoned INTEGER NOT NULL DEFAULT 0,
    key_state TEXT NOT NULL DEFAULT 'sealed', key_server TEXT, key_at TEXT
);
CREATE INDEX IF NOT EXISTS unfinished ON objects (id) WHERE NOT stored
"""
_KEYRING = "CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, secret TEXT NOT NULL) WITHOUT ROWID"


def _fabric(sql: sqlite3.Connection) -> None:
    _run(sql, _FABRIC)
    _calls(sql)
    # Before links were modelled, nothing was lost and nothing happened on them.
    sql.execute("INSERT INTO links SELECT 1, 0 FROM clock WHERE NOT EXISTS (SELECT 1 FROM links)")
    # A service called the registers of the default tenant by another name than the embedded cloud did.
    prefix = f"{DEFAULT_TENANT}:"
    for table, name in (
        ("registers", "id"),
        ("history", "register"),
        ("placement", "register"),
        ("forgotten", "register"),
    ):
        # What was both forgotten and removed by a sweep under the other name is in `forgotten` twice.
        sql.execute(
            f"UPDATE OR REPLACE {table} SET {name} = substr({name}, ?1 + 1) WHERE substr({name}, 1, ?1) = ?2",
            (len(prefix), prefix),
        )


def _ledger(sql: sqlite3.Connection) -> None:
    had = columns(sql, "objects")
    if had and "clock_s" not in had:  # then a fabric's clock stood still until somebody let it run
        sql.execute("ALTER TABLE objects ADD COLUMN clock_s REAL NOT NULL DEFAULT 0")
    if had and "abandoned" not in had:
        sql.execute("ALTER TABLE objects ADD COLUMN abandoned INTEGER NOT NULL DEFAULT 0")
    _run(sql, _LEDGER)
    _calls(sql)


def _keyring(sql: sqlite3.Connection) -> None:
    _run(sql, _KEYRING)
    _calls(sql)


def _calls(sql: sqlite3.Connection) -> None:
    """Make the table of calls that took effect.

    Those that an earlier version remembered are forgotten: they are repeated within minutes or never, and
    it did not write down which call each key belongs to.
    """
    if "done" in tables(sql) and "call" not in columns(sql, "done"):
        sql.execute("DROP TABLE done")
    sql.execute(
        "CREATE TABLE IF NOT EXISTS done "
        "(number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, call TEXT NOT NULL)"
    )


def _run(sql: sqlite3.Connection, script: str) -> None:
    for statement in script.split(";"):
        sql.execute(statement)


# How often something happened to a register; the claim that opened it and what was ordered; 2 in `released`
# once its client has said that it has it. `results`: what an order brings out, drawn before the key is used.
_OPENED_ONCE = """
ALTER TABLE registers ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registers ADD COLUMN opened_by TEXT;
ALTER TABLE registers ADD COLUMN ordered TEXT;
CREATE TABLE results (
    register TEXT PRIMARY KEY, ordered TEXT NOT NULL, version INTEGER NOT NULL, at_s REAL NOT NULL,
    frame TEXT NOT NULL, outcomes TEXT NOT NULL, fidelity REAL
) WITHOUT ROWID;
UPDATE registers SET released = 2 WHERE released = 1
"""
_CLAIMED = "ALTER TABLE objects ADD COLUMN key_claim TEXT"
# What this client has consumed and not yet said that it has: `done` once it has said so.
_SPOOL = """
CREATE TABLE spool (
    id TEXT PRIMARY KEY, manifest TEXT NOT NULL, claim TEXT NOT NULL, server TEXT NOT NULL,
    ordered TEXT NOT NULL, receipt TEXT, core BLOB, frame TEXT, outcomes TEXT, fidelity REAL,
    done INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""

# What servers have run on a register and which key qubits are bits; what is written down about that; and the
# programs as their owner knows them.
_COMPUTED = "ALTER TABLE registers ADD COLUMN computed TEXT NOT NULL DEFAULT ''"
_USES = "ALTER TABLE objects ADD COLUMN uses TEXT NOT NULL DEFAULT ''"
_PROGRAMS = """
CREATE TABLE programs (id TEXT, server TEXT, program BLOB NOT NULL, PRIMARY KEY (id, server)) WITHOUT ROWID
"""

# Copies of a ledger have one identity. Those of a ledger that had none yet find the same in its first object.
_IDENTITY = """
CREATE TABLE identity (id TEXT NOT NULL);
INSERT INTO identity
    SELECT COALESCE((SELECT id FROM objects ORDER BY number LIMIT 1), lower(hex(randomblob(16))))
"""
_JOURNAL = """
CREATE TABLE opened (
    ledger TEXT, object TEXT, claim TEXT NOT NULL, server TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (ledger, object)
) WITHOUT ROWID
"""

FABRIC = Format(0x71636C01, "registers", (_fabric, _OPENED_ONCE, _COMPUTED))
LEDGER = Format(0x71636C02, "objects", (_ledger, _CLAIMED, _USES, _IDENTITY))
KEYRING = Format(0x71636C03, "keys", (_keyring, _SPOOL, _PROGRAMS))
JOURNAL = Format(0x71636C04, "opened", (_JOURNAL,))
