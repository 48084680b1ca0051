"""Programs on clones as the page asks for them, against Qiskit's state vectors and the store."""

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.circuits import example, to_bytes
from qclone.errors import InvalidInputError, KeyConsumedError, NotRecoverableError
from qclone.scheme import STEANE, SecretSharing
from qclone.web import Rooms, _cloud_room, _programs

W = example("wstate_n3").circuit
TURNED = b'OPENQASM 3.0; include "stdgates.inc"; input float theta; qubit[3] q; h q[0]; rz(theta) q[0];'


@pytest.fixture
def rooms(cloud):
    return Rooms(cloud)


@pytest.fixture
def name(rooms):
    return _cloud_room.put(rooms, {"example": "example:wstate_n3"})["id"]


def verdict(rooms, name, *coalition):
    return _cloud_room.one(rooms, {"id": name, "coalition": list(coalition)})["coalition"]["verdict"]


def test_two_servers_compute_and_one_was_real(rooms, name):
    said = {"id": name, "server": "server-1", "name": "it's.qasm", "late": "true"}
    told = _programs.run(rooms, TURNED, said)
    assert told["command"] == f"qclone run {name[:8]} 'it'\"'\"'s.qasm' --on server-1 --late"
    flip = QuantumCircuit(3)
    flip.x(0)
    _programs.run(rooms, to_bytes(flip), {"id": name, "server": "server-2", "name": "x.qpy"})
    runs = _cloud_room.one(rooms, {"id": name})["computed"]["runs"]
    assert [(run["server"], run["parameters"], run["late"]) for run in runs] == [
        ("server-1", ["theta"], 1),
        ("server-2", [], 0),
    ]
    with pytest.raises(InvalidInputError, match="depends on whose"):
        _cloud_room.get(rooms, {"id": name})
    with pytest.raises(InvalidInputError, match="theta"):
        _cloud_room.get(rooms, {"id": name, "server": "server-1"})
    got = _cloud_room.get(rooms, {"id": name, "server": "server-1", "values": {"theta": 0.7}})
    assert "--from server-1 --set theta=0.7 --verify" in got["command"]
    assert got["fidelity"] == pytest.approx(1)
    turn = QuantumCircuit(3)
    turn.h(0)
    turn.rz(0.7, 0)
    expected = Statevector(W.compose(turn)).data
    amplitudes = np.zeros(8, dtype=complex)
    for one in got["state"]["outcomes"]:
        amplitudes[int(one["bits"], 2)] = complex(one["re"], one["im"])
    assert abs(np.vdot(expected, amplitudes)) == pytest.approx(1)
    again = _cloud_room.get(rooms, {"id": name})
    assert again["state"] == got["state"] and again["fidelity"] is None


def test_narrow_commit_release(rooms, name, cloud):
    assert _cloud_room.one(rooms, {"id": name})["released"] == ""
    told = _programs.narrow(rooms, {"id": name, "names": ["server-1", "server-3"]})
    assert told["command"] == f"qclone narrow {name[:8]} --keep server-1 --keep server-3"
    assert verdict(rooms, name, "client", "server-1") == "recovers"
    assert verdict(rooms, name, "client", "server-2") != "recovers"
    told = _programs.commit(rooms, {"id": name, "server": "server-3"})
    assert told["command"] == f"qclone commit {name[:8]} --to server-3"
    one = _cloud_room.one(rooms, {"id": name})
    assert one["recoverable_text"] == "From server-3 alone: the key is bits for its clone."
    assert verdict(rooms, name, "client", "server-3") == "recovers"
    assert verdict(rooms, name, "client", "server-1") != "recovers"
    assert "sent to server-3" in one["released"]
    with pytest.raises(KeyConsumedError):
        _programs.commit(rooms, {"id": name, "server": "server-1"})
    told = _programs.release(rooms, {"id": name})
    assert "in the clear" in told["text"] and told["command"] == f"qclone release {name[:8]}"


def test_what_stays_at_its_server(rooms, name):
    with pytest.raises(InvalidInputError):
        _cloud_room.get(rooms, {"id": name, "server": "server-2", "measured": True, "correct": True})
    got = _cloud_room.get(rooms, {"id": name, "server": "server-2", "measured": True})
    assert got["fidelity"] == pytest.approx(1) and got["command"].count("--measured") == 1


def test_what_cannot_compute_says_so(rooms, cloud):
    """A clone of two wires has no pad."""
    steane = SecretSharing.of(STEANE, key=(0,), remainders=((1, 2), (3, 4), (5, 6)))
    stored = cloud.client.put(QuantumCircuit(1), base=steane)
    why = _cloud_room.one(rooms, {"id": stored.object_id})["computed"]["no_programs"]
    assert "is no pad: it has 2 wires" in why
    with pytest.raises(NotRecoverableError, match="is no pad"):
        _programs.run(rooms, b"OPENQASM 3.0; qubit[1] q;", {"id": stored.object_id, "server": "server-1"})


@pytest.mark.parametrize(
    "body",
    [{"names": []}, {"names": "server-1"}, {"server": 3}, {"server": "x", "values": {"a": math.inf}}, {}],
)
def test_nonsense_is_refused(rooms, name, body):
    for question in _programs.QUESTIONS.values():
        with pytest.raises(InvalidInputError):
            question(rooms, {"id": name} | body)
