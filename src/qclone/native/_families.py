"""Shipped circuits of iterated schemes and of registers, and which of them fits a scheme and a clone."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qclone.device import DEVICES, Device, load_device
from qclone.native._assemble import Draft
from qclone.native._catalog import from_json, shipped
from qclone.native._placer import Placer
from qclone.scheme import Scheme, to_spec

# Where a circuit found for one device may lie on another: enough to avoid what is bad there.
_PLACEMENTS = 300


def family_key(scheme: Scheme) -> str | None:
    """Return the name under which circuits of a scheme ship; None if it is of no family.

    Example
    -------
    >>> from qclone.scheme import Canonical, Iterated, Parallel
    >>> family_key(Iterated.virtual(Canonical(2), 5)), family_key(Parallel(Canonical(2), 8))
    ('virtual n=2 l=5', 'register n=2 r=8')
    >>> family_key(Iterated(Canonical(2), (3, 9, 24)))
    'physical n=2 3,9,24'
    """
    made_of = scheme.composition
    if made_of is None or made_of.base.alike is None:
        return None
    n, clones = made_of.base.alike.num_pairs, len(made_of.base.clones)
    # What a scheme is, not which class it is of: one that is described alike has the same circuits.
    match to_spec(scheme):
        case {"scheme": "parallel", "base": {"scheme": "canonical"}, "copies": copies}:
            return f"register n={n} r={copies}"
        case {"scheme": "iterated", "base": {"scheme": "canonical"}, "recloned": recloned}:
            levels = len(recloned)
            if recloned == [1] * levels:
                return f"virtual n={n} l={levels}"
            if recloned == [clones**level for level in range(1, levels + 1)]:
                return f"physical n={n} l={levels}"
            if all(isinstance(count, int) for count in recloned):
                return f"physical n={n} {','.join(map(str, recloned))}"
    return None


def family_file(device: str) -> str:
    """Return the name of the data file for a device."""
    return f"{device}_families"


def family_draft(scheme: Scheme, device: Device, clone: str, aim: str) -> Draft | None:
    """Return the best shipped circuit of an iterated scheme or a register, placed; None if there is none.

    On the device for which it was searched it lies where it was found; elsewhere where its fidelity is
    highest. Registers, which cover a whole lattice, are not moved.
    """
    key = family_key(scheme)
    if key is None:
        return None
    if device.name in DEVICES and load_device(device.name) == device:
        own = _entries(device.name, key)
        if aim in own:
            return _for_clone(own[aim], scheme, clone)
    if is_register(scheme):
        return None
    placer = Placer(device, random.Random(0), _PLACEMENTS)
    entries = [entry for name in DEVICES for entry in _entries(name, key).values()]
    renamed = [d for entry in entries if (d := _for_clone(entry, scheme, clone)) is not None]
    found = [f for draft in renamed if (f := placer.best(draft)) is not None]
    best = max(
        found, key=lambda f: f.fidelity if aim == "fidelity" else (-f.layers, f.fidelity), default=None
    )
    return None if best is None else best.draft


def family_clone(scheme: Scheme, device: Device, aim: str) -> str | None:
    """Return the clone that a shipped circuit of an iterated scheme or a register decrypts as it is."""
    key = family_key(scheme)
    if key is None:
        return None
    for name in (device.name, *DEVICES):
        for entry in (_entries(name, key).get(aim), *_entries(name, key).values()):
            if entry is not None and (clone := _decrypted(entry, scheme)) in scheme.clones:
                return clone
    return None


def _decrypted(entry: Mapping[str, Any], scheme: Scheme) -> str:
    """S1 (of S1, of S1, ...), or what the entry says."""
    levels = 1 if scheme.composition is None else len(scheme.composition.levels)
    return str(entry.get("clone", "/".join(["S1"] * levels)))


def is_register(scheme: Scheme) -> bool:
    """Whether its circuits begin with a GHZ state and not with Bell pairs: a register, of one qubit too."""
    return (family_key(scheme) or "").startswith("register")


def _entries(device: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = shipped(family_file(device)).get("circuits", {}).get(key, {})
    return found


def _for_clone(entry: Mapping[str, Any], scheme: Scheme, clone: str) -> Draft | None:
    """Return a shipped draft with its wires renamed, so that it decrypts a clone; None if that cannot be.

    A draft decrypts the clone that its entry names. Within a level pairs are alike: S1 and S2, with their
    noise qubits, exchange names at that level, and so do the names of all that was born from them.
    """
    draft, route, whole = from_json(dict(entry)), clone.split("/"), scheme.clone(clone)
    decrypted = _decrypted(entry, scheme).split("/")
    if len(route) != len(decrypted) or "A" in route or not whole.wires:
        return None
    renamed = {}
    for label, q in draft.roles.items():
        head, dot, path = label.rpartition(".")
        steps = path.split("/")
        exchanged = [_exchanged(*names) for names in zip(steps, route, decrypted, strict=False)]
        renamed[head + dot + "/".join((*exchanged, *steps[len(exchanged) :]))] = q
    if set(renamed) - {"R"} != {w.label for w in scheme.wires}:
        return None
    return replace(draft, roles=renamed)


def _exchanged(step: str, own: str, other: str) -> str:
    """Exchange two clones' names, and their noise's."""
    if step[0] not in "SN":
        return step
    number = {other[1:]: own[1:], own[1:]: other[1:]}.get(step[1:], step[1:])
    return step[0] + number
