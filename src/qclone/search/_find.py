"""Searching a native circuit for any device: the long way, where no known one fits."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from qclone.device import Device, load_device, row_lattice
from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft, assemble
from qclone.native._families import renamed
from qclone.native._graph import neighbours
from qclone.native._native import NativeCircuit
from qclone.native._placer import Placer
from qclone.scheme import Canonical
from qclone.search._budget import Budget, Progress
from qclone.search.regions._grown import grown, promising, with_spares
from qclone.search.regions._ladders import ladders
from qclone.search.regions._layout import Layout
from qclone.search.regions._reshaped import reshaped
from qclone.search.regions._strips import strips
from qclone.search.strategies._canonical import Search
from qclone.search.strategies._canonical_synthesis import MOST

# Random layouts of which the most promising is searched.
_GROWN = 40
# How far it is annealed.
_STEPS = (0, 100, 600)


def find(
    scheme: Canonical,
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
    seconds : how long to search; what has begun is finished.
    steps : how many layouts to search instead; for a seed they find the same circuit on every run.
    seed : where the search starts from.
    relaxed : whether decryption may use other signal qubits as wires, as routed circuits do; see `verify`
        with ``strict=False``.
    progress : called with (seconds passed, seconds in all), or steps.

    Raises
    ------
    InvalidInputError : nothing was found: too small a lattice, or too little time; or more than 64 qubits.
    MissingPackageError : the extra `search` is not installed.
    """
    device = load_device(device) if isinstance(device, str) else device
    clone = scheme.clones[0] if clone is None else clone
    scheme.clone(clone)
    budget = Budget(seconds) if steps is None else Budget(steps=steps)
    search, taken = searched(scheme, device, clone, budget, seed, relaxed=relaxed, progress=progress)
    if search.kept.best is None:
        raise InvalidInputError(
            f"No circuit of {scheme}, decrypting {clone}, was found for {device.name} in {taken} steps.",
            "Take fewer clones, a larger device, or more time.",
        )
    draft = renamed(search.kept.best.draft, "A" if clone == "A" else "S1", scheme, clone)
    assert draft is not None, "pairs of the canonical scheme are alike"
    return assemble(draft, device, clone)


def searched(
    scheme: Canonical,
    device: Device,
    clone: str,
    budget: Budget,
    seed: int,
    *,
    relaxed: bool = False,
    known: Iterable[Draft] = (),
    progress: Progress | None = None,
) -> tuple[Search, int]:
    """Return a search and its steps; for a signal qubit its drafts decrypt S1, see `renamed`.

    Parameters
    ----------
    known : placed drafts that decrypt this clone; their layouts are tried first.
    """
    if 2 * scheme.num_clones + 2 > MOST:
        raise InvalidInputError(
            f"A search handles {MOST} qubits at most, and {scheme} with its reference has "
            f"{2 * scheme.num_clones + 2}.",
            "Take fewer clones, or route the scheme's own circuit with simulate.route.",
        )
    rng = random.Random(f"{seed} {scheme.num_clones} {clone}")
    clone = "A" if clone == "A" else "S1"
    near = neighbours(device.edges)
    begun = [with_spares(draft.roles, clone, device.edges, near, relaxed=relaxed) for draft in known]
    layouts = chain(begun, _layouts(scheme.num_clones, device, clone, relaxed, rng))
    search = Search(layouts, Placer(device, rng), rng)
    return search, budget.spend(search.run(), progress)


def _layouts(
    n: int, device: Device, clone: str, relaxed: bool, rng: random.Random
) -> Iterator[Layout | None]:
    """Patterns for the kind of lattice, and layouts grown on it, by turns, made better step by step."""
    lattice = row_lattice(device.num_qubits, device.edges)
    square = lattice is not None and not lattice.bridged
    patterns = [] if clone == "A" else strips(n, rng) if square else ladders(n, rng)
    while True:
        if patterns:
            chosen = promising(rng.sample(patterns, min(4, len(patterns))))
            yield _better(chosen, relaxed, rng)
        yield _better(promising(grown(device.edges, n, clone, rng) for _ in range(_GROWN)), relaxed, rng)


def _better(layout: Layout | None, relaxed: bool, rng: random.Random) -> Layout | None:
    if layout is None:
        return None
    return reshaped(replace(layout, relaxed=relaxed), rng.choice(_STEPS), rng)
