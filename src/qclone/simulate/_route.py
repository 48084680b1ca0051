"""Route a circuit for a device as Qiskit's level 3 does, but keep Clifford circuits Clifford."""

from __future__ import annotations

from functools import cache

import numpy as np
import stim
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.converters import circuit_to_dag
from qiskit.dagcircuit import DAGCircuit
from qiskit.passmanager import ConditionalController, DoWhileController
from qiskit.quantum_info import Clifford
from qiskit.synthesis import synth_clifford_full
from qiskit.transpiler import PassManager, Target, TransformationPass, generate_preset_pass_manager
from qiskit.transpiler.exceptions import TranspilerError
from qiskit.transpiler.passes import (
    ApplyLayout,
    CommutativeCancellation,
    ConsolidateBlocks,
    Depth,
    MinimumPoint,
    Optimize1qGatesDecomposition,
    RemoveIdentityEquivalent,
    Size,
    UnitarySynthesis,
    VF2PostLayout,
)

from qclone.device import Device, target_of
from qclone.errors import InvalidInputError

# Level 3's own limits on the search for a better layout of a finished circuit.
_CALL_LIMIT, _MAX_TRIALS = 300_000, 2_500


def route(
    circuit: QuantumCircuit, device: Device, seed: int | None = None, initial_layout: list[int] | None = None
) -> QuantumCircuit:
    """Return the circuit on the device's gates, couplers and physical qubits.

    It is Qiskit's optimisation level 3 with one change: two-qubit blocks that are Clifford are resynthesised
    as Clifford circuits (with the fewest CX), where Qiskit's own decomposition of a block
    leaves rz angles that are Clifford only all together. Circuits that are not Clifford keep their angles.

    Parameters
    ----------
    circuit : on virtual qubits.
    seed : of layout and routing; None leaves it to chance.
    initial_layout : physical index of each virtual qubit, or None to search for a good one.

    Raises
    ------
    InvalidInputError : the circuit does not fit on the device.
    """
    target = target_of(device)
    manager = generate_preset_pass_manager(
        optimization_level=3, target=target, seed_transpiler=seed, initial_layout=initial_layout
    )
    manager.pre_translation = PassManager([CliffordBlocks()])
    manager.optimization = _optimization(target, manager.translation, free_layout=initial_layout is None)
    try:
        routed = manager.run(circuit)
    except TranspilerError as error:
        raise InvalidInputError(
            f"The circuit cannot be routed on {device.name}: {error.message}.",
            "Take a larger device, fewer clones, or another layout.",
        ) from None
    return routed


class CliffordBlocks(TransformationPass):
    """Replace unitary blocks that are Clifford by Clifford circuits with the fewest CX."""

    def run(self, dag: DAGCircuit) -> DAGCircuit:
        """Return the circuit with its Clifford blocks written as gates."""
        for node in dag.op_nodes(UnitaryGate):
            try:
                tableau = stim.Tableau.from_unitary_matrix(node.op.to_matrix(), endian="little")
            except ValueError:
                continue
            x2x, x2z, z2x, z2z, x_signs, z_signs = tableau.to_numpy()
            signs = np.concatenate([x_signs, z_signs])[:, np.newaxis]
            table = np.hstack([np.block([[x2x, x2z], [z2x, z2z]]), signs])
            dag.substitute_node_with_dag(node, _fewest_cx(table.tobytes(), len(tableau)))
        return dag


@cache
def _fewest_cx(table: bytes, num_qubits: int) -> DAGCircuit:
    """The Clifford circuit of a tableau; two qubits have 11,520 of them, and circuits repeat a few."""
    shape = (2 * num_qubits, 2 * num_qubits + 1)
    clifford = Clifford(np.frombuffer(table, dtype=bool).reshape(shape), validate=False)
    return circuit_to_dag(synth_clifford_full(clifford))


def _optimization(target: Target, translation: PassManager, free_layout: bool) -> PassManager:
    """Level 3's optimisation stage: its loop and its search for a better layout, with Clifford blocks."""
    loop = [
        ConsolidateBlocks(target=target, approximation_degree=1.0, force_consolidate=True),
        CliffordBlocks(),
        UnitarySynthesis(target=target, approximation_degree=1.0),
        RemoveIdentityEquivalent(target=target, approximation_degree=1.0),
        translation.to_flow_controller(),
        Optimize1qGatesDecomposition(target=target),
        CommutativeCancellation(target=target),
        translation.to_flow_controller(),
        Optimize1qGatesDecomposition(target=target),
    ]
    check = [Size(recurse=True), Depth(recurse=True), MinimumPoint(["depth", "size"], "optimization_loop")]
    stage = PassManager(check)
    stage.append(
        DoWhileController(
            [*loop, *check], do_while=lambda properties: not properties["optimization_loop_minimum_point"]
        )
    )
    if free_layout:
        stage.append(VF2PostLayout(target=target, seed=-1, call_limit=_CALL_LIMIT, max_trials=_MAX_TRIALS))
        stage.append(
            ConditionalController(
                [ApplyLayout()], condition=lambda properties: properties["post_layout"] is not None
            )
        )
    return stage
