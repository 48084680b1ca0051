"""The fabric of one machine, in one SQLite file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qclone.store._fabric import SqlFabric
from qclone.store._formats import FABRIC
from qclone.store._links import Links
from qclone.store._memory import Memory
from qclone.store._receipts import Receipts
from qclone.store._sqlite import DISK, Database, Disk


class SqliteFabric(SqlFabric):
    """The fabric of one machine, durable in one SQLite file; one process writes at a time.

    Parameters
    ----------
    path : the file; it must exist (see `create`).
    seed : fixes the noise that deliveries draw; None takes it from the operating system.
    disk : where the file is.
    receipts : of the ledger; by default those whose key is beside the file.
    """

    def __init__(
        self, path: Path, seed: int | None = None, disk: Disk = DISK, receipts: Receipts | None = None
    ) -> None:
        super().__init__(Database(path, FABRIC, disk), receipts or Receipts.beside(path), seed)

    @classmethod
    def create(
        cls,
        path: Path,
        servers: Sequence[str],
        memory: Memory,
        links: Links | None = None,
        disk: Disk = DISK,
    ) -> None:
        """Make the file of a fabric with these servers."""
        database = Database(path, FABRIC, disk, new=True)
        with database.transaction() as sql:
            cls._fill(sql, servers, memory, links or Links())
        database.close()
