"""Drafts that ship with the package: small JSON files, each naming its generator."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair


def to_json(draft: Draft) -> dict[str, Any]:
    """Return a draft as JSON types; gates are strings like "3 4 XZ"."""
    return {
        "roles": dict(draft.roles),
        "outputs": [[q, axes] for q, axes in draft.outputs],
        "start": {axis: [q for q, a in draft.start.items() if a == axis] for axis in "XYZ"},
        **{s: [f"{a} {b} {pq}" for a, b, pq in getattr(draft, s)] for s in ("prepare", "encrypt", "decrypt")},
    }


def from_json(document: dict[str, Any]) -> Draft:
    """Return the draft that `to_json` wrote."""
    return Draft(
        roles=document["roles"],
        outputs=tuple((q, axes) for q, axes in document["outputs"]),
        start={q: axis for axis, qubits in document["start"].items() for q in qubits},
        prepare=_pairs(document["prepare"]),
        encrypt=_pairs(document["encrypt"]),
        decrypt=_pairs(document["decrypt"]),
    )


def _pairs(lines: Iterable[str]) -> tuple[Pair, ...]:
    words = (line.split() for line in lines)
    return tuple((int(a), int(b), pq) for a, b, pq in words)


def section_of(clone: str) -> str:
    """Return which part of a file has the drafts of canonical schemes that decrypt a clone.

    >>> section_of("S3"), section_of("A")
    ('canonical', 'canonical A')
    """
    return "canonical A" if clone == "A" else "canonical"


@cache
def shipped(name: str) -> dict[str, Any]:
    """Return one of the data files, by name without ending; empty if there is none."""
    file = resources.files("qclone.native.data").joinpath(f"{name}.json")
    return json.loads(file.read_text()) if file.is_file() else {}
