"""The Steane code: seven qubits, every Clifford gate transversal."""

from __future__ import annotations

from qclone.logical._code import Code
from qclone.logical.codes._registry import only, register

_CHECKS = ((3, 4, 5, 6), (1, 2, 5, 6), (0, 2, 4, 6))


@register("steane")
def steane(distance: int | None) -> Code:
    """[[7,1,3]] (quant-ph/9601029) with flags; S_DAG on every qubit is the logical S."""
    only("steane", distance, 3)
    return Code(
        name="steane",
        distance=3,
        num_qubits=7,
        x_checks=_CHECKS,
        z_checks=_CHECKS,
        logical_x=((0, 1, 2),),
        logical_z=((0, 1, 2),),
        duality=tuple(range(7)),
        s_signs=(-1,) * 7,
        flagged=True,
    )
