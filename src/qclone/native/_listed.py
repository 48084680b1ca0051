"""The schemes for which circuits ship, by name."""

from __future__ import annotations

import re
from typing import NamedTuple

from qclone.device import DEVICES
from qclone.native._catalog import shipped
from qclone.native._families import family_key
from qclone.scheme import Scheme


class Listed(NamedTuple):
    """A scheme for which a circuit ships."""

    device: str
    title: str
    scheme: Scheme
    clone: str | None
    """The one that the circuit decrypts; None for the usual one."""


def listed() -> tuple[Listed, ...]:
    """Return every scheme for which a circuit ships, device by device.

    >>> next(one.title for one in listed() if one.device == "nighthawk" and one.scheme.num_qubits == 17)
    'canonical, n = 8'
    """
    found: dict[tuple[str, str], Listed] = {}
    for device in DEVICES:
        for entry in shipped(device):
            said, clone = (", decrypting A", "A") if entry.clone == "A" else ("", None)
            title = _title(str(family_key(entry.scheme))) + said
            found[device, title] = Listed(device, title, entry.scheme, clone)
    return tuple(found.values())


def _title(key: str) -> str:
    """Say a key in words.

    >>> _title("virtual n=2 l=3"), _title("physical n=2 3,9,24")
    ('virtual, n = 2, l = 3', 'physical, n = 2, cloned again 3, 9, 24')
    """
    said = re.sub(r" (\d+,[\d,]+)$", lambda m: f", cloned again {m[1].replace(',', ', ')}", key)
    return said.replace(" n=", ", n = ").replace(" l=", ", l = ").replace(" r=", ", r = ")
