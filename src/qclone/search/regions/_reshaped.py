"""Layouts with shorter ways, one qubit moved at a time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from qclone.native._graph import neighbours
from qclone.search.kernels._cooling import accepted
from qclone.search.regions._grown import ways, with_spares
from qclone.search.regions._layout import Layout

# In gates, see `ways`: how much worse a layout may get at first.
_HOT = 4.0
# Moves tried for one variation.
_TRIES = 50


def reshaped(layout: Layout, steps: int, rng: random.Random) -> Layout:
    """Anneal a layout: qubits move to free places or exchange roles, and the best one seen is returned."""
    near = neighbours(layout.couplers)
    now, cost = layout, ways(layout)
    best, least = now, cost
    for step in range(steps):
        changed = _changed(now, near, rng)
        if changed is None:
            continue
        new = ways(changed)
        if accepted(new - cost, _HOT, 0.0, step / steps, rng):
            now, cost = changed, new
            if cost < least:
                best, least = now, cost
    return best


def varied(layout: Layout, rng: random.Random) -> Layout | None:
    """Return a layout one move away with ways about as short, or None where none was met."""
    near, most = neighbours(layout.couplers), ways(layout) + _HOT
    for _ in range(_TRIES):
        changed = _changed(layout, near, rng)
        if changed is not None and ways(changed) <= most:
            return changed
    return None


def _changed(layout: Layout, near: Mapping[int, list[int]], rng: random.Random) -> Layout | None:
    moved = _moved(layout.roles, near, rng)
    if moved is None:
        return None
    return with_spares(replace(layout, roles=moved, spare=()), near)


def _moved(
    roles: Mapping[str, int], near: Mapping[int, list[int]], rng: random.Random
) -> dict[str, int] | None:
    """Move one qubit next to one of its kind, or A with its reference, or exchange two neighbours' roles."""
    label = rng.choice(sorted(roles))
    at = {q: other for other, q in roles.items()}
    if rng.random() < 0.3:
        other = at.get(rng.choice(near[roles[label]]))
        if other is None or {label, other} & {"R"}:
            return None
        return {**roles, label: roles[other], other: roles[label]}
    kind = "A" if label == "R" else "S" if label == "A" else label[0]
    anchor = rng.choice([q for other, q in roles.items() if other.startswith(kind) and other != label])
    free = [q for q in near[anchor] if q not in at]
    if not free:
        return None
    moved = {**roles, label: rng.choice(free)}
    if label == "A" and roles["R"] not in near[moved["A"]]:
        beside = [q for q in near[moved["A"]] if q not in moved.values() or q == roles["A"]]
        if not beside:
            return None
        moved["R"] = rng.choice(beside)
    return moved if moved["R"] in near[moved["A"]] else None
