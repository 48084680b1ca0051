"""Who may do what: bearer tokens, of which only hashes are kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from qclone.durable import replace_file
from qclone.errors import InvalidInputError, StorageError
from qclone.locking import hold
from qclone.service._wire import UnauthorizedError
from qclone.store import CLIENT

DAY_S = 86_400.0
"""An expired token is told so for a day; then it is not known any more."""
TICK_NS = 2_000_000_000
"""The coarsest clock by which a file system dates a change."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Kind(StrEnum):
    """What a token stands for."""

    TENANT = "tenant"
    """A client: stores and recovers objects of its own."""
    SITE = "site"
    """A server: acts on the qubits at its site."""
    OPERATOR = "operator"
    """Runs the (simulated) world: the clock, and which servers fail."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token speaks for."""

    kind: Kind
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInputError(
                f"{self.name!r} is no name for a {self.kind}.",
                "Use letters a-z, digits and hyphens, up to 63.",
            )
        if self.kind is Kind.SITE and self.name == CLIENT:
            raise InvalidInputError(
                f"{self.name!r} is the owners' site, not a server's.", "Name a server, such as server-1."
            )


@dataclass(frozen=True, slots=True)
class _Entry:
    digest: str
    kind: str
    name: str
    expires_at: float | None


class Tokens:
    """The tokens of one cloud, hashed, in one file that every part of the service reads.

    A token is 256 random bits, so a plain SHA-256 of it cannot be guessed from the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: _Look | None = None
        self._entries: dict[str, _Entry] = {}

    def issue(
        self, principal: Principal, valid_s: float | None = None, *, instead_of_others: bool = False
    ) -> str:
        """Make a token; this is the only time it can be seen.

        Parameters
        ----------
        valid_s : how long it is good for; None for ever.
        instead_of_others : the principal's earlier tokens are no good any more.
        """
        return self._issue([principal], valid_s, instead_of_others)[0]

    def issue_all(self, principals: Sequence[Principal]) -> list[str]:
        """Make a token for each of many, instead of those that they had."""
        return self._issue(principals, None, instead_of_others=True)

    def _issue(
        self, principals: Sequence[Principal], valid_s: float | None, instead_of_others: bool
    ) -> list[str]:
        issued, now = [secrets.token_urlsafe(32) for _ in principals], time.time()
        expires_at = None if valid_s is None else now + valid_s
        new = [
            _Entry(_digest(token), principal.kind, principal.name, expires_at)
            for token, principal in zip(issued, principals, strict=True)
        ]
        if not self._path.parent.is_dir():
            raise StorageError(f"There is no directory {self._path.parent}.", "Make one with: qclone init")
        with open(self._path.with_name(f"{self._path.name}.lock"), "a") as lock:
            hold(lock)
            self._refresh()
            kept = [e for e in self._entries.values() if e.expires_at is None or e.expires_at > now - DAY_S]
            if instead_of_others:
                replaced = {(e.kind, e.name) for e in new}
                kept = [e for e in kept if (e.kind, e.name) not in replaced]
            content = json.dumps([asdict(e) for e in [*kept, *new]], indent=1).encode()
            replace_file(self._path, content, mode=0o600)
        self._refresh()
        return issued

    def principal(self, token: str) -> Principal:
        """Return whom a token speaks for. Raises UnauthorizedError if it is unknown or expired."""
        self._refresh()
        digest = _digest(token)
        entry = self._entries.get(digest)
        if entry is None or not hmac.compare_digest(entry.digest, digest):
            raise UnauthorizedError("This token is not known here.", "Use the token of this cloud.")
        if entry.expires_at is not None and time.time() >= entry.expires_at:
            raise UnauthorizedError("This token has expired.", "Ask the operator for a new one.")
        return Principal(Kind(entry.kind), entry.name)

    def _refresh(self) -> None:
        try:
            looked = _Look.at(self._path)
            if self._read is None or not looked.shows_the_same_as(self._read):
                entries = [_Entry(**entry) for entry in json.loads(self._path.read_text())]
                self._entries = {entry.digest: entry for entry in entries}
                self._read = looked
        except FileNotFoundError:
            self._entries, self._read = {}, None
        except (ValueError, TypeError):
            raise StorageError(f"{self._path.name} is damaged.", "Restore it, or issue new tokens.") from None


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file's entry in its directory said, and when: before the content was read.

    The file may change again within one tick of its clock, and its inode number be given to the next: what
    was looked at so soon after a change says nothing about what is there later.
    """

    at_ns: int
    stamp: tuple[int, int, int, int]

    @classmethod
    def at(cls, path: Path) -> _Look:
        now_ns, said = time.time_ns(), path.stat()
        return cls(now_ns, (said.st_ino, said.st_size, said.st_mtime_ns, said.st_ctime_ns))

    def shows_the_same_as(self, earlier: _Look) -> bool:
        changed_ns = max(earlier.stamp[2:])
        return self.stamp == earlier.stamp and abs(earlier.at_ns - changed_ns) > TICK_NS


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
