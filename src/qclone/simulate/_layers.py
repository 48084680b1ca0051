"""Exact expectations where a circuit is few, long layers: a layer of noise is a count.

An observable carried back to a channel knows it by one number, its eigenvalue there. stim's error analysis,
which `_exact` asks for other circuits, visits every error of every channel instead: 15 a two-qubit gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log1p

import numpy as np
import stim
from numpy.typing import NDArray

# Every instruction copies each observable once: cheap if it is one of many targets, and these are not many.
_QUBITS_AN_INSTRUCTION = 10
_MOST_INSTRUCTIONS = 5_000
_NOISE = {"X_ERROR", "Y_ERROR", "Z_ERROR", "PAULI_CHANNEL_1", "DEPOLARIZE1", "DEPOLARIZE2"}


def is_layered(circuit: stim.Circuit) -> bool:
    """Say whether a circuit is few, long layers of gates and noise and nothing else."""
    num_instructions = len(circuit)
    if (
        num_instructions * _QUBITS_AN_INSTRUCTION > circuit.num_qubits
        or num_instructions > _MOST_INSTRUCTIONS
    ):
        return False
    names = {instruction.name for instruction in circuit}
    return (
        all(name in _NOISE or stim.gate_data(name).is_unitary for name in names)
        and not circuit.num_sweep_bits
    )


def layered_expectations(
    circuit: stim.Circuit, observables: Sequence[stim.PauliString]
) -> NDArray[np.float64]:
    """Return the exact expectation on |0...0> of each observable at the end of a layered circuit."""
    paulis = [stim.PauliString(circuit.num_qubits) * observable for observable in observables]
    damping = np.ones(len(paulis))
    for instruction in reversed(circuit):
        if instruction.name in _NOISE:
            _, _, text = str(instruction).rpartition(") ")
            targets = np.fromstring(text, dtype=np.int64, sep=" ")
            for i, pauli in enumerate(paulis):
                damping[i] *= _eigenvalue(instruction, *_bits(pauli, targets))
        else:
            paulis = [pauli.before(instruction) for pauli in paulis]
    signs = [0.0 if pauli.pauli_indices("XY") else pauli.sign.real for pauli in paulis]
    return np.array(signs) * damping


def _bits(pauli: stim.PauliString, targets: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """Whether the Pauli has X (or Y), and Z (or Y), at each target."""
    byte, bit = targets >> 3, (targets & 7).astype(np.uint8)
    return [(packed[byte] >> bit & 1).astype(np.bool_) for packed in pauli.to_numpy(bit_packed=True)]


def _eigenvalue(instruction: stim.CircuitInstruction, xs: NDArray[np.bool_], zs: NDArray[np.bool_]) -> float:
    """Return the product of the eigenvalues of a layer of equal channels.

    Depolarising: 1 - 4p/3 (one qubit) or 1 - 16p/15 (two) where the observable acts at all. Otherwise X is
    damped by 1 - 2 (py + pz), and so on.
    """
    name, p = instruction.name, instruction.gate_args_copy()
    acts = xs | zs
    if name == "DEPOLARIZE2":
        return _power(16 / 15 * p[0], _count(acts[::2] | acts[1::2]))
    if name == "DEPOLARIZE1":
        return _power(4 / 3 * p[0], _count(acts))
    px, py, pz = p if name == "PAULI_CHANNEL_1" else (p[0] * (name[0] == pauli) for pauli in "XYZ")
    return (
        _power(2 * (py + pz), _count(xs & ~zs))
        * _power(2 * (px + pz), _count(xs & zs))
        * _power(2 * (px + py), _count(zs & ~xs))
    )


def _count(which: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(which))


def _power(x: float, count: int) -> float:
    """(1 - x)^count, where a small x keeps all its digits through millions of factors."""
    return exp(count * log1p(-x)) if x < 1 else (1 - x) ** count
