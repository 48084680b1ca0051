"""Searching circuits of what ships, scheme by scheme, and keeping the best in the package's data."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain
from typing import Literal, NamedTuple

from qclone.device import DEVICES, Device, load_device
from qclone.errors import InvalidInputError
from qclone.native._catalog import Entry, shipped
from qclone.native._families import family_key, is_register, moved, renamed
from qclone.native._placer import Found, Placer
from qclone.scheme import Canonical, Iterated, Parallel, Scheme
from qclone.search._budget import Budget, Progress
from qclone.search._find import searched
from qclone.search._kept import Kept
from qclone.search._shelf import Entries, Made, beyond, keep, on_shelf
from qclone.search.strategies._chip import ChipSearch, FoundClone
from qclone.search.strategies._layouts import LayoutSearch
from qclone.search.strategies._polished import PolishedSearch
from qclone.search.strategies._register import RegisterSearch

Family = Literal["canonical", "virtual", "physical", "register"]

# Tried where a circuit is polished.
_PLACEMENTS = 300
# Of annealing, for each qubit: minutes for a whole chip.
_STEPS = 100_000


def member(family: Family, num_clones: int, size: int) -> Scheme:
    """Return a scheme of a family.

    Parameters
    ----------
    size : l, how often clones are cloned again, or r, the qubits of a register; nothing to the canonical.
    """
    base = Canonical(num_clones)
    if family == "register":
        return Parallel(base, size)
    if family == "canonical":
        return base
    return (Iterated.virtual if family == "virtual" else Iterated.full)(base, size)


class Task(NamedTuple):
    """What is searched where, and for how long.

    Parameters
    ----------
    clone : the clone to decrypt.
    fresh : whether not to begin with what ships.
    """

    device: str
    clone: str
    budget: Budget
    seed: int
    fresh: bool = False


def search_member(scheme: Scheme, task: Task, progress: Progress | None = None) -> Entries:
    """Search circuits that decrypt a clone; return what the data file keeps: by aim, the best.

    Unless all is to be fresh, layouts of what ships, here and elsewhere, are tried first; for registers not.
    """
    device, clone, budget, seed, fresh = task
    processor, rivals = load_device(device), _Rivals()
    if is_register(scheme):
        rng = random.Random(f"{seed} {scheme!r}")
        search: RegisterSearch | LayoutSearch = RegisterSearch(processor, len(scheme.inputs), rng)
        strategy, taken = "register", budget.spend(search.run(), progress)
    else:
        rivals = _rivals(scheme, processor, clone)
        known = [] if fresh else [f.draft for f in chain(*rivals)]
        strategy = "layouts"
        search, taken = searched(scheme, processor, clone, budget, seed, known=known, progress=progress)
    return _kept(Made(scheme, processor, strategy, seed, taken), search.kept, clone, rivals)


def search_polished(scheme: Scheme, task: Task, progress: Progress | None = None) -> Entries:
    """Make stages of what ships anew, here and elsewhere; return what the data file keeps: by aim, the best.

    Raises
    ------
    InvalidInputError : nothing ships that fits, or a register.
    """
    device, clone, budget, seed, _ = task
    processor, rng = load_device(device), random.Random(f"{seed} {scheme!r}")
    rivals = _Rivals() if is_register(scheme) else _rivals(scheme, processor, clone)
    begun = [f.draft for f in chain(*rivals)]
    if not begun:
        raise InvalidInputError(
            f"No circuit of {scheme} ships that fits on {device} and can be polished.",
            "Search one without --polish.",
        )
    search = PolishedSearch(scheme, clone, Placer(processor, rng, _PLACEMENTS), rng, begun)
    taken = budget.spend(search.run(), progress)
    return _kept(Made(scheme, processor, "polished", seed, taken), search.kept, clone, rivals)


class _Rivals(NamedTuple):
    """What ships for a device, and what other devices' circuits are worth there."""

    own: Sequence[Found] = ()
    moved: Sequence[Found] = ()


def _rivals(scheme: Scheme, device: Device, clone: str) -> _Rivals:
    own = [e for e in on_shelf(device.name) if family_key(e.scheme) == family_key(scheme)]
    drafts = [(renamed(e.draft, e.clone, scheme, clone), e.fidelity) for e in own]
    there = [Found(draft, worth) for draft, worth in drafts if draft is not None]
    return _Rivals(there, moved(scheme, device, clone, [name for name in DEVICES if name != device.name]))


def _kept(made: Made, kept: Kept[Found] | Kept[FoundClone], clone: str, rivals: _Rivals) -> Entries:
    """Prove what was found, and keep what is better than what is there without it.

    Where the file has a circuit for an aim nothing is moved: there it is enough to be better than that one.
    """
    name, key = made.device.name, family_key(made.scheme)
    there = {
        a for e in on_shelf(name) if family_key(e.scheme) == key and e.clone[0] == clone[0] for a in e.aims
    }
    found = {aim: made.proved(f.draft, f.clone if isinstance(f, FoundClone) else clone) for aim, f in kept}
    return keep(name, {a: e for a, e in found.items() if a in there} | beyond(found, rivals.moved))


def search_chip(recloned: tuple[int, ...], task: Task, progress: Progress | None = None) -> Entries:
    """Search circuits of two clones a level, so many of each generation cloned again.

    Unless all is to be fresh, what the data file has is improved first; if it has none, the shipped circuit
    of the scheme that has most wires in common, whatever device it is for.

    Raises
    ------
    InvalidInputError : the file keeps circuits that decrypt clones of another generation; no room.
    """
    device, clone, budget, seed, fresh = task
    scheme, rng = Iterated(Canonical(2), recloned), random.Random(f"{seed} {recloned}")
    search = ChipSearch(scheme, clone, load_device(device), rng, _STEPS * scheme.num_qubits)
    known = [entry for entry in on_shelf(device) if family_key(entry.scheme) == family_key(scheme)]
    for own in (entry.clone for entry in known):
        if own.count("/") != clone.count("/"):
            raise InvalidInputError(
                f"The file's circuits of {scheme} decrypt {own}, a clone of another generation than {clone}.",
                f"Search with --decrypt {own}.",
            )
    begun = [] if fresh else known or _alike(scheme)
    resumed = [search.resume(entry.draft.roles) for entry in begun]
    taken = budget.spend(chain(*resumed, search.run()), progress)
    made = Made(scheme, search.device, "chip", seed, taken)
    return _kept(made, search.kept, clone, _rivals(scheme, search.device, clone))


def _alike(scheme: Iterated) -> list[Entry]:
    """The shipped circuit whose wires differ least from those of a scheme; of several the best."""
    wires = {w.label for w in scheme.wires}
    known = [entry for name in DEVICES for entry in shipped(name) if entry.scheme.inputs == scheme.inputs]
    return sorted(known, key=lambda e: (len(wires ^ ({*e.draft.roles} - {"R"})), -e.fidelity))[:1]
