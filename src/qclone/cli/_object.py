"""Which object a word names: an id, the first digits of one, `latest`, or the name it was stored under."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from qclone.errors import InvalidInputError, NoSuchObjectError

if TYPE_CHECKING:
    from qclone.store import Ledger

LATEST = "latest"


def is_id(word: str) -> bool:
    """Whether a word can only be an id or the first digits of one.

    >>> is_id("beef"), is_id("latest"), is_id("bell.qasm")
    (True, False, False)
    """
    return bool(word) and set(word) <= set(string.hexdigits.lower())


def require_name(name: str) -> str:
    """Return a name for an object. Raises InvalidInputError for what could not be told from an id."""
    if name == LATEST or is_id(name) or not name.strip():
        raise InvalidInputError(
            f"{name!r} cannot be the name of an object.",
            f"{LATEST!r} is the last one stored, and words of the digits 0-9 and a-f are ids.",
        )
    return name


def object_named(ledger: Ledger, word: str) -> str:
    """Return the id that a word stands for; what is an id already is returned as it is, unseen.

    Raises
    ------
    NoSuchObjectError : nothing is stored, or nothing under that name.
    InvalidInputError : several objects have the name.
    """
    if is_id(word):
        return word
    manifests = ledger.manifests()
    if word == LATEST:
        if not manifests:
            raise NoSuchObjectError("Nothing is stored yet.", "Store a register with: qclone put FILE")
        return manifests[-1].object_id
    found = [manifest.object_id for manifest in manifests if manifest.name == word]
    if not found:
        raise NoSuchObjectError(f"There is no object {word!r}.", "List the objects with: qclone ls")
    if len(found) > 1:
        listed = ", ".join(one[:8] for one in found[:3]) + (", ..." if len(found) > 3 else "")
        raise InvalidInputError(
            f"{len(found)} objects are called {word!r}: {listed}.", "Say which by its id."
        )
    return found[0]
