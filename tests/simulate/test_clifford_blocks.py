"""Clifford blocks keep what they do, in few gates, in any basis; against Qiskit's operators."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.library import CXGate, RXGate, RXXGate, RZGate, RZZGate, UnitaryGate
from qiskit.converters import circuit_to_dag, dag_to_circuit
from qiskit.quantum_info import Operator, Statevector, random_clifford, random_unitary

from qclone.device import line
from qclone.simulate import route
from qclone.simulate._clifford_blocks import CliffordBlocks

BASES = [None, ("cz", "rz", "sx", "x"), ("ecr", "rz", "sx", "x"), ("rx", "ry", "rz", "rzz")]


def _rewritten(circuit: QuantumCircuit, basis: tuple[str, ...] | None) -> QuantumCircuit:
    return dag_to_circuit(CliffordBlocks(basis).run(circuit_to_dag(circuit)))


@pytest.mark.parametrize("basis", BASES)
def test_blocks_do_the_same_with_at_most_three_entanglers(basis: tuple[str, ...] | None) -> None:
    rng = np.random.default_rng(7)
    circuit = QuantumCircuit(3)
    for k in range(30):
        unitary = random_clifford(1 + k % 2, seed=k).to_operator().data * np.exp(1j * rng.uniform(0, 6))
        circuit.append(UnitaryGate(unitary), rng.permutation(3)[: 1 + k % 2].tolist())
    found = _rewritten(circuit, basis)
    assert Operator(found).equiv(Operator(circuit))
    assert "unitary" not in found.count_ops()
    assert basis is None or set(found.count_ops()) <= set(basis)
    # A SWAP is three.
    assert sum(3 if i.operation.name == "swap" else len(i.qubits) == 2 for i in found.data) <= 3 * 15


def test_what_is_not_clifford_stays_as_it_is() -> None:
    circuit = QuantumCircuit(2)
    circuit.append(UnitaryGate(random_unitary(4, seed=1)), [0, 1])
    circuit.append(UnitaryGate(CXGate().to_matrix()), [1, 0])
    found = _rewritten(circuit, ("cz", "rz", "sx", "x"))
    assert found.count_ops()["unitary"] == 1
    assert np.array_equal(found.data[0].operation.to_matrix(), circuit.data[0].operation.to_matrix())


@pytest.mark.parametrize("angle", [0.001, 0.2, 0.5])
@pytest.mark.parametrize("gate", [RXGate, RZGate, RXXGate, RZZGate])
def test_small_angles_are_not_taken_for_none(gate: type[Gate], angle: float) -> None:
    """stim gives the nearest tableau: a rotation by 0.5 was dropped."""
    circuit = QuantumCircuit(2)
    circuit.append(UnitaryGate(gate(angle)), range(gate(angle).num_qubits))
    assert Operator(_rewritten(circuit, None)).equiv(Operator(circuit))


def test_routes_keep_small_angles_on_mixed_couplers() -> None:
    device = line(4)
    device = replace(
        device,
        couplers=tuple(
            replace(c, gate=g) for c, g in zip(device.couplers, ("cz", "iswap", "ecr"), strict=True)
        ),
    )
    circuit = QuantumCircuit(3)
    circuit.h([0, 1, 2])
    for angle in (0.1, 0.3, 0.5):
        circuit.rzz(angle, 0, 1)
        circuit.rxx(angle, 1, 2)
        circuit.cp(angle, 2, 0)
    routed = route(circuit, device, seed=1)
    where = routed.layout.final_index_layout()
    meant = QuantumCircuit(4)
    meant.compose(circuit, where, inplace=True)
    assert Statevector(routed).equiv(Statevector(meant))
