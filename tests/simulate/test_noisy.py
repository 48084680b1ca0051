"""Noise on placed circuits: schedules by hand, closed forms, Qiskit's own scheduler."""

from __future__ import annotations

import itertools
from math import exp

import pytest
import stim
from qiskit import QuantumCircuit, transpile
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import ALAPScheduleAnalysis, PadDelay

from qclone.device import Device, NoiseRules, line, load_device, synthetic, target_of
from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.simulate import entanglement_fidelity, expectations, noisy, record_expectations, route
from qclone.simulate._steps import Kind, read, waits

NS = 1e-9
QUIET = {"two_qubit_error": 0.0, "one_qubit_error": 0.0, "readout_error": 0.0}


def round_trip(num_clones: int) -> tuple[QuantumCircuit, int, int]:
    """Bell pair with the input, one encrypted clone decrypted: the circuit, the reference, the output."""
    circuit = QuantumCircuit(2 * num_clones + 2)
    reference = 2 * num_clones + 1
    circuit.h(reference)
    circuit.cx(reference, 0)
    for i in range(1, num_clones + 1):
        circuit.h(i)
        circuit.cx(i, i + num_clones)
    wires = list(range(num_clones + 1))
    for conjugate in (False, True):
        if conjugate:
            circuit.h(wires)
        for a in wires[:-1]:
            circuit.cx(a, a + 1)
        circuit.s(wires[-1])
        for a in reversed(wires[:-1]):
            circuit.cx(a, a + 1)
    circuit.h(wires)
    signal, noise = 1, num_clones + 1
    circuit.cx(signal, noise)
    circuit.h(signal)
    for other in range(num_clones + 2, 2 * num_clones + 1):
        circuit.cz(signal, other)
        circuit.cx(noise, other)
    circuit.s([signal, noise])
    circuit.cz(signal, noise)
    circuit.h(signal)
    circuit.cx(signal, noise)
    return circuit, reference, signal


def routed(num_clones: int, device: Device, seed: int = 1) -> tuple[QuantumCircuit, int, int]:
    circuit, reference, output = round_trip(num_clones)
    physical = route(circuit, device, seed)
    layout = physical.layout.final_index_layout()
    return physical, layout[reference], layout[output]


def test_each_rule_puts_its_noise_where_it_says() -> None:
    device = line(2, two_qubit_error=0.004, one_qubit_error=0.02, readout_error=0.01, t1_s=1e-6, t2_s=1e-6)
    circuit = stim.Circuit("H 0 1\nS 1\nCZ 0 1\nH 1\nM 0 !1\nR 0\nCZ rec[-1] 1")
    assert noisy(circuit, device, NoiseRules.none()) == stim.Circuit(
        "H 0\nH 1\nS 1\nCZ 0 1\nH 1\nM 0\nM !1\nR 0\nCZ rec[-1] 1"
    )
    assert noisy(circuit, device, NoiseRules.only("one_qubit")).num_measurements == 2
    assert str(noisy(circuit, device, NoiseRules.only("one_qubit"))).count("DEPOLARIZE1(0.03)") == 3
    assert str(noisy(circuit, device, NoiseRules.only("two_qubit"))).count("DEPOLARIZE2(0.005) 0 1") == 1
    assert "M(0.01) 0 !1" in str(noisy(circuit, device, NoiseRules.only("readout")))
    assert str(noisy(circuit, device, NoiseRules(scale=2))).count("DEPOLARIZE2(0.01) 0 1") == 1
    # Only qubit 0 waits: one pulse, while qubit 1 has its H before the measurements.
    assert str(noisy(circuit, device, NoiseRules.only("idle"))).count("Z_ERROR") == 1


def test_a_wait_decays_with_t1_and_t2() -> None:
    device = synthetic("pair", 2, [(0, 1)], t1_s=50e-6, t2_s=30e-6, **QUIET)
    wait_s = 7e-6
    circuit = QuantumCircuit(1)
    circuit.sx(0)
    circuit.delay(wait_s, 0, unit="s")
    circuit.sx(0)
    assert expectations(noisy(circuit, device), [stim.PauliString("Z")])[0] == pytest.approx(
        -exp(-wait_s / 30e-6)
    )
    circuit.data[0] = circuit.data[0].replace(operation=QuantumCircuit(1).x(0)[0].operation)
    circuit.data[2] = circuit.data[0]
    assert expectations(noisy(circuit, device), [stim.PauliString("Z")])[0] == pytest.approx(
        exp(-wait_s / 50e-6)
    )


