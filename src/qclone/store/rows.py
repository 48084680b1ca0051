"""How a manifest is a row of a table, the same in every ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from unicodedata import normalize

from qclone.errors import InvalidInputError, KeySealedError, NoSuchObjectError
from qclone.store._intact import intact
from qclone.store._manifest import Key, KeyState, Manifest
from qclone.store._uses import Uses, changed_meanwhile

FACTS = "id, name, qubits, num_clones, scheme, clones, created_at, clock_s"
COLUMNS = f"{FACTS}, key_state, key_server, key_at, uses"


def facts(manifest: Manifest) -> tuple[Any, ...]:
    """Return what `FACTS` names."""
    m = manifest
    scheme, clones = json.dumps(dict(m.scheme)), json.dumps(dict(m.clones))
    return m.object_id, m.name, m.qubits, m.num_clones, scheme, clones, m.created_at, m.clock_s


def manifest_of(row: Sequence[Any]) -> Manifest:
    """Return the manifest in a row of `COLUMNS`."""
    object_id, name, qubits, num_clones, scheme, clones, created_at, clock_s, state, server, at, uses = row
    with intact("the ledger"):
        key = Key(KeyState(state), server, at)
        facts = object_id, name, qubits, num_clones, json.loads(scheme), json.loads(clones)
        return Manifest(*facts, created_at, clock_s, key, Uses.from_text(uses))


def prefix_range(prefix: str) -> tuple[str, str]:
    """Return the bounds of ids that start so; a range is served by an index. Raises NoSuchObjectError."""
    if not (prefix.isascii() and prefix.isalnum()):
        raise no_such_object(prefix)
    return prefix, prefix + "~"


def folded(text: str) -> str:
    """Return a text in which letters differ neither by case nor by how they are composed.

    Source: caseless matching, Unicode Standard 3.13, definition D145.

    >>> folded("STRASSE \u00c9") == folded("stra\u00dfe e\u0301")
    True
    """
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFD", text).casefold())


def only_match(rows: Sequence[Sequence[Any]], prefix: str) -> Manifest:
    """Return the one object among the first rows that match. Raises NoSuchObjectError, InvalidInputError."""
    if not rows:
        raise no_such_object(prefix)
    if len(rows) > 1 and rows[0][0] != prefix:
        listed = ", ".join(row[0] for row in rows[:2]) + (", ..." if len(rows) > 2 else "")
        raise InvalidInputError(
            f"Several objects have ids that start with {prefix!r}: {listed}.", "Give more digits of the id."
        )
    return manifest_of(rows[0])


def no_such_object(prefix: str) -> NoSuchObjectError:
    return NoSuchObjectError(f"There is no object {prefix!r}.", "List the objects with: qclone ls")


def require_removable(manifest: Manifest) -> None:
    """Raise InvalidInputError while somebody is on the way to a register. See `Ledger.remove`."""
    if manifest.key.state is KeyState.CONSUMING and manifest.committed_to is None:
        raise InvalidInputError(
            f"A recovery of {manifest.object_id} began at {manifest.key.at}; it is not removed.",
            f"Let its client finish first: qclone get {manifest.object_id}",
        )


def require_begun(manifest: Manifest) -> None:
    """Raise KeySealedError for a key that is sealed: nothing was recovered. See `Ledger.consumed`."""
    if manifest.key.state is KeyState.SEALED:
        raise KeySealedError(
            f"The key of {manifest.object_id} is sealed: nothing was recovered.",
            f"Recover it first: qclone get {manifest.object_id}",
        )


def require_noted(object_id: str, row: Sequence[Any] | None, before: Uses, after: Uses) -> bool:
    """Return whether `after` is to be written in a row of `COLUMNS`. Raises as `Ledger.note`."""
    if row is None:
        raise no_such_object(object_id)
    manifest = manifest_of(row)
    if manifest.uses == after:
        return False
    manifest.key.require_sealed(object_id)
    if manifest.uses != before:
        raise changed_meanwhile(object_id)
    return True


def put_complete(object_id: str) -> InvalidInputError:
    return InvalidInputError(
        f"The put of {object_id} is complete.", f"Recover it with: qclone get {object_id}"
    )
