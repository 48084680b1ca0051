"""What the page is told of a cloud, against the store and the access structure."""

import io
from collections import Counter

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from qclone.access import classify
from qclone.circuits import example, to_bytes
from qclone.errors import InvalidInputError, KeyConsumedError
from qclone.scheme import from_spec
from qclone.store import Links, Memory
from qclone.web import Rooms, _cloud_room, playground
from qclone.web._state import shown_state


@pytest.fixture
def rooms(cloud):
    return Rooms(cloud)


def put(rooms, **said):
    return _cloud_room.put(rooms, {"example": "example:wstate_n3"} | said)["id"]


def test_a_register_and_its_places(rooms, cloud):
    found = _cloud_room.one(rooms, {"id": put(rooms)})
    assert {(p["label"], p["server"]) for p in found["places"]} == set(
        cloud.ledger.find(found["id"]).clones.items()
    )
    assert found["recoverable_from"] == [f"server-{i}" for i in range(1, 6)]
    assert found["key_qubits"] == {"held": 18, "of": 18}
    assert found["servers_together"]["verdict"] == "nothing"


@pytest.mark.parametrize(
    "coalition",
    [
        ["server-1"],
        ["server-1", "server-2", "server-3", "server-4", "server-5"],
        ["client", "server-4"],
        ["client"],
    ],
)
@pytest.mark.parametrize("clones", [3, 6])
def test_a_coalition_knows_what_access_says(rooms, cloud, coalition, clones):
    name = put(rooms, clones=clones)
    found = _cloud_room.one(rooms, {"id": name, "coalition": coalition})["coalition"]
    manifest = cloud.ledger.find(name)
    scheme, where = from_spec(manifest.scheme), cloud.fabric.whereabouts(manifest.object_id)
    held = [scheme.wires[i].label for site in coalition for i in where.get(site, ())]
    expected = classify(scheme, held)
    assert (found["verdict"], found["bits"]) == (expected.verdict, expected.bits)
    assert [leak["operator"] for leak in found["leaks"]] == list(expected.operators[:12])


def test_compromised_servers_are_counted_in(rooms, cloud):
    name = put(rooms, clones=3)
    everyone = list(cloud.fabric.sites())
    cloud.compromise(*everyone)
    found = _cloud_room.one(rooms, {"id": name, "coalition": everyone})
    assert found["compromised"]["bits"] == found["coalition"]["bits"] == 3  # Y of each of three qubits
    assert [leak["logical"] for leak in found["compromised"]["leaks"]] == ["YII", "IYI", "IIY"]


def test_the_state_that_comes_back_is_the_state(rooms, cloud):
    name = put(rooms)
    cloud.lose("server-1", "server-2", "server-4", "server-5")
    got = _cloud_room.get(rooms, {"id": name})
    psi = Statevector(example("wstate_n3").circuit)
    # QASMBench's angles have six digits.
    assert {one["bits"]: pytest.approx(one["p"], rel=1e-5) for one in got["state"]["outcomes"]} == {
        "001": 1 / 3, "010": 1 / 3, "100": 1 / 3,
    }  # fmt: skip
    amplitudes = np.zeros(8, dtype=complex)
    for one in got["state"]["outcomes"]:
        amplitudes[int(one["bits"], 2)] = complex(one["re"], one["im"])
    assert abs(np.vdot(psi.data, amplitudes)) == pytest.approx(1)
    assert got["server"] == "server-3"
    assert got["fidelity"] == pytest.approx(1)
    _cloud_room.done(rooms, {"id": name})
    with pytest.raises(KeyConsumedError):
        _cloud_room.get(rooms, {"id": name})


def test_until_it_is_safe_it_is_handed_over_again(rooms):
    name = put(rooms)
    first = _cloud_room.get(rooms, {"id": name})
    assert _cloud_room.one(rooms, {"id": name})["kept"]
    assert _cloud_room.get(rooms, {"id": name})["state"] == first["state"]


def test_files_are_taken_by_content(rooms, cloud):
    stream = io.BytesIO()
    np.save(stream, np.array([0.6, 0.8j]))
    for content in (b"OPENQASM 3.0; qubit[2] q;", to_bytes(example("qft_n4").circuit), stream.getvalue()):
        said = _cloud_room.drop(rooms, content, {"name": "<b>it's</b>.x"})
        assert cloud.ledger.find(said["id"]).name == "<b>it's</b>.x"
        assert said["command"] == "qclone put '<b>it'\"'\"'s</b>.x'"
    with pytest.raises(InvalidInputError):
        _cloud_room.drop(rooms, b"hello", {"name": "x.qasm"})


def test_pages_of_registers_newest_first(rooms):
    names = [put(rooms) for _ in range(4)]
    found = _cloud_room.objects(rooms, {"start": 1, "limit": 2})
    assert (found["total"], [one["id"] for one in found["objects"]]) == (4, [names[2], names[1]])
    assert _cloud_room.objects(rooms, {"search": names[0]})["total"] == 1
    assert _cloud_room.objects(rooms, {"search": "WSTATE"})["total"] == 4


def test_revision_changes_with_the_cloud(rooms, cloud):
    before = cloud.revision()
    assert cloud.revision() == before
    put(rooms)
    after = cloud.revision()
    assert after != before
    cloud.fail("server-1")
    assert cloud.revision() != after


def test_a_playground_is_made_anew(rooms):
    with pytest.raises(InvalidInputError):
        _cloud_room.renew(rooms, {})
    with playground() as own:
        put(own)
        said = _cloud_room.renew(own, {"servers": 3, "t1_s": 2, "fidelity": 0.9, "loss": 0.1})
        assert (
            said["command"] == "qclone init --servers 3 --t1 2s --t2 4s --link-fidelity 0.9 --link-loss 0.1"
        )
        fabric = own.cloud.fabric
        assert (len(fabric.sites()), fabric.memory(), fabric.links()) == (3, Memory(2, 4), Links(0.9, 0.1))
        assert _cloud_room.objects(own, {})["total"] == 0


def test_states_are_shown_up_to_a_phase():
    circuit = example("wstate_n3").circuit.copy()
    circuit.global_phase += 1.1
    assert shown_state(circuit)["outcomes"][0]["re"] == pytest.approx(3**-0.5, rel=1e-5)


def test_no_more_clones_are_told_than_are_drawn(rooms, cloud):
    """Of thirteen at five servers three a server, and how many more each has; fetched ones besides."""
    stored = cloud.client.put(example("wstate_n3").circuit, "w", num_clones=13)
    found = _cloud_room.one(rooms, {"id": stored.object_id})
    of = Counter(stored.clones.values())
    assert Counter(place["server"] for place in found["places"]) == dict.fromkeys(of, 3) | {
        server: clones for server, clones in of.items() if clones < 3
    }
    assert found["more"] == {server: clones - 3 for server, clones in of.items() if clones > 3}
    assert found["clones"] == 13


def test_a_slip_of_the_keys_is_no_million_clones(rooms):
    with pytest.raises(InvalidInputError, match="from 1 to 2000"):
        _cloud_room.put(rooms, {"example": "example:wstate_n3", "clones": 10**6})
