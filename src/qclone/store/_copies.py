"""Copies of SQLite files that were all taken at one moment, while others go on using them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from qclone.durable import sync_file
from qclone.errors import StorageError
from qclone.store._obstacles import WAIT_FOR_OTHERS_S
from qclone.store._versions import emptied


def copy_together(files: Mapping[Path, Path]) -> None:
    """Copy SQLite files as they all were at one moment.

    For that moment nobody writes to any of them; then each is read as it was, for as long as that takes,
    and everybody goes on.

    Parameters
    ----------
    files : file -> where its copy goes.

    Raises
    ------
    StorageError : one cannot be read, or is kept locked by somebody.
    """
    try:
        with ExitStack() as stack:
            readers = {}
            with ExitStack() as moment:
                for file in files:
                    writer = moment.enter_context(closing(_open(file)))
                    writer.execute("BEGIN IMMEDIATE")
                for file in files:
                    reader = readers[file] = stack.enter_context(closing(_open(file)))
                    reader.execute("BEGIN")
                    tables = reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # it begins here
                    if tables == (0,):
                        raise emptied(file.name, "Put it back first, or move it away to copy the rest.")
            for file, copy in files.items():
                os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                with closing(sqlite3.connect(copy)) as target:
                    readers[file].backup(target)
                    target.execute("PRAGMA journal_mode = DELETE")
                sync_file(copy)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StorageError(
            f"The files cannot be copied: {error}.", "Look at them with: qclone fsck"
        ) from error


def require_filled(file: Path, source: Path) -> None:
    """Raise LossError if nothing is in a copy of an SQLite file."""
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    # What is no database is told by who opens it.
    with closing(sqlite3.connect(uri, uri=True)) as sql, suppress(sqlite3.Error):
        if sql.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            raise emptied(file.name, f"Take another backup than {source}.")


def _open(file: Path) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode=rw"  # never make one
    return sqlite3.connect(uri, uri=True, timeout=WAIT_FOR_OTHERS_S, isolation_level=None)
