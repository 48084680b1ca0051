"""A cloud in one directory: fabric, ledger, servers and client, all in this process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from typing import IO, NamedTuple

from qclone.durable import new_directory
from qclone.errors import InvalidInputError, QcloneError, StorageError
from qclone.locking import hold
from qclone.store._client import Client
from qclone.store._intact import DAMAGED
from qclone.store._keyring import Keyring
from qclone.store._ledger import SqliteLedger
from qclone.store._links import Links
from qclone.store._memory import Memory
from qclone.store._moved import require_here
from qclone.store._protocols import Ledger, Server, SiteState, World
from qclone.store._server import LocalServer
from qclone.store._shown import cloud_html
from qclone.store._sqlite_fabric import SqliteFabric

MAX_SERVERS = 100_000
_FABRIC, _LEDGER, _KEYRING, _PUTS = "fabric.db", "ledger.db", "keyring.db", "puts.lock"
TURN_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.02


class Parts(NamedTuple):
    """What a cloud is made of, beside its client: any back ends that keep the protocols."""

    fabric: World
    ledger: Ledger
    servers: Mapping[str, Server]


class Cloud:
    """A cloud as its client sees it; by default the embedded one, in fabric.db, ledger.db and keyring.db.

    Parameters
    ----------
    directory : the client's, with its keyring.
    parts : fabric, ledger and servers from elsewhere; by default those of the files in the directory.

    Example
    -------
    >>> import tempfile
    >>> from qiskit import QuantumCircuit
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cloud = Cloud.create(f"{folder}/cloud", servers=5)
    ...     stored = cloud.client.put(bell)
    ...     cloud.fail("server-1", "server-2", "server-3", "server-4")
    ...     back = cloud.client.get(stored.object_id)
    ...     cloud.close()
    >>> back.manifest.key.server, back.entanglement_fidelity
    ('server-5', 1.0)
    """

    def __init__(self, directory: str | os.PathLike[str], parts: Parts | None = None) -> None:
        self.directory = Path(directory)
        self._assemble(*(parts or self._in_files()))

    def _in_files(self) -> Parts:
        require_here(self.directory)
        if not (self.directory / _LEDGER).exists():
            if (self.directory / _FABRIC).exists():
                raise StorageError(f"{self.directory / _LEDGER} is missing.", DAMAGED)
            raise StorageError(
                f"There is no cloud at {self.directory}.",
                f"Make one with: qclone init --cloud {quote(str(self.directory))}",
            )
        fabric = SqliteFabric(self.directory / _FABRIC)
        ledger = SqliteLedger(self.directory / _LEDGER)
        return Parts(fabric, ledger, {name: LocalServer(name, fabric) for name in fabric.sites()})

    def _assemble(self, fabric: World, ledger: Ledger, servers: Mapping[str, Server]) -> None:
        self.fabric, self.ledger = fabric, ledger
        keyring = Keyring(self.directory / _KEYRING)
        self.client = Client(fabric, ledger, keyring, servers, self._putting, self._turn)
        self._sweep()

    @classmethod
    def create(
        cls,
        directory: str | os.PathLike[str],
        servers: int = 5,
        memory: Memory | None = None,
        links: Links | None = None,
    ) -> Cloud:
        """Make a cloud in a directory that is not there yet, or empty; all of it or nothing.

        Raises
        ------
        InvalidInputError : not between 1 and 100,000 servers, or there is something at `directory`.
        """
        if not 1 <= servers <= MAX_SERVERS:
            raise InvalidInputError(
                f"A cloud has between 1 and {MAX_SERVERS:,} servers, not {servers:,}.",
                "Five are a good start.",
            )
        path = Path(directory)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InvalidInputError(
                f"There is something at {path} already.", "Choose another --cloud directory."
            )
        with new_directory(path) as unfinished:
            names = [f"server-{i}" for i in range(1, servers + 1)]
            SqliteFabric.create(unfinished / _FABRIC, names, memory or Memory(), links)
            SqliteLedger.create(unfinished / _LEDGER)
        return cls(path)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.directory}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return cloud_html(self)

    def fail(self, *names: str) -> None:
        """Servers stop answering; their qubits stay and age."""
        self.fabric.set_state(names, SiteState.DOWN)

    def heal(self, *names: str) -> None:
        """Servers are up again: with their qubits if they were down, empty if lost or compromised."""
        self.fabric.set_state(names, SiteState.UP)

    def lose(self, *names: str) -> None:
        """Servers and their qubits are gone."""
        self.fabric.set_state(names, SiteState.LOST)

    def compromise(self, *names: str) -> None:
        """An adversary takes servers over, with their qubits."""
        self.fabric.set_state(names, SiteState.COMPROMISED)

    def revision(self) -> str:
        """Return a text that is another one once anything in this cloud has changed, for whoever looks on.

        It may also be another one when nothing has. It costs next to nothing, whatever is stored.
        """
        return f"{self.fabric.revision()}.{self.ledger.revision()}"

    def close(self) -> None:
        """Close the files."""
        self.fabric.close()
        self.ledger.close()
        self.client.keyring.close()

    @contextmanager
    def _putting(self) -> Iterator[None]:
        with self._lock(_PUTS) as file:
            self._share(file)
            yield

    @contextmanager
    def _turn(self, object_id: str) -> Iterator[None]:
        """Be the one process of this client that recovers an object, or wait for the one that is.

        The file goes with the last who needs it; who had it open when it went makes a new one.
        """
        name = f"get-{object_id}.lock"
        path = self.directory / name
        give_up_at = time.monotonic() + TURN_WITHIN_S
        while True:
            with self._lock(name) as file:
                if hold(file, wait=False):
                    if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                        try:
                            yield
                        finally:
                            path.unlink(missing_ok=True)
                        return
                    continue
            if time.monotonic() > give_up_at:
                raise StorageError(
                    f"Another process of this client has been at {object_id} for {TURN_WITHIN_S:.0f} s.",
                    "Wait for it, or end it; then ask again.",
                )
            self._wait()

    def _lock(self, name: str) -> IO[str]:
        try:
            return open(self.directory / name, "a")
        except OSError as error:
            raise StorageError(
                f"{name} cannot be written in the cloud's directory: {error.strerror or error}.",
                "Check the owner and the mode of the cloud's directory.",
            ) from None

    def _wait(self) -> None:
        time.sleep(_LOOK_AGAIN_S)

    def _share(self, file: IO[str]) -> None:
        """Hold the file together with others who put; wait while someone sweeps."""
        hold(file, shared=True)

    def _sweep(self) -> None:
        # The kernel lets go of a dead process's lock: if no one holds it, every unfinished put
        # from this directory is dead.
        if not self.ledger.unfinished():
            return
        # What stands in the way is said to whoever needs it; looking around does not.
        with suppress(QcloneError), self._lock(_PUTS) as file:
            if hold(file, wait=False):
                self.client.sweep()
