"""What is too much work is refused while a key is sealed; once it is consumed, whatever it takes is done."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.compute import Program
from qclone.errors import InvalidInputError
from qclone.store import Cloud, KeyState, _measured


@pytest.fixture
def cloud(tmp_path):
    with_four = Cloud.create(tmp_path / "cloud", servers=4)
    yield with_four
    with_four.close()


def put(cloud):
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.t(1)
    return circuit, cloud.client.put(circuit, num_clones=8).object_id


def require_same(circuit, back):
    assert abs(np.vdot(Statevector(circuit).data, Statevector(back).data)) ** 2 == pytest.approx(1)


def run(cloud, object_id):
    program = QuantumCircuit(2)
    program.cx(0, 1)
    cloud.client.run(object_id, Program.of(program), "server-1")


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("call", ["commit", "release", "narrow"])
def test_too_much_work_is_refused_before_anything_is_consumed(cloud, monkeypatch, call, runs):
    circuit, object_id = put(cloud)
    if runs:
        run(cloud, object_id)
    with monkeypatch.context() as patch:
        patch.setattr(_measured, "MAX_WORK", 10)
        with pytest.raises(InvalidInputError, match="too much work"):
            getattr(cloud.client, call)(object_id, ["server-2"] if call == "narrow" else "server-1")
    manifest = cloud.ledger.find(object_id)
    assert manifest.key.state is KeyState.SEALED
    assert manifest.uses.narrowed and manifest.uses.kept is None
    require_same(circuit, cloud.client.get(object_id, "server-2").circuit)


@pytest.mark.parametrize("runs", [False, True])
def test_what_was_consumed_is_handed_over_whatever_it_takes(cloud, monkeypatch, runs):
    """As by a fabric whose limit was higher then."""
    circuit, object_id = put(cloud)
    if runs:
        run(cloud, object_id)
        circuit.cx(0, 1)
    read_key = cloud.fabric.read_key

    def dies(*_):
        raise KeyboardInterrupt

    cloud.fabric.read_key = dies
    with pytest.raises(KeyboardInterrupt):
        cloud.client.commit(object_id, "server-1")
    cloud.fabric.read_key = read_key
    monkeypatch.setattr(_measured, "MAX_WORK", 10)
    cloud.client.commit(object_id, "server-1")
    require_same(circuit, cloud.client.get(object_id).circuit)
