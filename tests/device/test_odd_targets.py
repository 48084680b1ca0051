"""Targets and noise models with holes: nothing is made up, nothing is dropped without a word."""

from math import inf, nan

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CZGate, RZGate, SXGate
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import CouplingMap, InstructionProperties, QubitProperties, Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, pauli_error

from qclone.device import from_backend
from qclone.simulate import machine_of

GOOD = QubitProperties(1e-4, 1e-4)
FLIP = pauli_error([("X", 0.1), ("I", 0.9)])


class Odd(BackendV2):
    """Four qubits in a line, of which number 1 or all of them are odd."""

    def __init__(self, times=GOOD, error=1e-4, pair=1e-2, everywhere=False):
        super().__init__(name="odd")
        odd = range(4) if everywhere else [1]
        self._target = Target(num_qubits=4, qubit_properties=[times if q in odd else GOOD for q in range(4)])
        self._target.add_instruction(RZGate(Parameter("a")), {(q,): None for q in range(4)})
        pulses = {(q,): InstructionProperties(3e-8, error if q in odd else 1e-4) for q in range(4)}
        self._target.add_instruction(SXGate(), pulses)
        pairs = {(q, q + 1): InstructionProperties(1e-7, pair if q in odd else 1e-2) for q in range(3)}
        self._target.add_instruction(CZGate(), pairs)
        self._target.add_instruction(Measure(), {(q,): InstructionProperties(1e-6, 1e-2) for q in range(4)})

    target = property(lambda self: self._target)
    max_circuits = None

    @classmethod
    def _default_options(cls):
        return Options()

    def run(self, *_, **__):
        raise NotImplementedError


@pytest.mark.parametrize(
    "odd",
    [
        {"times": QubitProperties(nan, 1e-4)},
        {"times": QubitProperties(1e-4, nan)},
        {"times": QubitProperties(-1e-4, 1e-4)},
        {"error": -1e-4},
        {"error": nan},
    ],
    ids=str,
)
def test_a_qubit_whose_numbers_are_none_is_left_out_alone(odd):
    device = from_backend(Odd(**odd))
    assert device.working_qubits == (0, 2, 3) and device.edges == ((2, 3),)
    assert any("Left out: 1 qubit: 1" in note for note in device.notes)


@pytest.mark.parametrize("error", [-1, nan, inf])
def test_so_is_a_coupler(error):
    assert from_backend(Odd(pair=error)).edges == ((0, 1), (2, 3))


def test_times_that_nobody_has_measured_are_off():
    device = from_backend(Odd(times=QubitProperties(nan, nan), everywhere=True))
    assert len(device.working_qubits) == 4 and device.qubit(0).t1_s == inf
    assert any("T1 is not stated" in note for note in device.notes)


@pytest.mark.parametrize("entry", [(1, 1), "cz", "sx", "measure"], ids=str)
def test_an_entry_that_is_none_does_not_cost_the_backend(entry):
    """A gate of a qubit with itself; times in nanoseconds where seconds are meant."""
    backend = Odd()
    slow = InstructionProperties(68.0, 1e-3)
    if entry == (1, 1):
        # Qiskit refuses it in a new gate, not in what a provider has made.
        backend.target["cz"][1, 1] = InstructionProperties(1e-7, 1e-3)
    else:
        backend.target.update_instruction_properties(entry, (1, 2) if entry == "cz" else (1,), slow)
    device = from_backend(backend)
    said = " ".join(device.notes)
    if entry == (1, 1):
        assert device.edges == ((0, 1), (1, 2), (2, 3)) and "of one qubit with itself, 1 qubit: 1" in said
    elif entry == "cz":
        assert device.edges == ((0, 1), (2, 3)) and "1 coupler: (1, 2) of 3" in said
    elif entry == "sx":
        assert device.working_qubits == (0, 2, 3) and "1 qubit: 1" in said
    else:
        assert device.measurement_duration_s == 1e-6
        assert "the duration of a measure on 1 qubit: 1, which is" in said


def test_the_order_in_which_a_target_lists_its_qubits_does_not_matter():
    plain, other = Odd(pair=2e-2), Odd(pair=2e-2)
    turned = Target(num_qubits=4, qubit_properties=plain.target.qubit_properties)
    for name in reversed(list(plain.target.operation_names)):
        entries = dict(reversed(plain.target[name].items()))
        if name == "cz":
            entries = {pair[::-1]: entry for pair, entry in entries.items()}
        turned.add_instruction(plain.target.operation_from_name(name), entries)
    other._target = turned
    assert from_backend(other) == from_backend(plain)


