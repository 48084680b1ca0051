"""Route a circuit for a device as Qiskit's level 3 does, but keep Clifford circuits Clifford."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import qiskit
import stim
from qiskit import AncillaRegister, QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.converters import circuit_to_dag
from qiskit.dagcircuit import DAGCircuit
from qiskit.passmanager import ConditionalController, DoWhileController
from qiskit.quantum_info import Clifford
from qiskit.synthesis import synth_clifford_full
from qiskit.transpiler import (
    Layout,
    PassManager,
    Target,
    TransformationPass,
    TranspileLayout,
    generate_preset_pass_manager,
)
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
from qclone.errors import InvalidInputError, QcloneError

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
    if initial_layout is None and is_crowd(device) and circuit.num_qubits < len(device.working_qubits):
        return _among_the_best(circuit, device, seed)
    routed = _routed(circuit, device, seed, initial_layout, free_layout=initial_layout is None)
    if off_couplers(routed, device):
        # Some versions of Qiskit move finished circuits to where their gates are not.
        routed = _routed(circuit, device, seed, initial_layout, free_layout=False)
    if off := off_couplers(routed, device):
        raise QcloneError(
            f"Qiskit {qiskit.__version__} put gates on {device.name} where no coupler is: {off[:3]}.",
            "Install another version of Qiskit; docs/dependencies.md names those that are tested.",
        )
    return routed


def off_couplers(circuit: QuantumCircuit, device: Device) -> list[tuple[int, int]]:
    """Return the pairs of two-qubit gates that the device does not couple."""
    coupled, place = set(device.edges), {q: i for i, q in enumerate(circuit.qubits)}
    found = []
    for instruction in circuit.data:
        if len(instruction.qubits) == 2 and instruction.operation.name not in ("barrier", "delay"):
            a, b = sorted(place[q] for q in instruction.qubits)
            if (a, b) not in coupled:
                found.append((a, b))
    return found


def is_crowd(device: Device) -> bool:
    """Whether every two working qubits are coupled."""
    count = len(device.working_qubits)
    return len(device.couplers) == count * (count - 1) // 2


def _among_the_best(circuit: QuantumCircuit, device: Device, seed: int | None) -> QuantumCircuit:
    """Route where all are coupled: nothing is to be routed, only the best qubits to be chosen."""
    chosen = best_of_crowd(device, circuit.num_qubits)
    place = {q: i for i, q in enumerate(chosen)}
    part = replace(
        device,
        qubits=tuple(device.qubits[q] for q in chosen),
        couplers=tuple(
            replace(device.coupler(a, b), a=place[a], b=place[b]) for a, b in combinations(chosen, 2)
        ),
    )
    routed = _routed(circuit, part, seed, None, free_layout=True)
    placed = QuantumCircuit(device.num_qubits)
    for register in circuit.cregs:
        placed.add_register(register)
    placed.add_bits([bit for bit in circuit.clbits if bit not in set(placed.clbits)])
    placed.compose(routed, chosen, placed.clbits, inplace=True)
    where = [chosen[i] for i in routed.layout.final_index_layout()]
    rest = [q for q in range(device.num_qubits) if q not in set(where)]
    spare = AncillaRegister(len(rest), "ancilla") if rest else None
    virtual = [*circuit.qubits, *(spare or [])]
    layout = Layout(dict(zip(virtual, [*where, *rest], strict=True)))
    for register in (*circuit.qregs, *((spare,) if spare else ())):
        layout.add_register(register)
    mapping = {q: i for i, q in enumerate(virtual)}
    placed._layout = TranspileLayout(layout, mapping, None, circuit.num_qubits, placed.qubits)
    return placed


def best_of_crowd(device: Device, count: int) -> list[int]:
    """Return qubits, in order, whose couplers among themselves, pulses and readout err least; greedily."""
    cost = {q: 2 * device.qubit(q).gate_error + device.qubit(q).readout_error for q in device.working_qubits}
    if count == 1 or not device.couplers:
        return sorted(sorted(cost, key=cost.__getitem__)[:count])
    first = min(device.couplers, key=lambda c: (c.error + (cost[c.a] + cost[c.b]) / 2, c.a, c.b))
    chosen = [first.a, first.b]
    reached = {q: 0.0 for q in cost if q not in chosen}
    for new in chosen:
        for q in reached:
            reached[q] += device.coupler(q, new).error
    while len(chosen) < count:
        best = min(reached, key=lambda q: (reached[q] / len(chosen) + cost[q], q))
        del reached[best]
        chosen.append(best)
        for q in reached:
            reached[q] += device.coupler(q, best).error
    return sorted(chosen)


def _routed(
    circuit: QuantumCircuit,
    device: Device,
    seed: int | None,
    initial_layout: list[int] | None,
    free_layout: bool,
) -> QuantumCircuit:
    target = target_of(device)
    manager = generate_preset_pass_manager(
        optimization_level=3, target=target, seed_transpiler=seed, initial_layout=initial_layout
    )
    manager.pre_translation = PassManager([CliffordBlocks()])
    manager.optimization = _optimization(target, manager.translation, free_layout)
    try:
        return manager.run(circuit)
    except TranspilerError as error:
        raise InvalidInputError(
            f"The circuit cannot be routed on {device.name}: {error.message}.",
            "Take a larger device, fewer clones, or another layout.",
        ) from None


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
