"""The same noise on every gate: one channel an instruction, never one a gate."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import stim

from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.scheme import Scheme
from qclone.simulate._exact import entanglement_fidelity


@dataclass(frozen=True)
class UniformNoise:
    """Depolarising noise after every gate and flips before every measurement.

    Parameters
    ----------
    p1, p2 : probability that a one-qubit (two-qubit) gate is followed by a random Pauli other than the
        identity, 0 <= p1 <= 3/4, 0 <= p2 <= 15/16. Average gate infidelity e is p1 = 3e/2, p2 = 5e/4.
    readout : probability that a measured bit is flipped.

    Raises
    ------
    InvalidInputError : a probability beyond the maximally mixed state.

    Example
    -------
    >>> print(UniformNoise(p2=0.01).apply(stim.Circuit("H 0\\nCX 0 1 2 3")))
    H 0
    CX 0 1 2 3
    DEPOLARIZE2(0.01) 0 1 2 3
    """

    p1: float = 0.0
    p2: float = 0.0
    readout: float = 0.0

    def __post_init__(self) -> None:
        for name, value, most in (
            ("p1", self.p1, 3 / 4),
            ("p2", self.p2, 15 / 16),
            ("readout", self.readout, 1 / 2),
        ):
            if not 0 <= value <= most:
                raise InvalidInputError(f"The noise {name} must be between 0 and {most}, not {value}.")

    def apply(self, circuit: stim.Circuit) -> stim.Circuit:
        """Return the circuit with its noise; linear in targets.

        Gates of one instruction that share a qubit act one after the other, and so must their noise:
        such an instruction is cut where a qubit comes again.

        Raises
        ------
        UnsupportedCircuitError : a gate on more than two qubits, as in the definition of encryption.
        """
        noisy = stim.Circuit()
        for instruction in circuit:
            gate = stim.gate_data(instruction.name)
            if gate.produces_measurements and self.readout:
                noisy += stim.Circuit(f"X_ERROR({self.readout}) {_qubits(instruction)}")
            is_many_body = gate.is_unitary and not (gate.is_single_qubit_gate or gate.is_two_qubit_gate)
            if is_many_body and (self.p1 or self.p2):
                raise UnsupportedCircuitError(
                    f"{instruction.name} acts on many qubits at once, which is no gate that could be noisy.",
                    "Take another synthesis than the definition.",
                )
            channel, p = ("DEPOLARIZE2", self.p2) if gate.is_two_qubit_gate else ("DEPOLARIZE1", self.p1)
            if not gate.is_unitary or p == 0 or instruction.name == "I":
                noisy.append(instruction)
                continue
            stretches = _disjoint(str(instruction).partition(" ")[2], 2 if gate.is_two_qubit_gate else 1)
            if len(stretches) == 1:
                noisy.append(instruction)
                noisy += stim.Circuit(f"{channel}({p}) {stretches[0]}")
            else:
                lines = (f"{instruction.name} {targets}\n{channel}({p}) {targets}" for targets in stretches)
                noisy += stim.Circuit("\n".join(lines))
        return noisy


def noisy_round_trip(scheme: Scheme, clone: str, noise: UniformNoise | None = None) -> stim.Circuit:
    """Return prepare, encrypt and decrypt of one clone, every input in a Bell pair with a reference qubit.

    Qubit ``scheme.num_qubits + i`` is the reference of input i; making that pair is noiseless, for it
    stands for the unknown state.
    """
    inputs = np.array(scheme.indices(scheme.inputs))
    references = np.arange(len(inputs)) + scheme.num_qubits
    pairs = np.stack([references, inputs], axis=1).ravel()
    circuit = stim.Circuit(
        f"H {' '.join(map(str, references.tolist()))}\nCX {' '.join(map(str, pairs.tolist()))}"
    )
    for stage in (scheme.prepare(), scheme.encrypt(), scheme.decrypt(clone)):
        circuit += stage if noise is None else noise.apply(stage)
    return circuit


def round_trip_fidelity(scheme: Scheme, clone: str, noise: UniformNoise) -> float:
    """Return the exact entanglement fidelity of recovering the first input from one clone.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> round(round_trip_fidelity(Canonical(2), "S1", UniformNoise(p2=0.01)), 6)
    0.918942
    """
    output = scheme.index(scheme.clone(clone).outputs[0])
    return entanglement_fidelity(noisy_round_trip(scheme, clone, noise), scheme.num_qubits, output)


def clone_fidelities(scheme: Scheme, noise: UniformNoise) -> dict[str, float]:
    """Return the exact entanglement fidelity of recovering the first input from every clone.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> {clone: round(fe, 4) for clone, fe in clone_fidelities(Canonical(2), UniformNoise(p2=0.01)).items()}
    {'S1': 0.9189, 'S2': 0.9237, 'A': 0.9262}
    """
    return {clone: round_trip_fidelity(scheme, clone, noise) for clone in scheme.clones}


def _qubits(instruction: stim.CircuitInstruction) -> str:
    return " ".join(str(t.value) for t in instruction.targets_copy() if t.is_qubit_target)


def _disjoint(targets: str, arity: int) -> list[str]:
    """Cut the targets of one instruction into the longest stretches in which no qubit occurs twice."""
    qubits = np.fromstring(targets, dtype=np.int64, sep=" ")
    if np.bincount(qubits).max() == 1:
        return [targets]
    # Sorted by qubit and then by place: one key is sorted faster than places are by qubits.
    qubit, place = np.divmod(np.sort(qubits * qubits.size + np.arange(qubits.size)), qubits.size)
    gate = place // arity
    again = np.flatnonzero(np.diff(qubit) == 0) + 1
    # clash[g]: the latest earlier gate that shares a qubit with a gate up to g.
    clash = np.full(qubits.size // arity, -1)
    np.maximum.at(clash, gate[again], gate[again - 1])
    clash = np.maximum.accumulate(clash)
    cuts = [0]
    while (cut := int(np.searchsorted(clash, cuts[-1]))) < len(clash):
        cuts.append(cut)
    cuts.append(len(clash))
    spaces = np.flatnonzero(np.frombuffer(targets.encode(), np.uint8) == ord(" "))
    starts = np.concatenate([[0], spaces + 1, [len(targets) + 1]])[arity * np.array(cuts)].tolist()
    return [targets[start : end - 1] for start, end in itertools.pairwise(starts)]
