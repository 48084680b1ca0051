"""What is written down about a stored register: never an amplitude."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from qclone.errors import KeyConsumedError
from qclone.store._shown import manifest_html
from qclone.store._uses import Uses


class KeyState(StrEnum):
    """A key opens once."""

    SEALED = "sealed"
    CONSUMING = "consuming"
    """A recovery began: the client that began it goes on with it, and nobody else can."""
    CONSUMED = "consumed"


@dataclass(frozen=True, slots=True)
class Key:
    """The state of a decryption key; once it is not sealed, also when and with which server's clone."""

    state: KeyState = KeyState.SEALED
    server: str | None = None
    at: str | None = None

    def __post_init__(self) -> None:
        used = self.state is not KeyState.SEALED
        assert used == (self.server is not None) == (self.at is not None)

    def require_sealed(self, object_id: str) -> None:
        """Raise KeyConsumedError, saying when and from where, unless the key can still open."""
        if self.state is KeyState.CONSUMED:
            raise KeyConsumedError(
                f"The key of {object_id} was consumed at {self.at}, decrypting the clone from {self.server}.",
                "A register is recovered once; the other clones can no longer be decrypted.",
            )
        if self.state is KeyState.CONSUMING:
            raise KeyConsumedError(
                f"A recovery of {object_id} from {self.server} began at {self.at} and has not finished.",
                "The client that began it goes on, where it stopped, with the same call; nobody else can.",
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """A stored register.

    Parameters
    ----------
    object_id : random hex digits.
    name : the name of the file it came from.
    qubits : number of qubits of the register.
    num_clones : n, as asked for; the scheme may have more clones.
    scheme : specification of its scheme, as JSON data.
    clones : clone label -> server it was given to.
    created_at : UTC, ISO 8601.
    clock_s : what the fabric's clock showed then.
    key : the state of its key.
    uses : what was done with its clones and its key.
    """

    object_id: str
    name: str
    qubits: int
    num_clones: int
    scheme: Mapping[str, Any]
    clones: Mapping[str, str]
    created_at: str
    clock_s: float = 0.0
    key: Key = Key()
    uses: Uses = field(default_factory=Uses)

    def require_sealed(self) -> None:
        """Raise KeyConsumedError, saying when and for whom, unless the key can still open."""
        if self.committed_to is not None:
            raise KeyConsumedError(
                f"The key of {self.object_id} was committed to {self.committed_to} at {self.key.at}: "
                "it is bits now.",
                "Only the client that committed it gets the register.",
            )
        self.key.require_sealed(self.object_id)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return manifest_html(self)

    @property
    def committed_to(self) -> str | None:
        """The server to whose clone the key was committed: it is bits now."""
        return self.uses.committed if self.key.state is KeyState.CONSUMING else None

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers that were given clones, each once, in order."""
        return tuple(dict.fromkeys(self.clones.values()))
