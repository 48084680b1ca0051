"""Route a circuit for a device as Qiskit's level 3 does, but keep Clifford circuits Clifford."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from threading import get_ident

import qiskit
from qiskit import AncillaRegister, QuantumCircuit
from qiskit.dagcircuit import DAGCircuit
from qiskit.passmanager import ConditionalController, DoWhileController, PropertySet
from qiskit.passmanager.base_tasks import Task
from qiskit.transpiler import (
    AnalysisPass,
    Layout,
    PassManager,
    Target,
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
from qclone.simulate._clifford_blocks import CliffordBlocks

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
    fixed = None if initial_layout is None else tuple(initial_layout)
    # Without a seed passes draw one when they are made.
    made = _manager.__wrapped__ if seed is None else _manager
    manager = made(device, seed, fixed, free_layout, get_ident())
    try:
        return manager.run(circuit)
    except TranspilerError as error:
        raise InvalidInputError(
            f"The circuit cannot be routed on {device.name}: {error.message}.",
            "Take a larger device, fewer clones, or another layout.",
        ) from None


@lru_cache(maxsize=16)
def _manager(
    device: Device, seed: int | None, initial_layout: tuple[int, ...] | None, free_layout: bool, thread: int
) -> PassManager:
    """Return the passes. They take notes while they run, so that every thread has its own."""
    target = target_of(device)
    manager = generate_preset_pass_manager(
        optimization_level=3,
        target=target,
        seed_transpiler=seed,
        initial_layout=None if initial_layout is None else list(initial_layout),
    )
    basis = _one_basis(device, target)
    manager.pre_translation = PassManager([CliffordBlocks(basis)])
    manager.optimization = _optimization(target, manager.translation, free_layout, basis)
    return manager


class OutsideBasis(AnalysisPass):
    """Whether the circuit has gates that are left to translate, as the property ``outside_basis``."""

    def __init__(self, basis: tuple[str, ...]) -> None:
        super().__init__()
        self.basis = frozenset((*basis, "barrier"))

    def run(self, dag: DAGCircuit) -> None:
        """Set the property."""
        self.property_set["outside_basis"] = not self.basis.issuperset(dag.count_ops(recurse=False))


def _is_outside(properties: PropertySet) -> bool:
    return bool(properties["outside_basis"])


def _one_basis(device: Device, target: Target) -> tuple[str, ...] | None:
    """Return the target's gates if those of every coupler are the same."""
    entanglers = {c.gate for c in device.couplers}
    return tuple(sorted(target.operation_names)) if len(entanglers) == 1 else None


def _optimization(
    target: Target, translation: PassManager, free_layout: bool, basis: tuple[str, ...] | None
) -> PassManager:
    """Level 3's optimisation stage: its loop and its search for a better layout, with Clifford blocks."""
    whole = translation.to_flow_controller()
    translated: list[Task] = [whole]
    if basis is not None:
        # Blocks are written in the basis already, so that there is nothing to translate as a rule.
        translated = [OutsideBasis(basis), ConditionalController([whole], condition=_is_outside)]
    loop = [
        ConsolidateBlocks(target=target, approximation_degree=1.0, force_consolidate=True),
        CliffordBlocks(basis),
        UnitarySynthesis(target=target, approximation_degree=1.0),
        RemoveIdentityEquivalent(target=target, approximation_degree=1.0),
        *translated,
        Optimize1qGatesDecomposition(target=target),
        CommutativeCancellation(target=target),
        *translated,
        Optimize1qGatesDecomposition(target=target),
    ]
    check = [Size(recurse=True), Depth(recurse=True), MinimumPoint(["depth", "size"], "optimization_loop")]
    stage = PassManager(check)
    stage.append(
        DoWhileController(
            [*loop, *check], do_while=lambda properties: not properties["optimization_loop_minimum_point"]
        )
    )
    if basis is not None:
        # Which of equal layouts is found depends on the order of gates: that of a translated circuit.
        stage.append(whole)
    if free_layout:
        stage.append(VF2PostLayout(target=target, seed=-1, call_limit=_CALL_LIMIT, max_trials=_MAX_TRIALS))
        stage.append(
            ConditionalController(
                [ApplyLayout()], condition=lambda properties: properties["post_layout"] is not None
            )
        )
    return stage
