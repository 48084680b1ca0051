"""Where every pair of qubits is coupled, a scheme's own circuits are native already: logarithmic depth.

The ladder's decryption has fewer gates than the pair tree's, 2 n + 1 against about 3 n, and still a lower
fidelity, even where waiting costs nothing: its errors spread further. ``Canonical(n, "ladder")`` asks for it.
"""

from __future__ import annotations

import stim

from qclone.circuits import roles, stages
from qclone.device import Device
from qclone.native._assemble import name_of
from qclone.native._native import NativeCircuit
from qclone.scheme import Scheme


def is_all_to_all(device: Device) -> bool:
    """Whether every two working qubits are coupled.

    >>> from qclone.device import all_to_all, line
    >>> is_all_to_all(all_to_all(4)), is_all_to_all(line(4))
    (True, False)
    """
    count = len(device.working_qubits)
    return len(device.couplers) == count * (count - 1) // 2


def direct(scheme: Scheme, device: Device, clone: str) -> NativeCircuit:
    """Return the scheme's circuits in CZ and one-qubit gates, wires in order on the working qubits."""
    places = device.working_qubits
    return NativeCircuit(
        device,
        clone,
        {label: places[q] for label, q in roles(scheme, reference=True).items()},
        tuple(places[q] for q in scheme.indices(scheme.clone(clone).outputs)),
        **{name: _native(stage, places) for name, stage in stages(scheme, clone, reference=True).items()},
    )


def _native(circuit: stim.Circuit, places: tuple[int, ...]) -> stim.Circuit:
    """Return the circuit in CZ and merged one-qubit gates, on physical qubits."""
    pending: dict[int, stim.Tableau] = {}
    lines: list[str] = []

    def flush(q: int) -> None:
        if (tableau := pending.pop(q, None)) is not None and (name := name_of(tableau)) != "I":
            lines.append(f"{name} {places[q]}")

    def turn(q: int, gate: str) -> None:
        pending[q] = pending.get(q, stim.Tableau(1)).then(stim.gate_data(gate).tableau)

    for instruction in circuit.decomposed().flattened():
        for group in instruction.target_groups():
            qubits = [t.value for t in group]
            if instruction.name == "CX":
                turn(qubits[1], "H")
                flush(qubits[0])
                flush(qubits[1])
                lines.append(f"CZ {places[qubits[0]]} {places[qubits[1]]}")
                turn(qubits[1], "H")
            elif instruction.name != "TICK":
                turn(qubits[0], instruction.name)
    for q in sorted(pending):
        flush(q)
    return stim.Circuit("\n".join(lines))
