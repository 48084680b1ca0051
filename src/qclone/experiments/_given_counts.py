"""Counts that come from a file, which people may have written: checked and cleaned, one circuit at a time."""

from __future__ import annotations

from qclone.errors import InvalidInputError

# More shots of one outcome are no measurement, and no number that divides exactly.
_MOST = 10**12


def given_counts(name: str, counts: object, width: int) -> dict[str, int]:
    """Return bit string -> shots of a circuit, spaces in bit strings left out.

    Parameters
    ----------
    width : the number of bits that the circuit measures.

    Raises
    ------
    InvalidInputError : no counts, bit strings of another width, or no numbers of shots.

    Example
    -------
    >>> given_counts("bell", {"0 0": 3, "11": 2}, 2)
    {'00': 3, '11': 2}
    """
    if not isinstance(counts, dict) or not counts:
        raise InvalidInputError(f"There are no counts of {name}.", "Write bit string -> shots.")
    clean: dict[str, int] = {}
    for text, shots in counts.items():
        bits = str(text).replace(" ", "")
        if len(bits) != width or set(bits) - {"0", "1"} or not _is_number(shots):
            raise InvalidInputError(
                f"{name} measures {width} bits, and its counts say {text!r}: {shots!r}.",
                "Write each bit string, last character bit 0, with a whole number of shots.",
            )
        clean[bits] = clean.get(bits, 0) + shots
    if not sum(clean.values()):
        raise InvalidInputError(f"The counts of {name} are all 0.", "Leave out what was not measured.")
    return clean


def _is_number(shots: object) -> bool:
    return isinstance(shots, int) and not isinstance(shots, bool) and 0 <= shots <= _MOST
