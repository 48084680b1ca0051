"""Unitary blocks of a circuit that are Clifford, written with the fewest CX; Qiskit's own leave rz angles."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.equivalence_library import SessionEquivalenceLibrary
from qiskit.converters import circuit_to_dag, dag_to_circuit
from qiskit.dagcircuit import DAGCircuit
from qiskit.quantum_info import Clifford
from qiskit.synthesis import synth_clifford_full
from qiskit.transpiler import TransformationPass
from qiskit.transpiler.passes import BasisTranslator

from qclone.circuits._exact_tableau import exact_tableau

# Elements of Clifford matrices on one or two qubits are at least 1/2, but for those that are 0.
_NOTHING = 0.1


class CliffordBlocks(TransformationPass):
    """Replace unitary blocks that are Clifford by Clifford circuits with the fewest CX.

    Parameters
    ----------
    basis : gates to write them in, where all couplers have the same; what synthesis finds, without.
    """

    def __init__(self, basis: tuple[str, ...] | None = None) -> None:
        super().__init__()
        self.basis = basis

    def run(self, dag: DAGCircuit) -> DAGCircuit:
        """Return the circuit with its Clifford blocks written as gates."""
        nodes = dag.named_nodes("unitary")
        for num_qubits in {len(node.qargs) for node in nodes}:
            alike = [node for node in nodes if len(node.qargs) == num_qubits]
            unitaries = _rounded(np.array([node.op.to_matrix() for node in alike]))
            for node, unitary in zip(alike, unitaries, strict=True):
                if (block := _fewest_cx(unitary, num_qubits, self.basis)) is not None:
                    dag.substitute_node_with_dag(node, block)
        return dag


def _rounded(unitaries: NDArray[np.complex128]) -> list[bytes]:
    """Return matrices without their phases, to ten digits: blocks of many circuits are the same few.

    Parameters
    ----------
    unitaries : shape (number, 2^k, 2^k).
    """
    flat = unitaries.reshape(len(unitaries), -1)
    first = flat[np.arange(len(flat)), (np.abs(flat) > _NOTHING).argmax(axis=1)]
    phases = first.conjugate() / np.abs(first)
    return [row.tobytes() for row in np.round(flat * phases[:, np.newaxis], 10) + 0]


@lru_cache(maxsize=2**15)
def _fewest_cx(unitary: bytes, num_qubits: int, basis: tuple[str, ...] | None) -> DAGCircuit | None:
    """Return the circuit of a unitary with as few CX as possible; None if it is not Clifford."""
    matrix = np.frombuffer(unitary, dtype=np.complex128).reshape(2**num_qubits, 2**num_qubits)
    if (tableau := exact_tableau(matrix)) is None:
        return None
    x2x, x2z, z2x, z2z, x_signs, z_signs = tableau.to_numpy()
    signs = np.concatenate([x_signs, z_signs])[:, np.newaxis]
    table = np.hstack([np.block([[x2x, x2z], [z2x, z2z]]), signs])
    found = synth_clifford_full(Clifford(table, validate=False))
    if basis is None:
        return circuit_to_dag(found)
    written = found.copy_empty_like()
    for instruction in found.data:
        gates = _in_basis(instruction.operation.base_class, basis)
        written.global_phase += gates.global_phase
        for gate in gates.data:
            qubits = [instruction.qubits[gates.find_bit(q).index] for q in gate.qubits]
            written.append(gate.operation, qubits, copy=False)
    return circuit_to_dag(written)


@cache
def _in_basis(kind: type[Gate], basis: tuple[str, ...]) -> QuantumCircuit:
    """Return a gate without angles in another basis, as it is translated among others."""
    gate = kind()
    alone = QuantumCircuit(gate.num_qubits)
    alone.append(gate, alone.qubits)
    dag = BasisTranslator(SessionEquivalenceLibrary, list(basis)).run(circuit_to_dag(alone))
    return dag_to_circuit(dag)
