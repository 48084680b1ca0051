"""How large a program may be, and its angles; what is said of others, before any work is done."""

from __future__ import annotations

from qclone.errors import InvalidInputError

MAX_TAILS = 10_000
"""Of one program: each is a qubit that the server keeps and sends back."""
MAX_ANGLE = 1e9
"""In radians. Beyond, neighbouring numbers of double precision are more than 1e-7 apart, and what is left of
them after whole turns is nothing that anybody meant."""


def in_reach(angle: float) -> float:
    """Return an angle. Raises InvalidInputError where whole turns cannot be taken off in double precision."""
    if abs(angle) > MAX_ANGLE:
        raise InvalidInputError(
            f"The angle {angle:g} is too large: double precision does not tell where on the circle it is.",
            f"Write angles in radians between -{MAX_ANGLE:g} and {MAX_ANGLE:g}.",
        )
    return angle


def too_many_tails(how_many: str) -> InvalidInputError:
    """Return what is said of a program whose tails exceed the limit."""
    return InvalidInputError(
        f"The program sends {how_many} qubits back, one a rotation and three a CCZ; "
        f"the limit is {MAX_TAILS:,}.",
        "Reduce its T count, or run a part of it.",
    )
