"""An array and a stack do not know whether their cloud is in this process."""

import pytest
from qiskit import QuantumCircuit

from qclone.errors import InvalidInputError, KeyConsumedError, NoSuchObjectError
from qclone.store import QArray, QStack


def test_an_array_and_a_stack_over_the_network(cloud):
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    stack, array = QStack(cloud, "s"), QArray(cloud, "a")
    first, second = stack.push(bell), stack.push(bell)
    array.put(5, bell)
    with pytest.raises(InvalidInputError, match="holds a register"):
        array.put(5, bell)
    assert [one.object_id for one in stack] == [second.object_id, first.object_id]
    assert stack.pop().manifest.object_id == second.object_id
    assert stack.pop().manifest.object_id == first.object_id
    with pytest.raises(NoSuchObjectError, match="is empty"):
        stack.pop()
    assert array.get(5).circuit.num_qubits == bell.num_qubits
    with pytest.raises(KeyConsumedError):
        array.get(5)
    assert array.indices() == []
