"""What the page says of coalitions, against ranks, closed forms and stabiliser simulation."""

import itertools

import pytest
import stim

from qclone.access import classify, recovery_probability
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Scheme
from qclone.web import _secrets_room as room
from qclone.web._choices import EXAMPLES, chosen
from qclone.web._drawn import drawn
from qclone.web._questions import Said


@pytest.mark.parametrize("choice", [choice for _, choice in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_every_example_answers(choice):
    asked = {"choice": choice}
    scheme = chosen(Said(asked)).scheme
    told = room.scheme(None, asked)
    labels = [wire["label"] for wire in told["wires"]]
    assert labels == [wire.label for wire in scheme.wires]
    assert sorted(label for group in told["columns"] for one in group["columns"] for label in one) == sorted(
        labels
    )
    clone = told["clones"][0]
    held = [*clone["wires"], *clone["key"]]
    found = room.verdict(None, asked | {"held": held})
    assert (found["verdict"], found["bits"]) == ("recovers", classify(scheme, held).bits)
    if told["decodes"]:
        assert set(room.decoding(None, asked | {"held": held})["circuit"]["rows"]) <= set(held)
    if told["mapped"]:
        room.classes(None, asked)
    smallest = room.smallest(None, asked)["sets"]
    assert all(classify(scheme, wires).recovers for wires in smallest[:4])
    curve = room.curve(None, asked)["probabilities"]
    assert (curve[0], curve[-1]) == (pytest.approx(1), pytest.approx(0))


@pytest.mark.parametrize("n", [2, 3])
def test_the_map_holds_every_set(n):
    """Each of the 2^(2n+1) sets finds its cell, and the cell says what ranks say of the set."""
    asked = {"choice": {"kind": "canonical", "n": n}}
    scheme, told = Canonical(n), room.classes(None, asked)
    cells = {(one["a"], one["c"], one["e"]): one for one in told["cells"]}
    aligned = {(one["a"], one["p"]): one for one in told["aligned"]}
    labels = [wire.label for wire in scheme.wires]
    counted = dict.fromkeys([*cells, *aligned], 0)
    for size in range(len(labels) + 1):
        for held in itertools.combinations(labels, size):
            one = room.verdict(None, asked | {"held": list(held)})["alike"]
            key = (one["with_input"], one["complete"], one["absent"])
            key = key if one["complete"] or one["absent"] else (one["with_input"], one["signals"])
            found = {**cells, **aligned}[key]
            assert found["bits"] == classify(scheme, held).bits
            counted[key] += 1
    assert {key: int(one["sets"]) for key, one in {**cells, **aligned}.items()} == counted


def test_losses_of_each_kind():
    asked = {"choice": {"kind": "canonical", "n": 4}, "A": 1.0, "S": 0.5, "N": 0}
    # Without A and with the whole key one clone of four is enough.
    assert room.loss(None, asked)["probability"] == pytest.approx(1 - 0.5**4)
    alike = room.loss(None, asked | {"A": 0.1, "S": 0.1, "N": 0.1})
    assert alike["probability"] == pytest.approx(recovery_probability(Canonical(4), 0.1))


@pytest.mark.parametrize(
    "choice",
    [
        None, {}, {"kind": "none"}, {"kind": "canonical", "n": 0}, {"kind": "canonical", "n": 10**6},
        {"kind": "iterated", "n": 9, "levels": 9}, {"kind": "graph", "edges": 3, "sectors": []},
        {"kind": "graph", "edges": [[0, 1]], "sectors": [[0, 1]]}, {"kind": "access", "sets": [["a"], ["b"]]},
        {"kind": "access", "sets": "ab"}, {"kind": "spec", "text": "{"}, {"kind": "spec", "text": "[1]"},
        {"kind": "spec", "text": "[" * 10**5}, {"kind": "qudit", "n": 3, "d": 1},
    ],
)  # fmt: skip
def test_what_is_no_scheme_is_said(choice):
    with pytest.raises(InvalidInputError):
        room.scheme(None, {"choice": choice})


def test_fifty_clones_within_a_click():
    """Not a timing: the scheme is kept, so a click costs ranks alone."""
    asked = {"choice": {"kind": "canonical", "n": 50}}
    assert chosen(Said(asked)) is chosen(Said(asked))
    held = [f"S{i}" for i in range(1, 51)]
    assert room.verdict(None, asked | {"held": held})["verdict"] == "nothing"
    assert room.verdict(None, asked | {"held": [*held, "N7"]})["verdict"] == "recovers"


@pytest.mark.parametrize("n", [2, 3])
def test_gates_are_drawn_in_their_order(n):
    """Column by column the drawing is the circuit again, by tableau."""
    scheme: Scheme = Canonical(n)
    circuit = scheme.decrypt("S1")
    shown = drawn(circuit, [wire.label for wire in scheme.wires])
    letters = {"dot": "Z", "target": "X", "Y": "Y"}
    alone = {"√X": "SQRT_X", "√X†": "SQRT_X_DAG", "√Y": "SQRT_Y", "√Y†": "SQRT_Y_DAG", "S†": "S_DAG"}
    again = stim.Circuit()
    for gate in sorted(shown["gates"], key=lambda gate: gate["column"]):
        ends = gate["ends"]
        name = alone.get(ends[0], ends[0])
        if len(ends) == 2:
            name = "SWAP" if name == "swap" else f"{letters[ends[0]]}C{letters[ends[1]]}"
        again.append(name.replace("ZC", "C"), [scheme.index(shown["rows"][row]) for row in gate["rows"]])
    last = scheme.num_qubits - 1
    for one in (again, circuit):
        one.append("I", [last])
    assert again.to_tableau() == circuit.to_tableau()


def test_names_with_commas_have_no_command():
    """qclone access takes wires apart at blanks and commas: it cannot be asked for these."""
    asked = {"choice": {"kind": "access", "sets": [["key, x", "a b"], ["key, x", "c"]]}}
    labels = [wire["label"] for wire in room.scheme(None, asked)["wires"]]
    assert room.verdict(None, asked | {"held": labels})["command"] is None
    assert "--hold c" in room.verdict(None, asked | {"held": ["c"]})["command"]


def test_qudits_are_told_in_their_own_units():
    """Two of them, log2 9 bits, for a qutrit: the page is told the dimension to say so."""
    asked = {"choice": {"kind": "qudit", "n": 3, "d": 3}, "held": ["A", "S1", "S2", "S3"]}
    told = room.verdict(None, asked)
    assert (told["verdict"], told["bits"], told["dimension"]) == ("recovers", 2, 3)
