"""A stack of registers: what was pushed last comes out first, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from qclone.errors import KeyConsumedError, NoSuchObjectError, QcloneError
from qclone.store._cloud import Cloud
from qclone.store._elements import Elements
from qclone.store._get import Recovered
from qclone.store._manifest import Manifest
from qclone.store._placement import Source

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


class QStack:
    """Registers on encrypted clones in a cloud, of which the last is recovered first; of any size and number.

    The stack is what the ledger has under its name: whoever opens the cloud again, in this or another
    process, has the same stack. A push is there whole or not at all, whenever a process dies; a pop that was
    interrupted hands the same element over again, and one that has ended never does.

    Parameters
    ----------
    cloud : embedded or a service's.
    name : tells it from the cloud's other stacks; its elements are the objects NAME/0, NAME/1 and so on.

    Raises
    ------
    InvalidInputError : a name that is empty or has / or brackets in it.

    Example
    -------
    >>> import tempfile
    >>> from qiskit import QuantumCircuit
    >>> from qclone.store import Cloud, QStack
    >>> one, plus = QuantumCircuit(1), QuantumCircuit(1)
    >>> _ = one.x(0), plus.h(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cloud = Cloud.create(f"{folder}/cloud", servers=3)
    ...     stack = QStack(cloud, "undo")
    ...     _ = stack.push(one), stack.push(plus)
    ...     cloud.lose("server-1", "server-2")
    ...     first = stack.pop()
    ...     height = len(stack)
    ...     cloud.close()
    >>> [gate.operation.name for gate in first.circuit.data], height
    (['h'], 1)
    """

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.name = name
        self._client = cloud.client
        self._elements = Elements(cloud.client, name, "/")

    def push(
        self,
        circuit: QuantumCircuit,
        *,
        num_clones: int | None = None,
        source: Source = "discard",
        content: bytes = b"",
    ) -> Manifest:
        """Encrypt the register that a circuit prepares and put it on top.

        Parameters
        ----------
        num_clones, source, content : as `Client.put` takes them.

        Raises
        ------
        UnsupportedCircuitError, InvalidInputError, NotRecoverableError : as `Client.put`; the stack is as it
            was.
        """
        number = next((number + 1 for number, one in self._there()), 0)
        label = self._elements.label(number)
        return self._client.put(circuit, label, num_clones=num_clones, source=source, content=content)

    def pop(
        self, deliver: Callable[[QuantumCircuit], None] | None = None, *, server: str | None = None
    ) -> Recovered:
        """Recover the register on top and take it off.

        Parameters
        ----------
        deliver : called with the circuit of its state; when it returns, the register is safe and gone from
            the stack. Without it, that is so when `pop` returns.
        server : recover with this server's clone.

        Raises
        ------
        NoSuchObjectError : the stack is empty.
        NotRecoverableError : too much of the one on top is lost or down; it stays there.
        """
        while True:
            top = self.peek()
            try:
                recovered = self._client.get(top.object_id, server, deliver=deliver)
            except (KeyConsumedError, NoSuchObjectError):
                if self._still_there(top):
                    raise
                continue  # another process has popped it
            with suppress(QcloneError, OSError):  # a record that stays is passed over
                self._client.remove(top.object_id)
            return recovered

    def peek(self) -> Manifest:
        """Return what is known of the one on top, never its state. Raises NoSuchObjectError for none."""
        for _, manifest in self._there():
            return manifest
        raise NoSuchObjectError(f"The stack {self.name!r} is empty.", "Push a register first.")

    def __len__(self) -> int:
        """How many registers are on it."""
        return sum(1 for _ in self._there())

    def __iter__(self) -> Iterator[Manifest]:
        """Iterate over what is known of its registers, from the top down."""
        return (manifest for _, manifest in self._there())

    def __bool__(self) -> bool:
        """Whether there is a register on it."""
        return any(True for _ in self._there())

    def __repr__(self) -> str:
        return f"<QStack {self.name!r} of {len(self)}>"

    def _there(self) -> Iterator[tuple[int, Manifest]]:
        return (found for found in self._elements.newest_first() if self._elements.is_there(found[1]))

    def _still_there(self, manifest: Manifest) -> bool:
        with suppress(NoSuchObjectError):
            return self._elements.is_there(self._client.ledger.find(manifest.object_id))
        return False
