"""The rotated surface code, with H by a quarter turn."""

from __future__ import annotations

from qclone.logical._code import Code
from qclone.logical.codes._registry import odd, register

# In which order an ancilla meets its corners: the last two of an X check lie along a row, across the
# logical X on a column, and those of a Z check along a column: an error of the ancilla half way does
# not count twice (Tomita and Svore, 1404.3747).
_X_ORDER = ((0, 0), (0, 1), (1, 0), (1, 1))
_Z_ORDER = ((0, 0), (1, 0), (0, 1), (1, 1))


@register("surface")
def surface(distance: int | None) -> Code:
    """[[d^2, 1, d]], d odd; logical X on the middle column, logical Z on the middle row.

    A quarter turn about the middle takes X checks to Z checks and the column to the row.
    """
    d = odd("surface", distance, 15)
    found: dict[bool, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {True: [], False: []}
    for row in range(-1, d):
        for column in range(-1, d):
            is_x = (row + column) % 2 == 0
            inside = 0 <= row < d - 1, 0 <= column < d - 1
            # Half checks of X lie above and below, those of Z left and right.
            if inside in ((True, True), (False, True) if is_x else (True, False)):
                corners = [
                    ((row + r) * d + column + c, slot)
                    for slot, (r, c) in enumerate(_X_ORDER if is_x else _Z_ORDER)
                    if 0 <= row + r < d and 0 <= column + c < d
                ]
                qubits, slots = zip(*corners, strict=True)
                found[is_x].append((qubits, slots))
    middle = d // 2
    return Code(
        name="surface",
        distance=d,
        num_qubits=d * d,
        x_checks=tuple(qubits for qubits, _ in found[True]),
        z_checks=tuple(qubits for qubits, _ in found[False]),
        logical_x=(tuple(range(middle, d * d, d)),),
        logical_z=(tuple(range(middle * d, middle * d + d)),),
        duality=tuple((q % d) * d + d - 1 - q // d for q in range(d * d)),
        slots=tuple(slots for _, slots in found[True] + found[False]),
        positions=tuple((float(q % d), float(q // d)) for q in range(d * d)),
    )
