"""Searching circuits of what ships, scheme by scheme, and keeping the best in the package's data."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from qclone.device import load_device
from qclone.errors import InvalidInputError
from qclone.native._families import family_key
from qclone.native._placer import Placer
from qclone.scheme import Canonical, Iterated, Parallel
from qclone.search._budget import Budget, Progress
from qclone.search._find import searched
from qclone.search._shelf import Entries, Made, keep, on_shelf
from qclone.search.strategies._chip import ChipSearch
from qclone.search.strategies._iterated import IteratedSearch
from qclone.search.strategies._register import RegisterSearch

Family = Literal["virtual", "physical", "register"]

_PLACEMENTS = 300
# Of annealing, for each qubit: minutes for a whole chip.
_STEPS = 300_000


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
    num_clones: int, device: str, clone: str, budget: Budget, seed: int, progress: Progress
) -> Entries:
    """Search circuits that decrypt S1 or A; return what the data file keeps: by aim, the best."""
    scheme, processor = Canonical(num_clones), load_device(device)
    search, taken = searched(scheme, processor, clone, budget, seed, progress=progress)
    made = Made(scheme, processor, "canonical", seed, taken)
    return keep(made.device.name, {aim: made.proved(f.draft, clone) for aim, f in search.kept})


def search_member(member: Member, budget: Budget, seed: int, progress: Progress) -> Entries:
    """Search; return what the data file keeps: by aim, the best circuit."""
    rng = random.Random(f"{seed} {member.family} {member.num_clones} {member.size}")
    scheme, device = member.scheme, load_device(member.device)
    if isinstance(scheme, Parallel):
        clone, strategy = "S1", "register"
        search: RegisterSearch | IteratedSearch = RegisterSearch(device, member.size, rng)
    else:
        clone, strategy = "/".join(["S1"] * (member.size + 1)), "iterated"
        search = IteratedSearch(scheme, clone, Placer(device, rng, _PLACEMENTS), rng)
    taken = budget.spend(search.run(), progress)
    made = Made(scheme, device, strategy, seed, taken)
    return keep(made.device.name, {aim: made.proved(f.draft, clone) for aim, f in search.kept})


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

    Unless all is to be fresh, what the data file has is improved first.

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
    resumed: list[Iterator[None]] = [search.resume(e.draft.roles) for e in known if not fresh]
    taken = budget.spend(chain(*resumed, search.run()), progress)
    made = Made(scheme, search.device, "chip", seed, taken)
    return keep(device, {aim: made.proved(f.draft, f.clone) for aim, f in search.kept})
