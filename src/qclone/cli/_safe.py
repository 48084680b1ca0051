"""Output that is safe: tried beforehand, synced, and never in place of another file."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

from qclone import durable
from qclone.errors import InvalidInputError


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
    with durable.written_beside(path, content) as temporary:
        if replace:
            durable.rename(temporary, path)
            return
        try:
            durable.name_new(temporary, path)
        except FileExistsError:
            if not path.is_file() or path.read_bytes() != content:
                raise exists(path) from None
            # It was written before; whether it was synced, nobody knows.
            durable.sync_file(path)
            durable.sync_directory(path.parent)


def require_standard_output() -> None:
    """Refuse to write to an output that is closed, while nothing has happened yet."""
    if sys.stdout is None:
        raise InvalidInputError(
            "The standard output is closed.", "Give a file with -o; nothing was decrypted."
        )


def standard_output_is_a_file() -> bool:
    """Whether what is printed can be synced; a terminal or a pipe confirms nothing."""
    try:
        return sys.stdout is not None and stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):  # something else stands in for it
        return False


def sync_standard_output() -> None:
    """Hand over what was printed; on disk when this returns, if it is a file. Raises OSError."""
    if sys.stdout is None:
        return
    sys.stdout.flush()
    if standard_output_is_a_file():
        os.fsync(sys.stdout.fileno())
