"""A cloud whose directory is deleted, moved or replaced while somebody has it open."""

import shutil

import pytest
from qiskit import QuantumCircuit

from qclone.errors import UnavailableError
from qclone.store import Cloud


@pytest.fixture
def cloud(tmp_path):
    made = Cloud.create(tmp_path / "cloud", 2)
    yield made
    made.close()


def test_nothing_is_stored_in_files_that_are_gone(cloud, tmp_path):
    kept = cloud.client.put(QuantumCircuit(1))
    (tmp_path / "cloud").rename(tmp_path / "moved")
    with pytest.raises(UnavailableError):
        cloud.client.put(QuantumCircuit(1))
    with pytest.raises(UnavailableError, match="deleted, moved or replaced; nothing was changed"):
        cloud.ledger.find(kept.object_id)
    (tmp_path / "moved").rename(tmp_path / "cloud")
    assert cloud.client.get(kept.object_id).entanglement_fidelity == 1.0


def test_what_replaced_it_is_another_cloud(cloud, tmp_path):
    cloud.client.put(QuantumCircuit(1))
    shutil.copytree(tmp_path / "cloud", tmp_path / "copy")
    shutil.rmtree(tmp_path / "cloud")
    (tmp_path / "copy").rename(tmp_path / "cloud")
    with pytest.raises(UnavailableError, match="is not the file that was opened"):
        cloud.client.put(QuantumCircuit(1))
    opened = Cloud(tmp_path / "cloud")
    assert len(opened.ledger.manifests()) == 1
    opened.close()