def test_what_waits_where() -> None:
    """Nothing waits before its first operation or after its last; a barrier holds back, but is none."""
    device = line(3)
    pulse, coupler, readout = 32 * NS, 68 * NS, 2300 * NS
    circuit = QuantumCircuit(3, 1)
    circuit.x([0, 1, 2])  # steps 0, 1, 2
    circuit.x(1)  # 3
    circuit.cz(0, 1)  # 4
    circuit.measure(1, 0)  # 5
    circuit.barrier()  # 6
    circuit.cz(0, 1)  # 7
    circuit.x(2)  # 8
    for rules, measured in ((NoiseRules(), readout), (NoiseRules().without("measurement_time"), 0.0)):
        steps = read(circuit, device, rules)
        assert [s.kind for s in steps][4:7] == [Kind.COUPLER, Kind.MEASURE, Kind.WAIT]
        found = {(i, q): t for i, gaps in enumerate(waits(steps)) for q, t in gaps}
        wanted = {(7, 0): measured, (8, 2): coupler - pulse}
        assert {k: pytest.approx(v) for k, v in wanted.items() if v} == found


def test_waits_are_those_of_the_alap_schedule_of_qiskit() -> None:
    device = load_device("kingston")
    target = target_of(device)
    circuit, *_ = routed(3, device)
    target.dt = 4 * NS
    manager = PassManager([ALAPScheduleAnalysis(target=target), PadDelay(target=target)])
    scheduled = manager.run(circuit)
    wanted: dict[int, float] = {}
    started: set[int] = set()
    pending: dict[int, float] = {}
    for instruction in scheduled.data:
        for bit in instruction.qubits:
            q = scheduled.find_bit(bit).index
            if instruction.operation.name == "delay" and q in started:
                pending[q] = pending.get(q, 0.0) + instruction.operation.duration * 4 * NS
            elif instruction.operation.name in ("cz", "sx", "x"):
                started.add(q)
                wanted[q] = wanted.get(q, 0.0) + pending.pop(q, 0.0)
    found: dict[int, float] = dict.fromkeys(wanted, 0.0)
    for gaps in waits(read(circuit, device, NoiseRules())):
        for q, t in gaps:
            found[q] += t
    assert sum(wanted.values()) > 1e-6
    assert found == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("name", ["kingston", "nighthawk"])
def test_idling_hurts_and_so_does_every_rule(name: str) -> None:
    device = load_device(name)
    circuit, reference, output = routed(3, device)
    everything = entanglement_fidelity(noisy(circuit, device), reference, output)
    for rule in ("two_qubit", "one_qubit", "idle"):
        only = entanglement_fidelity(noisy(circuit, device, NoiseRules.only(rule)), reference, output)
        less = entanglement_fidelity(noisy(circuit, device, NoiseRules().without(rule)), reference, output)
        assert everything < less - 1e-3 and only < 1 - 1e-3
    assert entanglement_fidelity(noisy(circuit, device, NoiseRules.none()), reference, output) == 1


def test_a_measurement_in_between_costs_time_for_those_that_wait_for_it() -> None:
    device = line(3)
    circuit = stim.Circuit("H 0 2\nCZ 0 1 \nTICK\nM 0\nTICK\nH 2\nM 2")
    waiting = record_expectations(noisy(circuit, device), [[1]])[0]
    instant = record_expectations(noisy(circuit, device, NoiseRules().without("measurement_time")), [[1]])[0]
    assert instant / waiting == pytest.approx(exp(2.3e-6 / 150e-6), rel=1e-3)


