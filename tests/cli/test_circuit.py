"""qclone circuit: the JSON that programs rely on, and circuits that other tools read back."""

import json

import pytest
import stim
from matplotlib.image import imread
from qiskit import qasm2, qasm3, qpy, transpile
from qiskit.quantum_info import Statevector, partial_trace, state_fidelity
from qiskit_aer import AerSimulator

from qclone.circuits import from_text, to_stim
from qclone.cli import main


def run(capsys, *arguments: str) -> dict:
    status = main(["circuit", *arguments, "--json"])
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert status == (0 if "error" not in document else 2)
    assert printed.err == ""
    return document


def bell_fidelity(circuit, document) -> float:
    kept = [document["outputs"][0], document["roles"]["R"]]
    others = [q for q in range(document["qubits"]) if q not in kept]
    state = Statevector(circuit.remove_final_measurements(inplace=False))
    return state_fidelity(partial_trace(state, others), Statevector([1, 0, 0, 1]) / 2**0.5)


@pytest.mark.parametrize("clone", ["S1", "S2", "A"])
def test_the_documented_example(clone, capsys):
    document = run(capsys, "--clones", "2", "--clone", clone, "--reference", "--format", "qasm3")
    assert document["qubits"] == 6
    assert document["roles"] == {"A": 0, "S1": 1, "S2": 2, "N1": 3, "N2": 4, "R": 5}
    assert document["stages"].keys() == {"prepare", "encrypt", "decrypt"}
    assert document["layers"] == sum(stage["layers"] for stage in document["stages"].values())
    assert document["gates"] == sum(stage["gates"] for stage in document["stages"].values())
    circuit = qasm3.loads(document["circuit"])
    two_qubit = sum(i.operation.num_qubits == 2 and i.operation.name != "barrier" for i in circuit.data)
    assert document["gates"] == two_qubit
    assert bell_fidelity(circuit, document) > 1 - 1e-12


@pytest.mark.parametrize("synthesis", ["definition", "ladder", "pair_tree"])
def test_stim_text_recovers_three_hundred_clones(synthesis, capsys):
    document = run(
        capsys,
        "--clones",
        "300",
        "--clone",
        "S7",
        "--synthesis",
        synthesis,
        "--reference",
        "--format",
        "stim",
    )
    simulator = stim.TableauSimulator()
    simulator.do(stim.Circuit(document["circuit"]))
    for pauli, sign in (("X", 1), ("Y", -1), ("Z", 1)):
        pair = stim.PauliString(document["qubits"])
        pair[document["roles"]["R"]], pair[document["outputs"][0]] = pauli, pauli
        assert simulator.peek_observable_expectation(pair) == sign
    assert document["circuit"].count("TICK") == 2


@pytest.mark.parametrize("form", ["qpy", "qasm3", "stim"])
def test_every_format_is_the_same_circuit(form, tmp_path, capsys):
    out = tmp_path / "circuit"
    document = run(capsys, "--clones", "3", "--format", form, "--out", str(out))
    assert "circuit" not in document
    assert document["out"] == str(out)
    read = {
        "qpy": lambda: to_stim(qpy.load(out.open("rb"))[0]),
        "qasm3": lambda: to_stim(qasm3.load(str(out))),
        "stim": lambda: stim.Circuit.from_file(out),
    }[form]()
    expected = stim.Circuit(run(capsys, "--clones", "3", "--format", "stim")["circuit"])
    assert read.to_tableau(ignore_noise=True) == expected.to_tableau()
    assert [p.name for p in tmp_path.iterdir()] == ["circuit"]


@pytest.mark.parametrize("n", [2, 6])
def test_pictures(n, tmp_path, capsys):
    out = tmp_path / "circuit.png"
    run(capsys, "--clones", str(n), "--reference", "--format", "png", "--out", str(out))
    height, width, _ = imread(out).shape
    assert width > height > 100 * n


def test_text_drawing_and_summary(capsys):
    assert main(["circuit", "--clones", "2"]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("S1: ") == 1
    assert "encrypt" in printed.out
    assert printed.err.startswith("5 qubits, 10 two-qubit layers, 11 two-qubit gates (prepare 1/2,")


def test_other_schemes(capsys):
    iterated = run(
        capsys, "--clones", "2", "--iterate", "1", "--clone", "S1/A", "--reference", "--format", "qasm3"
    )
    assert iterated["qubits"] == 18
    assert iterated["roles"]["S1/N2"] < 17
    assert bell_fidelity(qasm3.loads(iterated["circuit"]), iterated) > 1 - 1e-12
    virtual = run(capsys, "--clones", "2", "--iterate", "6", "--virtual", "--format", "stim")
    assert virtual["qubits"] == 2 * 2 * 7 + 1
    register = run(capsys, "--clones", "2", "--copies", "3", "--reference", "--format", "stim")
    assert list(register["roles"])[-3:] == ["R1", "R2", "R3"]
    assert len(register["outputs"]) == 3


def test_odd_numbers_say_what_they_leak(capsys):
    assert run(capsys, "--clones", "2")["notices"] == []
    assert "Bloch Y" in run(capsys, "--clones", "3")["notices"][0]
    assert "not encrypted" in run(capsys, "--clones", "1")["notices"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--clones", "0"], "--clones"),
        (["--clones", "1000000000"], "number of clones"),
        (["--clones", "x"], "not a valid integer"),
        ([], "Give either --clones N or --scheme FILE"),
        (["--clones", "2", "--clone", "S9"], "no clone 'S9'"),
        (["--clones", "3", "--clone", "A"], "no clone 'A'"),
        (["--clones", "2", "--synthesis", "magic"], "no synthesis 'magic'"),
        (["--clones", "2", "--format", "png"], "png is not text"),
        (["--clones", "2", "--format", "qpy"], "qpy is not text"),
        (["--clones", "100"], "cannot be read"),
        (["--clones", "100000", "--format", "qasm3"], "too many for the format qasm3"),
        (["--clones", "2", "--virtual"], "says how to iterate"),
        (["--clones", "2", "--iterate", "-1"], "--iterate"),
        (["--clones", "2", "--copies", "0"], "--copies"),
    ],
)
def test_refusals(arguments, message, capsys):
    error = run(capsys, *arguments)["error"]
    assert message in error["message"]
    assert error["remedy"]


