"""What ledger, fabric and keyring say of each object, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from qclone.errors import QcloneError
from qclone.scheme import Parallel, from_spec
from qclone.store._findings import Finding, Severity
from qclone.store._formats import FABRIC, KEYRING, LEDGER
from qclone.store._journal import Opened
from qclone.store._ledger import SqliteLedger, utc_now
from qclone.store._manifest import KeyState
from qclone.store._names import DEFAULT_TENANT, register_name, tenant_and_object
from qclone.store._placement import STORABLE
from qclone.store._sqlite import Database
from qclone.store._tables import fingerprint
from qclone.store.rows import COLUMNS, manifest_of

_IN, _OPENED = 0, 1
_NEWER = "Put back the newest backup that you have: qclone restore"


@dataclass(frozen=True, slots=True)
class _Register:
    owner: str
    num_wires: int
    released: int
    opened_by: str | None


@dataclass(frozen=True, slots=True)
class _Object:
    tenant: str
    object_id: str
    state: str
    stored: bool
    num_wires: range | None  # a run that was asked for and not confirmed may have made its tails or not


def agreement(
    fabric: Path, ledgers: Mapping[str, Path], keyring: Path | None, repair: bool
) -> Iterator[Finding]:
    """Compare them, each read as it is at one moment.

    Parameters
    ----------
    ledgers : tenant -> file. keyring : of the default tenant's client here, if it has one.
    repair : let the ledger say what the fabric opened.
    """
    objects: list[_Object] = []
    for tenant, path in ledgers.items():
        for said in _objects(tenant, path):
            if isinstance(said, Finding):
                yield said
            else:
                objects.append(said)
    registers = _registers(fabric)
    secrets, spooled = ({}, set()) if keyring is None else _keyring(keyring)
    for one in objects:
        if one.stored:
            register = registers.get(register_name(one.tenant, one.object_id))
            yield from _compare(one, register, one.object_id in spooled)
            if one.tenant == DEFAULT_TENANT and one.state == KeyState.SEALED and keyring is not None:
                yield from _secret(one.object_id, register, secrets.get(one.object_id))
    names = {register_name(one.tenant, one.object_id) for one in objects}
    for name, left in registers.items():
        if name not in names and tenant_and_object(name)[0] in ledgers and left.released == _IN:
            yield Finding(
                Severity.TROUBLE,
                name,
                "It is in the fabric and in no ledger: the ledger is older than the fabric.",
                "If there is a newer ledger.db, put it back: without it nobody knows how to recover this.",
            )
    if repair:
        for one in objects:
            there = registers.get(register_name(one.tenant, one.object_id))
            if one.state == KeyState.SEALED and there is not None and there.released != _IN:
                opened = Opened(there.opened_by or "", "an unknown server", utc_now())
                with closing(SqliteLedger(ledgers[one.tenant])) as ledger:
                    ledger.was_opened(one.object_id, opened)


def _compare(one: _Object, register: _Register | None, is_spooled: bool) -> Iterator[Finding]:
    sealed = one.state == KeyState.SEALED
    if register is None:
        if sealed:
            yield Finding(
                Severity.DAMAGE,
                one.object_id,
                "The ledger calls it sealed, and the fabric does not have it: the fabric is older.",
                _NEWER,
            )
        return
    if one.num_wires is not None and register.num_wires < one.num_wires[0]:
        yield Finding(
            Severity.DAMAGE,
            one.object_id,
            f"The ledger knows {one.num_wires[0]:,} wires of it, and the fabric {register.num_wires:,}.",
            _NEWER,
        )
    elif one.num_wires is not None and register.num_wires > one.num_wires[-1]:
        yield Finding(
            Severity.TROUBLE,
            one.object_id,
            f"The ledger knows {one.num_wires[-1]:,} wires of it, and the fabric {register.num_wires:,}: a "
            "server computed that was not asked to, or the ledger is older.",
            "Recover it: who computes unasked spoils a clone of its own.",
        )
    if sealed and register.released != _IN:
        yield Finding(
            Severity.TROUBLE,
            one.object_id,
            "The ledger calls it sealed, and the fabric has opened it: the ledger is older than the fabric.",
            "It cannot open again. Let the ledger say so: qclone fsck --repair",
        )
    elif one.state == KeyState.CONSUMING and is_spooled:
        yield Finding(
            Severity.NOTE,
            one.object_id,
            "It is being recovered, or was interrupted; this client holds its claim.",
            f"Recover it: qclone get {one.object_id}",
        )
    elif one.state == KeyState.CONSUMED and register.released == _IN:
        yield Finding(
            Severity.TROUBLE,
            one.object_id,
            "The ledger calls it consumed, and the fabric still has it: the fabric is older.",
            "It was recovered once and nobody can recover it again; nothing is to be done.",
        )
    elif one.state == KeyState.CONSUMED and register.released == _OPENED and is_spooled:
        yield Finding(
            Severity.NOTE,
            one.object_id,
            "It was recovered and not yet acknowledged.",
            f"Have it handed over again: qclone get --again {one.object_id}",
        )


def _secret(object_id: str, register: _Register | None, secret: str | None) -> Iterator[Finding]:
    if secret is None:
        yield Finding(
            Severity.NOTE,
            object_id,
            "Its secret is not in this keyring.",
            "Recover it with the keyring of the client that put it.",
        )
    elif register is not None and fingerprint(secret) != register.owner:
        yield Finding(
            Severity.DAMAGE,
            object_id,
            "The secret in this keyring is not the one it was put with.",
            "Put back the keyring that it was put with: it opens with no other.",
        )


def _objects(tenant: str, path: Path) -> Iterator[_Object | Finding]:
    with closing(Database(path, LEDGER)) as database, database.reading() as sql:
        rows = sql.execute(f"SELECT stored, {COLUMNS} FROM objects").fetchall()
    for stored, object_id, *rest in rows:
        try:
            manifest = manifest_of((object_id, *rest))
            scheme = from_spec(manifest.scheme, STORABLE, kind=Parallel)
        except QcloneError as error:
            yield Finding(Severity.DAMAGE, str(object_id), f"{path.name}: {error.message}", _NEWER)
            yield _Object(tenant, str(object_id), str(rest[-3]), bool(stored), None)
            continue
        ends = [(run.done, run.first_tail + run.tails) for run in manifest.uses.runs if run.tails]
        done = max((scheme.num_qubits, *(end for is_done, end in ends if is_done)))
        wires = range(done, max((done, *(end for _, end in ends))) + 1)
        yield _Object(tenant, object_id, manifest.key.state, bool(stored), wires)


def _registers(path: Path) -> dict[str, _Register]:
    with closing(Database(path, FABRIC)) as database, database.reading() as sql:
        rows = sql.execute("SELECT id, owner, num_wires, released, opened_by FROM registers").fetchall()
    return {name: _Register(*rest) for name, *rest in rows}


def _keyring(path: Path) -> tuple[dict[str, str], set[str]]:
    """Return the secrets, and the objects whose recovery this client has begun."""
    with closing(Database(path, KEYRING)) as database, database.reading() as sql:
        secrets = dict(sql.execute("SELECT id, secret FROM keys").fetchall())
        return secrets, {row[0] for row in sql.execute("SELECT id FROM spool WHERE NOT done").fetchall()}
