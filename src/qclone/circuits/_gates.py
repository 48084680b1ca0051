"""The stages of a scheme as gates that append, invert, control, draw and transpile like Qiskit's own."""

from __future__ import annotations

import numpy as np
import stim
from numpy.typing import DTypeLike, NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.exceptions import CircuitError
from qiskit.quantum_info import Operator

from qclone.circuits._to_qiskit import to_qiskit
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Scheme, place

# Qiskit asks a gate for its matrix before its definition; 2^8 rows are the most worth having.
MAX_MATRIX_QUBITS = 8


class StageGate(Gate):
    """One stage of a scheme, as a gate on the wires that the stage acts on.

    Attributes
    ----------
    scheme : the scheme.
    wires : labels of the wires, in the order of the gate's qubits, which is that of the scheme.
    """

    scheme: Scheme
    wires: tuple[str, ...]

    def __init__(self, name: str, scheme: Scheme, stage: stim.Circuit, label: str, phase: float) -> None:
        touched = sorted({t.value for gate in stage for t in gate.targets_copy() if not t.is_combiner})
        super().__init__(name, len(touched), [], label=label)
        self.scheme = scheme
        self.wires = tuple(scheme.wires[w].label for w in touched)
        self._stage = stage
        self._phase = phase

    def circuit(self) -> stim.Circuit:
        """Return the stage on qubits 0, 1, ... in the order of ``wires``."""
        row = np.zeros(self.scheme.num_qubits, dtype=np.int64)
        row[list(self.scheme.indices(self.wires))] = np.arange(self.num_qubits)
        return place(self._stage, row)

    def qubits_in(self, circuit: QuantumCircuit) -> list[int]:
        """Return where the wires are in a circuit whose qubits are all wires of the scheme, in order."""
        if circuit.num_qubits != self.scheme.num_qubits:
            raise InvalidInputError(
                f"The circuit has {circuit.num_qubits} qubits and {self.scheme} has "
                f"{self.scheme.num_qubits} wires.",
                "Append the gate to chosen qubits instead.",
            )
        return list(self.scheme.indices(self.wires))

    def inverse(self, annotated: bool = False) -> Gate:
        """Return the stage run backwards."""
        if annotated:
            return super().inverse(annotated=True)
        inverse = self.copy(name=_dagger(self.name))
        inverse.label = _dagger(self.label)
        inverse._stage, inverse._phase = self._stage.inverse(), -self._phase
        inverse.definition = None
        return inverse

    def _define(self) -> None:
        definition = to_qiskit(self.circuit(), self.num_qubits)
        definition.global_phase += self._phase
        self.definition = definition

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[np.complex128]:
        if self.num_qubits > MAX_MATRIX_QUBITS:
            raise CircuitError(f"The matrix of {self.num_qubits} qubits is not worth having.")
        return np.asarray(Operator(self.definition).data, dtype=dtype)


class PrepareGate(StageGate):
    """Bell pairs of signal and noise qubits, from |0>.

    Parameters
    ----------
    scheme : a Scheme, or n for the canonical scheme with n clones.

    Example
    -------
    >>> PrepareGate(2).wires
    ('S1', 'S2', 'N1', 'N2')
    """

    def __init__(self, scheme: Scheme | int, label: str = "prepare") -> None:
        scheme = _scheme(scheme)
        super().__init__("prepare", scheme, scheme.prepare(), label, 0.0)


class EncryptGate(StageGate):
    """Spread the input over the signal qubits.

    For the canonical scheme it is exp(-i pi/4 X_A X_S1..X_Sn) exp(-i pi/4 Z_A Z_S1..Z_Sn), global phase
    included; arXiv:2602.10695, eq. (1).

    Parameters
    ----------
    scheme : a Scheme, or n for the canonical scheme with n clones.

    Example
    -------
    >>> from qiskit.circuit.library import PauliEvolutionGate
    >>> from qiskit.quantum_info import Pauli
    >>> definition = QuantumCircuit(3)
    >>> for pauli in ("ZZZ", "XXX"):
    ...     _ = definition.append(PauliEvolutionGate(Pauli(pauli), time=np.pi / 4), range(3))
    >>> bool(np.allclose(EncryptGate(2).to_matrix(), Operator(definition).data))
    True
    """

    def __init__(self, scheme: Scheme | int, label: str = "encrypt") -> None:
        scheme = _scheme(scheme)
        super().__init__("encrypt", scheme, scheme.encrypt(), label, scheme.missing_phase())


class DecryptGate(StageGate):
    """Recover the input from one clone and its key.

    For the canonical scheme and clone S_j it is U_dec(j), global phase included; arXiv:2602.10695, eq. (3).

    Parameters
    ----------
    scheme : a Scheme, or n for the canonical scheme with n clones.
    clone : label of the clone, such as ``S1``; for even n also ``A``.

    Example
    -------
    >>> DecryptGate(2, "S2").wires
    ('S2', 'N1', 'N2')
    """

    def __init__(self, scheme: Scheme | int, clone: str, label: str | None = None) -> None:
        scheme = _scheme(scheme)
        self.clone = clone
        label = f"decrypt {clone}" if label is None else label
        super().__init__("decrypt", scheme, scheme.decrypt(clone), label, scheme.missing_phase(clone))


def _dagger(name: str) -> str:
    return name.removesuffix("_dg") if name.endswith("_dg") else f"{name}_dg"


def _scheme(scheme: Scheme | int) -> Scheme:
    return scheme if isinstance(scheme, Scheme) else Canonical(scheme)
