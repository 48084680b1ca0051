"""What the system refused, in a sentence and a remedy."""

from __future__ import annotations

import errno

from qclone.errors import QcloneError

_NO_ROOM = "Make room where it is to go, or let it go elsewhere."
_ELSEWHERE = "Name another place, or see who may write there."
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _NO_ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _ELSEWHERE),
    **dict.fromkeys(
        (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG), "Name another place."
    ),
}


class SystemRefusedError(QcloneError):
    """The system did not let a command read or write."""

    code = "system"


def refused(error: OSError) -> SystemRefusedError:
    """Return what an error of the system means for whoever called the command."""
    named = f" ({error.filename})" if error.filename else ""
    return SystemRefusedError(f"{error.strerror or error}{named}.", _REMEDIES.get(error.errno or 0, ""))


def not_said(error: OSError) -> SystemRefusedError:
    """Return what it means that a command's output could not be written, once all else was done."""
    return SystemRefusedError(
        f"The output could not be written: {error.strerror or error}.",
        "What the command was to change is done; only what it had to say is lost.",
    )
