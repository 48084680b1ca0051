"""A cloud put aside whole, and put back in another place: ledger, fabric and keyring of one moment."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qclone import __version__
from qclone.durable import new_directory, replace_file
from qclone.errors import InvalidInputError, QcloneError, StorageError
from qclone.store._copies import copy_together, require_filled
from qclone.store._journal import Journal, Opened
from qclone.store._ledger import SqliteLedger, utc_now
from qclone.store._manifest import KeyState
from qclone.store._moved import moved_from

MANIFEST = "backup.json"
_FORMAT = 1
_KEYS = ("receipt.key", "tokens.json")


@dataclass(frozen=True)
class Backup:
    """What a backup holds.

    Parameters
    ----------
    made_at : UTC, ISO 8601. files : name -> SHA-256.
    notes : what one should know, a sentence each.
    opened : of a backup that was put back: objects whose keys were consumed since it was made.
    """

    made_at: str
    files: dict[str, str]
    notes: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


def backup(directory: Path, to: Path) -> Backup:
    """Copy the cloud in a directory, as it is at one moment, into a new directory; it may be in use.

    Raises
    ------
    StorageError : no cloud is there, a file cannot be read, or the fabric is in PostgreSQL.
    InvalidInputError : something is at `to`.
    """
    if "fabric" in moved_from(directory):
        raise StorageError(
            f"The fabric of the cloud in {directory} is in PostgreSQL, not in its files.",
            "Back the database up with pg_dump, and keep keyring.db, receipt.key and tokens.json with it.",
        )
    databases = [*directory.glob("ledger*.db"), *(directory / f"{n}.db" for n in ("fabric", "keyring"))]
    present = [path for path in databases if path.is_file()]
    if not present:
        raise StorageError(f"There is no cloud at {directory}.", "Name the directory of one.")
    _require_free(to)
    with new_directory(to) as unfinished:
        copy_together({path: unfinished / path.name for path in present})
        for name in _KEYS:
            with suppress(FileNotFoundError):
                replace_file(unfinished / name, (directory / name).read_bytes(), mode=0o600)
        files = {path.name: _digest(path) for path in sorted(unfinished.iterdir())}
        made = Backup(utc_now(), files, tuple(_notes(set(files))))
        document = {"format": _FORMAT, "qclone": __version__, "made_at": made.made_at, "files": files}
        replace_file(unfinished / MANIFEST, json.dumps(document, indent=1).encode(), mode=0o600)
    return made


def restore(source: Path, to: Path) -> Backup:
    """Put a backup into a new directory, and write down there which keys were consumed since it was made.

    Where the consumptions of this user are kept (`Journal`) nothing is opened twice, whatever a backup says.
    What was consumed on another machine or by another user is not known here.

    Raises
    ------
    StorageError : this is no backup, or not as it was made. InvalidInputError : something is at `to`.
    """
    document = _read(source)
    _require_free(to)
    try:
        with new_directory(to) as unfinished:
            for name, digest in document["files"].items():
                _copy(source / name, unfinished / name)
                if _digest(unfinished / name) != digest:
                    raise StorageError(f"{source / name} is not as it was backed up.", "Take another backup.")
            for path in sorted(unfinished.glob("*.db")):
                require_filled(path, source)
            opened = {object_id for path in unfinished.glob("ledger*.db") for object_id in _catch_up(path)}
    except OSError as error:
        raise StorageError(
            f"{source} cannot be put back: {error.strerror}.", "Take another backup."
        ) from None
    notes = tuple(_notes(set(document["files"])))
    return Backup(document["made_at"], document["files"], notes, tuple(sorted(opened)))


def opened_elsewhere(ledger: SqliteLedger) -> dict[str, Opened]:
    """Return the objects that a ledger calls sealed, or committed, and that another copy of it has opened."""
    try:
        journal = Journal()
    except (QcloneError, OSError):
        return {}
    try:
        known = journal.all_of(ledger.identity())
    finally:
        journal.close()
    return {
        object_id: known[object_id]
        for object_id, state in ledger.open_ended().items()
        if object_id in known and (state == KeyState.SEALED or known[object_id].is_safe)
    }


def _catch_up(path: Path) -> list[str]:
    ledger = SqliteLedger(path)
    try:
        found = opened_elsewhere(ledger)
        for object_id, opened in found.items():
            ledger.was_opened(object_id, opened)
        return list(found)
    finally:
        ledger.close()


def _require_free(to: Path) -> None:
    if to.exists():
        raise InvalidInputError(f"There is something at {to} already.", "Choose another directory.")


def _read(source: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads((source / MANIFEST).read_text())
        files = document["files"]
        if document["format"] > _FORMAT:
            raise StorageError(f"{source} was made by a newer qclone.", "Use that version.")
        if not all(isinstance(n, str) and Path(n).name == n and isinstance(d, str) for n, d in files.items()):
            raise ValueError
    except FileNotFoundError:
        raise StorageError(f"There is no backup at {source}.", "Make one with: qclone backup") from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        raise StorageError(f"{source / MANIFEST} is damaged.", "Take another backup.") from None
    return document


def _notes(files: set[str]) -> list[str]:
    notes = []
    if "fabric.db" in files and "ledger.db" not in files:
        notes.append("There is no ledger.db: a ledger in PostgreSQL is backed up with pg_dump, just before.")
    if "keyring.db" not in files:
        notes.append("There is no keyring.db: what is sealed is recovered with its client's own.")
    return notes


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(file: Path, to: Path) -> None:
    with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        with open(file, "rb") as original:
            shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