def test_files_that_cannot_be_written(tmp_path, capsys):
    for out, message in ((tmp_path, "is a directory"), (tmp_path / "no" / "x", "cannot be written")):
        error = run(capsys, "--clones", "2", "--format", "stim", "--out", str(out))["error"]
        assert message in error["message"]


def test_a_native_circuit(tmp_path, capsys):
    file = tmp_path / "native.qasm"
    document = run(
        capsys, "--native", "--device", "kingston", "--clones", "2", "--reference", "--format", "qasm3",
        "--out", str(file),
    )  # fmt: skip
    assert document["layers"] == sum(stage["layers"] for stage in document["stages"].values()) <= 11
    assert document["gates"] == 13
    assert document["roles"].keys() == {"R", "A", "S1", "S2", "N1", "N2"}
    assert 0.955 <= document["fidelity"] < 1
    circuit = qasm3.loads(file.read_text())
    assert circuit.count_ops()["barrier"] == 2
    assert set(circuit.count_ops()) <= {"cz", "rz", "sx", "x", "barrier"}
    values = [document["roles"]["R"], document["output"]]
    simulator = stim.TableauSimulator()
    simulator.do(to_stim(circuit))
    for pauli in "XZ":
        pair = stim.PauliString(156)
        pair[values[0]] = pair[values[1]] = pauli
        assert simulator.peek_observable_expectation(pair) == 1


def test_a_native_register(tmp_path, capsys):
    arguments = ("--native", "--device", "kingston", "--clones", "2", "--copies", "4")
    document = run(capsys, *arguments, "--format", "stim", "--out", str(tmp_path / "register.stim"))
    assert document["inputs"] == "GHZ"
    assert len(document["outputs"]) == 4
    assert 0.8 < document["fidelity"] < 1
    for form in ("text", "png"):
        run(capsys, *arguments, "--format", form, "--out", str(tmp_path / f"register.{form}"))


@pytest.mark.parametrize("form", ["qasm2", "cirq", "pytket", "braket", "pennylane"])
def test_formats_of_neighbours_say_the_same_circuit(form, capsys):
    document = run(capsys, "--clones", "2", "--clone", "S2", "--reference", "--format", form, "--no-barriers")
    text = document["circuit"]
    assert "barrier" not in text
    assert "// qubit 5 is R" in text
    if form != "pennylane":  # whose reader knows a library that it does not include
        assert bell_fidelity(from_text(text).circuit, document) > 1 - 1e-12


@pytest.mark.parametrize("form", ["crumble", "quirk"])
def test_links(form, capsys):
    assert f"/{form}#circuit=" in run(capsys, "--clones", "2", "--format", form)["circuit"]


def test_only_used_qubits_of_a_native_circuit(capsys):
    options = (
        "--clones",
        "2",
        "--native",
        "--device",
        "kingston",
        "--format",
        "qasm3",
        "--only-used",
        "--no-barriers",
    )
    circuit = qasm3.loads(run(capsys, *options)["circuit"])
    assert circuit.num_qubits == 6
    assert "barrier" not in circuit.count_ops()


@pytest.mark.parametrize("more", [[], ["--native", "--device", "kingston", "--only-used"]])
@pytest.mark.parametrize("form", ["qasm3", "qasm2"])
def test_measurements_where_they_are_asked_for(form, more, capsys):
    """The input is half of a Bell pair: R and the decrypted clone agree in every shot, at random."""
    arguments = more or ["--reference"]
    text = run(capsys, "--clones", "2", "--measure", "--format", form, *arguments)["circuit"]
    load = qasm3.loads if form == "qasm3" else qasm2.loads
    circuit = transpile(load(text), basis_gates=["u", "cx"], optimization_level=0)
    counts = AerSimulator(seed_simulator=3).run(circuit, shots=500).result().get_counts()
    assert set(counts) == {"00", "11"} and min(counts.values()) > 150


def test_measurements_in_stim(capsys):
    text = run(capsys, "--clones", "3", "--reference", "--measure", "--format", "stim")["circuit"]
    shots = stim.Circuit(text).compile_sampler(seed=1).sample(100)
    assert (shots[:, 0] == shots[:, 1]).all() and 20 < shots[:, 0].sum() < 80
