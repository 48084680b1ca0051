"""Iceberg codes: k logical qubits in k + 2, errors detected and not corrected."""

from __future__ import annotations

from qclone.logical._code import Code
from qclone.logical.codes._registry import only, register


def iceberg(num_logical: int, name: str, distance: int | None) -> Code:
    """[[k+2, k, 2]], k even (Self, Benedetti, Amaro, 2211.06703): checks X and Z on all qubits.

    Logical X_i is X on the first qubit and qubit i, Z_i is Z on qubit i and the last: H on all qubits is
    logical H on all k, once the first and the last qubit change places. k = 2 is the [[4,2,2]] code.
    """
    only(name, distance, 2)
    n = num_logical + 2
    everything = tuple(range(n))
    return Code(
        name=name,
        distance=2,
        num_qubits=n,
        x_checks=(everything,),
        z_checks=(everything,),
        logical_x=tuple((0, i) for i in range(1, n - 1)),
        logical_z=tuple((i, n - 1) for i in range(1, n - 1)),
        duality=(n - 1, *range(1, n - 1), 0),
        flagged=True,
    )


@register("422")
def four_two_two(distance: int | None) -> Code:
    """The [[4,2,2]] code."""
    return iceberg(2, "422", distance)


@register("iceberg4")
def iceberg_four(distance: int | None) -> Code:
    """The [[6,4,2]] code."""
    return iceberg(4, "iceberg4", distance)


@register("iceberg6")
def iceberg_six(distance: int | None) -> Code:
    """The [[8,6,2]] code."""
    return iceberg(6, "iceberg6", distance)
