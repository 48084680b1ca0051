"""The exact fidelity of a placed circuit on the twin, measured as an experiment would."""

from __future__ import annotations

import stim

from qclone.device import NoiseRules
from qclone.native._assemble import followed_by
from qclone.native._native import NativeCircuit
from qclone.simulate import noisy, record_expectations

_TO_Z = {"X": "H", "Y": "H_YZ", "Z": "I"}


def measured(native: NativeCircuit, basis: str) -> stim.Circuit:
    """Return the circuit with reference and output measured in one basis: X, Y or Z.

    Turning the basis merges with the pulse before it. Records: the reference, then the output.
    """
    (reference,), output = native.references, native.output
    circuit = followed_by(native.circuit, output, _TO_Z[basis])
    if basis != "Z":
        circuit.append(_TO_Z[basis], [reference])
    circuit.append("M", [reference, output])
    return circuit


def fidelity(native: NativeCircuit, rules: NoiseRules | None = None) -> float:
    """Return the entanglement fidelity of a round trip on the twin, exact, readout errors included.

    Fe = (1 + <XX> - <YY> + <ZZ>)/4 of reference and output.

    Parameters
    ----------
    rules : which of the device's noise rules are on; all of them by default.
    """
    xx, yy, zz = (
        float(record_expectations(noisy(measured(native, basis), native.device, rules), [[0, 1]])[0])
        for basis in "XYZ"
    )
    return (1 + xx - yy + zz) / 4
