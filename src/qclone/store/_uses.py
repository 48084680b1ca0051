"""What has been done with an object's clones while its key is sealed: for the ledger, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Run:
    """A program on one server's clone.

    Parameters
    ----------
    server, clone : whose.
    program : digest of the server's part: the same run is asked for again, another one is refused.
    gates : number of its Clifford instructions. late : slots whose angle the server was not told.
    first_tail, tails : the numbers of the fresh wires that come back, one after the other.
    at : when it was asked for. done : whether the server has said that it is done.
    """

    server: str
    clone: str
    program: str
    gates: int
    late: int
    first_tail: int
    tails: int
    at: str
    done: bool = False

    @property
    def tail_wires(self) -> tuple[int, ...]:
        """The wires that come back."""
        return tuple(range(self.first_tail, self.first_tail + self.tails))


@dataclass(frozen=True, slots=True)
class Uses:
    """What was done with an object's clones and key, each step written down before it is done.

    Parameters
    ----------
    runs : one a server at most.
    kept : labels of the clones that can still be decrypted; None for all of them.
    pairs : noise wires of the base scheme that were Bell-measured, two by two.
    narrowed : whether that has been done, not only written down.
    committed : the server to which the key was turned into bits, or is about to be.
    """

    runs: tuple[Run, ...] = ()
    kept: tuple[str, ...] | None = None
    pairs: tuple[tuple[int, int], ...] = ()
    narrowed: bool = True
    committed: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing was done."""
        return self == Uses()

    def run_at(self, server: str) -> Run | None:
        """Return what a server has run."""
        return next((run for run in self.runs if run.server == server), None)

    def with_run(self, run: Run) -> Uses:
        """Return the same with a run written down, in place of an earlier word about it."""
        others = tuple(one for one in self.runs if one.server != run.server)
        return replace(self, runs=(*others, run))

    def keeps(self, label: str) -> bool:
        """Whether a clone can still be decrypted, as far as narrowing goes."""
        return self.kept is None or label in self.kept

    @property
    def text(self) -> str:
        """As JSON, always the same for the same."""
        return "" if self.is_plain else json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> Uses:
        """Return what is in a JSON document. Raises TypeError, KeyError for anything else."""
        if not document:
            return cls()
        kept, runs = document["kept"], document["runs"]
        return cls(
            tuple(Run(**run) for run in runs),
            None if kept is None else tuple(kept),
            tuple((int(c), int(d)) for c, d in document["pairs"]),
            document["narrowed"],
            document["committed"],
        )

    @classmethod
    def from_text(cls, text: str | None) -> Uses:
        """Return what is in a text of its own; nothing is in an empty one."""
        return cls.of(json.loads(text)) if text else cls()


def changed_meanwhile(object_id: str) -> InvalidInputError:
    """Somebody else wrote something down about the same object."""
    return InvalidInputError(
        f"Somebody else changed what is done with {object_id} just now; nothing was changed here.",
        f"See what it is with: qclone show {object_id}",
    )
