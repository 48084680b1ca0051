"""The elements of a structure: stored objects, told by their names. The ledger is all the state there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qclone.errors import InvalidInputError
from qclone.store._client import Client
from qclone.store._manifest import KeyState, Manifest

PAGE = 100
"""Objects in one answer of the ledger."""


@dataclass(frozen=True)
class Elements:
    """Objects whose names are a name, an opening mark, a number and a closing mark.

    Parameters
    ----------
    client : whose they are: what has another client's key is not among them.
    name : of the structure.
    opening, closing : such as ``[`` and ``]``.

    Raises
    ------
    InvalidInputError : a name that is empty, or has one of the marks or what no name keeps in it.
    """

    client: Client
    name: str
    opening: str
    closing: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable() or set("[]/") & set(self.name):
            raise InvalidInputError(
                f"{self.name!r} cannot be the name of an array or a stack.",
                "Take printable letters without / and brackets.",
            )

    def label(self, number: int) -> str:
        """Return the name of an element.

        >>> Elements(None, "undo", "[", "]").label(3)  # type: ignore[arg-type]
        'undo[3]'
        """
        return f"{self.name}{self.opening}{number}{self.closing}"

    def newest_first(self, number: int | None = None) -> Iterator[tuple[int, Manifest]]:
        """Yield the number and the manifest of every element, or of those of one number."""
        start = f"{self.name}{self.opening}"
        text = start if number is None else self.label(number)
        is_one = re.compile(f"{re.escape(start)}([0-9]+){re.escape(self.closing)}").fullmatch
        first, total = 0, 1
        while first < total:
            total, page = self.client.ledger.search(text, first, PAGE)
            for manifest in page:
                found = is_one(manifest.name)
                if found is None or number not in (None, int(found[1])):
                    continue
                if not _is_sealed(manifest) or self.client.keyring.holds(manifest.object_id):
                    yield int(found[1]), manifest
            first += PAGE

    def is_there(self, manifest: Manifest) -> bool:
        """Whether this client can still recover an element: it is sealed, or was not handed over yet."""
        if _is_sealed(manifest):
            return True
        if not self.client.keyring.holds(manifest.object_id):
            return False
        entry = self.client.keyring.spool.entry(manifest.object_id)
        return entry is not None and not entry.done


def _is_sealed(manifest: Manifest) -> bool:
    return manifest.key.state is KeyState.SEALED
