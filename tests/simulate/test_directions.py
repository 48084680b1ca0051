"""Of the two directions of a coupler the better one runs: the other may never have been calibrated."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CXGate, CZGate, ECRGate, Measure, RZGate, SXGate, XGate
from qiskit.quantum_info import Operator
from qiskit.transpiler import InstructionProperties, Target

from qclone.simulate._translate import Translation


def target(gate, forth: float | None, back: float | None) -> Target:
    made = Target(num_qubits=2)
    for one in (RZGate(Parameter("angle")), SXGate(), XGate(), Measure()):
        made.add_instruction(one, {(q,): InstructionProperties(error=1e-4) for q in range(2)})
    pairs = {(0, 1): forth, (1, 0): back}
    made.add_instruction(gate, {q: InstructionProperties(error=e) for q, e in pairs.items()})
    return made


def both_ways(gate) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    for pair in ([0, 1], [1, 0]):
        circuit.append(gate, pair)
        circuit.rz(0.3, 1)
        circuit.sx([0, 1])
    return circuit


@pytest.mark.parametrize("native", [CXGate(), ECRGate(), CZGate()])
@pytest.mark.parametrize("placed", [CZGate(), CXGate()])
@pytest.mark.parametrize(("forth", "back", "good"), [(1.0, 0.02, (1, 0)), (0.01, 0.3, (0, 1))])
def test_the_better_direction_runs(native, placed, forth, back, good) -> None:
    circuit = both_ways(placed)
    (found,) = Translation(target(native, forth, back)).run([circuit])
    pairs = {tuple(found.find_bit(q).index for q in i.qubits) for i in found.data if len(i.qubits) == 2}
    assert pairs == {good}
    assert Operator(found).equiv(Operator(circuit))


@pytest.mark.parametrize("error", [None, 0.01])
def test_equal_directions_both_run(error) -> None:
    circuit = both_ways(CXGate())
    (found,) = Translation(target(CXGate(), error, error)).run([circuit])
    assert found == circuit
