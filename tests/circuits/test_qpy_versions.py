"""What is stored is read by every Qiskit on which qclone runs; what a newer one has written is said so."""

import io
import re
import tomllib
from pathlib import Path

import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.qpy.common import QPY_VERSION

from qclone.circuits import check_qpy, to_bytes
from qclone.compute import Program
from qclone.errors import UnsupportedCircuitError
from qclone.store import Cloud

# What `qiskit.qpy.common.QPY_VERSION` was in each release.
READS = {"2.1": 15, "2.2": 16, "2.3": 17}
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())


def lowest() -> int:
    (bound,) = (d for d in PROJECT["project"]["dependencies"] if d.startswith("qiskit>"))
    return READS[re.search(r">=(\d+\.\d+)", bound)[1]]


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.t(1)
    return circuit


def test_what_is_written_is_read_by_the_lowest_qiskit(tmp_path):
    assert to_bytes(bell())[6] == lowest()
    assert Program.of(bell()).to_bytes()[6] == lowest()
    (back,) = qpy.load(io.BytesIO(to_bytes(bell())))
    assert back == bell()
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    cloud.client.put(bell())
    cloud.close()
    # Without a name for its table: it stands there with its first six letters.
    found = {
        m[1][0] for m in re.finditer(rb"QISKIT(.)", (tmp_path / "cloud" / "fabric.db").read_bytes(), re.S)
    }
    assert found == {lowest()}


def test_what_a_newer_qiskit_wrote_is_said_so():
    data = bytearray(to_bytes(bell()))
    data[6:10] = QPY_VERSION + 1, 9, 8, 7
    with pytest.raises(UnsupportedCircuitError, match=r"Qiskit 9\.8\.7 as QPY of version") as refused:
        check_qpy(bytes(data))
    assert "Install qiskit 9.8.7" in refused.value.remedy
