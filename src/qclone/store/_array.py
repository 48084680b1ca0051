"""An array of registers: each is put under its index, and recovered from there once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from qclone.errors import InvalidInputError, NoSuchObjectError, QcloneError
from qclone.locking import hold
from qclone.store._cloud import Cloud
from qclone.store._elements import Elements
from qclone.store._get import Recovered
from qclone.store._manifest import Manifest
from qclone.store._placement import Source

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


class QArray:
    """Registers on encrypted clones in a cloud, by index; of any size and number, and none need be there.

    The array is what the ledger has under its name: whoever opens the cloud again, in this or another
    process, has the same array. A put is there whole or not at all, whenever a process dies; a get that was
    interrupted hands the same element over again, and one that has ended never does: the place is empty then,
    and may be filled again.

    Parameters
    ----------
    cloud : embedded or a service's.
    name : tells it from the cloud's other arrays; its elements are the objects NAME[0], NAME[1] and so on.

    Raises
    ------
    InvalidInputError : a name that is empty or has / or brackets in it.

    Example
    -------
    >>> import tempfile
    >>> from qiskit import QuantumCircuit
    >>> from qclone.store import Cloud, QArray
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cloud = Cloud.create(f"{folder}/cloud", servers=3)
    ...     pairs = QArray(cloud, "pairs")
    ...     _ = pairs.put(0, bell), pairs.put(7, bell)
    ...     before = pairs.indices()
    ...     back = pairs.get(7)
    ...     after = pairs.indices()
    ...     cloud.close()
    >>> before, back.circuit.num_qubits, after
    ([0, 7], 2, [0])
    """

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.name = name
        self._client = cloud.client
        self._elements = Elements(cloud.client, name, "[", "]")
        self._lock = cloud.directory / f"array-{sha256(name.encode()).hexdigest()[:16]}.lock"

    def put(
        self,
        index: int,
        circuit: QuantumCircuit,
        *,
        num_clones: int | None = None,
        source: Source = "discard",
        content: bytes = b"",
    ) -> Manifest:
        """Encrypt the register that a circuit prepares and put it under an index.

        Parameters
        ----------
        index : from 0 on.
        num_clones, source, content : as `Client.put` takes them.

        Raises
        ------
        InvalidInputError : the place is taken, or there is no such place.
        UnsupportedCircuitError, NotRecoverableError : as `Client.put`; the array is as it was.
        """
        label = self._label(index)
        with self._alone():
            there, used = self._found(index)
            if there is not None:
                raise InvalidInputError(
                    f"{label} holds a register.",
                    "Get it, or give it up with remove, before you put another.",
                )
            put = self._client.put(circuit, label, num_clones=num_clones, source=source, content=content)
            for manifest in used:
                with suppress(QcloneError, OSError):  # a record that stays is passed over
                    self._client.remove(manifest.object_id)
        return put

    def get(
        self,
        index: int,
        deliver: Callable[[QuantumCircuit], None] | None = None,
        *,
        server: str | None = None,
    ) -> Recovered:
        """Recover the register under an index; its place is empty then.

        Parameters
        ----------
        deliver : called with the circuit of its state; when it returns, the register is safe and gone from
            the array. Without it, that is so when `get` returns.
        server : recover with this server's clone.

        Raises
        ------
        KeyConsumedError : it was recovered before; says when and from which server.
        NoSuchObjectError : nothing was put there.
        NotRecoverableError : too much of it is lost or down; it stays there.
        """
        return self._client.get(self._at(index).object_id, server, deliver=deliver)

    def remove(self, index: int) -> Manifest:
        """Give the register under an index up for good, unread. Raises as `get` and `Client.remove`."""
        return self._client.remove(self._at(index).object_id)

    def indices(self) -> list[int]:
        """Return the indices under which a register can be recovered, in order."""
        return sorted(
            {i for i, manifest in self._elements.newest_first() if self._elements.is_there(manifest)}
        )

    def __contains__(self, index: object) -> bool:
        """Whether a register can be recovered under an index."""
        return isinstance(index, int) and index >= 0 and self._found(index)[0] is not None

    def __iter__(self) -> Iterator[int]:
        """Iterate over `indices`, as over the keys of a mapping."""
        return iter(self.indices())

    def __len__(self) -> int:
        """How many registers are in it."""
        return len(self.indices())

    def __repr__(self) -> str:
        return f"<QArray {self.name!r} of {len(self)}>"

    def _label(self, index: int) -> str:
        if isinstance(index, bool) or not isinstance(index, int) or index < 0:
            raise InvalidInputError(f"{index!r} is no index.", "Indices are whole numbers from 0 on.")
        return self._elements.label(index)

    def _at(self, index: int) -> Manifest:
        label = self._label(index)
        there, used = self._found(index)
        if there is not None:
            return there
        for manifest in used:
            manifest.require_sealed()
        raise NoSuchObjectError(f"{label} is empty: nothing was put there.", "See what is, with indices().")

    def _found(self, index: int) -> tuple[Manifest | None, list[Manifest]]:
        """Return what can be recovered under an index, and what was; the newest first."""
        there, used = None, []
        for _, manifest in self._elements.newest_first(index):
            if self._elements.is_there(manifest):
                there = manifest
            else:
                used.append(manifest)
        return there, used

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the one process of this client that puts: of two for one place, one is refused."""
        with open(self._lock, "a") as file:
            hold(file)
            yield
