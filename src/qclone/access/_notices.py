"""What one should know before clones of a scheme are given away: who learns something without the key."""

from __future__ import annotations

from collections.abc import Collection

from qclone.access._verdict import classify
from qclone.scheme import AlikePairs, AnyScheme, Role, choose_phases

_BY_RANKS = 1000


def leak_notices(scheme: AnyScheme, given: Collection[str] | None = None) -> list[str]:
    """Return a sentence for each way in which clones show the input to who lacks the key; mostly none.

    For schemes whose pairs are alike, and what is made of them, from closed forms; for others by ranks.

    Parameters
    ----------
    scheme : any scheme.
    given : labels of the clones that servers hold; by default all but the input wire itself. A scheme of over
        1000 wires for which there is no closed form is then not looked at.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> leak_notices(Canonical(4)), leak_notices(Canonical(3))
    ([], ['With n = 3 all clones together show the Bloch Y component; even n leaks nothing.'])
    """
    core = scheme.core
    if core.alike is not None and core.alike.leaks:
        return [_by_pairs(core.alike)]
    if given is None:
        if core.alike is not None or scheme.num_qubits > _BY_RANKS:
            return []
        source = scheme.source
        given = [label for label in scheme.clones if label != source]
    if core.alike is not None:
        # Every set recovers or learns nothing, and without any noise wire it takes all others.
        held = {wire for label in given for wire in scheme.clone(label).wires}
        whole = all(wire.label in held for wire in scheme.wires if wire.role is not Role.NOISE)
        if not whole:
            return []
        return [
            "All servers together hold A and every S: together they can undo the encryption without the key. "
            "One fewer, and they learn nothing."
        ]
    made_of = scheme.composition
    one = made_of.base if made_of is not None and made_of.side_by_side is not None else scheme
    together = classify(one, {wire for label in given for wire in one.clone(label).wires})
    if together.recovers:
        return ["All servers together can undo the encryption without the key: keep one of them honest."]
    if together.leaks:
        return [f"All servers together learn {', '.join(together.leaks)} of what is cloned, without the key."]
    return []


def _by_pairs(alike: AlikePairs) -> str:
    n, d = alike.num_pairs, alike.dimension
    if d == 2 and n == 1:
        return "With n = 1 the clone is not encrypted at all: it alone shows the Bloch Y component."
    if d == 2:
        return f"With n = {n} all clones together show the Bloch Y component; even n leaks nothing."
    best = choose_phases(d, n)
    if best.leak_free:
        return (
            "With these phases some sets that cannot recover learn something; "
            f"({best.u}, {best.v}) leak nothing."
        )
    return (
        f"For d = {d} and n = {n} some sets that cannot recover learn something, whatever the phases; "
        "even n leaks nothing."
    )
