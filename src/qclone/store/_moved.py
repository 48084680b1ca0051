"""Where the tables of a cloud are, if not in its directory: what has moved is not opened there by mistake."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from qclone.durable import replace_file
from qclone.errors import StorageError

_PARTS = ("fabric", "ledger")


def note_moved(directory: Path, part: str) -> None:
    """Write down that the fabric's or the ledger's tables are in PostgreSQL from now on."""
    assert part in _PARTS
    replace_file(directory / f"{part}.postgres", b"", mode=0o600)


def moved_from(directory: Path) -> tuple[str, ...]:
    """Return which parts of the cloud in a directory have their tables in PostgreSQL."""
    return tuple(part for part in _PARTS if (directory / f"{part}.postgres").exists())


def require_here(directory: Path) -> None:
    """Raise StorageError if tables of the cloud in a directory are not in its files."""
    if moved := moved_from(directory):
        raise StorageError(
            f"The {' and the '.join(moved)} of the cloud in {directory} "
            f"{'is' if len(moved) == 1 else 'are'} in PostgreSQL, not in its files.",
            f"Start it with: qclone up --postgres URL --cloud {quote(str(directory))}",
        )
