"""Whether the files of a cloud are whole, and their books agree."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from qclone.errors import LossError, QcloneError, UnavailableError
from qclone.store._agreement import agreement
from qclone.store._backup import opened_elsewhere
from qclone.store._findings import Finding, Severity
from qclone.store._formats import FABRIC, KEYRING, LEDGER
from qclone.store._journal import Journal, state_directory
from qclone.store._ledger import SqliteLedger
from qclone.store._moved import moved_from
from qclone.store._names import DEFAULT_TENANT
from qclone.store._obstacles import trouble
from qclone.store._receipts import RECEIPT_KEY
from qclone.store._sqlite import DISK, Database
from qclone.store._versions import Format

_AGAIN = "Put back a backup, into a new directory: qclone restore. None? What other files hold is whole."


def fsck(directory: Path, repair: bool = False) -> list[Finding]:
    """Check the cloud in a directory, which may be in use, and return what was found.

    Files of an earlier version are brought up to date. An object that is just being put or recovered may
    show as trouble: look again when that has ended.

    Parameters
    ----------
    repair : write down in the ledger what the fabric or another copy of the cloud opened; nothing else is
        changed, and nothing that could be recovered is touched.
    """
    found: list[Finding] = []
    whole: dict[str, Path] = {}
    _require_readable(directory)
    for path, form in _databases(directory):
        found += _beside(path)
        if problem := _inside(path, form):
            found.append(problem)
        else:
            whole[path.name] = path
    found += _keys(directory)
    moved = moved_from(directory)
    for part in moved:
        said = f"The {part} is in PostgreSQL, which is not looked at here."
        found.append(Finding(Severity.NOTE, part, said, "PostgreSQL checks what it keeps: pg_amcheck"))
    ledgers = {_tenant(path): path for name, path in whole.items() if name.startswith("ledger")}
    if "fabric.db" in whole and ledgers and not moved:
        found += agreement(whole["fabric.db"], ledgers, whole.get("keyring.db"), repair)
    for path in ledgers.values():
        found += _elsewhere(path, repair)
    return found


def _databases(directory: Path) -> Iterator[tuple[Path, Format]]:
    is_cloud = (directory / "fabric.db").exists() or (directory / "ledger.db").exists()
    if is_cloud:
        yield directory / "fabric.db", FABRIC
        yield directory / "ledger.db", LEDGER
        for path in sorted(directory.glob("ledger-*.db")):
            yield path, LEDGER
    if (directory / "keyring.db").exists() or not is_cloud:
        yield directory / "keyring.db", KEYRING


def _tenant(path: Path) -> str:
    return path.stem.removeprefix("ledger").removeprefix("-") or DEFAULT_TENANT


def _require_readable(directory: Path) -> None:
    try:
        with suppress(FileNotFoundError):
            os.scandir(directory).close()
    except OSError as error:
        raise UnavailableError(
            f"{directory} cannot be looked at: {error.strerror}.", "Check its owner and its mode."
        ) from None


def _beside(path: Path) -> Iterator[Finding]:
    if path.exists():
        yield from _mode(path)


def _inside(path: Path, form: Format) -> Finding | None:
    """Return what is wrong with a file, so that nothing else can be said of it; None if it is whole."""
    if not path.exists():
        if path.name == "ledger.db":
            said = "It is missing. A ledger in PostgreSQL is not looked at here."
            remedy = "If it should be here, put back a backup: qclone restore"
            return Finding(Severity.TROUBLE, path.name, said, remedy)
        return Finding(Severity.DAMAGE, path.name, "It is missing.", _AGAIN)
    try:
        Database(path, form).close()
        with closing(DISK.connect(path)) as sql:
            said = "; ".join(row[0] for row in sql.execute("PRAGMA integrity_check(3)").fetchall())
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return _obstacle(path, trouble(path, error, lambda: DISK.free_bytes(path)))
    except QcloneError as error:
        return _obstacle(path, error)
    return None if said == "ok" else Finding(Severity.DAMAGE, path.name, f"It is damaged: {said}.", _AGAIN)


def _obstacle(path: Path, error: QcloneError) -> Finding:
    said = error.message.removeprefix(f"{path.name}: ")
    remedy = _AGAIN if "qclone fsck" in error.remedy else error.remedy  # this is it
    if isinstance(error, UnavailableError):
        return Finding(Severity.TROUBLE, path.name, f"It cannot be looked at: {said}", remedy)
    severity = Severity.LOSS if isinstance(error, LossError) else Severity.DAMAGE
    return Finding(severity, path.name, said, remedy)


def _mode(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        said = f"Others could read it (mode {mode:o})."
        yield Finding(
            Severity.TROUBLE, path.name, said, f"chmod 600 {path} (who opens a database does that)."
        )


def _keys(directory: Path) -> Iterator[Finding]:
    path = directory / RECEIPT_KEY
    if not path.exists():
        return
    yield from _mode(path)
    size = path.stat().st_size
    if size == 0:
        said = "It is empty, and never was: no key can be consumed without what was in it."
        yield Finding(Severity.LOSS, path.name, said, "Put back the one of a backup of this cloud.")
        return
    if size != 32:
        said = f"It has {size} bytes, not 32: no key can be consumed with it."
        yield Finding(Severity.DAMAGE, path.name, said, "Put back the one of a backup of this cloud.")


def _elsewhere(path: Path, repair: bool) -> Iterator[Finding]:
    try:
        Journal().close()
    except LossError as error:
        remedy = f"Move it out of {state_directory()}: a new one is made."
        yield Finding(Severity.LOSS, "opened.db", error.message, remedy)
        return
    except (QcloneError, OSError):
        yield Finding(
            Severity.NOTE,
            path.name,
            f"What is opened cannot be written down in {state_directory()}: copies of a cloud go unnoticed.",
            "Make that directory writable, or name another one in QCLONE_STATE.",
        )
        return
    with closing(SqliteLedger(path)) as ledger:
        for object_id, opened in opened_elsewhere(ledger).items():
            if repair:
                ledger.was_opened(object_id, opened)
            yield Finding(
                Severity.TROUBLE,
                object_id,
                f"By the ledger it can open, and another copy of this cloud opened it at {opened.at} from "
                f"{opened.server}: this ledger is older.",
                "It was written down now."
                if repair
                else "It cannot open again. Say so in the ledger: --repair",
            )
