"""Every kind of noise that a backend states is in the twin: taken out of the backend, the twin is another."""

from types import SimpleNamespace

import pytest
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qclone.device import NoiseRules, from_backend
from qclone.device._quantinuum import LocalEmulator
from qclone.experiments import Interleaving, Row, Sensitivity, Setup, run
from tests.experiments.test_backends import Lifeless

ROW = Sensitivity(clones=(2,)).rows()[0]
# Ancilla first: decryption waits until it is measured.
ORDERED = Interleaving(clones=(2,)).rows()[0]
GATES = {"sx": (2e-3, 40e-9), "x": (2e-3, 40e-9), "cz": (1e-2, 80e-9), "measure": (2e-2, 1e-6)}


def value(backend, row: Row = ROW) -> float:
    """The twin's value with the seed that all have, so that circuits differ by what they are told alone."""
    (result,) = run([row], Setup(from_backend(backend), layout="topology"))
    return result.estimate.value


def calibrated(without: str = "") -> Lifeless:
    """A line of six qubits with a calibration of everything, but for what is left out."""
    backend = Lifeless()
    target: Target = backend.target
    for name, (error, duration) in GATES.items():
        stated = InstructionProperties(
            error=None if without == f"{name} error" else error,
            duration=None if without == f"{name} duration" else duration,
        )
        if name == "x" and without.startswith("sx"):
            continue  # the same pulse
        for qubits in target[name]:
            target.update_instruction_properties(name, qubits, stated)
    target.qubit_properties = [
        QubitProperties(t1=None if without == "T1" else 60e-6, t2=None if without == "T2" else 50e-6)
    ] * target.num_qubits
    return backend


@pytest.mark.parametrize(
    "kind", ["cz error", "sx error", "measure error", "T1", "T2", "cz duration", "sx duration"]
)
def test_of_a_calibrated_target(kind):
    assert value(calibrated(kind)) > value(calibrated()) + 1e-4
    assert len(from_backend(calibrated(kind)).notes) > len(from_backend(calibrated()).notes)


def test_of_a_measurement_that_others_wait_for():
    assert value(calibrated("measure duration"), ORDERED) > value(calibrated(), ORDERED) + 1e-3


def star(**without) -> Lifeless:
    """A star with IQM's error profile; what is left out is an empty table."""
    backend = Lifeless()
    names = [f"QB{i}" for i in range(1, 7)]
    parts = {(name, "CR1"): 0.0128 for name in names}
    profile = SimpleNamespace(
        t1s=dict.fromkeys(names, 27_000.0),
        t2s=dict.fromkeys(names, 20_000.0),
        single_qubit_gate_depolarizing_error_parameters={"prx": dict.fromkeys(names, 0.002)},
        two_qubit_gate_depolarizing_error_parameters={"cz": parts, "move": dict.fromkeys(parts, 0.004)},
        single_qubit_gate_durations={"prx": 40.0},
        two_qubit_gate_durations={"cz": 120.0},
        readout_errors={name: {"0": 0.01, "1": 0.03} for name in names},
    )
    for key, left in without.items():
        setattr(profile, key, left(getattr(profile, key)))
    backend.index_to_qubit_name = lambda index: f"QB{index + 1}"
    backend.error_profile = profile
    return backend


def nothing(_):
    return {}


@pytest.mark.parametrize(
    "kind",
    [
        {"t1s": nothing},
        {"t2s": nothing},
        {"single_qubit_gate_depolarizing_error_parameters": nothing},
        {"two_qubit_gate_depolarizing_error_parameters": nothing},
        {"two_qubit_gate_depolarizing_error_parameters": lambda stated: {"cz": stated["cz"]}},
        {"single_qubit_gate_durations": nothing},
        {"two_qubit_gate_durations": nothing},
        {"readout_errors": nothing},
    ],
    ids=["t1", "t2", "pulses", "entanglers", "moves", "pulse times", "entangler times", "readout"],
)
def test_of_an_error_profile(kind):
    assert value(star(**kind)) > value(star()) + 1e-4


@pytest.mark.parametrize("kind", ["p1", "p2", "p_meas"])
def test_of_an_emulator(kind):
    stated = {"p1": 1e-3, "p2": 1e-2, "p_meas": 1e-2, "p_init": 0.0}
    less = LocalEmulator("less", 6, stated | {kind: 0.0})
    assert value(less) > value(LocalEmulator("all", 6, stated)) + 1e-3


@pytest.mark.parametrize("rule", ["two_qubit", "one_qubit", "readout", "idle"])
def test_of_the_twin(rule):
    """And what is read can be switched off by its rule, one by one."""
    device = from_backend(calibrated())
    (full,) = run([ROW], Setup(device))
    (less,) = run([ROW], Setup(device, rules=NoiseRules().without(rule)))
    assert less.estimate.value > full.estimate.value + 1e-3
    assert less.estimate.value == pytest.approx(full.budget[rule])
