"""Smallest authorized sets, largest blind sets, and the code distance."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from math import comb

import numpy as np

from qclone.access._ranks import Integers, information
from qclone.errors import InvalidInputError
from qclone.scheme import AlikePairs, AnyScheme, Composition, Scheme

_MAX_ENUMERATED = 20
_MAX_TRIED, _BATCH = 100_000, 4096


def minimal_sets(scheme: AnyScheme, held: Iterable[str] | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the authorized sets of wires of which no wire can be left out, smallest first.

    For the canonical scheme they are: A with a complete pair (n >= 2); one wire of each pair and the second
    of one of them; A with one wire of each pair, all 2^n choices for even n and for odd n those with an even
    number of noise wires. They are made one by one, so taking the first few is cheap for any n.

    Parameters
    ----------
    scheme : any scheme.
    held : use these wires only, for example those that survive; all by default.

    Raises
    ------
    InvalidInputError : a scheme without structure of more than 20 wires.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> list(minimal_sets(Canonical(2), held=["A", "S1", "S2", "N2"]))
    [('A', 'S2', 'N2'), ('A', 'S1', 'S2'), ('A', 'S1', 'N2'), ('S1', 'S2', 'N2')]
    """
    labels = [w.label for w in scheme.wires]
    present = set(labels if held is None else (labels[i] for i in scheme.indices(held)))
    if scheme.alike is not None:
        return _of_pairs(scheme, scheme.alike, present)
    if (made_of := scheme.composition) is not None and (rows := made_of.side_by_side) is not None:
        return _side_by_side(made_of, rows, labels, present)
    return _enumerated(scheme, present)


def maximal_blind_sets(scheme: AnyScheme) -> Iterator[tuple[str, ...]]:
    """Yield the sets of wires that learn nothing and to which no wire can be added.

    What learns nothing is the complement of what recovers: I(R:H) + I(R:rest) = 2 for a pure state.

    >>> from qclone.scheme import Canonical
    >>> {len(blind) for blind in maximal_blind_sets(Canonical(2))}
    {2}
    """
    labels = [w.label for w in scheme.wires]
    for authorized in minimal_sets(scheme):
        yield tuple(label for label in labels if label not in authorized)


def code_distance(scheme: AnyScheme) -> int:
    """Return the smallest number of wires that learn anything: the distance of the code.

    Raises
    ------
    InvalidInputError : a scheme without structure for which too many sets would have to be tried.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> [code_distance(Canonical(n)) for n in (1, 2, 3, 100)]
    [1, 3, 3, 3]
    """
    if (made_of := scheme.composition) is not None and made_of.side_by_side is not None:
        return code_distance(made_of.base)
    if (alike := scheme.alike) is not None:
        # A with a complete pair; one wire of each pair with A; or without, if that leaks.
        return min(3, alike.num_pairs if alike.leaks else alike.num_pairs + 1)
    if not isinstance(scheme, Scheme):
        raise InvalidInputError(f"There is no distance for {scheme}.", "Use a scheme of qubits.")
    size, tried = scheme.num_qubits, 0
    for weight in range(1, size + 1):
        tried += comb(size, weight)
        if tried > _MAX_TRIED:
            raise InvalidInputError(
                f"The distance of {scheme} is above {weight - 1}, too large to find by trying every set.",
                "Take fewer wires.",
            )
        combinations = itertools.combinations(range(size), weight)
        while chosen := list(itertools.islice(combinations, _BATCH)):
            held = np.zeros((len(chosen), size), dtype=np.bool_)
            held[np.arange(len(chosen))[:, None], np.array(chosen)] = True
            if information(scheme, held).any():
                return weight
    return size


def _of_pairs(scheme: AnyScheme, alike: AlikePairs, present: set[str]) -> Iterator[tuple[str, ...]]:
    n = alike.num_pairs
    choices = [[x for x in (f"S{i}", f"N{i}") if x in present] for i in range(1, n + 1)]
    whole = [i for i, pair in enumerate(choices) if len(pair) == 2]
    by_size: list[tuple[int, Iterator[tuple[str, ...]]]] = []
    if "A" in present:
        if n >= 2:
            by_size.append((3, (("A", *choices[i]) for i in whole)))
        by_size.append((n + 1, _with_input(alike, choices)))
    by_size.append((n + 1, _without_input(choices, whole)))
    for _, sets in sorted(by_size, key=lambda one: one[0]):
        for wires in sets:
            yield tuple(sorted(wires, key=scheme.index))


def _with_input(alike: AlikePairs, choices: list[list[str]]) -> Iterator[tuple[str, ...]]:
    for wires in itertools.product(*choices):
        noise = sum(label[0] == "N" for label in wires)
        if alike.aligned_bits(len(wires) - noise, noise, with_input=True) == 2:
            yield ("A", *wires)


def _without_input(choices: list[list[str]], whole: list[int]) -> Iterator[tuple[str, ...]]:
    for i in whole:
        for others in itertools.product(*choices[:i], *choices[i + 1 :]):
            yield (*choices[i], *others)


def _side_by_side(
    made_of: Composition, rows: Integers, labels: Sequence[str], present: set[str]
) -> Iterator[tuple[str, ...]]:
    """A register takes a minimal set of each qubit."""
    own = [wire.label for wire in made_of.base.wires]
    names = [dict(zip(own, (labels[wire] for wire in row), strict=True)) for row in rows.tolist()]
    each = [minimal_sets(made_of.base, [x for x in own if there[x] in present]) for there in names]
    for sets in itertools.product(*each):
        yield tuple(there[x] for there, wires in zip(names, sets, strict=True) for x in wires)


def _enumerated(scheme: AnyScheme, present: set[str]) -> Iterator[tuple[str, ...]]:
    labels = [w.label for w in scheme.wires if w.label in present]
    if len(labels) > _MAX_ENUMERATED or not isinstance(scheme, Scheme):
        raise InvalidInputError(
            f"{scheme} has too many sets to try them all.", f"Give at most {_MAX_ENUMERATED} wires."
        )
    codes = np.arange(2 ** len(labels))
    subsets = (codes[:, None] >> np.arange(len(labels)) & 1).astype(np.bool_)
    held = np.zeros((len(codes), scheme.num_qubits), dtype=np.bool_)
    held[:, scheme.indices(labels)] = subsets
    recovers = information(scheme, held) == 2 * len(scheme.inputs)
    # Authorized sets only grow, so a set is minimal if it fails without any one of its wires.
    minimal = recovers.copy()
    for i in range(len(labels)):
        minimal &= ~(subsets[:, i] & recovers[codes & ~(1 << i)])
    order = np.flatnonzero(minimal)
    for code in order[np.argsort(subsets[order].sum(axis=1), kind="stable")]:
        yield tuple(itertools.compress(labels, subsets[code].tolist()))