def test_feedback_waits_for_its_measurement() -> None:
    device = line(2, t2_s=10e-6, t1_s=10e-6, **QUIET)
    bell = "H 0 1\nCZ 0 1\nH 1\nM 0\n"
    fed = record_expectations(noisy(stim.Circuit(bell + "CX rec[-1] 1\nM 1"), device), [[1]])[0]
    apart = record_expectations(noisy(stim.Circuit(bell + "M 1"), device), [[0, 1]])[0]
    # The last H is played as late as may be: at the end of the measurement, or just before its own.
    assert fed == pytest.approx(exp(-(2300 - 32) * NS / 10e-6))
    assert apart == pytest.approx(exp(-32 * NS / 10e-6))


def test_routing_repeats_with_its_seed() -> None:
    device = load_device("kingston")
    assert routed(4, device, 3)[0] == routed(4, device, 3)[0] != routed(4, device, 4)[0]


@pytest.mark.parametrize("num_clones", [2, 4, 6])
def test_routing_keeps_clifford_circuits_clifford_and_as_short_as_level_3(num_clones: int) -> None:
    device = load_device("kingston")
    for seed in (1, 2):
        circuit, reference, output = routed(num_clones, device, seed)
        fidelity = entanglement_fidelity(noisy(circuit, device, NoiseRules.none()), reference, output)
        assert fidelity == 1
        level_3 = transpile(
            round_trip(num_clones)[0], target=target_of(device), optimization_level=3, seed_transpiler=seed
        )
        assert circuit.count_ops()["cz"] <= 1.05 * level_3.count_ops()["cz"]


def test_circuits_that_are_not_for_this_device_are_refused() -> None:
    device = load_device("kingston")
    with pytest.raises(InvalidInputError, match="no working coupler between qubits 0 and 2"):
        noisy(stim.Circuit("CZ 0 2"), device)
    with pytest.raises(InvalidInputError, match="does not work"):
        noisy(stim.Circuit("M 146"), device)
    with pytest.raises(InvalidInputError, match="200 qubits do not fit"):
        noisy(stim.Circuit("H 199"), device)
    for text in ("CX 0 1", "MX 0", "DEPOLARIZE1(0.1) 0", "M(0.1) 0"):
        with pytest.raises(UnsupportedCircuitError):
            noisy(stim.Circuit(text), device)
    odd = QuantumCircuit(2)
    odd.rz(0.3, 0)
    with pytest.raises(UnsupportedCircuitError, match=r"not Clifford: rz\(0.3\) on qubit 0"):
        noisy(odd, device)
    odd = QuantumCircuit(2)
    odd.cx(0, 1)
    with pytest.raises(UnsupportedCircuitError, match="no operation 'cx'"):
        noisy(odd, device)
    with pytest.raises(InvalidInputError, match="cannot be routed"):
        route(QuantumCircuit(200), device)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["CZ rec[-1] 1", "CZ 1 2", "CZ 2 rec[-2]", "CZ 0 1"]))
)
def test_feedback_beside_gates_in_one_instruction_is_feedback(order) -> None:
    """stim fuses these into one instruction; each must cost what it costs alone."""
    device, rules = line(3, two_qubit_error=0.004), NoiseRules.only("two_qubit")
    prepared = "H 0 1 2\nM 0 2\n"
    fused = noisy(stim.Circuit(prepared + "\n".join(order)), device, rules)
    apart = noisy(stim.Circuit(prepared + "\nI 0\n".join(order)), device, rules)
    assert [str(i) for i in fused if i.name == "DEPOLARIZE2"] == [
        str(i) for i in apart if i.name == "DEPOLARIZE2"
    ]
    assert fused.without_noise() == stim.Circuit(prepared + "\n".join(order))
    assert noisy(stim.Circuit("M 0 1\nCZ rec[-1] rec[-2]"), device, rules) == stim.Circuit("M 0 1")


@pytest.mark.parametrize("wrong", ["CX rec[-1] 0", "CZ 0 rec[-1]", "CZ sweep[0] 0", "M 1\nCX 0 1"])
def test_gates_that_no_bit_or_coupler_can_drive_are_refused(wrong) -> None:
    with pytest.raises(UnsupportedCircuitError):
        noisy(stim.Circuit(wrong), line(3))
