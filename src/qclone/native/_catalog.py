"""Circuits that ship with the package: a JSON file a device, an entry a circuit, with how it was found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, Literal

from qclone.native._assemble import Draft
from qclone.native._pairs import Pair
from qclone.scheme import Scheme, from_spec, to_spec

Aim = Literal["fidelity", "layers"]
AIMS: tuple[Aim, ...] = ("fidelity", "layers")


def to_json(draft: Draft) -> dict[str, Any]:
    """Return a draft as JSON types; gates are strings like "3 4 XZ"."""
    return {
        "roles": dict(draft.roles),
        "outputs": [[q, axes] for q, axes in draft.outputs],
        "start": {axis: [q for q, a in draft.start.items() if a == axis] for axis in "XYZ"},
        **{s: [f"{a} {b} {pq}" for a, b, pq in getattr(draft, s)] for s in ("prepare", "encrypt", "decrypt")},
    }


def from_json(document: Mapping[str, Any]) -> Draft:
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


@dataclass(frozen=True)
class Entry:
    """A circuit on a device's qubits, what it is worth, and how it was found.

    Parameters
    ----------
    clone : the clone that it decrypts as it is.
    inputs : "Bell", each with a reference, or "GHZ", a register without.
    aims : for what it is the best known.
    fidelity : exact, on the twin of the device's calibration of that date.
    found_by : strategy, seed, steps (seconds in searches that did not count them), version of qclone.
    """

    scheme: Scheme
    clone: str
    inputs: str
    aims: tuple[Aim, ...]
    layers: int
    gates: int
    fidelity: float
    calibration: str
    found_by: Mapping[str, Any]
    draft: Draft

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON types."""
        said = {own.name: getattr(self, own.name) for own in fields(self)}
        return said | {"scheme": to_spec(self.scheme), "aims": [*self.aims], "draft": to_json(self.draft)}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Entry:
        """Return what `to_json` wrote."""
        read = {
            "scheme": from_spec(said["scheme"]),
            "aims": (*said["aims"],),
            "draft": from_json(said["draft"]),
        }
        return cls(**{**said, **read})


@cache
def shipped(device: str) -> tuple[Entry, ...]:
    """Return what ships for a device, by its name; nothing for an unknown one."""
    file = resources.files("qclone.native.data").joinpath(f"{device}.json")
    return read(file.read_text()) if file.is_file() else ()


def read(text: str) -> tuple[Entry, ...]:
    """Return the entries of a file."""
    return tuple(map(Entry.from_json, json.loads(text)["circuits"]))


def written(device: str, entries: Iterable[Entry]) -> str:
    """Return a file, one line for each list, so that a change shows as what it is."""
    circuits = [entry.to_json() for entry in entries]
    document = {"generator": "python -m qclone.search", "device": device, "circuits": circuits}
    text = json.dumps(document, indent=1)
    for wrapped, line in (("\n     ", " "), ("\n    ]", " ]"), ("\n    }", " }")):
        text = text.replace(wrapped, line)
    return text + "\n"
