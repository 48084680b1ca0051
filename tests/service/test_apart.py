"""What opens a stranger's circuit has bounds of its own; the fabric goes on answering."""

import base64
import io
import struct
import time
from functools import partial

import httpx
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.qpy import formats

from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.service import _apart
from qclone.store import Cloud, SqliteFabric
from qclone.store._core import load
from tests.service.test_service import request


def qpy_of(circuit):
    qpy.dump(circuit, file := io.BytesIO())
    return file.getvalue()


def announcing(**fields):
    """QPY of a qubit whose header says something else."""
    content = bytearray(qpy_of(QuantumCircuit(1)))
    (start,) = struct.unpack_from(
        formats.CIRCUIT_TABLE_ENTRY_PACK, content, formats.FILE_HEADER_V10_SIZE + formats.TYPE_KEY_SIZE
    )
    header = formats.CIRCUIT_HEADER_V12._make(
        struct.unpack_from(formats.CIRCUIT_HEADER_V12_PACK, content, start)
    )
    struct.pack_into(formats.CIRCUIT_HEADER_V12_PACK, content, start, *header._replace(**fields))
    return bytes(content)


LIES = [{"num_qubits": 134_217_728}, {"num_clbits": 134_217_728}, {"num_instructions": 1 << 40}]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: next(iter(lie)))
def test_a_header_that_announces_what_is_not_there_is_refused(lie):
    with pytest.raises(UnsupportedCircuitError, match="announces"):
        load(announcing(**lie))


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: next(iter(lie)))
def test_a_register_that_lies_about_its_size_takes_nothing_of_the_fabric(addresses, lie):
    name, secret = f"default:{LIES.index(lie)}" + "ab" * 16, {"X-Register-Secret": "s" * 64}
    core = base64.b64encode(announcing(**lie)).decode()
    path, body = f"/v1/registers/{name}", {"core": core, "num_wires": 3, "inputs": [0]}
    guess = {"circuit": base64.b64encode(qpy_of(QuantumCircuit(1))).decode()}
    try:
        put = request(addresses.fabric, addresses.token, "PUT", path, headers=secret, json=body)
        assert put.status_code == 200
        asked = request(addresses.fabric, addresses.token, "POST", f"{path}/fidelity", json=guess, timeout=60)
        assert asked.status_code == 422
        assert "announces" in asked.json()["error"]["message"]
        assert httpx.get(f"{addresses.fabric}/healthz").elapsed.total_seconds() < 1
    finally:
        request(addresses.fabric, addresses.token, "DELETE", path, headers=secret)


def greedy():
    return len(bytearray(2 << 30))


def endless():
    while True:
        pass


def test_what_takes_more_than_it_may_is_ended(monkeypatch):
    with pytest.raises(InvalidInputError, match="takes more than"):
        _apart.bounded(greedy)
    monkeypatch.setattr(_apart, "WITHIN_S", 1)
    started = time.monotonic()
    with pytest.raises(InvalidInputError, match="takes more than"):
        _apart.bounded(endless)
    assert time.monotonic() - started < 10


def test_diagnostics_apart_say_what_the_fabric_says(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    circuit = QuantumCircuit(2)
    circuit.ry(0.3, 0)
    circuit.cx(0, 1)
    object_id = cloud.client.put(circuit).object_id
    apart = _apart.Apart(partial(SqliteFabric, tmp_path / "cloud/fabric.db"))
    other = QuantumCircuit(2)
    other.h(0)
    for guess in (circuit, other):
        assert apart.fidelity(object_id, qpy_of(guess)) == cloud.fabric.fidelity(object_id, qpy_of(guess))
    assert (apart.view(object_id, "server-1") == cloud.fabric.view(object_id, "server-1")).all()
    with pytest.raises(InvalidInputError, match="have no fidelity"):
        apart.fidelity(object_id, qpy_of(QuantumCircuit(1)))
    cloud.close()
