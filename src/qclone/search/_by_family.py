"""Searching circuits of what ships, scheme by scheme, and keeping the best in the package's data."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from qclone.device import DEVICES, Device, load_device
from qclone.errors import InvalidInputError
from qclone.native._catalog import Entry, shipped
from qclone.native._families import family_key, moved, renamed
from qclone.native._placer import Found, Placer
from qclone.scheme import Canonical, Iterated, Parallel, Scheme
from qclone.search._budget import Budget, Progress
from qclone.search._find import searched
from qclone.search._shelf import Entries, Made, beyond, keep, on_shelf
from qclone.search.regions._rows import Sites
from qclone.search.strategies._chip import ChipSearch
from qclone.search.strategies._iterated import IteratedSearch
from qclone.search.strategies._polished import PolishedSearch
from qclone.search.strategies._register import RegisterSearch

Family = Literal["virtual", "physical", "register"]

_PLACEMENTS = 300
# Of annealing, for each qubit: minutes for a whole chip.
_STEPS = 100_000


@dataclass(frozen=True)
class Member:
    """One scheme of a family, on a device.

    Parameters
    ----------
    size : l, how often clones are cloned again, or r, the qubits of a register.
    """

    family: Family
    num_clones: int
    size: int
    device: str

    @property
    def scheme(self) -> Iterated | Parallel:
        """The scheme itself."""
        base = Canonical(self.num_clones)
        if self.family == "register":
            return Parallel(base, self.size)
        made = Iterated.virtual if self.family == "virtual" else Iterated.full
        return made(base, self.size)


def search_canonical(
    num_clones: int,
    device: str,
    clone: str,
    budget: Budget,
    seed: int,
    progress: Progress,
    *,
    fresh: bool = False,
) -> Entries:
    """Search circuits that decrypt S1 or A; return what the data file keeps: by aim, the best.

    Unless all is to be fresh, layouts of what ships, here and elsewhere, are tried first.
    """
    scheme, processor = Canonical(num_clones), load_device(device)
    rivals = _rivals(scheme, processor, clone)
    known = [] if fresh else [f.draft for f in chain(*rivals)]
    search, taken = searched(scheme, processor, clone, budget, seed, known=known, progress=progress)
    made = Made(scheme, processor, "canonical", seed, taken)
    found = {aim: made.proved(f.draft, clone) for aim, f in search.kept}
    return keep(device, beyond(found, rivals.moved))


def search_member(
    member: Member, budget: Budget, seed: int, progress: Progress, *, fresh: bool = False
) -> Entries:
    """Search; return what the data file keeps: by aim, the best circuit.

    Unless all is to be fresh, sites of what ships, here and elsewhere, are tried first; for registers not.
    """
    rng = random.Random(f"{seed} {member.family} {member.num_clones} {member.size}")
    scheme, device = member.scheme, load_device(member.device)
    if isinstance(scheme, Parallel):
        clone, strategy, rivals = "S1", "register", _Rivals()
        search: RegisterSearch | IteratedSearch = RegisterSearch(device, member.size, rng)
    else:
        clone, strategy = "/".join(["S1"] * (member.size + 1)), "iterated"
        rivals = _rivals(scheme, device, clone)
        own = scheme.clone(clone)
        begun = [] if fresh else [Sites.of(f.draft, own, device.edges) for f in chain(*rivals)]
        search = IteratedSearch(scheme, clone, Placer(device, rng, _PLACEMENTS), rng, begun)
    taken = budget.spend(search.run(), progress)
    made = Made(scheme, device, strategy, seed, taken)
    found = {aim: made.proved(f.draft, clone) for aim, f in search.kept}
    return keep(member.device, beyond(found, rivals.moved))


def search_polished(
    scheme: Scheme, clone: str, device: str, budget: Budget, seed: int, progress: Progress
) -> Entries:
    """Make stages of what ships anew, here and elsewhere; return what the data file keeps: by aim, the best.

    Raises
    ------
    InvalidInputError : nothing ships that fits.
    """
    processor, rng = load_device(device), random.Random(f"{seed} {scheme}")
    rivals = _rivals(scheme, processor, clone)
    begun = [f.draft for f in chain(*rivals)]
    if not begun:
        raise InvalidInputError(
            f"No circuit of {scheme} ships that fits on {device}.", "Search one without --polish."
        )
    search = PolishedSearch(scheme, clone, Placer(processor, rng, _PLACEMENTS), rng, begun)
    taken = budget.spend(search.run(), progress)
    made = Made(scheme, processor, "polished", seed, taken)
    found = {aim: made.proved(f.draft, clone) for aim, f in search.kept}
    return keep(device, beyond(found, rivals.moved))


class _Rivals(NamedTuple):
    """What ships for a device, and what other devices' circuits are worth there."""

    own: Sequence[Found] = ()
    moved: Sequence[Found] = ()


def _rivals(scheme: Scheme, device: Device, clone: str) -> _Rivals:
    own = [e for e in on_shelf(device.name) if family_key(e.scheme) == family_key(scheme)]
    drafts = [(renamed(e.draft, e.clone, scheme, clone), e.fidelity) for e in own]
    there = [Found(draft, worth) for draft, worth in drafts if draft is not None]
    return _Rivals(there, moved(scheme, device, clone, [name for name in DEVICES if name != device.name]))


def search_chip(
    device: str,
    recloned: tuple[int, ...],
    clone: str,
    budget: Budget,
    seed: int,
    progress: Progress,
    *,
    fresh: bool = False,
) -> Entries:
    """Search circuits of two clones a level, so many of each generation cloned again.

    Unless all is to be fresh, what the data file has is improved first; if it has none, the shipped circuit
    of the scheme that has most wires in common, whatever device it is for.

    Raises
    ------
    InvalidInputError : the file keeps circuits that decrypt clones of another generation; no room.
    """
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
    found = {aim: made.proved(f.draft, f.clone) for aim, f in search.kept}
    rivals = _rivals(scheme, search.device, clone)
    return keep(device, beyond(found, rivals.moved))


def _alike(scheme: Iterated) -> list[Entry]:
    """The shipped circuit whose wires differ least from those of a scheme; of several the best."""
    wires = {w.label for w in scheme.wires}
    known = [entry for name in DEVICES for entry in shipped(name) if entry.scheme.inputs == scheme.inputs]
    return sorted(known, key=lambda e: (len(wires ^ ({*e.draft.roles} - {"R"})), -e.fidelity))[:1]
