"""Which two-qubit gates of a backend can carry a Clifford circuit, and at what angle."""

from __future__ import annotations

from functools import cache
from math import pi

from qiskit.circuit import Gate, Parameter, ParameterExpression
from qiskit.circuit.library import (
    CXGate,
    CZGate,
    ECRGate,
    RXXGate,
    RYYGate,
    RZXGate,
    RZZGate,
    iSwapGate,
)

from qclone.device._device import ENTANGLERS

_FIXED: dict[str, type[Gate]] = {"cz": CZGate, "cx": CXGate, "ecr": ECRGate, "iswap": iSwapGate}
_TURNED: dict[str, type[Gate]] = {"rzz": RZZGate, "rxx": RXXGate, "ryy": RYYGate, "rzx": RZXGate}


def entangler_of(operation: object) -> str | None:
    """Return under which name of `ENTANGLERS` an operation of a backend entangles; None if it does not.

    A rotation counts if its angle is free or a right one: then one of them makes a CZ.

    Example
    -------
    >>> from qiskit.circuit.library import CPhaseGate
    >>> entangler_of(CXGate()), entangler_of(RZZGate(pi / 2)), entangler_of(RZZGate(0.3))
    ('cx', 'rzz', None)
    >>> entangler_of(CPhaseGate(pi / 2)) is None
    True
    """
    name = getattr(operation, "name", "")
    if name not in ENTANGLERS or getattr(operation, "num_qubits", 0) != 2:
        return None
    for angle in getattr(operation, "params", ()):
        if not isinstance(angle, ParameterExpression) and abs(abs(float(angle)) - pi / 2) > 1e-9:
            return None
    return name


@cache
def gate_named(name: str) -> Gate:
    """Return the gate of a name in `ENTANGLERS`, of any angle where it has one."""
    return _FIXED[name]() if name in _FIXED else _TURNED[name](Parameter("angle"))
