"""What a job returned, as counts of its circuits; what is none is refused, not rounded or cut."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from qclone.errors import QcloneError


def counts_of(returned: Any, width: int, label: str) -> dict[str, int]:
    """Return the shots by bit string of one circuit, the last character bit 0, no blanks between registers.

    Parameters
    ----------
    returned : shots by outcome: a bit string, with or without blanks, a number, or that in hexadecimals.
    width : how many classical bits the circuit has.
    label : the job.

    Raises
    ------
    QcloneError : outcomes of another width, shots that are no whole number (probabilities), or none at all.

    Example
    -------
    >>> counts_of({"0 1": 3, "0x1": 2, 2: 1.0}, 2, "j1")
    {'01': 5, '10': 1}
    """
    if not isinstance(returned, Mapping):
        raise _none(label, f"{returned!r:.60}")
    found: dict[str, int] = {}
    for outcome, shots in returned.items():
        text, number = _text(outcome, width), _whole(shots)
        if text is None or number is None:
            raise _none(label, f"{outcome!r:.60}: {shots!r:.60} of a circuit of {width} bits")
        found[text] = found.get(text, 0) + number
    if not any(found.values()):
        raise _none(label, "not a single shot")
    if sum(found.values()) == 1 and not any(isinstance(shots, Integral) for shots in returned.values()):
        # One outcome with probability 1 is no shot.
        raise _none(label, f"{dict(returned)!r:.60}, which adds up to 1")
    return found


def _text(outcome: object, width: int) -> str | None:
    """Return an outcome as a bit string of the circuit's width; None if it is none."""
    if isinstance(outcome, str) and not outcome.lower().startswith("0x"):
        bits = outcome.replace(" ", "")
        return bits if len(bits) == width and not set(bits) - {"0", "1"} else None
    try:
        number = int(outcome, 16) if isinstance(outcome, str) else int(outcome)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return None
    return f"{number:0{width}b}" if 0 <= number < 2**width else None


def _whole(shots: object) -> int | None:
    if not isinstance(shots, Real):
        return None
    try:
        number = float(shots)
    except OverflowError:
        return None
    return int(number) if number >= 0 and number.is_integer() else None


def _none(label: str, what: str) -> QcloneError:
    return QcloneError(
        f"The job {label} returned {what}: these are no counts.",
        "Choose a backend that returns whole numbers of shots by the bits that circuits measure.",
    )
