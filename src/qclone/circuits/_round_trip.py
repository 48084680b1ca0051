"""Whole circuits: prepare, encrypt, decrypt, with a reference qubit or a state to follow."""

from __future__ import annotations

import numpy as np
import stim
from numpy.typing import NDArray
from qiskit import QuantumCircuit, QuantumRegister
from qiskit.circuit.library import StatePreparation

from qclone.circuits._register import Register
from qclone.circuits._to_qiskit import to_qiskit
from qclone.errors import InvalidInputError
from qclone.scheme import Scheme


def roles(scheme: Scheme, reference: bool = False) -> dict[str, int]:
    """Return label -> qubit index: the wires, then `R` for the reference qubit (`R1`, `R2`, ... of several).

    >>> from qclone.scheme import Canonical
    >>> roles(Canonical(1), reference=True)
    {'A': 0, 'S1': 1, 'N1': 2, 'R': 3}
    """
    labels = [wire.label for wire in scheme.wires]
    if reference:
        count = len(scheme.inputs)
        labels += ["R"] if count == 1 else [f"R{i}" for i in range(1, count + 1)]
    return {label: index for index, label in enumerate(labels)}


def stages(scheme: Scheme, clone: str | None = None, reference: bool = False) -> dict[str, stim.Circuit]:
    """Return the stages by name, in order; without a clone there is no decryption.

    With `reference`, preparation also makes a Bell pair of every input and its reference qubit.

    >>> from qclone.scheme import Canonical
    >>> {name: stage.num_qubits for name, stage in stages(Canonical(2), "S1", reference=True).items()}
    {'prepare': 6, 'encrypt': 3, 'decrypt': 5}
    """
    prepare = scheme.prepare()
    if reference:
        inputs = scheme.indices(scheme.inputs)
        for i, wire in enumerate(inputs, start=scheme.num_qubits):
            prepare += stim.Circuit(f"H {i}\nCX {i} {wire}")
    built = {"prepare": prepare, "encrypt": scheme.encrypt()}
    return built if clone is None else built | {"decrypt": scheme.decrypt(clone)}


def round_trip(
    scheme: Scheme,
    clone: str | None = None,
    reference: bool = False,
    state: QuantumCircuit | Register | NDArray[np.complex128] | None = None,
) -> QuantumCircuit:
    """Return the circuit that prepares, encrypts and decrypts, with barriers between the stages.

    Every wire is a register of its own, named by its label, in the order of the scheme; reference qubits
    come last. The input ends on the wires ``scheme.clone(clone).outputs``.

    Parameters
    ----------
    scheme : k inputs on w wires.
    clone : label of the clone to decrypt; None leaves the circuit encrypted.
    reference : add a reference qubit `R` in a Bell pair with the input (`R1`, `R2`, ... for several).
    state : what to put in: a preparation of k qubits, or 2^k amplitudes in Qiskit's order; |0...0> if None.

    Raises
    ------
    InvalidInputError : both a reference and a state, or a state of another number of qubits.
    UnknownWireError : the scheme has no such clone.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> circuit = round_trip(Canonical(2), "S1", reference=True)
    >>> [register.name for register in circuit.qregs]
    ['A', 'S1', 'S2', 'N1', 'N2', 'R']
    """
    if reference and state is not None:
        raise InvalidInputError(
            "An input is either half of a Bell pair with the reference, or in a state.",
            "Ask for one of them.",
        )
    built = stages(scheme, clone, reference)
    labels = roles(scheme, reference)
    whole = QuantumCircuit(*(QuantumRegister(1, label) for label in labels))
    if state is not None:
        preparation = _preparation(state)
        if preparation.num_qubits != len(scheme.inputs):
            raise InvalidInputError(
                f"The state has {preparation.num_qubits} qubits and {scheme} has "
                f"{len(scheme.inputs)} inputs.",
                "Take `Parallel` for a register.",
            )
        whole.compose(preparation, scheme.indices(scheme.inputs), inplace=True)
        whole.barrier(label="prepare")
    for name, stage in built.items():
        if name != "prepare":
            whole.barrier(label=name)
        whole.compose(to_qiskit(stage, len(labels)), inplace=True)
    whole.global_phase += scheme.missing_phase() + (0 if clone is None else scheme.missing_phase(clone))
    return whole


def _preparation(state: QuantumCircuit | Register | NDArray[np.complex128]) -> QuantumCircuit:
    if isinstance(state, Register):
        return state.circuit
    if isinstance(state, QuantumCircuit):
        return state
    gate = StatePreparation(np.asarray(state, dtype=np.complex128))
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, circuit.qubits)
    return circuit
