"""Which of the shipped circuits fits a scheme and a clone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TypeGuard

from qclone.device import DEVICES, Device, load_device
from qclone.native._assemble import Draft, assemble
from qclone.native._catalog import Aim, Entry, shipped
from qclone.native._fidelity import fidelity
from qclone.native._native import NativeCircuit
from qclone.native._placer import Found, Placer
from qclone.native._register import assemble_register, ghz_fidelity
from qclone.scheme import Canonical, Role, Scheme, to_spec

# Where a circuit for one device may lie on another: all ways on a heavy-hex lattice, enough on a square one.
_PLACEMENTS = 10_000


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
    if is_canonical(scheme):
        return f"canonical n={scheme.num_clones}"
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


def is_canonical(scheme: Scheme) -> TypeGuard[Canonical]:
    """Return whether it is the canonical scheme, however its own circuits are built."""
    alike = scheme.alike
    return alike is not None and scheme.synthesized("pair_tree") == Canonical(alike.num_pairs)


def can_be_laid_out(scheme: Scheme) -> bool:
    """Whether a search has layouts for it: one input, a noise wire for each signal wire, clones of one wire.

    >>> from qclone.scheme import Iterated, Parallel
    >>> can_be_laid_out(Iterated.virtual(Canonical(2), 5)), can_be_laid_out(Parallel(Canonical(2), 5))
    (True, False)
    """
    count = Counter(wire.role for wire in scheme.wires)
    apart = all(len(scheme.clone(label).wires) == 1 for label in scheme.clones)
    return len(scheme.inputs) == 1 and count[Role.SIGNAL] == count[Role.NOISE] > 1 and apart


def known_draft(scheme: Scheme, device: Device, clone: str, aim: Aim) -> Draft | None:
    """Return the best shipped circuit of a scheme, placed; None if there is none.

    What was searched for the device lies where it was found: it ships only where it is better than what
    moving gives. Everything else is moved.
    """
    key = family_key(scheme)
    if key is None:
        return None
    if device.name in DEVICES and load_device(device.name) == device:
        for draft in _drafts([e for e in entries(device.name, key) if aim in e.aims], scheme, clone):
            return draft
    found = moved(scheme, device, clone, DEVICES)
    best = max(
        found, key=lambda f: f.fidelity if aim == "fidelity" else (-f.layers, f.fidelity), default=None
    )
    return None if best is None else best.draft


def moved(scheme: Scheme, device: Device, clone: str, names: Iterable[str]) -> list[Found]:
    """Return what ships for the devices of some names, each circuit where its fidelity is highest here.

    What fits nowhere is left out. Registers, which cover a whole lattice, stay on the qubits where they are.
    """
    key = family_key(scheme)
    if key is None:
        return []
    drafts = _drafts([entry for name in names for entry in entries(name, key)], scheme, clone)
    if is_register(scheme):
        placed = [draft for draft in drafts if draft.couplers <= set(device.edges)]
    else:
        placer = Placer(device, random.Random(0), _PLACEMENTS)
        placed = [found.draft for draft in drafts if (found := placer.best(draft)) is not None]
    # What the placer counts differs from the twin by some thousandths.
    return [Found(draft, worth(circuit_of(draft, scheme, device, clone))) for draft in placed]


def circuit_of(draft: Draft, scheme: Scheme, device: Device, clone: str) -> NativeCircuit:
    """Return a draft on a device as a placed circuit, signs settled: of Bell pairs, or of a GHZ state."""
    return (assemble_register if is_register(scheme) else assemble)(draft, device, clone)


def worth(native: NativeCircuit) -> float:
    """Return the exact fidelity of a placed circuit: of a Bell pair, or of a register's GHZ state."""
    return fidelity(native) if native.references else ghz_fidelity(native)


def known_clone(scheme: Scheme, device: Device, aim: Aim) -> str | None:
    """Return the clone that a shipped circuit of a scheme decrypts as it is."""
    key = family_key(scheme)
    if key is None:
        return None
    known = [sorted(entries(name, key), key=lambda e: aim not in e.aims) for name in (device.name, *DEVICES)]
    return next((e.clone for e in chain(*known) if e.clone in scheme.clones), None)


def is_register(scheme: Scheme) -> bool:
    """Whether its circuits begin with a GHZ state and not with Bell pairs: a register, of one qubit too."""
    return (family_key(scheme) or "").startswith("register")


def entries(device: str, key: str) -> list[Entry]:
    """Return what ships for a device under a name."""
    return [entry for entry in shipped(device) if family_key(entry.scheme) == key]


def _drafts(known: Iterable[Entry], scheme: Scheme, clone: str) -> Iterator[Draft]:
    return (draft for e in known if (draft := renamed(e.draft, e.clone, scheme, clone)) is not None)


def renamed(draft: Draft, own: str, scheme: Scheme, clone: str) -> Draft | None:
    """Return a draft that decrypts a clone with its wires renamed, so that it decrypts another; or None.

    Within a level pairs are alike: S1 and S2, with their
    noise qubits, exchange names on the way to the clone, and so do the names of all that was born from them.
    """
    if clone == own:
        return draft
    route, decrypted = clone.split("/"), own.split("/")
    if len(route) != len(decrypted) or "A" in (*route, *decrypted) or not scheme.clone(clone).wires:
        return None
    roles = {}
    for label, q in draft.roles.items():
        head, dot, path = label.rpartition(".")
        steps = path.split("/")
        # In the schemes on the way to the clone only: elsewhere not all clones need be cloned again.
        exchanged = [
            _exchanged(*names) if steps[:k] == decrypted[:k] else names[0]
            for k, names in enumerate(zip(steps, route, decrypted, strict=False))
        ]
        roles[head + dot + "/".join((*exchanged, *steps[len(exchanged) :]))] = q
    if set(roles) - {"R"} != {w.label for w in scheme.wires}:
        return None
    return replace(draft, roles=roles)


def _exchanged(step: str, own: str, other: str) -> str:
    """Exchange two clones' names, and their noise's."""
    if step[0] not in "SN":
        return step
    number = {other[1:]: own[1:], own[1:]: other[1:]}.get(step[1:], step[1:])
    return step[0] + number
