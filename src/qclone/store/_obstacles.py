"""What the disk says, in one sentence and a remedy: full, read-only, not permitted, busy; or damaged."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from qclone.errors import StorageError, UnavailableError
from qclone.store._intact import DAMAGED

WAIT_FOR_OTHERS_S = 60.0
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PERMISSION = "Check the owner and the mode of the cloud's directory."


def trouble(path: Path, error: Exception, free_bytes: Callable[[], int]) -> StorageError:
    """Return what an error of SQLite, or of the system, means for a file.

    Parameters
    ----------
    free_bytes : tells how much room there is on its disk.

    Returns
    -------
    an UnavailableError where the file is as it was; a StorageError where it is not, or nobody knows.
    """
    if isinstance(error, OSError):
        return _of_system(path, error)
    name = getattr(error, "sqlite_errorname", "")
    said = str(error)
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and free_bytes() < 1 << 16):
        return _full(path)
    if name.startswith("SQLITE_IOERR_READ"):
        return StorageError(
            f"{path.name}: the disk fails ({said}).", "Copy what can still be read to another disk."
        )
    if name.startswith("SQLITE_IOERR"):
        return UnavailableError(
            f"{path.name}: the disk is full or failing; nothing was changed.",
            "Make room on it and try again.",
        )
    if name.startswith("SQLITE_BUSY"):
        return UnavailableError(
            f"{path.name}: another process has kept it locked for {WAIT_FOR_OTHERS_S:.0f} s; "
            "nothing was changed.",
            "Try again when it has finished.",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return _not_allowed(path)
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StorageError(f"{path.name}: it is damaged or not a file of qclone.", DAMAGED)
    if said.startswith("no such column") or "has no column named" in said:
        return StorageError(
            f"{path.name}: it is incomplete, or another version of qclone wrote it ({said}).",
            "Get what is in it with the version that wrote it, and put it into a new cloud.",
        )
    if isinstance(error, UnicodeDecodeError):  # SQLite quotes what it found
        return StorageError(f"{path.name}: it is damaged.", DAMAGED)
    return StorageError(f"{path.name}: {said}.", DAMAGED)


def _of_system(path: Path, error: OSError) -> StorageError:
    if error.errno in _NO_ROOM:
        return _full(path)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return _not_allowed(path)
    return UnavailableError(f"{path.name}: {error.strerror or error}.", _PERMISSION)


def _full(path: Path) -> UnavailableError:
    return UnavailableError(
        f"{path.name}: the disk is full; nothing was changed.", "Make room on the disk and try again."
    )


def _not_allowed(path: Path) -> UnavailableError:
    if _is_read_only(path.parent):
        return UnavailableError(f"{path.name}: its disk is read-only.", "Mount it for writing.")
    verb = "write" if os.access(path, os.R_OK) or not path.exists() else "read"
    return UnavailableError(f"{path.name}: there is no permission to {verb} it.", _PERMISSION)


def _is_read_only(directory: Path) -> bool:
    try:
        return hasattr(os, "statvfs") and bool(os.statvfs(directory).f_flag & os.ST_RDONLY)
    except OSError:
        return False
