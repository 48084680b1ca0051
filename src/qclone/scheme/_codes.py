"""Codes to share a qubit with: two well-known ones, and one for any access structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qclone.errors import InvalidInputError
from qclone.scheme._code import StabilizerCode

FIVE_QUBIT = StabilizerCode(("XZZXI", "IXZZX", "XIXZZ", "ZXIXZ"), (("XXXXX", "ZZZZZ"),))
"""The [[5,1,3]] code: a perfect ((3,5)) threshold scheme; the canonical scheme with n = 2."""

STEANE = StabilizerCode(
    ("IIIXXXX", "IXXIIXX", "XIXIXIX", "IIIZZZZ", "IZZIIZZ", "ZIZIZIZ"), (("XXXXXXX", "ZZZZZZZ"),)
)
"""The [[7,1,3]] code: the minimal qualified sets are the seven lines of the Fano plane."""


def sharing_code(
    minimal_sets: Sequence[Sequence[str]],
) -> tuple[StabilizerCode, Mapping[str, tuple[int, ...]]]:
    """Return a code on which every set of parties that contains one of these sets recovers one qubit.

    Within each minimal set the bit value is shared additively, and all sets carry the same value in
    superposition: |s> -> sum over shares with sum s in every set. A set recovers Z from the minimal set that
    it contains, and X because it meets every other one. A party holds one qubit for each set it is in;
    after the monotone span programs of A. Smith, quant-ph/0001087.

    Parameters
    ----------
    minimal_sets : the sets of parties, by name.

    Returns
    -------
    the code, and the qubits of each party.

    Raises
    ------
    InvalidInputError : an empty set or party twice in a set, or two sets without a common party: both
        could recover the qubit, which would clone it in the clear.

    Example
    -------
    >>> code, qubits = sharing_code([("key", "east"), ("key", "west")])
    >>> qubits["key"], code.recovers([*qubits["key"], *qubits["west"]])
    ((0, 2), True)
    """
    sets = [tuple(members) for members in minimal_sets]
    for members in sets:
        if not members or len(set(members)) < len(members):
            raise InvalidInputError("A qualified set has some parties, each once.", "Mend the list of sets.")
        for other in sets:
            if not set(members) & set(other):
                raise InvalidInputError(
                    f"The sets {', '.join(members)} and {', '.join(other)} have no party in common.",
                    "Two separate sets cannot both recover a qubit: that would clone it unencrypted.",
                )
    if not sets:
        raise InvalidInputError("There is no qualified set.", "Give at least one.")
    holders = [party for members in sets for party in members]
    ends = [sum(map(len, sets[: i + 1])) for i in range(len(sets))]
    blocks = [range(end - len(members), end) for members, end in zip(sets, ends, strict=True)]
    size = len(holders)

    def product(pauli: str, qubits: Iterable[int]) -> str:
        on = set(qubits)
        return "".join(pauli if q in on else "I" for q in range(size))

    x_stabilizers = [product("X", (q, block[-1])) for block in blocks for q in block[:-1]]
    z_stabilizers = [product("Z", (*blocks[0], *block)) for block in blocks[1:]]
    logical = (product("X", (block[-1] for block in blocks)), product("Z", blocks[0]))
    code = StabilizerCode((*x_stabilizers, *z_stabilizers), (logical,))
    parties = dict.fromkeys(holders)
    return code, {party: tuple(q for q, p in enumerate(holders) if p == party) for party in parties}
