"""Whether circuits mean on a machine what they mean here: their translation, the order of bits, the gates.

What the counts themselves do not show is found by a control of a few shots, and that is taken only where
they are suspicious: a machine that does as it should pays for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Statevector

from qclone.device import Device, NoiseRules, narrowed
from qclone.errors import QcloneError
from qclone.experiments._counts import Counts
from qclone.experiments._direction import PAULI, in_directions
from qclone.experiments._exact import Exact
from qclone.experiments._measurement import Settings
from qclone.experiments._reading import (
    CONTROL_SHOTS,
    Again,
    RefusedError,
    Space,
    check_outcomes,
    left_of,
    outcomes,
)

# Above this many qubits a circuit that is not Clifford is not compared: 2^n amplitudes.
_MOST_QUBITS = 14


def check_translation(
    circuits: Sequence[QuantumCircuit], translated: Sequence[QuantumCircuit], label: str
) -> None:
    """Raise QcloneError if a translated circuit has other outcomes than it should, without noise.

    Clifford circuits by the outcomes that they have, others by the probabilities of all; what is neither
    Clifford nor small is not compared.

    Parameters
    ----------
    label : whose gates they were translated to.
    """
    for circuit, other in zip(circuits, translated, strict=True):
        if other is not circuit and not _is_same(circuit, other):
            raise QcloneError(
                f"What {label} makes of the circuit in its own gates has other outcomes.",
                "Export the circuits, have them translated by other tools, and import the counts.",
            )


def check_order(
    counts: Counts,
    laws: Mapping[str, Space],
    circuits: Mapping[str, QuantumCircuit],
    label: str,
    again: Again | None = None,
) -> None:
    """Raise RefusedError if bits come back in the other order.

    Where parities that should be certain are less so than the same ones of the reversed bits, by five
    standard deviations, one bit is turned and all are measured. Where nothing can be measured again, the
    reversed ones must be likelier than 3/4 by six, which open parities of no honest machine are.

    Parameters
    ----------
    laws : by setting, the outcomes without noise.
    circuits : by setting, those that were run.
    """
    for setting, law in laws.items():
        width, shots = circuits[setting].num_clbits, counts.num_shots(setting)
        masks = [(m, v) for m, v in law.certain(width) if not _holds(law, _turned(m, width), v)]
        if not masks:
            continue
        right, reversed_ = (_agreement(counts.counts[setting], masks, way) for way in (1, -1))
        if reversed_ - right < 5 / sqrt(shots) or (again is None and reversed_ < 0.75 + 3 / sqrt(shots)):
            continue
        if again is None:
            raise RefusedError(
                f"{label} has bits in the other order: reversed, those of the setting {setting} are what its "
                "circuit gives.",
                "Write each bit string with bit 0 last, as Qiskit does.",
            )
        (found,) = again([_one_bit(circuits[setting])], CONTROL_SHOTS)
        first, last = (sum(n for text, n in found.items() if text[i] == "1") for i in (-1, 0))
        if last > sum(found.values()) / 2 > first:
            raise RefusedError(
                f"{label} returns bits in the other order: of bit 0, which was turned, it says 0 and of bit "
                f"{width - 1} it says 1.",
                "Write each bit string with bit 0 last, as Qiskit does.",
            )
        return


def check_gates(
    counts: Counts,
    settings: Settings,
    placed: QuantumCircuit,
    device: Device,
    label: str,
    again: Again,
) -> None:
    """Raise RefusedError if a machine plays other gates, where no setting is Clifford and none shows it.

    Where a correlation has less than half of what it has without noise, or the other sign, the same circuit
    is measured along the axes: there some parities are certain.

    Parameters
    ----------
    placed : the circuit of all settings, which measures Z.
    device : which it is placed on.
    """
    clean = Exact(placed, settings, device, NoiseRules.none(), 1)
    every = range(placed.num_clbits)
    for setting in settings:
        (ideal,), (found,) = (d.parities(setting, [every]) for d in (clean, counts))
        if found.value * ideal.value < ideal.value**2 / 2:
            break
    else:
        return
    axes = {
        "".join(letters): dict(enumerate(PAULI[p] for p in letters))
        for directions in settings.values()
        for letters in product(*(d.components() for d in directions))
    }
    controls = {letters: in_directions(placed, along) for letters, along in axes.items()}
    laws = {letters: law for letters, c in controls.items() if (law := outcomes(c)) is not None}
    certain = {letters: controls[letters] for letters, law in laws.items() if law.certain(len(every))}
    measured = again(list(certain.values()), CONTROL_SHOTS)
    check_outcomes(Counts(dict(zip(certain, measured, strict=True))), certain, label)


def _is_same(circuit: QuantumCircuit, other: QuantumCircuit) -> bool:
    law, found = outcomes(circuit), outcomes(other)
    if law is not None and found is not None:
        return law.basis == found.basis and not left_of(law.some ^ found.some, law.basis)
    if (wanted := _probabilities(circuit)) is None or (made := _probabilities(other)) is None:
        return True
    return bool(np.allclose(wanted, made, atol=1e-6))


def _probabilities(circuit: QuantumCircuit) -> NDArray[np.float64] | None:
    """Return the probability of every bit string; None if it is too large, or measures on the way."""
    small = narrowed(circuit)
    measured = {small.find_bit(i.clbits[0]).index: i.qubits[0] for i in small.data if i.clbits}
    state = small.copy_empty_like()
    done = set()
    for instruction in small.data:
        if instruction.operation.name == "measure":
            done.add(instruction.qubits[0])
        elif done & set(instruction.qubits) or instruction.operation.name == "reset" or instruction.clbits:
            return None
        else:
            state.append(instruction)
    if small.num_qubits > _MOST_QUBITS or len(measured) < small.num_clbits:
        return None
    order = [small.find_bit(measured[bit]).index for bit in range(small.num_clbits)]
    try:
        found: NDArray[np.float64] = Statevector(state).probabilities(order)
    except QiskitError:  # a vendor's own gates, which nobody else knows
        return None
    return found


def _holds(law: Space, mask: int, value: int) -> bool:
    """Whether a parity of bits has a value for certain."""
    open_ = any((mask & vector).bit_count() % 2 for vector in law.basis)
    return not open_ and (mask & law.some).bit_count() % 2 == value


def _turned(mask: int, width: int) -> int:
    return sum((mask >> bit & 1) << width - 1 - bit for bit in range(width))


def _agreement(counts: Mapping[str, int], masks: Sequence[tuple[int, int]], way: int) -> float:
    """Return how often parities have their values, in shots as they are (1) or reversed (-1)."""
    right = sum(
        n * ((int(text[::way], 2) & mask).bit_count() % 2 == value)
        for text, n in counts.items()
        for mask, value in masks
    )
    return right / (len(masks) * sum(counts.values()))


def _one_bit(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit in which the qubit that is measured into bit 0 is turned, and no other."""
    turned = circuit.copy_empty_like()
    measured = {circuit.find_bit(i.clbits[0]).index: i for i in circuit.data if i.operation.name == "measure"}
    turned.x(measured[0].qubits[0])
    for bit in sorted(measured):
        turned.append(measured[bit])
    return turned
