"""What the page is about: a cloud, and folders of results."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from qclone.store import Cloud, Links, Memory

PLAYGROUND_SERVERS = 5


@dataclass
class Rooms:
    """What the rooms of a page show.

    Parameters
    ----------
    cloud : embedded, or a running service.
    results : folders of experiments and sweeps.
    playground : the folder of a cloud that was made for this page and may be made anew; None if it was not.
    turn : held by who uses the cloud: its connections are used by one at a time.
    """

    cloud: Cloud
    results: tuple[Path, ...] = ()
    playground: Path | None = None
    turn: RLock = field(default_factory=RLock)
    made: int = 0

    def renew(self, servers: int, memory: Memory, links: Links) -> None:
        """Put a new cloud in the place of the playground's. Raises InvalidInputError."""
        assert self.playground is not None
        with self.turn:
            self.made += 1
            fresh = Cloud.create(self.playground / f"cloud-{self.made + 1}", servers, memory, links)
            self.cloud.close()
            self.cloud = fresh


@contextmanager
def playground(results: tuple[Path, ...] = ()) -> Iterator[Rooms]:
    """Make a cloud in a temporary folder, which goes when the page does.

    >>> with playground() as rooms:
    ...     len(rooms.cloud.fabric.sites())
    5
    """
    with tempfile.TemporaryDirectory(prefix="qclone-", ignore_cleanup_errors=True) as folder:
        rooms = Rooms(Cloud.create(Path(folder) / "cloud", PLAYGROUND_SERVERS), results, Path(folder))
        try:
            yield rooms
        finally:
            rooms.cloud.close()
