"""Which keys were consumed, written down outside of every cloud: a copy of a cloud cannot open them again.

A cloud is a directory, and that can be copied, whole, before a key is used. Qubits cannot, but here they
are simulated. So each consumption is also written down where no copy of the cloud takes it along: beside the
user's other state. Whoever copies a cloud to another machine, or for another user, leaves that behind.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qclone.durable import make_directory
from qclone.errors import QcloneError
from qclone.store._formats import JOURNAL
from qclone.store._once import once
from qclone.store._sqlite import Database

STATE = "QCLONE_STATE"
"""The directory of the journal; by default where the platform keeps a user's state."""


_SAFE = "safe:"
"""Before the claim of a key whose register is safe with its owner."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A key that was consumed: for which claim (its digest), from which server and when.

    Parameters
    ----------
    is_safe : whether its owner has the register: from then on no copy of the cloud goes on with the claim.
    """

    claim: str
    server: str
    at: str
    is_safe: bool = False


class Journal:
    """The consumed keys of all clouds of one user on one machine.

    Parameters
    ----------
    path : the SQLite file; by default `opened.db` in the directory that `QCLONE_STATE` names.

    Raises
    ------
    StorageError, OSError : it cannot be written there.
    """

    def __init__(self, path: Path | None = None) -> None:
        path = path or state_directory() / "opened.db"
        make_directory(path.parent, mode=0o700)
        self._database = Database(path, JOURNAL, new=True)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def opened(self, ledger: str, object_id: str, claim: str, server: str, at: str) -> Opened:
        """Write down a consumption and return the first one of this key: this one, or an earlier one.

        The same claim again may name another server: that is the one that is decrypted from.

        Parameters
        ----------
        ledger : the identity of the ledger, the same in all its copies.
        """
        # What a caller of the ledger may repeat is counted there; here it is the same row again.
        with once(None), self._database.transaction() as sql:
            row = ledger, object_id, claim, server, at
            sql.execute(
                "INSERT INTO opened VALUES (?, ?, ?, ?, ?) ON CONFLICT (ledger, object) "
                "DO UPDATE SET server = excluded.server WHERE claim = excluded.claim",
                row,
            )
            first = "SELECT claim, server, at FROM opened WHERE ledger = ? AND object = ?"
            return _opened(*sql.execute(first, (ledger, object_id)).fetchone())

    def safe(self, ledger: str, object_id: str, claim: str) -> None:
        """Write down that what a claim opened is safe with its owner; the same again changes nothing."""
        with once(None), self._database.transaction() as sql:
            update = "UPDATE opened SET claim = ? WHERE ledger = ? AND object = ? AND claim = ?"
            sql.execute(update, (_SAFE + claim, ledger, object_id, claim))

    def first(self, ledger: str, object_id: str) -> Opened | None:
        """Return the first consumption of a key, if there was one."""
        with self._database.reading() as sql:
            query = "SELECT claim, server, at FROM opened WHERE ledger = ? AND object = ?"
            row = sql.execute(query, (ledger, object_id)).fetchone()
        return None if row is None else _opened(*row)

    def all_of(self, ledger: str) -> dict[str, Opened]:
        """Return the consumed keys of a ledger and of its copies, by object."""
        with self._database.reading() as sql:
            rows = sql.execute("SELECT object, claim, server, at FROM opened WHERE ledger = ?", (ledger,))
            return {object_id: _opened(*rest) for object_id, *rest in rows.fetchall()}


def _opened(claim: str, server: str, at: str) -> Opened:
    return Opened(claim.removeprefix(_SAFE), server, at, claim.startswith(_SAFE))


def state_directory() -> Path:
    """Return where what belongs to the user and to no cloud is kept."""
    if named := os.environ.get(STATE):
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "qclone"


def journal_here() -> Journal | None:
    """Return the journal of this user; None where it cannot be written, which `fsck` says."""
    return _open(os.getpid(), state_directory())


@cache
def _open(process: int, directory: Path) -> Journal | None:
    # SQLite's connections do not outlive a fork.
    try:
        return Journal(directory / "opened.db")
    except (QcloneError, OSError):
        return None
