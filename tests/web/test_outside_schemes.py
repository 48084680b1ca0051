"""Schemes of another package in the page's rooms and in the planner, asked what they are by hooks alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from qclone.device import all_to_all
from qclone.native import Listed, build, fidelity, write_native
from qclone.plan._ways import _split
from qclone.scheme import AlikePairs, Canonical, Iterated, Parallel, Scheme, register_scheme, to_spec
from qclone.web import Rooms, _lattice_room, _secrets_room


@register_scheme("theirs, in a test of the page")
@dataclass(frozen=True)
class Theirs(Scheme):
    """Wires and circuits of the canonical scheme, of a class that nothing knows."""

    pairs: int

    size_of = classmethod(lambda _, pairs: Canonical.size_of(pairs))
    own = property(lambda self: Canonical(self.pairs))
    wires, clones = property(lambda self: self.own.wires), property(lambda self: self.own.clones)
    alike = property(lambda self: AlikePairs(self.pairs, Theirs))

    def clone(self, label):
        return self.own.clone(label)

    def prepare(self):
        return self.own.prepare()

    def encrypt(self):
        return self.own.encrypt()

    def decrypt(self, clone):
        return self.own.decrypt(clone)


def asked(scheme):
    return {"choice": {"kind": "spec", "text": json.dumps(to_spec(scheme))}}


MADE_OF_IT = [lambda one: one, lambda one: Parallel(one, 2), lambda one: Iterated.virtual(one, 1)]


@pytest.mark.parametrize("made", MADE_OF_IT)
@pytest.mark.parametrize("n", [2, 3])
def test_the_second_room_says_of_theirs_what_it_says_of_ours(made, n):
    ours, theirs = asked(made(Canonical(n))), asked(made(Theirs(n)))
    told = _secrets_room.scheme(None, theirs)
    assert {**told, "name": "", "command": ""} == {
        **_secrets_room.scheme(None, ours),
        "name": "",
        "command": "",
    }
    assert all(len(one) == 2 for group in told["columns"] for one in group["columns"] if "A" not in one[0])
    held = {"held": [wire["label"] for wire in told["wires"]][:4]}
    whole = made(Canonical(n)).num_qubits == 2 * n + 1
    for question in (_secrets_room.verdict, *[_secrets_room.classes] * whole, _secrets_room.smallest):
        answers = [question(None, one | held) for one in (ours, theirs)]
        assert {**answers[0], "command": ""} == {**answers[1], "command": ""}
    assert told["mapped"] is whole


def test_the_third_room_shows_a_circuit_of_theirs(tmp_path):
    native = build(Theirs(2), all_to_all(6))
    (tmp_path / "theirs.json").write_text(write_native(native, Theirs(2)))
    rooms, mine = Rooms(None, circuits=tmp_path), {"device": "found", "title": "theirs.json"}
    assert _lattice_room.placed(rooms, mine)["gates"] == native.cost.gates
    told = _lattice_room.worth(rooms, mine)
    assert (told["quantity"], told["fidelity"]) == ("entanglement fidelity", fidelity(native))
    assert _lattice_room.ladder(rooms, mine)["published"] is None  # of a scheme that nobody has published


def test_its_command_describes_what_no_words_are_for():
    for made in MADE_OF_IT:
        scheme = made(Theirs(2))
        command = _lattice_room._options(Listed("kingston", "theirs", scheme, None))
        assert json.loads(re.search("'(.*)'", command)[1]) == to_spec(scheme)


@pytest.mark.parametrize("servers", [2, 5])
def test_the_planner_keeps_wires_of_theirs_as_of_ours(servers):
    theirs, ours = (
        [(way.meaning, way.num_qubits, way.server_bits) for way in _split("code", "all", scheme, servers)]
        for scheme in (Theirs(2), Canonical(2))
    )
    assert theirs == ours
