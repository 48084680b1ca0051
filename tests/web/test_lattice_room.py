"""What the page says of native circuits, against the circuits themselves."""

import json

import pytest
import stim

from qclone.errors import InvalidInputError
from qclone.experiments import table
from qclone.native import build, fidelity, listed, write_native
from qclone.scheme import Canonical, Iterated
from qclone.web import Rooms
from qclone.web import _lattice_room as room

FOUR = {"device": "kingston", "title": "canonical, n = 4"}


def test_a_circuit_layer_by_layer():
    told, native = room.placed(None, FOUR), build(Canonical(4), "kingston")
    assert (told["layers"], told["gates"]) == (native.cost.layers, native.cost.gates)
    for stage in told["stages"]:
        gates = [tuple(pair) for layer in stage["layers"] for pair in layer]
        assert len(gates) == stage["gates"]
        assert len(stage["layers"]) == native.cost_of(stage["name"]).layers
        for layer in stage["layers"]:
            busy = [qubit for pair in layer for qubit in pair]
            assert len(set(busy)) == len(busy)
        made = stim.Circuit(str(native.stages[stage["name"]]))
        own = [(a.value, b.value) for gate in made if gate.name == "CZ" for a, b in gate.target_groups()]
        assert sorted(gates) == sorted(own)
    labels = {one["label"]: one["q"] for one in told["qubits"] if one["label"]}
    assert labels == dict(native.roles)
    assert [one["q"] for one in told["qubits"] if one["output"]] == list(native.outputs)


def test_what_it_is_worth():
    told = room.worth(None, FOUR)
    assert told["fidelity"] == fidelity(build(Canonical(4), "kingston"))
    assert all(one["gain"] >= 0 for one in told["gains"])


def test_every_listed_circuit_has_a_lattice():
    few = [one for one in listed() if one.scheme.num_qubits < 12]
    assert {one.title.split(",")[0] for one in few} == {"canonical", "virtual", "register"}
    for one in few:
        told = room.placed(None, {"device": one.device, "title": one.title})
        assert told["gates"] > 0 and told["command"].startswith("qclone circuit --native")


def test_what_does_not_ship_is_said():
    with pytest.raises(InvalidInputError):
        room.placed(None, {"device": "kingston", "title": "canonical, n = 1000"})


def test_a_chip_full_of_clones():
    """Row 3-full of table III, 75 clones of four generations; numbers as docs/native.md has them."""
    told = room.placed(None, {"device": "kingston", "title": "physical, n = 2, cloned again 3, 9, 24"})
    assert (told["layers"], told["gates"], told["used"]) == (77, 755, 150)
    assert '"recloned": [3, 9, 24]' in told["command"]
    row = room._row(Iterated(Canonical(2), (3, 9, 24)))
    assert row.scheme.num_qubits == told["used"] - 1 and row.published.layers == 137
    published = {row["label"]: int(row["clones"]) for row in table("experiment3_series")}
    assert room._published_clones(row) == published["3-full"] == 77
    assert room._published_clones(room._row(Iterated(Canonical(2), (3, 9, 11)))) is None


def test_found_circuits_are_shown_and_proved(tmp_path):
    native = build(Canonical(2), "kingston")
    text = write_native(native, Canonical(2))
    (tmp_path / "mine.json").write_text(text)
    rooms = Rooms(None, circuits=tmp_path)
    assert room.shelf(rooms, {})["circuits"][0] == {"device": "found", "title": "mine.json"}
    mine = {"device": "found", "title": "mine.json"}
    shipped = room.placed(None, {"device": "kingston", "title": "canonical, n = 2"})
    told = room.placed(rooms, mine)
    assert {**told, "command": ""} == {**shipped, "command": ""}
    assert room.worth(rooms, mine)["fidelity"] == fidelity(native)
    document = json.loads(text)
    huge = {"scheme": "canonical", "num_clones": 10**9}
    changes = (
        {"device": "/etc/passwd"}, {"decrypt": "CZ 0 155"}, {"encrypt": ""}, {"roles": []}, {"scheme": huge},
        {"outputs": ["x"]}, {"outputs": []}, {"clone": "S9"}, {"format": ""},
    )  # fmt: skip
    wrong = ["[]", "{", *(json.dumps(document | change) for change in changes)]
    for number, other in enumerate(wrong):
        (tmp_path / "mine.json").write_text(other + " " * number)
        with pytest.raises(InvalidInputError, match="holds no native circuit"):
            room.placed(rooms, mine)
    with pytest.raises(InvalidInputError):
        room.placed(rooms, {"device": "found", "title": "../mine.json"})


def test_what_is_left_out_of_the_list_is_counted_and_shown_when_named(tmp_path, monkeypatch):
    text = write_native(build(Canonical(2), "kingston"), Canonical(2))
    for number in range(5):
        (tmp_path / f"{number}.json").write_text(text)
    monkeypatch.setattr(room, "MAX_FOUND", 2)
    rooms = Rooms(None, circuits=tmp_path)
    told = room.shelf(rooms, {})
    assert [one["title"] for one in told["circuits"] if one["device"] == "found"] == ["0.json", "1.json"]
    assert told["found"] == 5 and room.shelf(Rooms(None), {})["found"] == 0
    assert room.placed(rooms, {"device": "found", "title": "4.json"})["scheme"] == str(Canonical(2))
