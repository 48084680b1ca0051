"""Registers read from files that were not written here, and from files that mean harm."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2, qpy
from qiskit.circuit import Parameter, library
from qiskit.circuit.library import StatePreparation
from qiskit.quantum_info import (
    Pauli,
    Statevector,
    random_clifford,
    random_statevector,
    random_unitary,
    state_fidelity,
)

from qclone.circuits import (
    Register,
    from_circuit,
    from_text,
    read_register,
    state_vector,
    to_stim,
    to_text,
    write_register,
)
from qclone.circuits._register import from_bytes
from qclone.errors import InvalidInputError, UnsupportedCircuitError

REGISTERS = Path(__file__).parents[1] / "data" / "registers"
QASM2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
QASM3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
NUM_QUBITS = {
    "cat_state_n4": 4,
    "dnn_n8": 8,
    "ghz_state_n23": 23,
    "ising_n10": 10,
    "qaoa_n3": 3,
    "qec_en_n5": 5,
    "qft_n4": 4,
    "toffoli_n3": 3,
    "wstate_n3": 3,
}


@pytest.mark.parametrize(("name", "num_qubits"), NUM_QUBITS.items())
def test_reads_every_register(name, num_qubits):
    register = read_register(REGISTERS / f"{name}.qasm")
    assert register.num_qubits == num_qubits
    assert register.notices == (f"Left out the final measurement of {num_qubits} qubits.",)
    assert register.source == f"{name}.qasm"
    assert not register.circuit.clbits
    assert not {"measure", "barrier", "reset"} & set(register.circuit.count_ops())


@pytest.mark.parametrize("name", [name for name, k in NUM_QUBITS.items() if k <= 10])
def test_the_state_is_the_one_qiskit_reads(name):
    theirs = qasm2.load(
        REGISTERS / f"{name}.qasm",
        custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS,
        include_path=qasm2.LEGACY_INCLUDE_PATH,
    )
    # Every measurement comes last, so leaving out all of them is what Qiskit can do, too.
    theirs.data = [i for i in theirs.data if i.operation.name != "measure"]
    ours = read_register(REGISTERS / f"{name}.qasm")
    assert np.allclose(ours.state_vector, Statevector(theirs))


def test_known_states():
    w = np.zeros(8)
    w[[1, 2, 4]] = 1 / np.sqrt(3)
    assert abs(np.vdot(w, read_register(REGISTERS / "wstate_n3.qasm").state_vector)) ** 2 > 1 - 1e-9
    cat = np.zeros(16)
    cat[[0, 15]] = 1 / np.sqrt(2)
    assert abs(np.vdot(cat, read_register(REGISTERS / "cat_state_n4.qasm").state_vector)) ** 2 > 1 - 1e-12


def test_shor_is_refused_with_its_line():
    with pytest.raises(UnsupportedCircuitError, match="line 9: 'reset' discards a state"):
        read_register(REGISTERS / "shor_n5.qasm")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (QASM2 + "qreg q[2];\nfoo q[0];", "line 4: 'foo' is not defined"),
        (QASM2 + "qreg q[2];\nh q[0", "line 4: unexpected end-of-file"),
        (QASM2 + "qreg q[2];\nh q[5];", "line 4: index 5 is out-of-range"),
        (
            QASM2 + "qreg q[2];\n creg c[2];\n// done;\nmeasure q -> c;\n\nx q[1];",
            "line 6: 'measure' in the middle",
        ),
        (QASM2 + "qreg q[1];\ncreg c[1];\nif (c==1) x q[0];", "line 5: 'if' is classical control"),
        (QASM2 + "gate g a { h a; }\nqreg q[1];\ng q[0];\nreset q[0];", "line 6: 'reset'"),
        (QASM2 + "opaque magic a;\nqreg q[1];\nmagic q[0];", "line 5: 'magic' is not a unitary gate"),
        (QASM2 + "qreg q[1];\nrx(1e308*10) q[0];", "line 4: a parameter is not finite"),
        (QASM2 + "qreg q[1];\nrz(1e309-1e309) q[0];", "line 4: a parameter is not finite|no value as a real"),
        (QASM2 + "qreg q[1];\nrx(1e308) q[0];", "line 4: a parameter of 1e.308 is beyond 2.53"),
        (QASM3 + "qubit q;\npow(3) @ rx(-1e17) q;", "line 4: a parameter of -1e.17 is beyond 2.53"),
        (QASM2 + "gate g(a) x { rx(a*1e9) x; }\nqreg q[1];\ng(1e9) q[0];", "line 5: in 'g', a parameter of"),
        (QASM2 + "qreg q[100000000];", "declares 100,000,000 qubits"),
        (QASM2 + "qreg q[10001];", "declares 10,001 qubits"),
        (QASM2 + "qreg q[99999999999999999999999999];", "declares 999,999"),
        (QASM2 + "qreg q[1000];\n" + "h q;\n" * 30000, "line 2004: it stands for more than 2,000,000 gates"),
        (QASM2 + 'include "/etc/passwd";', "line 3: it includes '/etc/passwd'"),
        (QASM2 + "creg c[2];", "has no qubits"),
        (QASM3 + "qubit[2] q;\nfoo q[0];", "line 4: gate 'foo' is not defined"),
        (QASM3 + "qubit[2] q;\nh q[0", "line 4: unexpected end of file"),
        (QASM3 + "qubit[2] q;\nh q[5];", "line 4: index out of range"),
        (QASM3 + "qubit[2] q;\n\nh q[0] q[1];", "line 5: unexpected 'q'"),
        (QASM3 + "qubit q;\nbit c;\nc = measure q;\nx q;", "line 5: 'measure' in the middle.*on line 6"),
        (QASM3 + "qubit q;\nh q;\nreset q;", "line 5: 'reset' discards a state"),
        (QASM3 + "qubit q;\nbit c = measure q;\nif (c) { x q; }", "line 5: 'if_else' is classical"),
        (QASM3 + "qubit q;\nfor uint i in [0:1000000000] { x q; }", "line 4: it repeats 1,000,000,001 times"),
        (QASM3 + "input float a;\nqubit q;\nrx(a) q;", "free parameters: a"),
        (QASM3 + "qubit[100000000] q;", "declares 100,000,000 qubits"),
        (QASM3 + "h $100000000;", "declares 100,000,001 qubits"),
        (QASM3 + 'include "/etc/passwd";', "line 3: it includes '/etc/passwd'"),
        (QASM3 + "qubit q;\nrx(" + "(" * 300 + "1" + ")" * 300 + ") q;", "nested too deeply"),
        ("OPENQASM 4.0;", "is written in OpenQASM 4"),
        ("/**/" * 5000 + "quantum q;", "neither OpenQASM nor QPY"),
        ("", "is empty"),
        (" \n" * 100, "is empty"),
    ],
)
def test_refuses_with_the_line(text, message):
    with pytest.raises(UnsupportedCircuitError, match=message) as refused:
        from_text(text)
    assert refused.value.remedy
    assert "\n" not in str(refused.value)


def test_gates_that_double_sixty_times_are_refused_at_once():
    doubled = "".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}\n" for i in range(1, 60))
    with pytest.raises(UnsupportedCircuitError, match=r"line 64: 'g59' stands for more than 2,000,000 gates"):
        from_text(QASM2 + "qreg q[1];\ngate g0 a { h a; }\n" + doubled + "g59 q[0];")
    with pytest.raises(
        UnsupportedCircuitError, match=r"line 64: a gate stands for more than 2,000,000 gates"
    ):
        from_text(QASM3 + "qubit q;\ngate g0 a { h a; }\n" + doubled + "g59 q;")


@given(noise=st.binary(max_size=300))
@pytest.mark.parametrize("head", [b"", QASM2.encode(), QASM3.encode(), b"\x93NUMPY\x01\x00"])
def test_noise_is_refused_in_one_sentence(head, noise, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(head + noise + b"\xff")
    with pytest.raises(UnsupportedCircuitError):
        read_register(path)


@pytest.mark.parametrize("head", [b"", QASM2.encode(), QASM3.encode(), b"QISKIT\x12", b"\x93NUMPY"])
def test_ten_megabytes_of_noise(head, tmp_path):
    path = tmp_path / "noise"
    path.write_bytes(head + np.random.default_rng(1).bytes(10 << 20))
    with pytest.raises(UnsupportedCircuitError):
        read_register(path)


def _reset_named(name):
    """A reset under the name of a unitary gate."""
    inside = QuantumCircuit(1, name=name)
    inside.reset(0)
    return inside.to_instruction()


def test_a_reset_under_the_name_of_a_gate_is_refused():
    honest, circuit = QuantumCircuit(1, name="twin"), QuantumCircuit(1)
    honest.h(0)
    circuit.append(honest.to_gate(), [0])
    circuit.append(_reset_named("twin"), [0])
    with pytest.raises(UnsupportedCircuitError, match="instruction 2: 'twin' is not a unitary gate"):
        from_circuit(circuit)


@pytest.mark.parametrize("name", ["barrier", "delay", "measure", "reset"])
def test_a_gate_under_the_name_of_what_is_left_out_stays(name):
    inside, circuit = QuantumCircuit(1, name=name), QuantumCircuit(1)
    inside.x(0)
    circuit.append(inside.to_gate(), [0])
    register = from_circuit(circuit)
    assert not register.notices
    assert register.state_vector.tolist() == [0, 1]
    assert str(to_stim(circuit)) == "X 0"
    assert from_text(to_text(register.circuit)).state_vector.tolist() == [0, 1]


def test_a_barrier_inside_a_gate_is_left_out_wherever_the_gate_is_used():
    twice = (
        "gate spread a, b { h a; barrier a, b; cx a, b; }\nqreg q[3];\nspread q[0], q[1];\nspread q[1], q[2];"
    )
    register = from_text(QASM2 + twice)
    assert from_text(to_text(register.circuit)).state_vector == pytest.approx(register.state_vector)


AMPLITUDES = random_statevector(8, seed=3).data
MATRIX = random_unitary(4, seed=3)


@pytest.mark.parametrize(
    "operation",
    [
        StatePreparation(AMPLITUDES),
        StatePreparation(AMPLITUDES).inverse(),
        StatePreparation(5, num_qubits=3),
        StatePreparation("+-l"),
        library.UnitaryGate(MATRIX),
        library.UnitaryGate(MATRIX).control(1),
        library.PauliGate("XYZ"),
        library.PauliEvolutionGate(Pauli("XYZ"), 0.7),
        library.PermutationGate([2, 0, 1]),
        library.DiagonalGate(list(np.exp(1j * np.arange(8)))),
        library.Isometry(AMPLITUDES.reshape(8, 1), 0, 0),
        library.UCRXGate([0.1, 0.2, 0.3, 0.4]),
        library.RXGate(0.3).control(2, ctrl_state=1, annotated=True),
        library.HGate().inverse(annotated=True).power(0.5),
        library.QFTGate(3),
        library.LinearFunction([[1, 1, 0], [0, 1, 0], [0, 0, 1]]),
        library.HamiltonianGate(np.diag(np.arange(8.0)), 0.4),
        library.GlobalPhaseGate(0.3),
        random_clifford(3, seed=3),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_whatever_qiskit_can_say_comes_back_as_text(operation):
    circuit = QuantumCircuit(3)
    circuit.h([0, 1, 2])
    circuit.t([0, 1, 2])
    circuit.append(operation, range(operation.num_qubits))
    back = from_text(to_text(from_circuit(circuit).circuit))
    assert state_fidelity(back.state_vector, Statevector(circuit)) > 1 - 1e-9


@pytest.mark.parametrize("value", [5, "10+", AMPLITUDES])
def test_initialize_on_fresh_qubits_prepares(value):
    circuit = QuantumCircuit(3)
    circuit.initialize(value, [0, 1, 2])
    assert state_fidelity(from_circuit(circuit).state_vector, Statevector(circuit)) > 1 - 1e-9
    circuit.h([0, 1, 2])
    circuit.initialize(value, [0, 1, 2])
    with pytest.raises(UnsupportedCircuitError, match="instruction 5: 'initialize' discards a state"):
        from_circuit(circuit)


def test_amplitudes_that_no_text_can_hold():
    circuit = QuantumCircuit(13)
    circuit.prepare_state(np.full(2**13, 2**-6.5), range(13))
    with pytest.raises(UnsupportedCircuitError, match=r"more than 12 qubits\. Write it as QPY"):
        to_text(circuit)


def test_amplitudes_that_qpy_cannot_keep(tmp_path):
    state = np.full(2**16, 2**-8.0)
    np.save(tmp_path / "large.npy", state)
    with pytest.raises(UnsupportedCircuitError, match="holds 16 qubits"):
        read_register(tmp_path / "large.npy")
    circuit = QuantumCircuit(16)
    circuit.append(StatePreparation(state), range(16))
    with pytest.raises(UnsupportedCircuitError, match="amplitudes of more than 15 qubits"):
        from_circuit(circuit)


def test_a_byte_order_mark_is_no_harm(tmp_path):
    (tmp_path / "windows.qasm").write_text(f"{QASM3}qubit q;\nx q;", encoding="utf-8-sig")
    assert read_register(tmp_path / "windows.qasm").state_vector.tolist() == [0, 1]


def test_standard_input(monkeypatch):
    text = f"{QASM3}qubit q;\nx q;".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    register = read_register("-")
    assert (register.source, register.content) == ("stdin", text)
    vector = io.BytesIO()
    np.save(vector, np.array([0.6, 0.8]))
    vector.seek(0)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(vector))
    assert np.allclose(read_register("-").state_vector, [0.6, 0.8])


def test_angles_in_a_circuit_that_tell_no_angle():
    circuit = QuantumCircuit(1)
    circuit.rx(2.0**53, 0)
    assert from_circuit(circuit).circuit.data[0].params == [2.0**53]
    circuit.rx(1e308, 0)
    with pytest.raises(UnsupportedCircuitError, match=r"has a parameter of 1e.308, beyond 2.53"):
        from_circuit(circuit)


def test_paths_that_are_no_files(tmp_path, monkeypatch):
    with pytest.raises(InvalidInputError, match="There is no file"):
        read_register(tmp_path / "absent.qasm")
    with pytest.raises(InvalidInputError, match="is a directory"):
        read_register(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInputError, match="pipe is empty"):  # nobody writes to it
        read_register(tmp_path / "pipe")

    def deny(*_args):
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the refusal of the system is played back.
    monkeypatch.setattr(Path, "open", deny)
    (tmp_path / "mine.qasm").touch()
    with pytest.raises(InvalidInputError, match="may not be read"):
        read_register(tmp_path / "mine.qasm")


def as_qpy(*circuits: QuantumCircuit) -> bytes:
    stream = io.BytesIO()
    qpy.dump(list(circuits), stream)
    return stream.getvalue()


def test_qpy_names_positions():
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    assert from_bytes(as_qpy(circuit)).notices == ("Left out the final measurement of 1 qubit.",)
    circuit.x(0)
    with pytest.raises(UnsupportedCircuitError, match=r"instruction 2: 'measure'.*on instruction 3"):
        from_bytes(as_qpy(circuit))
    with pytest.raises(UnsupportedCircuitError, match="holds 2 programs"):
        from_bytes(as_qpy(circuit, circuit))
    with pytest.raises(UnsupportedCircuitError, match="damaged QPY"):
        from_bytes(as_qpy(circuit)[:-10])
    bound = QuantumCircuit(1)
    bound.rx(Parameter("theta"), 0)
    with pytest.raises(UnsupportedCircuitError, match="free parameters: theta"):
        from_bytes(as_qpy(bound))


def nested() -> bytes:
    inner = QuantumCircuit(2, name="inner")
    inner.cx(0, 1)
    circuit = QuantumCircuit(3, 2)
    circuit.h(0)
    circuit.rx(0.3, 2)
    circuit.append(inner.to_gate(), [0, 2])
    circuit.prepare_state([0.6, 0.8], 1)
    circuit.measure([0, 1], [0, 1])
    return as_qpy(circuit)


@settings(max_examples=15)
@given(changes=st.lists(st.tuples(st.integers(7, len(nested()) - 1), st.integers(0, 255)), max_size=3))
def test_damaged_qpy_is_read_or_refused(changes):
    content = bytearray(nested())
    for place, value in changes:
        content[place] = value
    try:
        assert from_bytes(bytes(content)).num_qubits >= 1
    except UnsupportedCircuitError as refused:
        assert "\n" not in str(refused)


def test_definitions_in_qpy_promise_no_more_than_circuits():
    inner = QuantumCircuit(777, name="inner")
    inner.h(range(777))
    circuit = QuantumCircuit(777)
    circuit.append(inner.to_gate(), range(777))
    content = as_qpy(circuit)
    assert from_bytes(content).num_qubits == 777
    small, huge = (number.to_bytes(4, "big") for number in (777, 2**31))
    first = content.index(small)
    with pytest.raises(UnsupportedCircuitError, match="declares 2,147,483,648 qubits"):
        from_bytes(content[:first] + huge + content[first + 4 :])
    # Inside the definition Qiskit would believe it; the trial run does not come back.
    inside = content.index(small, content.index(b"inner"))
    with pytest.raises(UnsupportedCircuitError, match="damaged QPY file"):
        from_bytes(content[:inside] + huge + content[inside + 4 :])


def test_initialize_counts_as_preparation_on_fresh_qubits_only():
    circuit = QuantumCircuit(2)
    circuit.initialize([0.6, 0.8], 0)
    circuit.cx(0, 1)
    assert np.allclose(from_bytes(as_qpy(circuit)).state_vector, [0.6, 0, 0, 0.8])
    circuit.initialize([0.6, 0.8], 0)
    with pytest.raises(UnsupportedCircuitError, match="instruction 3: 'initialize' discards"):
        from_bytes(as_qpy(circuit))


def test_instructions_made_from_circuits():
    inner = QuantumCircuit(2, 1, name="inner")
    inner.h(0)
    inner.cx(0, 1)
    outer = QuantumCircuit(2, 1)
    outer.append(inner.to_instruction(), [0, 1], [0])
    with pytest.raises(UnsupportedCircuitError, match="'inner' is not a unitary gate"):
        from_bytes(as_qpy(outer))
    unitary = QuantumCircuit(2, name="unitary")
    unitary.h(0)
    unitary.cx(0, 1)
    outer = QuantumCircuit(2)
    outer.append(unitary.to_instruction(), [0, 1])
    assert np.allclose(from_bytes(as_qpy(outer)).state_vector, np.array([1, 0, 0, 1]) / np.sqrt(2))


@pytest.mark.parametrize("num_qubits", [1, 3, 6])
def test_amplitudes(num_qubits, tmp_path):
    vector = random_statevector(2**num_qubits, seed=num_qubits).data
    np.save(tmp_path / "state.npy", vector)
    register = read_register(tmp_path / "state.npy")
    assert np.allclose(register.state_vector, vector, atol=1e-15)
    assert abs(np.vdot(Statevector(register.circuit), vector)) ** 2 > 1 - 1e-12


@pytest.mark.parametrize("num_qubits", [1, 3])
def test_state_vector_is_qiskits(num_qubits):
    circuit = QuantumCircuit(num_qubits, global_phase=0.3)
    circuit.append(StatePreparation(random_statevector(2**num_qubits, seed=5).data), range(num_qubits))
    circuit.h(0)
    assert np.allclose(state_vector(circuit), Statevector(circuit))
    # An inverse preparation has the same amplitudes for parameters and is something else.
    assert np.allclose(state_vector(circuit.inverse()), Statevector(circuit.inverse()))
    undone = QuantumCircuit(num_qubits)
    undone.append(circuit.data[0].operation.inverse(), range(num_qubits))
    assert np.allclose(state_vector(undone), Statevector(undone))
    assert np.allclose(state_vector(QuantumCircuit(num_qubits)), np.eye(1, 2**num_qubits)[0])


def test_fifteen_qubits_of_amplitudes_are_quick(tmp_path):
    vector = random_statevector(2**15, seed=1).data
    np.save(tmp_path / "state.npy", vector)
    assert np.allclose(read_register(tmp_path / "state.npy").state_vector, vector)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([0.6, 0.9]), "norm 1.08166538, not 1"),
        (np.array([np.nan, 1]), "norm nan"),
        (np.ones(3), r"shape \(3,\), not a state vector"),
        (np.ones(1), "not a state vector"),
        (np.eye(2), "not a state vector"),
        (np.array([{}]), "damaged"),
    ],
)
def test_refuses_what_is_no_state_vector(array, message, tmp_path):
    np.save(tmp_path / "state.npy", array, allow_pickle=True)
    with pytest.raises(UnsupportedCircuitError, match=message):
        read_register(tmp_path / "state.npy")


@pytest.mark.parametrize("suffix", [".qasm", ".qpy"])
@pytest.mark.parametrize("name", ["wstate_n3", "dnn_n8", "qft_n4"])
def test_what_is_written_reads_back(name, suffix, tmp_path):
    register = read_register(REGISTERS / f"{name}.qasm")
    write_register(register.circuit, tmp_path / f"copy{suffix}")
    again = read_register(tmp_path / f"copy{suffix}")
    assert np.allclose(again.state_vector, register.state_vector)
    assert again.notices == ()
    assert [p.name for p in tmp_path.iterdir()] == [f"copy{suffix}"]
    assert isinstance(from_text(to_text(register.circuit)), Register)


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "state.qasm").write_text("precious")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_register(QuantumCircuit(1), tmp_path / "state.qasm")
    assert [p.name for p in tmp_path.iterdir()] == ["state.qasm"]
    assert (tmp_path / "state.qasm").read_text() == "precious"


def test_writes_known_formats_only(tmp_path):
    with pytest.raises(InvalidInputError, match="is not known"):
        write_register(QuantumCircuit(1), tmp_path / "state.txt")
