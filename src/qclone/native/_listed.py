"""The schemes for which circuits ship, by name."""

from __future__ import annotations

import re
from typing import NamedTuple

from qclone.device import DEVICES
from qclone.native._catalog import shipped
from qclone.native._families import family_file
from qclone.scheme import Canonical, Iterated, Parallel, Scheme

_FAMILY = re.compile(r"(virtual|physical|register) n=(\d+) [lr]=(\d+)")


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
                kind, n, count = match[1], Canonical(int(match[2])), int(match[3])
                found.append(Listed(device, _title(key), _scheme(kind, n, count), None))
    return tuple(found)


def _scheme(kind: str, base: Canonical, count: int) -> Scheme:
    if kind == "register":
        return Parallel(base, count)
    return (Iterated.virtual if kind == "virtual" else Iterated.full)(base, count)


def _title(key: str) -> str:
    return key.replace(" n=", ", n = ").replace(" l=", ", l = ").replace(" r=", ", r = ")
