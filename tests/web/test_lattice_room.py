"""What the page says of native circuits, against the circuits themselves."""

import pytest
import stim

from qclone.errors import InvalidInputError
from qclone.native import build, fidelity, listed
from qclone.scheme import Canonical
from qclone.web import _lattice_room as room

FOUR = {"device": "kingston", "title": "canonical, n = 4"}


def test_a_circuit_layer_by_layer():
    told, native = room.placed(None, FOUR), build(Canonical(4), "kingston")
    assert (told["layers"], told["gates"]) == (native.cost.layers, native.cost.gates) == (18, 36)
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