def model(*, pulses=(), readout=(), more=()):
    made = NoiseModel(basis_gates=["cz", "rz", "sx"])
    made.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), "cz")
    for qubit in pulses:
        made.add_quantum_error(depolarizing_error(0.1, 1), "sx", [qubit])
    for qubit in readout:
        made.add_readout_error(ReadoutError([[0.9, 0.1], [0.1, 0.9]]), [qubit])
    for instruction in more:
        made.add_all_qubit_quantum_error(FLIP, instruction)
    return AerSimulator(noise_model=made)


def test_qubits_without_noise_in_a_model_are_perfect_and_not_broken():
    device = from_backend(model(pulses=[0, 1], readout=[2]))
    assert len(device.working_qubits) == 30
    assert [device.qubit(q).gate_error for q in range(3)] == pytest.approx([0.05, 0.05, 0])
    assert [device.qubit(q).readout_error for q in range(1, 4)] == pytest.approx([0, 0.1, 0])
    assert any("no noise of gates on 28 qubits" in note for note in device.notes)
    assert any("no noise of readout on 29 qubits" in note for note in device.notes)


def test_one_qubit_with_a_noise_of_its_own_does_not_make_a_machine_of_one():
    """Where the others' is that of all qubits."""
    made = NoiseModel()
    made.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), "sx")
    made.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), "cz")
    made.add_quantum_error(depolarizing_error(0.1, 1), "sx", [0])
    device = from_backend(AerSimulator(noise_model=made))
    assert len(device.working_qubits) == 30
    assert [device.qubit(q).gate_error for q in (0, 1)] == pytest.approx([0.05, 0.005])


def test_noise_of_measurements_is_read_and_what_has_no_rule_is_told():
    device = from_backend(model(more=["measure", "reset", "rz"]))
    assert device.qubit(3).readout_error == pytest.approx(0.1)
    assert any("no rule for the noise of reset, rz" in note for note in device.notes)
    both = from_backend(model(readout=[3], more=["measure"]))
    assert both.qubit(3).readout_error == pytest.approx(0.1 * 0.9 * 2)


def test_a_map_of_couplers_is_kept():
    """Aer's own target couples all to all."""
    made = NoiseModel()
    made.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), "cx")
    device = from_backend(AerSimulator(noise_model=made, coupling_map=CouplingMap.from_line(6)))
    assert device.edges == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))


def one_sided(*pairs, coupling_map=None):
    made = NoiseModel(basis_gates=["cz", "rz", "sx"])
    for number, pair in enumerate(pairs, start=1):
        made.add_quantum_error(depolarizing_error(number * 0.016, 2), "cz", list(pair))
    return AerSimulator(noise_model=made, coupling_map=coupling_map)


def test_couplers_without_noise_in_a_model_are_perfect_and_not_broken():
    """Where a map says that they are couplers; without a map those are that the model names."""
    mapped = from_backend(one_sided((0, 1), coupling_map=CouplingMap.from_line(6)))
    assert mapped.edges == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))
    assert [c.error for c in mapped.couplers] == pytest.approx([0.012, 0, 0, 0, 0])
    assert any("no noise of gates on 4 couplers: (1, 2), (2, 3)" in note for note in mapped.notes)
    free = from_backend(one_sided((0, 1), (1, 2)))
    assert [c.error for c in free.couplers] == pytest.approx([0.012, 0.024])
    assert any("those pairs whose gates have noise, it is assumed" in note for note in free.notes)


@pytest.mark.parametrize("coupling_map", [None, CouplingMap.from_line(3)], ids=["free", "mapped"])
def test_a_gate_runs_from_the_side_on_which_it_has_noise(coupling_map):
    """From the other side Aer runs it without any."""
    backend = one_sided((0, 1), (2, 1), coupling_map=coupling_map)
    plain = QuantumCircuit(3, 3)
    for pair in ((1, 0), (0, 1), (1, 2), (2, 1)):
        plain.cz(*pair)
        plain.barrier()  # two of them on one pair would cancel
    (translated,) = machine_of(backend=backend).translated([plain])
    gates = [
        [translated.find_bit(q).index for q in i.qubits]
        for i in translated.data
        if i.operation.name != "barrier"
    ]
    assert {tuple(pair) for pair in gates if len(pair) == 2} == {(0, 1), (2, 1)}
