"""No code: one qubit a block, to compare with."""

from __future__ import annotations

from qclone.logical._code import Code
from qclone.logical.codes._registry import only, register


@register("bare")
def bare(distance: int | None) -> Code:
    """[[1,1,1]]: every gate is itself."""
    only("bare", distance, 1)
    return Code("bare", 1, 1, (), (), ((0,),), ((0,),), duality=(0,), s_signs=(1,))
