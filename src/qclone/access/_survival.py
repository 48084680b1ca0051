"""How many more losses are survived, whichever they are: exact, without trying every set of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qclone.access._closed_forms import closed_form
from qclone.access._verdict import classify
from qclone.scheme import AlikePairs, AnyScheme, Scheme

MAX_QUESTIONS = 20_000
"""Verdicts that one search may ask for; what is not settled by then is said to be a bound."""


@dataclass(frozen=True)
class Survival:
    """How many losses are survived.

    Parameters
    ----------
    losses : the largest number t such that, whichever t groups of wires are lost, the others still recover;
        -1 if they do not even now.
    exact : whether t + 1 losses were found that are too many; otherwise t is what was proved.
    """

    losses: int
    exact: bool = True


def losses_survived(scheme: AnyScheme, kept: Iterable[str], at_risk: Mapping[str, Iterable[str]]) -> Survival:
    """Return how many groups of wires may be lost, whichever they are, so that what is left recovers.

    Linear in the number of wires for the canonical scheme with its noise qubits kept. Otherwise a group that
    is enough by itself must be lost for anything to be lost, which settles it where clones are recovered one
    by one; whatever is left is searched, by sets that are enough.

    Parameters
    ----------
    scheme : any scheme.
    kept : wires that are not lost.
    at_risk : name -> wires that are lost together, such as those at one server.

    Raises
    ------
    UnknownWireError : a label that the scheme does not have.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> key = ["N1", "N2", "N3", "N4"]
    >>> servers = {f"server-{i}": [f"S{i}"] for i in range(1, 5)}
    >>> losses_survived(Canonical(4), key, servers)
    Survival(losses=3, exact=True)
    >>> losses_survived(Canonical(4), key[1:], servers)  # S1 has to stand in for N1
    Survival(losses=0, exact=True)
    """
    home = frozenset(kept)
    groups = {name: frozenset(wires) - home for name, wires in at_risk.items()}
    alike = scheme.alike
    noise = set() if alike is None else {w.label for w in scheme.wires[alike.num_pairs + 1 :]}
    if alike is not None and all(noise.isdisjoint(wires) for wires in groups.values()):
        indices = {name: scheme.indices(wires) for name, wires in groups.items()}
        return Survival(_of_pairs(alike, set(scheme.indices(home)), indices) - 1)
    return _Search(scheme).survival(home, groups)


def _of_pairs(alike: AlikePairs, home: set[int], groups: Mapping[str, Iterable[int]]) -> int:
    """The fewest groups whose loss is too much; A and signal wires may be in them, noise wires are not.

    Without A the rest recovers if it has a wire of every pair and one pair whole; with A one whole pair is
    enough, and so are aligned sets that `AlikePairs.aligned_bits` gives everything.
    """
    n, never = alike.num_pairs, len(groups) + 1
    signals: dict[str, set[int]] = {name: {i for i in wires if 1 <= i <= n} for name, wires in groups.items()}
    of_a = [name for name, wires in groups.items() if 0 in set(wires)]
    noise = {i - n for i in home if i > n}

    def fewest(with_input: bool, without: Iterable[str] = (), beside: Iterable[int] = ()) -> int:
        """The fewest losses among the groups but `without`, with A kept or gone and some signals beside."""
        safe = {i for i in home if 1 <= i <= n}.union(beside)
        others = {name: found for name, found in signals.items() if name not in without}
        needed = [name for name, found in others.items() if found & noise]
        break_pairs = never if safe & noise else len(needed)
        if not with_input:
            at_risk = set[int]().union(*others.values())
            held = safe | noise | at_risk
            if len(held) < n:  # a pair is missed already
                return 0
            return min(break_pairs, 1 if at_risk - safe - noise else never)
        if break_pairs == never:
            return never
        left = safe.union(*(found for name, found in others.items() if name not in needed))
        if len(left | noise) < n or alike.aligned_bits(len(left), len(noise), True) != 2:
            return break_pairs
        return break_pairs + 1 if left - safe else never

    if 0 in home:
        found = fewest(True)
    elif of_a:
        gone, stays = of_a, set[int]().union(*(signals[name] for name in of_a))
        found = min(fewest(True, gone, stays), len(gone) + fewest(False, gone))
    else:
        found = fewest(False)
    return min(found, never)


class _Search:
    """Finds the fewest groups whose loss is too much, for any scheme."""

    def __init__(self, scheme: AnyScheme) -> None:
        self._scheme = scheme
        self._whole = (
            [frozenset((*clone.wires, *clone.key)) for clone in map(scheme.clone, scheme.clones)]
            if isinstance(scheme, Scheme)
            else []
        )
        self._questions = 0

    def survival(self, home: frozenset[str], groups: Mapping[str, frozenset[str]]) -> Survival:
        if not self._enough(home.union(*groups.values())):
            return Survival(-1)
        if self._enough(home):
            return Survival(len(groups))
        # Whatever is enough by itself has to go; for most schemes nothing that recovers is left then.
        alone = {name for name, wires in groups.items() if self._enough(home | wires)}
        rest = {name: wires for name, wires in groups.items() if name not in alone}
        if not self._enough(home.union(*rest.values())):
            return Survival(len(alone) - 1)
        for more in range(1, len(rest) + 1):
            broken = self._breaks(home, rest, more)
            if broken is None:
                return Survival(len(alone) + more - 1, exact=False)
            if broken:
                return Survival(len(alone) + more - 1)
        raise AssertionError("all groups together are too many to lose")

    def _breaks(self, home: frozenset[str], groups: Mapping[str, frozenset[str]], losses: int) -> bool | None:
        """Whether so many losses can be too many; None if that was not settled."""
        if not self._enough(home.union(*groups.values())):
            return True
        if losses == 0:
            return False
        # Any losses that are too many take one group of every set that is enough.
        for name in self._some_that_are_enough(home, groups):
            if self._questions > MAX_QUESTIONS:
                return None
            others = {other: wires for other, wires in groups.items() if other != name}
            found = self._breaks(home, others, losses - 1)
            if found is not False:
                return found
        return False

    def _some_that_are_enough(self, home: frozenset[str], groups: Mapping[str, frozenset[str]]) -> list[str]:
        """A set of groups that is enough, and of which none can be spared."""
        chosen = dict(groups)
        for name in groups:
            fewer = {other: wires for other, wires in chosen.items() if other != name}
            if self._enough(home.union(*fewer.values())):
                chosen = fewer
        return list(chosen)

    def _enough(self, held: frozenset[str]) -> bool:
        if any(clone <= held for clone in self._whole):
            return True
        self._questions += 1
        if self._scheme.alike is not None:
            return closed_form(self._scheme, held).bits == 2
        return classify(self._scheme, held).recovers
