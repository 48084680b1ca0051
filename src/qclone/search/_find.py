"""Searching a native circuit for any device: the long way, where no known one fits."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from qclone.device import Device, load_device, row_lattice
from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft, assemble
from qclone.native._build import default_clone
from qclone.native._families import can_be_laid_out
from qclone.native._graph import neighbours
from qclone.native._native import NativeCircuit
from qclone.native._placer import Placer
from qclone.scheme import Scheme
from qclone.search._budget import Budget, Progress
from qclone.search.regions._grown import grown, promising, with_spares
from qclone.search.regions._ladders import ladders
from qclone.search.regions._layout import Layout
from qclone.search.regions._reshaped import reshaped
from qclone.search.regions._strips import strips
from qclone.search.strategies._layouts import LayoutSearch

# Random layouts of which the most promising is searched: ladders are few, and strips many.
_GROWN, _LADDERS, _STRIPS = 40, 4, 40
# How far it is annealed.
_STEPS = (0, 100, 600)


def find(
    scheme: Scheme,
    device: Device | str,
    clone: str | None = None,
    *,
    seconds: float = 60.0,
    steps: int | None = None,
    seed: int = 1,
    relaxed: bool = False,
    progress: Progress | None = None,
) -> NativeCircuit:
    """Search a native circuit and return the one with the best exact fidelity.

    Parameters
    ----------
    scheme : one with one input and as many signal as noise wires, such as canonical and iterated ones.
    clone : the clone to decrypt; if not given the one of what ships, else the first.
    seconds : how long to search; what has begun is finished.
    steps : how many layouts to search instead; for a seed they find the same circuit on every run.
    seed : where the search starts from.
    relaxed : whether decryption may use other signal qubits as wires, as routed circuits do; see `verify`
        with ``strict=False``.
    progress : called with (seconds passed, seconds in all), or steps.

    Raises
    ------
    InvalidInputError : another kind of scheme; or nothing was found: too small a lattice, or too little time.
    MissingPackageError : the extra `search` is not installed.
    """
    device = load_device(device) if isinstance(device, str) else device
    clone = default_clone(scheme, device) if clone is None else clone
    budget = Budget(seconds) if steps is None else Budget(steps=steps)
    search, taken = searched(scheme, device, clone, budget, seed, relaxed=relaxed, progress=progress)
    if search.kept.best is None:
        raise InvalidInputError(
            f"No circuit of {scheme}, decrypting {clone}, was found for {device.name} in {taken} steps.",
            "Take fewer clones, a larger device, or more time.",
        )
    return assemble(search.kept.best.draft, device, clone)


def searched(
    scheme: Scheme,
    device: Device,
    clone: str,
    budget: Budget,
    seed: int,
    *,
    relaxed: bool = False,
    known: Iterable[Draft] = (),
    progress: Progress | None = None,
) -> tuple[LayoutSearch, int]:
    """Return a search and its steps.

    Parameters
    ----------
    known : placed drafts that decrypt this clone; their layouts are tried first.
    """
    own = scheme.clone(clone)
    if not can_be_laid_out(scheme):
        raise InvalidInputError(
            f"Layouts are not searched for {scheme}: that takes one input, a noise wire for each signal wire "
            "and clones of one wire.",
            "Route the scheme's own circuit with simulate.route.",
        )
    rng = random.Random(f"{seed} {scheme!r} {clone}")
    near = neighbours(device.edges)
    begun = (replace(Layout.of(draft, scheme, clone, device.edges), relaxed=relaxed) for draft in known)

    def better(layouts: Iterable[Layout | None]) -> Layout | None:
        if (layout := promising(layouts)) is None:
            return None
        return reshaped(replace(layout, relaxed=relaxed), rng.choice(_STEPS), rng).keyed(len(own.key))

    fresh = _layouts(scheme.num_qubits // 2, device, "A" if own.wires == scheme.inputs else "S1", rng)
    layouts = chain((with_spares(layout, near) for layout in begun), map(better, fresh))
    search = LayoutSearch(scheme, clone, layouts, Placer(device, rng), rng)
    return search, budget.spend(search.run(), progress)


def _layouts(
    num_pairs: int, device: Device, clone: str, rng: random.Random
) -> Iterator[Iterable[Layout | None]]:
    """A few patterns for the kind of lattice and many layouts grown on it, by turns."""
    lattice = row_lattice(device.num_qubits, device.edges)
    patterns, most = list[Layout](), _LADDERS
    if clone != "A" and lattice is not None and not lattice.bridged:
        sides = (lattice.row_of(device.num_qubits - 1) + 1, lattice.columns)
        patterns, most = strips(num_pairs, sides, rng), _STRIPS
    elif clone != "A":
        patterns = ladders(num_pairs, rng)
    while True:
        if patterns:
            yield rng.sample(patterns, min(most, len(patterns)))
        yield (grown(device.edges, num_pairs, clone, rng) for _ in range(_GROWN))
