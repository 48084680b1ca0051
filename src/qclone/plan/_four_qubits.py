"""The four-qubit code: the smallest that survives the loss of any one qubit."""

from __future__ import annotations

from dataclasses import dataclass

import stim

from qclone.scheme import Clone, Role, Scheme, Wire


@dataclass(frozen=True)
class FourQubits(Scheme):
    """One qubit in the [[4,1,2]] code with stabilisers XXXX, ZZII and IIZZ: |x> -> sum_c |x+c, x+c, c, c>.

    After arXiv:quant-ph/9610042, its second logical qubit fixed. Three qubits recover everything, two
    one Bloch component, one nothing; it has no key, and so no clones.

    Example
    -------
    >>> from qclone.access import classify
    >>> [classify(FourQubits(), held).bits for held in (["Q1", "Q2", "Q3"], ["Q1", "Q3"], ["Q1", "Q2"])]
    [2, 1, 1]
    """

    wires = (
        Wire("Q1", Role.INPUT),
        Wire("Q2", Role.SIGNAL),
        Wire("Q3", Role.SIGNAL),
        Wire("Q4", Role.SIGNAL),
    )
    clones = ()

    def clone(self, label: str) -> Clone:
        raise self.no_such_clone(label)

    def prepare(self) -> stim.Circuit:
        return stim.Circuit("H 2\nCX 2 3")

    def encrypt(self) -> stim.Circuit:
        return stim.Circuit("CX 0 1 2 0 2 1")

    def decrypt(self, clone: str) -> stim.Circuit:
        raise self.no_such_clone(clone)
