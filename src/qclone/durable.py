"""Files and directories that a power cut leaves as they were said to be: whole, and by their names."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Put `content` in place of a file: after a crash the old or the new content is there, never a part."""
    with written_beside(path, content, mode) as temporary:
        rename(temporary, path)


def write_out(path: Path, content: bytes) -> None:
    """Put `content` where a user says: in place of a file, where a link leads, into a device or a pipe.

    Raises
    ------
    OSError : what the system says, with the path that was given.
    """
    try:
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file():  # such as /dev/null, which stays what it is
            with open(target, "wb", buffering=0) as file:
                file.write(content)
        else:
            replace_file(target, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def create_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Make a file that is not there yet, whole. Raises FileExistsError if another was first."""
    with written_beside(path, content, mode) as temporary:
        name_new(temporary, path)


def make_directory(path: Path, mode: int = 0o777) -> None:
    """Make a directory, and those above it that are not there."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=mode if one == path else 0o777, exist_ok=True)
        sync_directory(one.parent)


def rename(source: Path, target: Path) -> None:
    """Give a file or a directory another name, in place of what had it; on disk when this returns."""
    os.replace(source, target)
    sync_directory(target.parent)


def name_new(source: Path, target: Path) -> None:
    """Give a file a name that nothing has; on disk when this returns. Raises FileExistsError."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.replace(source, target)
    source.unlink(missing_ok=True)
    sync_directory(target.parent)


def sync_file(path: Path) -> None:
    """Have what is in a file on disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Have the names in a directory on disk; where directories cannot be opened, names are kept otherwise."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Fill a directory of the user's own that gets its name when the block has ended well; gone otherwise."""
    make_directory(path.parent)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        unfinished.mkdir(mode=0o700)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        yield unfinished
        sync_directory(unfinished)
        rename(unfinished, path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


@contextmanager
def written_beside(path: Path, content: bytes, mode: int = 0o666) -> Iterator[Path]:
    """Write a file beside another, synced, and forget it afterwards if it was not given a name."""
    # A name of its own: that of the file may be as long as names can be.
    temporary = path.with_name(f".qclone.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
