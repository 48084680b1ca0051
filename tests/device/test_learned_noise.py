"""Learned noise that is none, or of another processor: refused in a sentence, never cut to something else."""

import json
from itertools import pairwise

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList
from qiskit_ibm_runtime.results import LayerError, PauliLindbladError

from qclone.device import Device, Generator, LearnedLayer, LearnedNoise, learned_noise, line, load_noise
from qclone.errors import InvalidInputError

LAYER = {"gate": "cz", "pairs": [[0, 1]], "qubits": [0, 1], "generators": {"X0": 0.1}}


def layer_error(generators, qubits, more=lambda circuit: None):
    circuit = QuantumCircuit(len(qubits))
    circuit.cz(0, 1)
    more(circuit)
    error = PauliLindbladError(PauliList(list(generators)), list(generators.values()))
    return LayerError(circuit, qubits, error)


WRONG = {
    "half a qubit": ({"pairs": [[0.7, 1.2]]}, "0.7 is no qubit"),
    "a truth": ({"pairs": [[0, True]]}, "True is no qubit"),
    "a text for a rate": ({"generators": {"X0": "0.1"}}, "'0.1' is no rate"),
    "no number": ({"generators": {"X0": float("nan")}}, "The rate nan of X0 makes no channel"),
    "less than nothing": ({"generators": {"X0": -0.1}}, "The rate -0.1 of X0 makes no channel"),
    "a qubit below 0": ({"pairs": [[-1, 0]], "qubits": [-1, 0]}, "no layer of two-qubit gates"),
    "a Pauli below 0": ({"qubits": [-1, 0, 1], "generators": {"X-1": 0.1}}, "no Pauli on qubits"),
    "one generator in two writings": (
        {"generators": {"X0 Z1": 0.1, "Z1 X0": 0.2}},
        "names a generator twice",
    ),
    "two letters": ({"generators": {"XY0": 0.1}}, "no Pauli on qubits"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_a_file_that_says_something_else_is_refused(change, said, tmp_path):
    path = tmp_path / "noise.json"
    path.write_text(json.dumps({"layers": [LAYER]}))
    assert load_noise(path).layers[0].generators == (Generator.of("X0", 0.1),)
    path.write_text(json.dumps({"layers": [LAYER | change]}))
    with pytest.raises(InvalidInputError, match=said):
        load_noise(path)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"layers": [{"generators": {"X0": 0.1, "X0": 0.2}}]}',
        '{"layers": [{"pairs": [[0, 1e999]]}]}',
    ],
    ids=["deep", "twice", "huge"],
)
def test_so_is_one_that_is_no_json_of_ours(text, tmp_path):
    path = tmp_path / "noise.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=r"cannot be read|no learned noise"):
        load_noise(path)


@pytest.mark.parametrize("result", ["noise", 3, None, [None], [LAYER]], ids=repr)
def test_so_is_what_no_learner_returned(result):
    with pytest.raises(InvalidInputError, match="is no layer that a NoiseLearner learned"):
        learned_noise(result)


def test_a_layer_with_larger_gates_is_none():
    """Its gate of three qubits was passed over, and its noise given to the others."""
    with pytest.raises(InvalidInputError, match="gate ccx of 3 qubits"):
        learned_noise([layer_error({"IIX": 0.1}, [0, 1, 2], lambda c: c.ccx(0, 1, 2))])


def test_a_layer_of_a_wider_processor_is_left_out():
    """Its pairs are the device's own, and its neighbours are not."""
    here, there = layer_error({"IIX": 0.1}, [0, 1, 2]), layer_error({"XIX": 0.1}, [1, 2, 9])
    made = line(5).with_learned(learned_noise([here, there]))
    assert [layer.pairs for layer in made.learned.layers] == [((0, 1),)]
    assert "Left out: 1 learned layers with gates or qubits that it does not have." in made.notes
    with pytest.raises(InvalidInputError, match="None of the 1 learned layers"):
        line(5).with_learned(learned_noise([there]))


def test_numbers_of_numpy_are_numbers(tmp_path):
    found = learned_noise([layer_error({"IIX": np.float64(0.1)}, list(np.arange(3)))])
    made = line(3).with_learned(found)
    made.save(tmp_path / "device.json")
    assert Device.load(tmp_path / "device.json") == made


def test_nothing_is_lost_on_the_way_to_a_file():
    """Of two generators with one Pauli the file would hold the last."""
    twice = [Generator.of(text, rate) for text, rate in (("X0 Z1", 0.1), ("Z1 X0", 0.2))]
    with pytest.raises(InvalidInputError, match="names a generator twice"):
        LearnedLayer(((0, 1),), tuple(twice), (0, 1))
    pairs = tuple(pairwise(range(3)))
    noise = LearnedNoise(tuple(LearnedLayer((p,), (twice[0],) if p == (0, 1) else (), p) for p in pairs))
    assert LearnedNoise.from_dict(noise.to_dict()) == noise
