"""The schemes for which circuits ship, by name."""

from __future__ import annotations

import re
from typing import NamedTuple

from qclone.device import DEVICES
from qclone.native._catalog import shipped
from qclone.native._families import family_file
from qclone.scheme import Canonical, Iterated, Parallel, Scheme

_FAMILY = re.compile(r"(virtual|physical|register) n=(\d+) (?:[lr]=)?([\d,]+)")


class Listed(NamedTuple):
    """A scheme for which a circuit ships."""

    device: str
    title: str
    scheme: Scheme
    clone: str | None
    """The one that the circuit decrypts; None for the usual one."""


def listed() -> tuple[Listed, ...]:
    """Return every scheme for which a circuit ships, device by device.

    >>> [one.title for one in listed() if one.device == "nighthawk"]
    ['canonical, n = 8']
    """
    found: list[Listed] = []
    for device in DEVICES:
        known = shipped(device)
        found += [
            Listed(device, f"canonical, n = {size}{said}", Canonical(int(size)), clone)
            for section, said, clone in (("canonical", "", None), ("canonical A", ", decrypting A", "A"))
            for size in known.get(section, {})
        ]
        for key in shipped(family_file(device)).get("circuits", {}):
            if match := _FAMILY.fullmatch(key):
                counts = tuple(map(int, match[3].split(",")))
                scheme = _scheme(match[1], Canonical(int(match[2])), counts)
                found.append(Listed(device, _title(key), scheme, None))
    return tuple(found)


def _scheme(kind: str, base: Canonical, counts: tuple[int, ...]) -> Scheme:
    """The scheme of a family's member: levels or qubits, or how many are cloned again at each level."""
    if len(counts) > 1:
        return Iterated(base, counts)
    if kind == "register":
        return Parallel(base, counts[0])
    return (Iterated.virtual if kind == "virtual" else Iterated.full)(base, counts[0])


def _title(key: str) -> str:
    """Say a key in words.

    >>> _title("virtual n=2 l=3"), _title("physical n=2 3,9,24")
    ('virtual, n = 2, l = 3', 'physical, n = 2, cloned again 3, 9, 24')
    """
    said = re.sub(r" (\d+,[\d,]+)$", lambda m: f", cloned again {m[1].replace(',', ', ')}", key)
    return said.replace(" n=", ", n = ").replace(" l=", ", l = ").replace(" r=", ", r = ")
