"""What the page is about: a cloud, and folders of results."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, RLock

from qclone.errors import QcloneError
from qclone.store import Cloud, Links, Memory

PLAYGROUND_SERVERS = 5
LOOK_EVERY_S = 0.25


@dataclass
class Rooms:
    """What the rooms of a page show.

    Parameters
    ----------
    cloud : embedded, or a running service.
    results : folders of experiments and sweeps.
    circuits : a folder of native circuits that were found; None for none.
    playground : the folder of a cloud that was made for this page and may be made anew; None if it was not.
    turn : held by who uses the cloud: its connections are used by one at a time.
    """

    cloud: Cloud
    results: tuple[Path, ...] = ()
    playground: Path | None = None
    circuits: Path | None = None
    turn: RLock = field(default_factory=RLock)
    made: int = 0
    _seen: tuple[float, str] = (-math.inf, "")
    _looking: Lock = field(default_factory=Lock)

    def revision(self) -> str:
        """Return a text that is another one once the cloud has changed; one look serves all who ask at once.

        Who looks rests ten times as long as the look took, so that a slow service is not asked all the time.
        """
        with self._looking:
            until, seen = self._seen
            if (began := time.monotonic()) < until:
                return seen
            try:
                seen = f"{self.made}.{self.cloud.revision()}"
            except (QcloneError, OSError):
                seen = "unreachable"
            ended = time.monotonic()
            self._seen = ended + max(LOOK_EVERY_S / 2, 10 * (ended - began)), seen
            return seen

    def renew(self, servers: int, memory: Memory, links: Links) -> None:
        """Put a new cloud in the place of the playground's. Raises InvalidInputError."""
        assert self.playground is not None
        with self.turn:
            self.made += 1
            fresh = Cloud.create(self.playground / f"cloud-{self.made + 1}", servers, memory, links)
            self.cloud.close()
            self.cloud = fresh


@contextmanager
def playground(results: tuple[Path, ...] = (), circuits: Path | None = None) -> Iterator[Rooms]:
    """Make a cloud in a temporary folder, which goes when the page does.

    >>> with playground() as rooms:
    ...     len(rooms.cloud.fabric.sites())
    5
    """
    with tempfile.TemporaryDirectory(prefix="qclone-", ignore_cleanup_errors=True) as folder:
        cloud = Cloud.create(Path(folder) / "cloud", PLAYGROUND_SERVERS)
        rooms = Rooms(cloud, results, Path(folder), circuits)
        try:
            yield rooms
        finally:
            rooms.cloud.close()
