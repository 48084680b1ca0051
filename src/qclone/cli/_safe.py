"""Output that is safe: tried beforehand, synced, and never in place of another file."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from qclone.errors import InvalidInputError

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}


def require_place(path: Path, replace: bool) -> None:
    """Refuse a file that cannot be written, or is there already, while nothing has happened yet.

    Raises
    ------
    InvalidInputError : says why.
    """
    untouched = "Nothing was decrypted; choose another file."
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
        if path.is_symlink() and not replace:  # its name is taken
            raise InvalidInputError(f"{path} is a link to nothing.", untouched) from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}.", untouched) from None
    if mode is not None and stat.S_ISDIR(mode):
        raise InvalidInputError(f"{path} is a directory.", "Give the name of a file; nothing was decrypted.")
    if mode is not None and not stat.S_ISREG(mode):
        raise InvalidInputError(f"{path} is no regular file: what is written there may be gone.", untouched)
    if mode is not None and not replace:
        raise exists(path)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}.", untouched) from None


def exists(path: Path) -> InvalidInputError:
    return InvalidInputError(f"{path} exists.", "Give another name, or replace it with --force.")


def place(content: bytes, path: Path, replace: bool) -> None:
    """Write a file that is there whole, and on disk when this returns, its name included.

    Raises
    ------
    InvalidInputError : there is another file of that name, and `replace` is not said.
    OSError : what the disk says; nothing is at `path` then, or what was there.
    """
    # A name of its own: that of the file may be as long as names can be.
    temporary = path.with_name(f".qclone.{secrets.token_hex(8)}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            _name(temporary, path, content)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _name(temporary: Path, path: Path, content: bytes) -> None:
    """Give a file its name, unless there is another of that name."""
    try:
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            os.replace(temporary, path)
    except FileExistsError:
        if not path.is_file() or path.read_bytes() != content:
            raise exists(path) from None
        with open(path, "rb") as file:  # it was written before; whether it was synced, nobody knows
            os.fsync(file.fileno())


def require_standard_output() -> None:
    """Refuse to write to an output that is closed, while nothing has happened yet."""
    if sys.stdout is None:
        raise InvalidInputError(
            "The standard output is closed.", "Give a file with -o; nothing was decrypted."
        )


def standard_output_is_a_file() -> bool:
    """Whether what is printed can be synced; a terminal or a pipe confirms nothing."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):  # something else stands in for it
        return False


def sync_standard_output() -> None:
    """Hand over what was printed; on disk when this returns, if it is a file. Raises OSError."""
    sys.stdout.flush()
    if standard_output_is_a_file():
        os.fsync(sys.stdout.fileno())
